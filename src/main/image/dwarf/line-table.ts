/** Which source line each instruction comes from. Source: DWARF 5, 6.2 "Line Number Information", versions 2 to 5. */
import { posix } from 'node:path'
import type { Cursor } from './cursor'
import type { DebugSections } from './sections'

const SECTION = '.debug_line'
/** Content types of an entry format (7.22). */
const DW_LNCT = { PATH: 1, DIRECTORY_INDEX: 2 } as const
const STANDARD = { COPY: 1, ADVANCE_PC: 2, ADVANCE_LINE: 3, SET_FILE: 4, CONST_ADD_PC: 8, FIXED_ADVANCE_PC: 9 } as const
const EXTENDED = { END_SEQUENCE: 1, SET_ADDRESS: 2, DEFINE_FILE: 3 } as const

/** Instructions that lie one after the other. */
export interface LineSequence {
  start: bigint
  /** The first address behind. */
  end: bigint
  /** Of each row: bytes from the start, never falling. */
  offsets: number[]
  /** Of each row: index into the program's files. */
  files: number[]
  lines: number[]
  program: LineProgram
}

export interface LineProgram {
  /** Where it begins in the section. */
  offset: number
  version: number
  /** Paths by the index that rows and declarations use; `undefined` where none has it. */
  files: (string | undefined)[]
  sequences: LineSequence[]
}

/**
 * All line programs, in the section's order.
 * @param compilationFolder of the unit whose line program begins at an offset
 * @throws ImageError when the section is damaged
 */
export function readLinePrograms(sections: DebugSections, compilationFolder: (offset: number) => string | undefined): LineProgram[] {
  const programs: LineProgram[] = []
  if (sections.length(SECTION) === 0) return programs
  const section = sections.cursor(SECTION)
  while (section.at < section.end) {
    const offset = section.at
    const { bytes, wide } = section.unitLength()
    programs.push(readProgram(sections, section.upTo(bytes), offset, wide, compilationFolder(offset)))
  }
  return programs
}

interface Header {
  version: number
  wide: boolean
  addressBytes: number
  minimumInstruction: number
  lineBase: number
  lineRange: number
  opcodeBase: number
  /** Arguments of each standard opcode. */
  argumentCounts: number[]
}

function readProgram(sections: DebugSections, unit: Cursor, offset: number, wide: boolean, folder: string | undefined): LineProgram {
  const version = unit.u16()
  if (version < 2 || version > 5) throw sections.damaged(`A line program at offset ${offset} of ${SECTION} has version ${version}; 2 to 5 are read.`)
  const addressBytes = version >= 5 ? unit.u8() : sections.bits / 8
  if (version >= 5) unit.skip(1)
  const tables = unit.upTo(unit.offset(wide))
  const minimumInstruction = tables.u8()
  if (version >= 4) tables.skip(1)
  tables.skip(1)
  const lineBase = tables.i8()
  const lineRange = tables.u8()
  const opcodeBase = tables.u8()
  if (lineRange === 0) throw sections.damaged(`A line program at offset ${offset} of ${SECTION} has a line_range of 0.`)
  const argumentCounts = [0, ...Array.from({ length: Math.max(0, opcodeBase - 1) }, () => tables.u8())]
  const files = version >= 5 ? readNames(sections, tables, wide) : readOldNames(tables, folder)
  const program: LineProgram = { offset, version, files, sequences: [] }
  run(unit, { version, wide, addressBytes, minimumInstruction, lineBase, lineRange, opcodeBase, argumentCounts }, program)
  return program
}

/** Version 5: both tables say how their entries are made. */
function readNames(sections: DebugSections, tables: Cursor, wide: boolean): (string | undefined)[] {
  const folders = readEntries(sections, tables, wide).map(({ path }) => path)
  return readEntries(sections, tables, wide).map(({ path, folder }) => joined([folders[0], folders[folder], path]))
}

function readEntries(sections: DebugSections, tables: Cursor, wide: boolean): { path: string; folder: number }[] {
  const formats = Array.from({ length: tables.u8() }, () => [tables.uleb(), tables.uleb()] as const)
  const count = tables.uleb()
  const entries: { path: string; folder: number }[] = []
  // An entry without fields takes no bytes, so nothing would bound how many there are.
  for (let index = 0; formats.length > 0 && index < count; index++) {
    const entry = { path: '', folder: 0 }
    for (const [content, form] of formats) {
      const value = readField(sections, tables, form, wide)
      if (content === DW_LNCT.PATH && typeof value === 'string') entry.path = value
      if (content === DW_LNCT.DIRECTORY_INDEX && typeof value === 'number') entry.folder = value
    }
    entries.push(entry)
  }
  return entries
}

/** The forms that 6.2.4.1 allows. */
function readField(sections: DebugSections, tables: Cursor, form: number, wide: boolean): string | number | undefined {
  const read = FIELDS[form]
  if (read === undefined) throw sections.damaged(`A table of ${SECTION} has entries of form 0x${form.toString(16)}, which is unknown there.`)
  return read(tables, sections, wide)
}

const FIELDS: Readonly<Record<number, (tables: Cursor, sections: DebugSections, wide: boolean) => string | number | undefined>> = {
  0x05: (tables) => tables.u16(),
  0x06: (tables) => tables.u32(),
  0x07: (tables) => Number(tables.u64()),
  0x08: (tables) => tables.text(),
  0x09: (tables) => passOver(tables, tables.uleb()),
  0x0b: (tables) => tables.u8(),
  0x0e: (tables, sections, wide) => sections.text('.debug_str', tables.offset(wide)),
  0x0f: (tables) => tables.uleb(),
  0x1e: (tables) => passOver(tables, 16),
  0x1f: (tables, sections, wide) => sections.text('.debug_line_str', tables.offset(wide)),
}

function passOver(tables: Cursor, bytes: number): undefined {
  tables.skip(bytes)
  return undefined
}

/** Versions 2 to 4: lists ended by an empty name; files count from 1, folder 0 is the unit's own. */
function readOldNames(tables: Cursor, folder: string | undefined): (string | undefined)[] {
  const folders: (string | undefined)[] = [undefined]
  for (let name = tables.text(); name !== ''; name = tables.text()) folders.push(name)
  const files: (string | undefined)[] = [undefined]
  for (let name = tables.text(); name !== ''; name = tables.text()) {
    files.push(joined([folder, folders[tables.uleb()], name]))
    tables.uleb()
    tables.uleb()
  }
  return files
}

/** One path from parts that may each be absolute. */
function joined(parts: readonly (string | undefined)[]): string {
  return parts.reduce<string>((path, part) => (part === undefined || part === '' ? path : posix.isAbsolute(part) ? posix.normalize(part) : posix.join(path, part)), '')
}

function run(unit: Cursor, header: Header, program: LineProgram): void {
  let state = { address: 0n, file: 1, line: 1 }
  let sequence: LineSequence | undefined
  const row = (): void => {
    sequence ??= { start: state.address, end: state.address, offsets: [], files: [], lines: [], program }
    const offset = Number(state.address - sequence.start)
    // Addresses only grow inside a sequence (6.2.5); a row that goes back would make searching meaningless.
    if (offset < (sequence.offsets.at(-1) ?? 0)) return
    sequence.offsets.push(offset)
    sequence.files.push(state.file)
    sequence.lines.push(state.line)
  }
  const advance = (operations: number): void => {
    state.address = BigInt.asUintN(64, state.address + BigInt(Math.min(operations, Number.MAX_SAFE_INTEGER)) * BigInt(header.minimumInstruction))
  }
  const finish = (): void => {
    if (sequence && state.address > sequence.start) program.sequences.push({ ...sequence, end: state.address })
    sequence = undefined
    state = { address: 0n, file: 1, line: 1 }
  }
  const standard: Readonly<Record<number, () => void>> = {
    [STANDARD.COPY]: row,
    [STANDARD.ADVANCE_PC]: () => advance(unit.uleb()),
    [STANDARD.ADVANCE_LINE]: () => (state.line = Math.max(0, state.line + unit.sleb())),
    [STANDARD.SET_FILE]: () => (state.file = unit.uleb()),
    [STANDARD.CONST_ADD_PC]: () => advance(Math.floor((255 - header.opcodeBase) / header.lineRange)),
    [STANDARD.FIXED_ADVANCE_PC]: () => (state.address += BigInt(unit.u16())),
  }
  const extended: Readonly<Record<number, (operands: Cursor) => void>> = {
    [EXTENDED.END_SEQUENCE]: finish,
    [EXTENDED.SET_ADDRESS]: (operands) => (state.address = operands.address(operands.end - operands.at)),
    [EXTENDED.DEFINE_FILE]: (operands) => program.files.push(operands.text()),
  }
  while (unit.at < unit.end) {
    const opcode = unit.u8()
    if (opcode >= header.opcodeBase) {
      const adjusted = opcode - header.opcodeBase
      advance(Math.floor(adjusted / header.lineRange))
      state.line = Math.max(0, state.line + header.lineBase + (adjusted % header.lineRange))
      row()
    } else if (opcode === 0) {
      const operands = unit.upTo(unit.uleb())
      if (operands.at < operands.end) extended[operands.u8()]?.(operands)
    } else {
      const known = standard[opcode]
      if (known) known()
      else for (let left = header.argumentCounts[opcode] ?? 0; left > 0; left--) unit.uleb()
    }
  }
}
