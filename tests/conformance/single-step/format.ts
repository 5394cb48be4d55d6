/**
 * Reader of x86-single-step files: gzip-compressed JSON lines, a header and one test per line; several such pieces may follow
 * one another in one file. Numbers are hexadecimal strings without prefix.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as z from 'zod'

const hexString = z.string().regex(/^[0-9a-f]+$/)
const chunk = z.tuple([hexString, z.string().regex(/^(?:[0-9a-f]{2})*$/)])

const headerSchema = z.object({
  format: z.literal('x86-single-step/1'),
  mode: z.union([z.literal(16), z.literal(32), z.literal(64)]),
  file: z.string(),
  count: z.number(),
  base: z.record(z.string(), hexString),
})

const testSchema = z.object({
  /** Name in opcode-map notation. */
  n: z.string(),
  /** Instruction bytes. */
  b: z.string(),
  /** Initial registers that differ from the header's base. */
  i: z.record(z.string(), hexString),
  /** Initial memory. */
  m: z.array(chunk).optional(),
  /** Final registers that differ. */
  o: z.record(z.string(), hexString),
  /** Final memory that differs. */
  w: z.array(chunk).optional(),
  /** Exception: vector, error code, linear address. */
  e: z.tuple([z.number()]).rest(hexString.nullable()).optional(),
  /** Undefined: flags mask, registers, memory ranges. */
  uf: hexString.optional(),
  /** Undefined bits of the x87 status word. */
  us: hexString.optional(),
  ur: z.array(z.string()).optional(),
  uw: z.array(z.tuple([hexString, z.number()])).optional(),
  t: z.enum(['approx', 'vendor']).optional(),
})

export type Mode = 16 | 32 | 64
export type SingleStepTest = z.infer<typeof testSchema>

export interface SingleStepFile {
  readonly mode: Mode
  /** File name: the opcode. */
  readonly file: string
  /** Background state. */
  readonly base: ReadonlyMap<string, bigint>
  readonly tests: readonly SingleStepTest[]
}

export const big = (digits: string): bigint => BigInt(`0x${digits}`)
export const bytes = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'))

/** One piece of a file as text: the header line, and the lines of its tests. */
export interface RawPiece {
  readonly header: string
  readonly tests: readonly string[]
}

const HEADER_START = '{"format"'

/** @throws when the file is not gzip, or does not begin with a header */
export function readPieces(path: string): RawPiece[] {
  const pieces: { header: string; tests: string[] }[] = []
  for (const line of gunzipSync(readFileSync(path)).toString('latin1').trimEnd().split('\n')) {
    if (line.startsWith(HEADER_START)) pieces.push({ header: line, tests: [] })
    else if (pieces.length === 0) throw new Error(`${path} does not begin with the header of an x86-single-step file.`)
    else pieces[pieces.length - 1]?.tests.push(line)
  }
  return pieces
}

/** @throws when a line is not what the format says */
export function parsePiece(piece: RawPiece): SingleStepFile {
  const header = headerSchema.parse(JSON.parse(piece.header))
  return {
    mode: header.mode,
    file: header.file,
    base: new Map(Object.entries(header.base).map(([name, digits]) => [name, big(digits)])),
    tests: piece.tests.map((line) => testSchema.parse(JSON.parse(line))),
  }
}

/** @throws when the file is not gzip, or a line is not what the format says */
export function readSingleStepFile(path: string): SingleStepFile[] {
  return readPieces(path).map(parsePiece)
}
