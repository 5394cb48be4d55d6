/**
 * The file of a saved state:
 *
 *   8 bytes   `BLSTATE` and 1Ah
 *   u32       version of the format, little-endian
 *   u32       length of the header
 *   header    JSON: what machine it is of, and each section's name, length, length as it is stored, SHA-256 of what is stored
 *   32 bytes  SHA-256 of all before
 *   sections  one after the other, each deflated (RFC 1951)
 *
 * A file is outside data: lengths are bounded before anything is unpacked, and every byte is covered by a sum before it is looked at.
 */
import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import * as z from 'zod'
import { damaged, StateError } from './error'
import { descriptionSchema, type MachineDescription } from './description'

/** Goes up with every change of what parts hold that older states do not have. */
export const STATE_VERSION = 3
export const STATE_MAGIC = Buffer.from('BLSTATE\x1a', 'latin1')
const PREFIX_BYTES = STATE_MAGIC.length + 8
const SUM_BYTES = 32
const MOST_HEADER_BYTES = 1 << 20
const MOST_SECTIONS = 4096
/** What is larger is saved in pieces: none is unpacked into more memory than this. */
export const MOST_SECTION_BYTES = 160 << 20
/** Guest memory is mostly zeros, and quickly packed memory is what a person waits less for. */
const COMPRESSION = { level: 1 } as const

const headerSchema = z.object({
  machine: descriptionSchema,
  sections: z
    .array(
      z.object({
        name: z.string().min(1).max(100),
        bytes: z.number().int().min(0).max(MOST_SECTION_BYTES),
        stored: z.number().int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(MOST_SECTIONS),
})

type Section = z.infer<typeof headerSchema>['sections'][number]

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** Puts a state together; sections are packed as they come. */
export class StateFileWriter {
  readonly #sections: Section[] = []
  readonly #stored: Uint8Array[] = []

  /** Throws a RangeError for a section that is too long to be read again. */
  add(name: string, bytes: Uint8Array): void {
    if (bytes.length > MOST_SECTION_BYTES) throw new RangeError(`The section ${name} has ${bytes.length} bytes, more than ${MOST_SECTION_BYTES}.`)
    const stored = deflateRawSync(bytes, COMPRESSION)
    this.#sections.push({ name, bytes: bytes.length, stored: stored.length, sha256: sha256(stored).toString('hex') })
    this.#stored.push(stored)
  }

  finish(machine: MachineDescription): Uint8Array {
    const header = Buffer.from(JSON.stringify({ machine, sections: this.#sections }))
    const numbers = Buffer.alloc(8)
    numbers.writeUInt32LE(STATE_VERSION, 0)
    numbers.writeUInt32LE(header.length, 4)
    const head = Buffer.concat([STATE_MAGIC, numbers, header])
    return new Uint8Array(Buffer.concat([head, sha256(head), ...this.#stored]))
  }
}

/** A state whose header and sums are right; sections are unpacked when they are asked for. */
export class StateFile {
  readonly machine: MachineDescription
  readonly #sections = new Map<string, { section: Section; stored: Uint8Array }>()

  /** @throws StateError for what is no state, is of another version, or is damaged */
  constructor(bytes: Uint8Array) {
    const { header, end } = readHeader(bytes)
    this.machine = header.machine
    let at = end
    for (const section of header.sections) {
      const stored = bytes.subarray(at, at + section.stored)
      if (stored.length !== section.stored) throw damaged(`it ends in the section "${section.name}"`)
      if (sha256(stored).toString('hex') !== section.sha256) throw damaged(`the section "${section.name}" is not what was written`)
      if (this.#sections.has(section.name)) throw damaged(`there are two sections "${section.name}"`)
      this.#sections.set(section.name, { section, stored })
      at += section.stored
    }
    if (at !== bytes.length) throw damaged('something follows its end')
  }

  get sections(): readonly string[] {
    return [...this.#sections.keys()]
  }

  /** @throws StateError when it is not there, or is not as long as it is said to be */
  section(name: string): Uint8Array {
    const found = this.#sections.get(name)
    if (!found) throw damaged(`the section "${name}" is missing`)
    const { section, stored } = found
    try {
      // One byte more is room enough to see that there is more.
      const bytes = inflateRawSync(stored, { maxOutputLength: section.bytes + 1 })
      if (bytes.length === section.bytes) return bytes
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
    }
    throw damaged(`the section "${name}" cannot be unpacked`)
  }
}

function readHeader(bytes: Uint8Array): { header: z.infer<typeof headerSchema>; end: number } {
  if (bytes.length < PREFIX_BYTES || !STATE_MAGIC.equals(bytes.subarray(0, STATE_MAGIC.length))) {
    throw new StateError('This is no saved state of a machine.', { why: 'Such a file begins with "BLSTATE".', next: 'Choose a file that was made by saving a state.' })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(STATE_MAGIC.length, true)
  if (version !== STATE_VERSION) {
    throw new StateError(`The saved state has version ${version} of the format, and this Bootlab reads version ${STATE_VERSION}.`, {
      why: 'What the parts of a machine hold is not the same in all versions.',
      next: version > STATE_VERSION ? 'Load it with a newer Bootlab.' : 'Boot the machine anew, and save its state again.',
    })
  }
  const length = view.getUint32(STATE_MAGIC.length + 4, true)
  const end = PREFIX_BYTES + length
  if (length > MOST_HEADER_BYTES || end + SUM_BYTES > bytes.length) throw damaged('its header is not whole')
  if (!sha256(bytes.subarray(0, end)).equals(bytes.subarray(end, end + SUM_BYTES))) throw damaged('its header is not what was written')
  const header = headerSchema.safeParse(parseJson(bytes.subarray(PREFIX_BYTES, end), 'header'))
  if (!header.success) throw damaged(`its header cannot be read (${z.prettifyError(header.error)})`)
  return { header: header.data, end: end + SUM_BYTES }
}

/** @throws StateError */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch (error) {
    // A RangeError: it goes deeper than any stack.
    if (error instanceof SyntaxError || error instanceof RangeError) throw damaged(`its ${what} is no JSON`)
    throw error
  }
}
