/** Debug information: the source line of an address. */
import { ELF_MACHINE, type ElfFile, type ElfSymbol } from '../elf'
import { CallFrames } from './call-frames'
import { type Declaration, readUnits } from './debug-info'
import { type LineSequence, readLinePrograms } from './line-table'
import { DebugSections } from './sections'

export interface SourcePlace {
  file: string
  line: number
}

/** Code of one source line, at run addresses. */
export interface SourceRange extends SourcePlace {
  start: bigint
  end: bigint
}

const SHF_EXECUTABLE = 4n
const PAGE_BYTES = 4096n
/** A kernel moved as a whole has one distance; so many are tried to find it. */
const MAX_DISTANCES = 64

export class SourceMap {
  /** Rows of all line tables that belong to code in the file. */
  readonly lineCount: number
  /** What was added to the kernel's addresses after it was linked; the debug information still has the linker's. */
  readonly moved: bigint
  readonly frames: CallFrames
  readonly #sequences: LineSequence[]
  readonly #declared: Map<bigint, SourcePlace>

  /** @throws ImageError when the debug information is damaged */
  constructor(bytes: Uint8Array, elf: ElfFile, symbols: readonly ElfSymbol[], where: string) {
    const sections = new DebugSections(bytes, elf, where)
    const units = readUnits(sections)
    const folders = new Map(units.map(({ lineProgram, folder }) => [lineProgram, folder]))
    const programs = readLinePrograms(sections, (offset) => folders.get(offset))
    this.moved = distance(units.flatMap(({ declarations }) => declarations), symbols)
    this.frames = new CallFrames(sections, this.moved)
    const code = codeRanges(elf)
    // Functions that the linker dropped keep their rows, at address 0 or the like.
    this.#sequences = programs
      .flatMap(({ sequences }) => sequences)
      .filter(({ start }) => start + this.moved < (code[firstAfter(code.length, (index) => (code[index]?.start ?? 0n) > start + this.moved) - 1]?.end ?? 0n))
      .toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))
    this.lineCount = this.#sequences.reduce((sum, { lines }) => sum + lines.length, 0)
    const files = new Map(programs.map((program) => [program.offset, program.files]))
    this.#declared = new Map()
    for (const { lineProgram, declarations } of units)
      for (const { address, file, line } of declarations) {
        const path = lineProgram === undefined ? undefined : files.get(lineProgram)?.[file]
        if (path !== undefined && line > 0) this.#declared.set(address, { file: path, line })
      }
  }

  /** The line that the instruction at a run address comes from. */
  lineAt(address: bigint): SourcePlace | undefined {
    const linked = address - this.moved
    const sequence = this.#sequences[firstAfter(this.#sequences.length, (index) => (this.#sequences[index]?.start ?? 0n) > linked) - 1]
    if (!sequence || linked >= sequence.end) return undefined
    const row = firstAfter(sequence.offsets.length, (index) => (sequence.offsets[index] ?? 0) > Number(linked - sequence.start)) - 1
    return rowPlace(sequence, row)
  }

  /**
   * Where the code of a source line begins, at run addresses, lowest first: each place where it follows code of another line.
   * @param isFile says whether a path of the debug information is the one that is meant
   */
  addressesOf(isFile: (file: string) => boolean, line: number): bigint[] {
    const wanted = new Map<string, boolean>()
    const matches = (file: string): boolean => {
      const known = wanted.get(file) ?? isFile(file)
      wanted.set(file, known)
      return known
    }
    const found: bigint[] = []
    for (const sequence of this.#sequences) {
      sequence.lines.forEach((here, row) => {
        if (here !== line) return
        const place = rowPlace(sequence, row)
        if (place === undefined || !matches(place.file)) return
        const before = rowPlace(sequence, row - 1)
        if (before?.line !== line || before.file !== place.file) found.push(sequence.start + BigInt(sequence.offsets[row] ?? 0) + this.moved)
      })
    }
    return [...new Set(found)].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  }

  /** The first line from this one on that has code in the file; undefined where there is none. */
  lineWithCode(isFile: (file: string) => boolean, line: number): number | undefined {
    let best: number | undefined
    for (const { files, lines, program } of this.#sequences) {
      const wanted = new Set(program.files.flatMap((file, index) => (file !== undefined && isFile(file) ? [index] : [])))
      if (wanted.size === 0) continue
      lines.forEach((here, row) => {
        if (here >= line && (best === undefined || here < best) && wanted.has(files[row] ?? -1)) best = here
      })
    }
    return best
  }

  /** Where the function or variable at a run address is declared; a function without entry by its first line. */
  declarationAt(address: bigint): SourcePlace | undefined {
    return this.declaredAt(address) ?? this.lineAt(address)
  }

  /** The same, by an entry of its own alone. */
  declaredAt(address: bigint): SourcePlace | undefined {
    return this.#declared.get(address - this.moved)
  }

  /** Lines between two run addresses, neighbours of the same line as one. */
  ranges(from: bigint, to: bigint): SourceRange[] {
    const ranges: SourceRange[] = []
    for (const sequence of this.#sequences) {
      const start = sequence.start + this.moved
      if (start >= to || sequence.end + this.moved <= from) continue
      for (const [row, offset] of sequence.offsets.entries()) {
        const next = sequence.offsets[row + 1]
        const begin = max(from, start + BigInt(offset))
        const end = min(to, next === undefined ? sequence.end + this.moved : start + BigInt(next))
        const place = rowPlace(sequence, row)
        if (begin >= end || !place) continue
        const last = ranges.at(-1)
        if (last && last.end === begin && last.file === place.file && last.line === place.line) last.end = end
        else ranges.push({ ...place, start: begin, end })
      }
    }
    return ranges
  }
}

/** Whether line tables of this machine can be read: addresses are those of x86. */
export function hasSources(elf: ElfFile): boolean {
  return (elf.machine === ELF_MACHINE.I386 || elf.machine === ELF_MACHINE.X86_64) && elf.sections.some(({ name }) => name === '.debug_line')
}

/** Addresses of code, in order; those that touch or overlap are one. */
function codeRanges(elf: ElfFile): { start: bigint; end: bigint }[] {
  const merged: { start: bigint; end: bigint }[] = []
  const sorted = elf.sections.filter(({ flags, bytes }) => flags & SHF_EXECUTABLE && bytes > 0).toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
  for (const { address, bytes } of sorted) {
    const last = merged.at(-1)
    const end = address + BigInt(bytes)
    if (last && address <= last.end) last.end = max(last.end, end)
    else merged.push({ start: address, end })
  }
  return merged
}

function rowPlace({ files, lines, program }: LineSequence, row: number): SourcePlace | undefined {
  const file = program.files[files[row] ?? -1]
  const line = lines[row] ?? 0
  // Line 0: code that no line can be named for (6.2.2).
  return file === undefined || line === 0 ? undefined : { file, line }
}

/** The distance from declared functions to the symbols of the file that fits most often; 0 when nothing tells. */
function distance(declarations: readonly Declaration[], symbols: readonly ElfSymbol[]): bigint {
  const functions = declarations.filter(({ kind, address }) => kind === 'function' && address !== 0n).map(({ address }) => address)
  const places = new Set(symbols.filter(({ type }) => type === 2).map(({ address }) => address))
  const hits = (by: bigint): number => functions.reduce((sum, address) => sum + (places.has(address + by) ? 1 : 0), 0)
  const [first] = functions
  if (first === undefined || hits(0n) * 2 > functions.length) return 0n
  const candidates = [...places].map((place) => place - first).filter((by) => by % PAGE_BYTES === 0n).slice(0, MAX_DISTANCES)
  return candidates.reduce((best, by) => (hits(by) > hits(best) ? by : best), 0n)
}

/** The first index from 0 up for which `is` holds; it holds for all after it. */
function firstAfter(length: number, is: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (is(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
