/** The tables that boot loaders look for in a kernel, field by field. */
import type { BootHeader } from '../../../shared/inspection'
import { type CrateConfiguration, findCrateSection, readCrateConfiguration } from '../bootloader11'
import { ByteReader } from '../byte-reader'
import type { ElfFile } from '../elf'
import { hex } from '../errors'
import { findLimine, type LimineRequest } from '../limine'
import { findLinuxHeader } from '../linux'
import { findMultibootHeader, MULTIBOOT_ADDRESSES } from '../multiboot'
import { findMultiboot2Header, HEADER_TAGS, INFORMATION_TAGS, type Multiboot2Tag } from '../multiboot2'
import { attempt } from './why-not'

type Field = BootHeader['fields'][number]

/** @param elf when the file is one */
type HeaderReader = (bytes: Uint8Array, where: string, elf: ElfFile | undefined) => BootHeader[]

/** Every header that is found in its place. */
export function bootHeaders(bytes: Uint8Array, where: string, elf: ElfFile | undefined): BootHeader[] {
  return READERS.flatMap((read) => read(bytes, where, elf))
}

/** One reader per protocol. */
const READERS: readonly HeaderReader[] = [multiboot1, multiboot2, limine, bootloader11, linux]

const MULTIBOOT1_FLAGS: readonly (readonly [bit: number, meaning: string])[] = [
  [1, 'modules on page boundaries'],
  [2, 'memory information'],
  [4, 'video mode'],
  [MULTIBOOT_ADDRESSES, 'addresses of its own'],
]
const MULTIBOOT1_ADDRESSES = ['header_addr', 'load_addr', 'load_end_addr', 'bss_end_addr', 'entry_addr'] as const
const MULTIBOOT1_VIDEO = ['mode_type', 'width', 'height', 'depth'] as const

/** Multiboot Specification 0.6.96, 3.1. */
function multiboot1(bytes: Uint8Array, where: string): BootHeader[] {
  const { header } = findMultibootHeader(bytes)
  if (!header) return []
  const reader = new ByteReader(bytes, where)
  const word = (at: number): number => reader.u32(header.offset + at, 'the Multiboot header')
  const fields: Field[] = [
    { name: 'magic', value: hex(word(0)) },
    { name: 'flags', value: hex(header.flags), meaning: meaningOf(header.flags, MULTIBOOT1_FLAGS) },
    { name: 'checksum', value: hex(word(8)), meaning: 'right: the three sum to 0' },
  ]
  const named = (names: readonly string[], from: number, show: (value: number) => string): void => {
    for (const [index, name] of names.entries()) fields.push({ name, value: show(word(from + 4 * index)) })
  }
  let length = 12
  if (header.addresses) {
    named(MULTIBOOT1_ADDRESSES, 12, hex)
    length = 32
  }
  if (header.flags & 4 && header.offset + 48 <= bytes.length) {
    named(MULTIBOOT1_VIDEO, 32, String)
    length = 48
  }
  return [{ name: 'Multiboot header', offset: header.offset, bytes: length, fields, remarks: [] }]
}

/** Multiboot2 Specification 2.0, 3.1. */
function multiboot2(bytes: Uint8Array, where: string): BootHeader[] {
  const { header } = findMultiboot2Header(bytes)
  if (!header) return []
  const reader = new ByteReader(bytes, where)
  const word = (at: number): number => reader.u32(header.offset + at, 'the Multiboot 2 header')
  return [
    {
      name: 'Multiboot 2 header',
      offset: header.offset,
      bytes: word(8),
      fields: [
        { name: 'magic', value: hex(word(0)) },
        { name: 'architecture', value: String(word(4)), meaning: 'i386, protected mode' },
        { name: 'length', value: String(word(8)) },
        { name: 'checksum', value: hex(word(12)), meaning: 'right: the four sum to 0' },
        ...header.tags.map(tagField),
      ],
      remarks: [],
    },
  ]
}

function tagField({ type, flags, words }: Multiboot2Tag): Field {
  const said = TAG_MEANINGS[type]?.(words) ?? words.map(hex).join(' ')
  return { name: `tag ${type}`, value: HEADER_TAGS[type] ?? 'unknown', meaning: [said, flags & 1 ? 'optional' : ''].filter((text) => text !== '').join(', ') }
}

const named = (names: readonly string[], show: (value: number) => string) => (words: readonly number[]): string => names.map((name, index) => `${name} ${show(words[index] ?? 0)}`).join(', ')

/** 3.1.4 to 3.1.13. */
const TAG_MEANINGS: Readonly<Record<number, (words: readonly number[]) => string>> = {
  1: (words) => words.map((type) => INFORMATION_TAGS[type]?.name ?? `type ${type}`).join(', '),
  2: named(['header', 'load', 'load end', 'BSS end'], hex),
  3: named(['entry'], hex),
  4: ([flags = 0]) => meaningOf(flags, [[1, 'a console is required'], [2, 'EGA text is supported']]),
  5: named(['width', 'height', 'depth'], String),
  8: named(['entry'], hex),
  9: named(['entry'], hex),
  10: (words) => `${named(['from', 'to', 'alignment'], hex)(words)}, ${['anywhere', 'lowest', 'highest'][words[3] ?? 0] ?? 'unknown'} place preferred`,
}

/** limine-protocol, PROTOCOL.md, "Base Revisions", "Features". */
function limine(bytes: Uint8Array, _where: string, elf: ElfFile | undefined): BootHeader[] {
  const kernel = elf && findLimine(bytes, elf)
  if (!kernel) return []
  const { revision, tag, requests, outside, unaligned, section } = kernel
  const first = requests.reduce((least, { offset }) => Math.min(least, offset), tag ?? Infinity)
  const end = requests.reduce((most, { offset }) => Math.max(most, offset + 48), (tag ?? 0) + 24)
  return [
    {
      name: 'Limine requests',
      offset: Number.isFinite(first) ? first : 0,
      bytes: Number.isFinite(first) ? end - first : 0,
      fields: [{ name: 'base revision', value: String(revision), meaning: tag === undefined ? 'no tag, so the first one' : `tag at ${hex(tag)}${section ? ', requests by pointers in the section .limine_reqs' : ''}` }, ...requests.map(limineField)],
      remarks: [
        ...outside.map(({ offset, feature }) => `A request (${feature?.name ?? 'unknown'}) at ${hex(offset)} lies outside the markers, where loaders do not look.`),
        ...unaligned.map((offset) => `What looks like a request at ${hex(offset)} is not at an address that is a multiple of 8, so loaders do not see it.`),
      ],
    },
  ]
}

function limineField({ offset, address, feature, revision }: LimineRequest): Field {
  return { name: `request at ${hex(offset)}`, value: feature?.name ?? 'unknown', meaning: `address ${hex(address)}, revision ${revision}${feature && !feature.answered ? ', not answered by this loader' : ''}` }
}

/** Crate bootloader_api 0.11, src/config.rs. */
function bootloader11(bytes: Uint8Array, where: string, elf: ElfFile | undefined): BootHeader[] {
  const section = elf && findCrateSection(elf)
  if (!elf || !section) return []
  const { value: found, why } = attempt(() => readCrateConfiguration(bytes, elf, where))
  return [{ name: 'Configuration of the crate bootloader 0.11', offset: section.offset, bytes: section.bytes, fields: found ? crateFields(found) : [], remarks: why === undefined ? [] : [why] }]
}

const CRATE_ADDRESSES = { stack: 'stack', base: 'kernel base', bootInfo: 'boot information', framebuffer: 'framebuffer', ramdisk: 'RAM disk', rangeStart: 'dynamic range from', rangeEnd: 'dynamic range to' } as const

function crateFields(found: CrateConfiguration): Field[] {
  const chosen = (address: bigint | undefined): string => (address === undefined ? 'chosen by the loader' : hex(address))
  return [
    { name: 'bootloader_api', value: found.version },
    { name: 'stack bytes', value: hex(found.stackBytes) },
    ...ADDRESS_KEYS.map((key) => ({ name: CRATE_ADDRESSES[key], value: chosen(found[key]) })),
    { name: 'physical memory', value: found.physicalMemory ? chosen(found.physicalMemory.address) : 'not mapped' },
    { name: 'recursive entry', value: found.recursive ? chosen(found.recursive.address) : 'none' },
    { name: 'aslr', value: found.aslr ? 'on' : 'off' },
    ...(found.leastWidth !== undefined || found.leastHeight !== undefined ? [{ name: 'least framebuffer', value: `${found.leastWidth ?? 'any'} x ${found.leastHeight ?? 'any'}` }] : []),
  ]
}

const ADDRESS_KEYS = ['stack', 'base', 'bootInfo', 'framebuffer', 'ramdisk', 'rangeStart', 'rangeEnd'] as const

const LINUX_HEADER_AT = 0x1f1
const LINUX_FLAGS_64: readonly (readonly [bit: number, meaning: string])[] = [[1, '64-bit entry at +0x200'], [2, 'may lie above 4 GiB'], [4, 'EFI handover, 32-bit'], [8, 'EFI handover, 64-bit'], [16, 'EFI kexec'], [32, '5-level paging'], [64, '5-level paging enabled']]

/** Linux, Documentation/arch/x86/boot.rst. */
function linux(bytes: Uint8Array): BootHeader[] {
  const header = findLinuxHeader(bytes)
  if (!header) return []
  const { version, name, setupBytes, loadedHigh, relocatable, commandLineBytes, preferredAddress, runBytes, alignment, ramdiskLast, xloadflags } = header
  return [
    {
      name: 'Linux real-mode kernel header',
      offset: LINUX_HEADER_AT,
      // The jump behind "HdrS" tells where it ends.
      bytes: 0x202 + (bytes[0x201] ?? 0) - LINUX_HEADER_AT,
      fields: [
        { name: 'boot protocol', value: `${version >> 8}.${String(version & 0xff).padStart(2, '0')}` },
        ...(name === undefined ? [] : [{ name: 'kernel', value: name }]),
        { name: 'protected-mode part', value: `at ${hex(setupBytes)}`, meaning: loadedHigh ? 'loaded at 1 MiB or above' : 'loaded at 0x10000' },
        { name: 'relocatable', value: relocatable ? `yes, to multiples of ${hex(alignment)}` : 'no' },
        ...(preferredAddress === undefined ? [] : [{ name: 'preferred address', value: hex(preferredAddress) }]),
        ...(runBytes === undefined ? [] : [{ name: 'memory while it starts', value: hex(runBytes) }]),
        { name: 'command line', value: `up to ${commandLineBytes} bytes` },
        { name: 'initial RAM disk', value: `up to address ${hex(ramdiskLast)}` },
        ...(xloadflags === undefined ? [] : [{ name: 'xloadflags', value: hex(xloadflags), meaning: meaningOf(xloadflags, LINUX_FLAGS_64) }]),
      ],
      remarks: [],
    },
  ]
}

function meaningOf(flags: number, table: readonly (readonly [bit: number, meaning: string])[]): string {
  const known = table.filter(([bit]) => flags & bit).map(([, meaning]) => meaning)
  const rest = table.reduce((left, [bit]) => left & ~bit, flags)
  return [...known, ...(rest !== 0 ? [`unknown bits ${hex(rest >>> 0)}`] : [])].join(', ')
}
