/** The tables that boot loaders look for in a kernel, field by field. */
import type { BootHeader } from '../../../shared/inspection'
import { ByteReader } from '../byte-reader'
import { hex } from '../errors'
import { findMultibootHeader, MULTIBOOT_ADDRESSES } from '../multiboot'
import { findMultiboot2Header, HEADER_TAGS, INFORMATION_TAGS, type Multiboot2Tag } from '../multiboot2'

type Field = BootHeader['fields'][number]

/** Every header that is found in its place. */
export function bootHeaders(bytes: Uint8Array, where: string): BootHeader[] {
  return READERS.flatMap((read) => read(bytes, where))
}

/** One reader per protocol. */
const READERS: readonly ((bytes: Uint8Array, where: string) => BootHeader[])[] = [multiboot1, multiboot2]

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

function meaningOf(flags: number, table: readonly (readonly [bit: number, meaning: string])[]): string {
  const known = table.filter(([bit]) => flags & bit).map(([, meaning]) => meaning)
  const rest = table.reduce((left, [bit]) => left & ~bit, flags)
  return [...known, ...(rest !== 0 ? [`unknown bits ${hex(rest >>> 0)}`] : [])].join(', ')
}
