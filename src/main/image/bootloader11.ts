/**
 * Kernels for the Rust crate `bootloader` 0.11: what their section `.bootloader-config` asks for, and what the loader would refuse of it. The loader
 * reads the section itself (resources/loader/bootloader11_config.c). Source: crate bootloader_api, src/config.rs of 0.11.0, 0.11.1 and 0.11.11, which
 * have the section's three shapes; the crate bootloader-x86_64-common 0.11, src/lib.rs and src/load_kernel.rs, for what may be asked.
 */
import { ByteReader } from './byte-reader'
import { ELF_TYPE, type ElfFile, type ElfSection, SEGMENT_TYPE } from './elf'
import { hex, ImageError } from './errors'

export const CRATE_SECTION = '.bootloader-config'

/** The section's length tells its shape: the releases that write it, and what it has beyond the first one's fields. */
export const CRATE_SHAPES: Readonly<Record<number, { releases: string; ramdisk: boolean; base: boolean }>> = {
  115: { releases: '0.11.0', ramdisk: false, base: false },
  124: { releases: '0.11.1 to 0.11.10', ramdisk: true, base: false },
  133: { releases: '0.11.11 or later', ramdisk: true, base: true },
}

const IDENTITY = '743ca961093646a0bb555c158915253d'
const MINOR = 11

/** Page tables: what the sections' addresses must be multiples of. */
const PAGE = 4096n
const LARGE_PAGE = 1n << 21n
const TOP_ENTRY = 1n << 39n
const MAX_STACK = 1n << 32n
/** The crate maps at least so much physical memory. */
const LEAST_PHYSICAL = 1n << 32n

/** An address; absent, the loader chooses. */
type Wish = bigint | undefined

/** What a kernel says about how it is to be started; absent addresses and numbers are left to the loader. */
export interface CrateConfiguration {
  /** `0.11.16`, with `-pre` for a release before a release. */
  version: string
  patch: number
  stackBytes: bigint
  stack?: bigint
  base?: bigint
  bootInfo?: bigint
  framebuffer?: bigint
  ramdisk?: bigint
  /** Present when physical memory is to be mapped. */
  physicalMemory?: { address?: bigint }
  recursive?: { address?: bigint }
  aslr: boolean
  rangeStart?: bigint
  rangeEnd?: bigint
  leastHeight?: bigint
  leastWidth?: bigint
}

export function findCrateSection(elf: ElfFile): ElfSection | undefined {
  return elf.sections.find(({ name }) => name === CRATE_SECTION)
}

/** @throws ImageError when the section is not there, damaged, or of a version that the loader does not know */
export function readCrateConfiguration(bytes: Uint8Array, elf: ElfFile, where: string): CrateConfiguration {
  const section = findCrateSection(elf)
  if (!section)
    throw new ImageError({
      what: `The kernel has no section ${CRATE_SECTION}.`,
      where,
      why: 'Kernels of the crate bootloader 0.11 say in it how they want to be started; the macro entry_point! of bootloader_api writes it.',
      next: 'Use bootloader_api::entry_point!, keep the section in the linker script (KEEP), and do not strip it; or choose another protocol in the manifest ("boot").',
    })
  const shape = CRATE_SHAPES[section.bytes]
  if (!shape) throw wrongVersion(`The section ${CRATE_SECTION} has ${section.bytes} bytes.`, where)
  const reader = new ByteReader(bytes, where)
  reader.require(section.offset, section.bytes, `the section ${CRATE_SECTION}`)
  return parse(bytes.subarray(section.offset, section.offset + section.bytes), shape, `${where}+${hex(section.offset)}`)
}

function parse(bytes: Uint8Array, shape: { ramdisk: boolean; base: boolean }, where: string): CrateConfiguration {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (Buffer.from(bytes.subarray(0, 16)).toString('hex') !== IDENTITY) throw damaged('identity (its first 16 bytes)', where)
  const [major, minor, patch] = [view.getUint16(16, true), view.getUint16(18, true), view.getUint16(20, true)]
  let at = 22
  const flag = (what: string): boolean => {
    const value = view.getUint8(at++)
    if (value > 1) throw damaged(what, where)
    return value === 1
  }
  const number = (): bigint => view.getBigUint64((at += 8) - 8, true)
  const wish = (what: string): Wish => {
    const given = flag(what)
    const value = number()
    return given ? value : undefined
  }
  const optional = (what: string): { address?: bigint } | undefined => {
    const wanted = flag(what)
    const address = wish(what)
    return wanted ? present({ address }) : undefined
  }
  const version = `${major}.${minor}.${patch}${flag('mark of a pre-release') ? '-pre' : ''}`
  if (major !== 0 || minor !== MINOR) throw wrongVersion(`The kernel is built with bootloader_api ${version}.`, where)
  // In the order of the section.
  const found = {
    version,
    patch,
    stackBytes: number(),
    stack: wish('stack address'),
    base: shape.base ? wish('kernel base') : undefined,
    bootInfo: wish('boot information'),
    framebuffer: wish('framebuffer'),
    physicalMemory: optional('physical memory'),
    recursive: optional('recursive entry'),
    aslr: flag('aslr'),
    rangeStart: wish('dynamic range'),
    rangeEnd: wish('dynamic range'),
    ramdisk: shape.ramdisk ? wish('RAM disk') : undefined,
    leastHeight: wish('framebuffer height'),
    leastWidth: wish('framebuffer width'),
  }
  return present(found)
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> }

/** Without the keys whose value is undefined. */
function present<T extends object>(given: T): Present<T>
function present(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function damaged(what: string, where: string): ImageError {
  return new ImageError({
    what: `The section ${CRATE_SECTION} is damaged at its ${what}.`,
    where,
    why: 'It decides where the loader puts the stack, the boot information and the rest.',
    next: 'Build the kernel again; do not write the section by hand.',
  })
}

function wrongVersion(what: string, where: string): ImageError {
  const shapes = Object.entries(CRATE_SHAPES).map(([bytes, { releases }]) => `${bytes} bytes (${releases})`)
  return new ImageError({
    what,
    where,
    why: `The boot loader knows the crate's version 0.11, with a section of ${shapes.join(', ')}.`,
    next: 'Depend on bootloader_api = "0.11" in Cargo.toml.',
  })
}

interface Range {
  what: string
  first: bigint
  bytes: bigint
}

/**
 * What the loader would refuse of a configuration, as far as it can be known before the boot.
 * @throws ImageError
 */
export function checkCrateConfiguration(config: CrateConfiguration, elf: ElfFile, where: string): void {
  const { stackBytes, base } = config
  if (stackBytes < PAGE || stackBytes >= MAX_STACK) throw invalid(`kernel_stack_size is ${stackBytes}.`, 'It counts bytes, from 4096 to less than 4 GiB.', where)
  const loads = elf.segments.filter(({ type, memoryBytes }) => type === SEGMENT_TYPE.LOAD && memoryBytes > 0n)
  const moves = elf.type === ELF_TYPE.SHARED
  if (base !== undefined && !moves) throw invalid(`kernel_base is ${hex(base)}, but the kernel is linked to fixed addresses.`, 'Only a position-independent executable can be moved.', where)
  const alignment = loads.reduce((most, segment) => (segment.alignment > most ? segment.alignment : most), PAGE)
  const aligned: readonly (readonly [key: string, address: bigint | undefined, alignment: bigint])[] = [
    ['kernel_stack', config.stack, PAGE],
    ['kernel_base', base, alignment],
    ['boot_info', config.bootInfo, 8n],
    ['framebuffer', config.framebuffer, PAGE],
    ['ramdisk_memory', config.ramdisk, PAGE],
    ['physical_memory', config.physicalMemory?.address, LARGE_PAGE],
    ['page_table_recursive', config.recursive?.address, TOP_ENTRY],
  ]
  for (const [key, address, multiple] of aligned) {
    if (address === undefined) continue
    if (address % multiple !== 0n) throw invalid(`${key} is ${hex(address)}.`, `It must be a multiple of ${hex(multiple)}.`, where)
    if (!isCanonical(address)) throw invalid(`${key} is ${hex(address)}.`, 'It is no canonical address (below 0x800000000000 or from 0xffff800000000000).', where)
  }
  checkApart(rangesOf(config, loads, moves), where)
}

/** The ranges of addresses that are known already. */
function rangesOf(config: CrateConfiguration, loads: ElfFile['segments'], moves: boolean): Range[] {
  const fixed = (what: string, first: bigint | undefined, bytes: bigint): Range[] => (first === undefined ? [] : [{ what, first, bytes }])
  const segments = moves && config.base === undefined ? [] : loads
  return [
    ...segments.map(({ virtualAddress, memoryBytes }) => ({ what: 'the kernel', first: virtualAddress + (config.base ?? 0n), bytes: memoryBytes })),
    ...fixed('kernel_stack', config.stack, config.stackBytes + PAGE),
    ...fixed('boot_info', config.bootInfo, PAGE),
    ...fixed('framebuffer', config.framebuffer, PAGE),
    ...fixed('ramdisk_memory', config.ramdisk, PAGE),
    ...fixed('physical_memory', config.physicalMemory?.address, LEAST_PHYSICAL),
    ...fixed('page_table_recursive', config.recursive?.address, TOP_ENTRY),
  ]
}

function checkApart(ranges: readonly Range[], where: string): void {
  for (const [index, range] of ranges.entries())
    for (const other of ranges.slice(0, index)) {
      const apart = range.first >= other.first + other.bytes || other.first >= range.first + range.bytes
      if (apart || range.what === other.what) continue
      throw invalid(`${range.what} at ${hex(range.first)} and ${other.what} at ${hex(other.first)} would be mapped over each other.`, 'An address can mean only one thing.', where)
    }
}

function isCanonical(address: bigint): boolean {
  const upper = address >> 47n
  return upper === 0n || upper === 0x1ffffn
}

function invalid(what: string, why: string, where: string): ImageError {
  return new ImageError({ what, where, why, next: 'Correct the BootloaderConfig that the kernel gives to entry_point!.' })
}
