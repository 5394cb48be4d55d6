/**
 * How to find the caller of a function at each of its instructions. Source: DWARF 5, 6.4 "Call Frame Information", section .debug_frame, versions 1
 * to 4. Rules that are expressions are not followed.
 */
import type { Cursor } from './cursor'
import type { DebugSections } from './sections'

const SECTION = '.debug_frame'
const CIE_ID = 0xffff_ffff
const CIE_ID_WIDE = 2 ** 64
/** Far above what compilers write; a damaged length must not keep us busy. */
const MOST_ENTRIES = 200_000

/** At one instruction: the canonical frame address, and where the caller's registers were saved, relative to it. */
export interface FrameRow {
  cfa: { register: number; offset: number }
  saved: Map<number, number>
  returnColumn: number
}

interface Cie {
  codeAlignment: number
  dataAlignment: number
  returnColumn: number
  instructions: Cursor
  addressBytes: number
}

interface Fde {
  cie: Cie
  start: bigint
  end: bigint
  instructions: Cursor
}

interface State {
  cfa: FrameRow['cfa'] | undefined
  saved: Map<number, number>
}

export class CallFrames {
  readonly #entries: readonly Fde[]
  readonly #moved: bigint

  /**
   * @param moved what was added to the addresses of the debug information
   * @throws ImageError when the section is damaged
   */
  constructor(sections: DebugSections, moved: bigint) {
    this.#entries = sections.length(SECTION) === 0 ? [] : readEntries(sections)
    this.#moved = moved
  }

  /** Functions that are described. */
  get count(): number {
    return this.#entries.length
  }

  /** Undefined where nothing is known, or only what an expression says. */
  rowAt(address: bigint): FrameRow | undefined {
    const linked = address - this.#moved
    const entry = this.#entries.find(({ start, end }) => linked >= start && linked < end)
    if (!entry) return undefined
    const { cie } = entry
    const initial = run(cie, cie.instructions, { cfa: undefined, saved: new Map() }, 0n, 0n, undefined)
    const state = initial && run(cie, entry.instructions, { cfa: initial.cfa, saved: new Map(initial.saved) }, entry.start, linked, initial)
    return state?.cfa && { cfa: state.cfa, saved: state.saved, returnColumn: cie.returnColumn }
  }
}

function readEntries(sections: DebugSections): Fde[] {
  const section = sections.cursor(SECTION)
  const cies = new Map<number, Cie>()
  const entries: Fde[] = []
  for (let count = 0; section.at < section.end && count < MOST_ENTRIES; count++) {
    const offset = section.at
    const { bytes, wide } = section.unitLength()
    const body = section.upTo(bytes)
    const id = body.offset(wide)
    if (id === CIE_ID || id === CIE_ID_WIDE) {
      const cie = readCie(body, sections)
      if (cie) cies.set(offset, cie)
      continue
    }
    const cie = cies.get(id)
    if (!cie) continue
    const start = body.address(cie.addressBytes)
    const end = start + body.address(cie.addressBytes)
    entries.push({ cie, start, end, instructions: body })
  }
  return entries
}

/** Undefined for one with an augmentation that is not known. */
function readCie(body: Cursor, sections: DebugSections): Cie | undefined {
  const version = body.u8()
  const augmentation = body.text()
  if (augmentation !== '' || version > 4) return undefined
  const addressBytes = version >= 4 ? body.u8() : sections.bits / 8
  if (version >= 4) body.skip(1)
  const codeAlignment = body.uleb()
  const dataAlignment = body.sleb()
  const returnColumn = version === 1 ? body.u8() : body.uleb()
  return { codeAlignment, dataAlignment, returnColumn, instructions: body, addressBytes }
}

/** Executes instructions up to the row of `wanted`; undefined when a rule is an expression or the instruction is unknown. */
function run(cie: Cie, instructions: Cursor, state: State, start: bigint, wanted: bigint, initial: State | undefined): State | undefined {
  const cursor = instructions.copy()
  const stack: State[] = []
  let location = start
  /** False: the next row lies behind what is wanted. */
  const advance = (by: number): boolean => {
    location += BigInt(by * cie.codeAlignment)
    return initial === undefined || location <= wanted
  }
  const save = (register: number, factored: number): void => void state.saved.set(register, factored * cie.dataAlignment)
  const restore = (register: number): void => {
    const before = initial?.saved.get(register)
    if (before === undefined) state.saved.delete(register)
    else state.saved.set(register, before)
  }
  while (cursor.at < cursor.end) {
    const byte = cursor.u8()
    const operand = byte & 0x3f
    switch (byte & 0xc0 || byte) {
      case 0x40: if (!advance(operand)) return state; break
      case 0x80: save(operand, cursor.uleb()); break
      case 0xc0: restore(operand); break
      case 0x00: break
      case 0x01: location = cursor.address(cie.addressBytes); if (initial !== undefined && location > wanted) return state; break
      case 0x02: if (!advance(cursor.u8())) return state; break
      case 0x03: if (!advance(cursor.u16())) return state; break
      case 0x04: if (!advance(cursor.u32())) return state; break
      case 0x05: save(cursor.uleb(), cursor.uleb()); break
      case 0x06: restore(cursor.uleb()); break
      case 0x07: case 0x08: state.saved.delete(cursor.uleb()); break
      case 0x09: cursor.uleb(); cursor.uleb(); return undefined
      case 0x0a: stack.push({ cfa: state.cfa && { ...state.cfa }, saved: new Map(state.saved) }); break
      case 0x0b: {
        const before = stack.pop()
        if (!before) return undefined
        state = before
        break
      }
      case 0x0c: state.cfa = { register: cursor.uleb(), offset: cursor.uleb() }; break
      case 0x0d: state.cfa = { register: cursor.uleb(), offset: state.cfa?.offset ?? 0 }; break
      case 0x0e: state.cfa = { register: state.cfa?.register ?? 0, offset: cursor.uleb() }; break
      case 0x11: save(cursor.uleb(), cursor.sleb()); break
      case 0x12: state.cfa = { register: cursor.uleb(), offset: cursor.sleb() * cie.dataAlignment }; break
      case 0x13: state.cfa = { register: state.cfa?.register ?? 0, offset: cursor.sleb() * cie.dataAlignment }; break
      // DW_CFA_GNU_args_size
      case 0x2e: cursor.uleb(); break
      default: return undefined
    }
  }
  return state
}
