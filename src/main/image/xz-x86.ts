/**
 * xz files whose block went through the x86 filter, as Linux packs itself (scripts/xz_wrap.sh): the small decoder of WebAssembly does not know it.
 * Source: The .xz File Format 1.2.0 (stream 2.1, block 3, index 4); XZ Embedded, "x86 BCJ filter".
 */
import { crc32 } from 'node:zlib'
import { ByteReader } from './byte-reader'
import { ImageError } from './errors'

const STREAM_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] as const
const FOOTER_MAGIC = [0x59, 0x5a] as const
const STREAM_HEADER_BYTES = 12
const FOOTER_BYTES = 12
const CHECK = { none: 0, crc32: 1 } as const
const CRC32_BYTES = 4
const FILTER = { x86: 4, lzma2: 0x21 } as const
const BLOCK_FLAGS = { filters: 0x03, packedSize: 0x40, unpackedSize: 0x80 } as const

/** A stream without the filter, and what it takes to get the bytes from what it unpacks to. */
export interface Unfiltered {
  xz: Uint8Array
  unpackedBytes: number
  crc32: number
}

const beginsAsXz = (bytes: Uint8Array): boolean => STREAM_MAGIC.every((byte, index) => bytes[index] === byte)

/**
 * The same data as a stream without the x86 filter; undefined when it has none, more than one block, or another check than CRC-32.
 * @param xz one stream, without anything behind it
 * @throws ImageError when it is cut short
 */
export function withoutX86Filter(xz: Uint8Array, where: string): Unfiltered | undefined {
  const reader = new ByteReader(xz, where)
  reader.require(0, STREAM_HEADER_BYTES + FOOTER_BYTES, 'the xz stream')
  if (!beginsAsXz(xz) || xz[7] !== CHECK.crc32) return undefined
  const header = readBlockHeader(xz, where)
  if (!header) return undefined
  const index = readIndex(xz, where)
  if (!index) return undefined
  const { unpaddedBytes, unpackedBytes } = index
  const dataBytes = unpaddedBytes - header.bytes - CRC32_BYTES
  const dataAt = STREAM_HEADER_BYTES + header.bytes
  const checkAt = dataAt + padded(dataBytes)
  reader.require(dataAt, padded(dataBytes) + CRC32_BYTES, 'the xz block')
  const check = reader.u32(checkAt, 'the check of the xz block')

  const flags = [0, CHECK.none]
  const blockHeader = sealed([0x02, 0, FILTER.lzma2, 1, header.dictionary, 0, 0, 0])
  const newIndex = sealed(paddedBytes([0, 1, ...vli(blockHeader.length + dataBytes), ...vli(unpackedBytes)]))
  const footer = [...le32(newIndex.length / 4 - 1), ...flags]
  const pieces = [STREAM_MAGIC, flags, le32(crc32(Uint8Array.from(flags))), blockHeader, xz.subarray(dataAt, checkAt), newIndex, le32(crc32(Uint8Array.from(footer))), footer, FOOTER_MAGIC]
  return { xz: new Uint8Array(Buffer.concat(pieces.map((piece) => Buffer.from(piece)))), unpackedBytes, crc32: check }
}

/** Undefined unless its filters are x86 from offset 0 and LZMA2. */
function readBlockHeader(xz: Uint8Array, where: string): { bytes: number; dictionary: number } | undefined {
  const at = STREAM_HEADER_BYTES
  const bytes = ((xz[at] ?? 0) + 1) * 4
  new ByteReader(xz, where).require(at, bytes, 'the header of the xz block')
  const flags = xz[at + 1] ?? 0
  if ((flags & BLOCK_FLAGS.filters) !== 1) return undefined
  let position = at + 2
  for (const flag of [BLOCK_FLAGS.packedSize, BLOCK_FLAGS.unpackedSize]) if ((flags & flag) !== 0) position = readVli(xz, position).end
  const [x86, noProperties, lzma2, oneProperty, dictionary] = xz.subarray(position, position + 5)
  const known = x86 === FILTER.x86 && noProperties === 0 && lzma2 === FILTER.lzma2 && oneProperty === 1 && dictionary !== undefined
  return known ? { bytes, dictionary } : undefined
}

/** Undefined when there are several blocks. */
function readIndex(xz: Uint8Array, where: string): { unpaddedBytes: number; unpackedBytes: number } | undefined {
  const reader = new ByteReader(xz, where)
  const bytes = (reader.u32(xz.length - FOOTER_BYTES + 4, 'the footer of the xz stream') + 1) * 4
  const at = xz.length - FOOTER_BYTES - bytes
  reader.require(at, bytes, 'the index of the xz stream')
  if (xz[at] !== 0 || xz[at + 1] !== 1) return undefined
  const unpadded = readVli(xz, at + 2)
  return { unpaddedBytes: unpadded.value, unpackedBytes: readVli(xz, unpadded.end).value }
}

/**
 * Takes back the x86 filter in place: addresses of calls and jumps become distances again.
 * @throws ImageError when the result does not have the sum that the stream says
 */
export function unfilterX86(bytes: Uint8Array, expected: number, where: string): void {
  undoBranches(bytes)
  if (crc32(bytes) === expected) return
  throw new ImageError({ what: 'What is packed in the kernel does not have the sum (CRC-32) that goes with it.', where, why: 'The file is damaged.', next: 'Copy the file again.' })
}

/** A call or jump: E8 or E9, and a distance of 32 bits whose highest byte is 00 or FF. */
function undoBranches(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isSign = (byte: number): boolean => byte === 0 || byte === 0xff
  /** Which of the three bytes before the present one were opcodes that were left alone: bit 0 for the nearest. */
  let before = 0
  let last = -1
  for (let at = 0; at < bytes.length - 4; at++) {
    if (((bytes[at] ?? 0) & 0xfe) !== 0xe8) continue
    const distance = at - last
    before = distance > 3 ? 0 : (before << (distance - 1)) & 7
    last = at
    const overlap = OVERLAP[before] ?? 3
    const stays = before !== 0 && (!MAY_CONVERT.has(before) || isSign(bytes[at + 4 - overlap] ?? 0))
    if (stays || !isSign(bytes[at + 4] ?? 0)) {
      before = ((before << 1) | 1) & 7
      continue
    }
    let address = view.getUint32(at + 1, true)
    let value: number
    for (;;) {
      value = (address - (at + 5)) >>> 0
      if (before === 0 || !isSign((value >>> (24 - overlap * 8)) & 0xff)) break
      address = (value ^ (2 ** (32 - overlap * 8) - 1)) >>> 0
    }
    // Bit 24 is the sign.
    view.setUint32(at + 1, (value & 0x0100_0000) !== 0 ? (value | 0xfe00_0000) >>> 0 : value & 0x01ff_ffff, true)
    at += 4
  }
}

/** By which opcodes were left alone before: how far the distance reaches into theirs, and whether it was converted at all. */
const OVERLAP: readonly number[] = [0, 1, 2, 2, 3, 3, 3, 3]
const MAY_CONVERT: ReadonlySet<number> = new Set([0, 1, 2, 4])

const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4
const paddedBytes = (bytes: readonly number[]): number[] => [...bytes, ...Array.from({ length: padded(bytes.length) - bytes.length }, () => 0)]
const le32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
const sealed = (bytes: readonly number[]): number[] => [...bytes, ...le32(crc32(Uint8Array.from(bytes)))]

/** A number of variable length (1.2), seven bits a byte. */
function vli(value: number): number[] {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return [...bytes, value]
}

/** At most 2^53: what does not fit into memory is found too long where it is used. */
function readVli(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0
  for (let scale = 1; ; scale *= 0x80, at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80 || scale > 2 ** 49) return { value, end: at + 1 }
  }
}
