/**
 * Has the host compile the translator before a guest waits for it: what runs for the first time, the host still interprets itself, and the first regions of a
 * thread take ten times as long as later ones. A thread that waits for its machine translates invented code, of which nothing is kept.
 */
import { decode } from '../decode/decode'
import type { CodeMode, Decoded } from '../decode/decoded'
import { encodeRow } from '../decode/encode-row'
import { integerRows, rows } from '../isa'
import type { Row } from '../isa/row'
import { Random } from '../semantics/random'
import { SHAPE_BIG_STACK } from '../state/layout'
import { profileOf } from './profile'
import { findRegion } from './region'
import { translate } from './translate'

const PAGE = 4096
const LONGEST = 15
const INSTRUCTIONS = 48
const BLOCK = 6
/** Most of what guests execute is of one byte's opcodes, and nearly all of the rest not of the floating-point units. */
const ONE_BYTE = integerRows.filter(({ map }) => map === '')
const FLAT = 0x3f3f
const SHAPES: readonly { readonly mode: CodeMode; readonly shape: number }[] = [{ mode: 32, shape: FLAT | SHAPE_BIG_STACK }, { mode: 64, shape: FLAT }, { mode: 16, shape: 0 }]
const [JNZ, JMP_SHORT, RET] = [0x75, 0xeb, 0xc3]

/** Translates an invented program for each step, and answers the module's bytes. It has no end: ask for as many as there is time for. */
export function* rehearseTranslation(seed = 1): Generator<Uint8Array, never> {
  const random = new Random(seed)
  for (;;) {
    for (const { mode, shape } of SHAPES) {
      const page = invent(mode, random)
      const region = findRegion(
        {
          codeMode: mode,
          mostInstructions: 2 * INSTRUCTIONS,
          apart: false,
          decode: (offset) => instructionAt(page, mode, offset),
          wanted: () => true,
        },
        { first: 0, jumped: [], others: [] },
      )
      if (region === undefined) continue
      yield translate(region, { shape, index: 1, page: 0 })
    }
  }
}

/** Blocks of a few instructions, each of which goes back to its beginning, on, or over what follows. */
function invent(mode: CodeMode, random: Random): Uint8Array {
  const page = new Uint8Array(PAGE)
  let offset = 0
  for (let done = 0; done < INSTRUCTIONS; ) {
    const start = offset
    for (let inBlock = 0; inBlock < BLOCK; ) {
      const length = inventInstruction(page.subarray(offset, offset + LONGEST), mode, random)
      offset += length
      if (length > 0) inBlock++
    }
    done += BLOCK
    const jump = random.chance(2) ? [JNZ, start - offset - 2] : [JNZ, 2, JMP_SHORT, 0]
    page.set(jump, offset)
    offset += jump.length
  }
  page[offset] = RET
  return page
}

/** Its length; 0: what came out is no instruction, none that is translated, or a jump. */
function inventInstruction(room: Uint8Array, mode: CodeMode, random: Random): number {
  const from: readonly Row[] = random.chance(8) ? rows : random.chance(8) ? integerRows : ONE_BYTE
  const row = from[random.below(from.length)]
  if (row === undefined || row.setsRip === true || row.endsBlock === true) return 0
  const bytes = encodeRow(row, mode, random)
  while (bytes.length < LONGEST) bytes.push(random.below(256))
  const decoded = instructionAt(Uint8Array.from(bytes), mode, 0)
  if (decoded === undefined || decoded.row !== row || profileOf(decoded, mode).obstacle !== undefined) return 0
  room.set(bytes.slice(0, decoded.length))
  return decoded.length
}

function instructionAt(bytes: Uint8Array, mode: CodeMode, offset: number): Decoded | undefined {
  const result = decode(bytes, mode, offset, bytes.length)
  return result.outcome === 'instruction' ? result : undefined
}
