/** The kernel that an image boots by itself: where it is entered, and what its file says about addresses. */
import { readFile } from 'node:fs/promises'
import { basename, posix } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { BootProtocol } from '../../shared/boot'
import type { KnownAddress, Place, QuestionResults } from '../../shared/debug'
import { LabError } from '../../shared/failure'
import type { StartOptions } from '../emulator/host/options'
import { type ElfSymbol, type FrameRow, hasSources, ImageError, looksLikeElf, MAGIC, MAX_INPUT_BYTES, MEMORY, parseElf, planKernel, readSymbols, SourceMap, unpackDisk } from '../image'
import type { Image } from './image-file'
import { pathInProject, slashes } from './source-path'

type Marks = NonNullable<StartOptions['marks']>

/** Code that each protocol enters a kernel with, in bits. */
const CODE_SIZES: Readonly<Record<BootProtocol, 16 | 32 | 64>> = {
  multiboot1: 32, multiboot2: 32, elf32: 32, linux: 32, flat32: 32, flat16: 16, elf64: 64, bootloader: 64, bootloader11: 64, limine: 64, flat64: 64,
}
const STAGE2: NonNullable<Marks['stage2']> = { address: BigInt(MEMORY.STAGE2_ADDRESS + MEMORY.STAGE2_ENTRY), magic: MAGIC.STAGE2_MAGIC, magicAt: MEMORY.STAGE2_ADDRESS }

/** What an image says about its boot. */
export interface BootFacts {
  readonly marks: Marks
  readonly kernel: { readonly file: string; readonly bytes: Uint8Array; readonly entry: bigint } | undefined
}

/** An image of another maker is none of an error: then nothing but the loader's mark is known, which is looked at before it counts. */
export function bootFacts(image: Image): BootFacts {
  const unknown: BootFacts = { marks: { stage2: STAGE2 }, kernel: undefined }
  // Bootlab's own images are small.
  if (!(image instanceof Uint8Array)) return unknown
  try {
    const { entries, default: chosen } = unpackDisk(image)
    const entry = entries[chosen - 1]
    if (!entry) return unknown
    const { path, bytes: stored } = entry.kernel
    const bytes = path.endsWith('.gz') ? new Uint8Array(gunzipSync(stored, { maxOutputLength: MAX_INPUT_BYTES })) : stored
    const plan = planKernel(bytes, path, { protocol: entry.protocol, address: entry.parameters.address === undefined ? undefined : Number(entry.parameters.address) })
    return { marks: { stage2: STAGE2, kernel: { address: plan.entry, codeSize: CODE_SIZES[entry.protocol] } }, kernel: { file: path, bytes, entry: plan.entry } }
  } catch (error) {
    if (error instanceof ImageError || (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_'))) return unknown
    throw error
  }
}

/** Symbol types that name a place in code or data. */
const PLACES: ReadonlySet<number> = new Set([0, 1, 2])
const UNDEFINED_SECTION = 0
const FIRST_RESERVED_SECTION = 0xff00
/** A label without a size names what follows it, so far at most. */
const FARTHEST_FROM_LABEL = 0x10000n
const MOST_ADDRESSES = 64

/** What a kernel's file says about addresses. */
export class KernelInfo {
  readonly #file: string | undefined
  readonly #entry: bigint | undefined
  readonly #directory: string | undefined
  /** By address; of those at the same one the best last. */
  readonly #symbols: readonly ElfSymbol[]
  readonly #sources: SourceMap | undefined
  readonly #note: string | undefined

  private constructor(file: string | undefined, entry: bigint | undefined, directory: string | undefined, symbols: readonly ElfSymbol[], sources: SourceMap | undefined, note: string | undefined) {
    this.#file = file
    this.#entry = entry
    this.#directory = directory
    this.#symbols = symbols
    this.#sources = sources
    this.#note = note
  }

  static readonly nothing = new KernelInfo(undefined, undefined, undefined, [], undefined, 'No kernel file is known that belongs to this image.')

  /** @param directory the project's folder */
  static of(bytes: Uint8Array, file: string, entry: bigint | undefined, directory: string | undefined): KernelInfo {
    if (!looksLikeElf(bytes)) return new KernelInfo(file, entry, directory, [], undefined, 'The kernel is a flat file: it has no symbols.')
    try {
      const elf = parseElf(bytes, file)
      const all = readSymbols(bytes, elf, file)
      const symbols = all
        .filter(({ name, type, sectionIndex }) => name !== '' && PLACES.has(type) && sectionIndex !== UNDEFINED_SECTION && sectionIndex < FIRST_RESERVED_SECTION)
        .toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : rank(a) - rank(b)))
      if (!hasSources(elf)) return new KernelInfo(file, entry ?? elf.entry, directory, symbols, undefined, 'The kernel has no debug information: no source lines are known.')
      return new KernelInfo(file, entry ?? elf.entry, directory, symbols, new SourceMap(bytes, elf, all, file), undefined)
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
      return new KernelInfo(file, entry, directory, [], undefined, `${error.what} ${error.why}`)
    }
  }

  get summary(): { file?: string; entry?: string; symbols: number; lines: number; note?: string } {
    return {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(this.#entry === undefined ? {} : { entry: hex(this.#entry) }),
      symbols: this.#symbols.length,
      lines: this.#sources?.lineCount ?? 0,
      ...(this.#note === undefined ? {} : { note: this.#note }),
    }
  }

  whatIs(address: bigint): KnownAddress {
    const symbol = this.#symbolAt(address)
    const source = this.#sources?.lineAt(address)
    return {
      address: hex(address),
      ...(symbol ? { symbol: { name: symbol.name, offset: Number(address - symbol.address) } } : {}),
      ...(source ? { source: { ...source, ...this.#pathOf(source.file) } } : {}),
    }
  }

  /** How to find the caller of the code at an address; undefined where the file does not say. */
  frameAt(address: bigint): FrameRow | undefined {
    return this.#sources?.frames.rowAt(address)
  }

  /** The code of the source line at an address, in its function; empty where no line is known. */
  lineAround(address: bigint): { start: bigint; end: bigint }[] {
    const here = this.#sources?.lineAt(address)
    const symbol = this.#symbolAt(address)
    if (!here || !symbol || !this.#sources) return []
    const end = symbol.address + (symbol.bytes > 0n ? symbol.bytes : FARTHEST_FROM_LABEL)
    return this.#sources
      .ranges(symbol.address, end)
      .filter(({ file, line }) => file === here.file && line === here.line)
      .slice(0, MOST_ADDRESSES)
  }

  /** Where the function at an address begins. */
  startOf(address: bigint): bigint | undefined {
    return this.#symbolAt(address)?.address
  }

  /**
   * The addresses of a place. Of a source line one in each function that has code of it; a line without code counts as the next one that has some.
   * @throws LabError `not-found`
   */
  find(place: Place): bigint[] {
    if ('address' in place) return [BigInt(place.address)]
    if ('symbol' in place) {
      const found = this.#symbols.filter(({ name }) => name === place.symbol).map(({ address }) => address)
      if (found.length > 0) return [...new Set(found)].slice(0, MOST_ADDRESSES)
      throw new LabError({ code: 'not-found', what: `The kernel has no symbol ${JSON.stringify(place.symbol)}.`, ...this.#why(), next: 'Check its spelling, or give an address.' })
    }
    const isFile = (file: string): boolean => this.#sameFile(file, place.file)
    const line = this.#sources?.lineWithCode(isFile, place.line)
    const addresses = line === undefined ? [] : (this.#sources?.addressesOf(isFile, line) ?? [])
    if (addresses.length === 0) {
      throw new LabError({ code: 'not-found', what: `No code of the kernel comes from line ${place.line} of ${basename(place.file)} or a later one.`, ...this.#why(), next: 'Choose a line with code, or build again with debug information.' })
    }
    const byFunction = new Map<bigint | undefined, bigint>()
    for (const address of addresses) if (!byFunction.has(this.startOf(address))) byFunction.set(this.startOf(address), address)
    return [...byFunction.values()].slice(0, MOST_ADDRESSES)
  }

  #why(): { why?: string } {
    return this.#note === undefined ? {} : { why: this.#note }
  }

  #symbolAt(address: bigint): ElfSymbol | undefined {
    const symbols = this.#symbols
    let low = 0
    let high = symbols.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((symbols[middle]?.address ?? 0n) > address) high = middle
      else low = middle + 1
    }
    const symbol = symbols[low - 1]
    if (!symbol) return undefined
    return address < symbol.address + (symbol.bytes > 0n ? symbol.bytes : FARTHEST_FROM_LABEL) ? symbol : undefined
  }

  /** From the project's folder, for a file inside it. */
  #pathOf(file: string): { path?: string } {
    const path = pathInProject(this.#directory, file)
    return path === undefined ? {} : { path }
  }

  #sameFile(file: string, wanted: string): boolean {
    const [one, other] = [posix.normalize(slashes(file)), posix.normalize(slashes(wanted))]
    return one === other || this.#pathOf(file).path === (this.#pathOf(wanted).path ?? other)
  }
}

/** Functions before objects before labels; global names before local ones. The best one is last. */
function rank({ type, binding }: ElfSymbol): number {
  return (type === 2 ? 4 : type === 1 ? 2 : 0) + (binding === 1 ? 1 : 0)
}

const hex = (value: bigint): string => `0x${value.toString(16)}`

/** The file of a project that was linked, for one whose image holds no kernel (a boot sector of its own). */
export async function linkedFile(directory: string, name: string): Promise<{ file: string; bytes: Uint8Array } | undefined> {
  const file = `${directory}/build/${name}.elf`
  try {
    return { file, bytes: new Uint8Array(await readFile(file)) }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const REAL_VECTOR_BYTES = 4

/** Adds symbols and source lines to what the machine's thread has answered. */
export const enrich = {
  disassemble: (info: KernelInfo, lines: QuestionResults['disassemble']): QuestionResults['disassemble'] =>
    lines.map((line) => ({ ...line, ...info.whatIs(BigInt(line.address)), ...(line.target ? { target: info.whatIs(BigInt(line.target.address)) } : {}) })),
  stack: (info: KernelInfo, stack: QuestionResults['stack']): QuestionResults['stack'] => ({
    ...stack,
    words: stack.words.map((word) => {
      const { symbol, source } = info.whatIs(BigInt(word.value))
      return { ...word, ...(symbol ? { symbol } : {}), ...(source ? { source } : {}) }
    }),
    // A return address stands behind its call: the line is that of the call.
    frames: stack.frames.map((frame) => ({ ...frame, ...callOf(info, frame) })),
  }),
  descriptors: (info: KernelInfo, table: QuestionResults['descriptors']): QuestionResults['descriptors'] => ({
    ...table,
    entries: table.entries.map((entry) => {
      if (!entry.target) return entry
      const { selector, offset } = entry.target
      // Vectors of real mode have segments.
      const { symbol, source } = info.whatIs(table.entryBytes === REAL_VECTOR_BYTES ? BigInt(offset) + BigInt(selector * 16) : BigInt(offset))
      return { ...entry, target: { ...entry.target, ...(symbol ? { symbol } : {}), ...(source ? { source } : {}) } }
    }),
  }),
}

function callOf(info: KernelInfo, { address, by }: QuestionResults['stack']['frames'][number]): Pick<KnownAddress, 'symbol' | 'source'> {
  const at = BigInt(address)
  const { symbol } = info.whatIs(at)
  const { source } = info.whatIs(by === 'current' || at === 0n ? at : at - 1n)
  return { ...(symbol ? { symbol } : {}), ...(source ? { source } : {}) }
}
