/** Damage as it hurts readers: fields at their borders, fields of one place in another, lengths that lie, files cut short. */
import type { Random } from './random'

export interface ByteSeed {
  name: string
  bytes: Uint8Array
  /** Where headers and tables lie: most damage goes there. */
  hot: readonly { offset: number; bytes: number }[]
  /** Makes checksums right again, so that damage behind them is reached. */
  repair?: (bytes: Uint8Array) => void
}

const WIDTHS = [1, 2, 4, 8] as const
type Width = (typeof WIDTHS)[number]
const BORDERS = [0n, 1n, 2n, 7n, 8n, 0x7fn, 0x80n, 0xffn, 0x1ffn, 0x200n, 0xfffn, 0x1000n, 0x7fffn, 0x8000n, 0xfffen, 0xffffn, 0x10000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_fff0n, 0xffff_ffffn, 0x1_0000_0000n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 4096n, (1n << 64n) - 1n]
const MAX_CHANGES = 6
const MAX_BLOCK = 64

/**
 * Changes the bytes in place.
 * @returns how many bytes of the file are left, and what puts them back
 */
export function damage(seed: ByteSeed, random: Random): { length: number; restore: () => void } {
  const { bytes, hot } = seed
  const undo: { at: number; was: Uint8Array }[] = []
  const write = (at: number, content: Uint8Array): void => {
    const end = Math.min(bytes.length, at + content.length)
    if (at < 0 || at >= end) return
    undo.push({ at, was: bytes.slice(at, end) })
    bytes.set(content.subarray(0, end - at), at)
  }
  const place = (width: number): number => {
    const range = random.chance(8) ? undefined : hot[random.below(hot.length)]
    const at = (range?.offset ?? 0) + random.below(range?.bytes ?? bytes.length)
    return random.chance(8) ? at : at - (at % width)
  }
  const changes = 1 + random.below(MAX_CHANGES)
  for (let change = 0; change < changes; change++) CHANGES[random.below(CHANGES.length)]?.({ bytes, random, write, place })
  if (seed.repair && !random.chance(3)) {
    const before = bytes.slice(0, REPAIRED_BYTES)
    const tail = bytes.slice(-REPAIRED_BYTES)
    undo.push({ at: 0, was: before }, { at: bytes.length - tail.length, was: tail })
    seed.repair(bytes)
  }
  const cut = random.chance(12)
  const border = random.pick(hot, { offset: 0, bytes: bytes.length })
  const length = cut ? Math.min(bytes.length, random.chance(2) ? random.below(bytes.length + 1) : border.offset + random.below(border.bytes + 1)) : bytes.length
  return {
    length,
    restore: () => {
      for (const { at, was } of undo.toReversed()) bytes.set(was, at)
    },
  }
}

/** Repairs touch headers at the beginning and at the end of a file only. */
const REPAIRED_BYTES = 34 * 512

interface Change {
  bytes: Uint8Array
  random: Random
  write: (at: number, content: Uint8Array) => void
  place: (width: number) => number
}

const CHANGES: readonly ((change: Change) => void)[] = [
  // A field at a border, or at the file's own length.
  ({ bytes, random, write, place }) => {
    const width = random.pick(WIDTHS, 4)
    const length = BigInt(bytes.length)
    const value = random.pick([...BORDERS, length, length - 1n, length + 1n, length / 512n, length / 512n - 1n], 0n)
    write(place(width), number(value, width, random.chance(8)))
  },
  // A field a little off.
  ({ bytes, random, write, place }) => {
    const width = random.pick(WIDTHS, 4)
    const at = place(width)
    write(at, number(read(bytes, at, width) + BigInt(random.below(33) - 16), width, false))
  },
  // A bit.
  ({ bytes, random, write, place }) => {
    const at = place(1)
    write(at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))))
  },
  // One field's value in another's place.
  ({ bytes, random, write, place }) => {
    const width = random.pick(WIDTHS, 4)
    const [from, to] = [place(width), place(width)]
    const [first, second] = [bytes.slice(from, from + width), bytes.slice(to, to + width)]
    write(to, first)
    if (random.chance(2)) write(from, second)
  },
  // A block of one thing over another.
  ({ bytes, random, write, place }) => {
    const from = place(16)
    write(place(16), bytes.slice(from, from + 1 + random.below(MAX_BLOCK)))
  },
  // Noise, zeros or ones.
  ({ random, write, place }) => {
    const fill = random.below(3)
    write(place(1), Uint8Array.from({ length: 1 + random.below(MAX_BLOCK) }, () => (fill === 0 ? 0 : fill === 1 ? 0xff : random.u32() & 0xff)))
  },
  ({ random, write, place }) => write(place(1), Uint8Array.of(random.u32() & 0xff)),
]

function number(value: bigint, width: Width, big: boolean): Uint8Array {
  const bytes = Uint8Array.from({ length: width }, (_, index) => Number(BigInt.asUintN(64, value) >> BigInt(8 * index)) & 0xff)
  return big ? bytes.toReversed() : bytes
}

function read(bytes: Uint8Array, at: number, width: Width): bigint {
  let value = 0n
  for (let index = width - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[at + index] ?? 0)
  return value
}

const ODD_TEXTS = ['', '0', '-1', '1e999', '0x', '0xffffffffffffffff', '18446744073709551616', '99999999999999999999', 'null', 'true', '[]', '{}', '"', '\\', '\u0000', '\ud800', '../..', '/', 'C:\\', '@0+0', '@4294967295+4294967295', '@1+', 'constructor', '__proto__', 'é'.repeat(300), 'a'.repeat(5000), '\r', '\t', ' ']
const TOKEN = /"(?:[^"\\]|\\.)*"|[A-Za-z_][\w-]*|-?\d[\w.]*|[^\s\w]/g

/** Another text: tokens and lines left out, doubled, exchanged, replaced by odd ones. */
export function damageText(text: string, random: Random): string {
  let result = text
  const changes = 1 + random.below(MAX_CHANGES)
  for (let change = 0; change < changes; change++) {
    if (random.chance(3)) {
      const lines = result.split('\n')
      const [from, to] = [random.below(lines.length), random.below(lines.length)]
      const line = lines[from] ?? ''
      if (random.chance(3)) lines.splice(from, 1)
      else if (random.chance(2)) lines.splice(to, 0, line)
      else [lines[from], lines[to]] = [lines[to] ?? '', line]
      result = lines.join('\n')
    } else {
      const tokens = [...result.matchAll(TOKEN)]
      const token = tokens[random.below(tokens.length)]
      if (!token) continue
      const odd = random.pick(ODD_TEXTS, '')
      const other = tokens[random.below(tokens.length)]?.[0] ?? ''
      const replacement = random.chance(3) ? other : token[0].startsWith('"') && random.chance(2) ? JSON.stringify(odd) : odd
      result = result.slice(0, token.index) + replacement + result.slice(token.index + token[0].length)
    }
  }
  return random.chance(20) ? result.slice(0, random.below(result.length + 1)) : result
}
