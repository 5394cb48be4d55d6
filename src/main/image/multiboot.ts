/** Multiboot 1 headers. Source: Multiboot Specification 0.6.96, 3.1 "OS image format". */
import { ByteReader } from './byte-reader'
import { hex, ImageError } from './errors'
import { wordOffsets } from './find-word'
import type { GraphicsWish } from './graphics-wish'
import { MAGIC } from './layout'

/** Bit 16 of the flags: the header brings its own load addresses. */
export const MULTIBOOT_ADDRESSES = 1 << 16
/** Required features (bits 0–15) that the loader has: page-aligned modules, memory information, video information. */
const UNDERSTOOD = 0x0007
const REQUIRED = 0xffff
const HEADER_BYTES = 12
/** How far a header that lies too far in is looked for, to explain why it does not count. */
const NEARLY_BYTES = 1 << 20
const HEADER_BYTES_WITH_ADDRESSES = 32

export interface MultibootHeader {
  /** Bytes from the start of the file. */
  offset: number
  flags: number
  /** Physical addresses of its own; a load end or BSS end of 0 means "up to the file's end" and "none". */
  addresses?: { header: number; load: number; loadEnd: number; bssEnd: number; entry: number }
}

/** Bit 2: the header asks for a video mode. */
const VIDEO = 1 << 2
const VIDEO_FIELDS = 32
const LINEAR_GRAPHICS = 0

/** The graphics mode that the header asks for (3.1.5); a number that is 0 is left to the loader. */
export function multibootWish(bytes: Uint8Array, { offset, flags }: MultibootHeader): GraphicsWish | undefined {
  const at = offset + VIDEO_FIELDS
  if (!(flags & VIDEO) || at + 16 > Math.min(bytes.length, MAGIC.MULTIBOOT1_SEARCH_BYTES)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 16)
  if (view.getUint32(0, true) !== LINEAR_GRAPHICS) return undefined
  return { width: view.getUint32(4, true), height: view.getUint32(8, true), bits: view.getUint32(12, true) }
}

export interface MultibootSearch {
  /** The header, when there is a valid one inside the first 8 KiB. */
  header?: MultibootHeader
  /** The first thing that is nearly a header: right words but too far in, or a wrong checksum in the window; its checksum, and the right one. */
  nearly?: { offset: number; reason: 'too-far' | 'checksum'; checksum: number; right: number }
}

/** Looks for the header as a loader does: 4-aligned, wholly inside the first 8192 bytes. */
export function findMultibootHeader(bytes: Uint8Array): MultibootSearch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let nearly: MultibootSearch['nearly']
  const end = Math.min(bytes.length, NEARLY_BYTES)
  for (const offset of wordOffsets(bytes, MAGIC.MULTIBOOT1_HEADER_MAGIC, 4, end - HEADER_BYTES + 4)) {
    const flags = view.getUint32(offset + 4, true)
    const checksum = view.getUint32(offset + 8, true)
    const right = -(MAGIC.MULTIBOOT1_HEADER_MAGIC + flags) >>> 0
    const valid = checksum === right
    const length = flags & MULTIBOOT_ADDRESSES ? HEADER_BYTES_WITH_ADDRESSES : HEADER_BYTES
    const inWindow = offset + length <= Math.min(MAGIC.MULTIBOOT1_SEARCH_BYTES, bytes.length)
    if (valid && inWindow) return { header: readHeader(bytes, offset, flags) }
    // Outside the window the magic alone means little: it can be a constant in code that reads headers.
    if (valid) nearly ??= { offset, reason: 'too-far', checksum, right }
    else if (inWindow) nearly ??= { offset, reason: 'checksum', checksum, right }
  }
  return nearly ? { nearly } : {}
}

function readHeader(bytes: Uint8Array, offset: number, flags: number): MultibootHeader {
  if (!(flags & MULTIBOOT_ADDRESSES)) return { offset, flags }
  const reader = new ByteReader(bytes, 'Multiboot header')
  const word = (index: number): number => reader.u32(offset + 4 * index, 'the Multiboot header')
  return { offset, flags, addresses: { header: word(3), load: word(4), loadEnd: word(5), bssEnd: word(6), entry: word(7) } }
}

/** @throws ImageError when the header requires a feature that the loader does not have. */
export function checkMultibootFeatures(header: MultibootHeader, where: string): void {
  const unknown = header.flags & REQUIRED & ~UNDERSTOOD
  if (unknown === 0) return
  throw new ImageError({
    what: `The Multiboot header requires features that the loader does not have (flags ${hex(unknown)}).`,
    where: `${where}+${hex(header.offset)}`,
    why: 'A loader must refuse a kernel whose required flags (bits 0–15) it does not understand.',
    next: 'Set only bits 0 (align modules), 1 (memory information), 2 (video) and 16 (addresses) in the header’s flags.',
  })
}
