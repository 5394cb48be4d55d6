/** Multiboot 2 headers. Source: Multiboot2 Specification 2.0, 3.1 "OS image format". */
import { hex, ImageError } from './errors'
import { wordOffsets } from './find-word'
import type { GraphicsWish } from './graphics-wish'
import { MAGIC } from './layout'

const HEADER_MAGIC = 0xe852_50d6
const HEADER_BYTES = 16
const ARCHITECTURE_I386 = 0
const OPTIONAL = 1
/** How far a header that lies too far in is looked for, to explain why it does not count. */
const NEARLY_BYTES = 1 << 20

/** Header tags that the image builder reads. */
export const MULTIBOOT2_TAG = { ADDRESS: 2, ENTRY: 3, FRAMEBUFFER: 5, RELOCATABLE: 10 } as const

/** Names of the header's tags, by type. Those for EFI mean nothing on a BIOS machine; under UEFI the loader refuses a kernel that requires tag 7. */
export const HEADER_TAGS: Readonly<Record<number, string>> = {
  0: 'end',
  1: 'information request',
  2: 'address',
  3: 'entry address',
  4: 'console flags',
  5: 'framebuffer',
  6: 'module alignment',
  7: 'EFI boot services',
  8: 'EFI i386 entry address',
  9: 'EFI amd64 entry address',
  10: 'relocatable header',
}

/** Names of the information's tags, by type (3.6), and whether the loader gives them where the firmware has such a thing. */
export const INFORMATION_TAGS: Readonly<Record<number, { name: string; offered: boolean }>> = {
  1: { name: 'command line', offered: true },
  2: { name: 'boot loader name', offered: true },
  3: { name: 'modules', offered: true },
  4: { name: 'basic memory information', offered: true },
  5: { name: 'BIOS boot device', offered: true },
  6: { name: 'memory map', offered: true },
  7: { name: 'VBE information', offered: false },
  8: { name: 'framebuffer information', offered: true },
  9: { name: 'ELF symbols', offered: true },
  10: { name: 'APM table', offered: false },
  11: { name: 'EFI 32-bit system table', offered: true },
  12: { name: 'EFI 64-bit system table', offered: true },
  13: { name: 'SMBIOS tables', offered: true },
  14: { name: 'ACPI old RSDP', offered: true },
  15: { name: 'ACPI new RSDP', offered: true },
  16: { name: 'network information', offered: false },
  17: { name: 'EFI memory map', offered: true },
  18: { name: 'EFI boot services not terminated', offered: true },
  19: { name: 'EFI 32-bit image handle', offered: true },
  20: { name: 'EFI 64-bit image handle', offered: true },
  21: { name: 'image load base physical address', offered: true },
}

export interface Multiboot2Tag {
  type: number
  /** Bit 0: the kernel can do without. */
  flags: number
  /** Words after type, flags and size. */
  words: number[]
}

export interface Multiboot2Header {
  /** Bytes from the start of the file. */
  offset: number
  tags: Multiboot2Tag[]
}

export interface Multiboot2Search {
  /** The header, when there is a valid one for i386 inside the first 32 KiB. */
  header?: Multiboot2Header
  /** The first thing that is nearly a header; its checksum, and the right one. */
  nearly?: { offset: number; reason: 'too-far' | 'checksum' | 'architecture'; checksum: number; right: number }
}

/** Looks for the header as a loader does: 8-aligned, wholly inside the first 32768 bytes. */
export function findMultiboot2Header(bytes: Uint8Array): Multiboot2Search {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const window = Math.min(bytes.length, MAGIC.MULTIBOOT2_SEARCH_BYTES)
  let nearly: Multiboot2Search['nearly']
  for (const offset of wordOffsets(bytes, HEADER_MAGIC, 8, Math.min(bytes.length, NEARLY_BYTES) - HEADER_BYTES + 4)) {
    const [architecture, length, checksum] = [view.getUint32(offset + 4, true), view.getUint32(offset + 8, true), view.getUint32(offset + 12, true)]
    const right = -(HEADER_MAGIC + architecture + length) >>> 0
    const valid = checksum === right
    const inWindow = length >= HEADER_BYTES && offset + length <= window
    if (valid && inWindow && architecture === ARCHITECTURE_I386) return { header: { offset, tags: readTags(view, offset, length) } }
    // Outside the window the magic alone means little: it can be a constant in code that reads headers.
    if (valid) nearly ??= { offset, reason: inWindow ? 'architecture' : 'too-far', checksum, right }
    else if (offset < window) nearly ??= { offset, reason: 'checksum', checksum, right }
  }
  return nearly ? { nearly } : {}
}

function readTags(view: DataView, header: number, length: number): Multiboot2Tag[] {
  const tags: Multiboot2Tag[] = []
  for (let at = header + HEADER_BYTES; at + 8 <= header + length; ) {
    const [type, flags, bytes] = [view.getUint16(at, true), view.getUint16(at + 2, true), view.getUint32(at + 4, true)]
    if (type === 0 || bytes < 8 || at + bytes > header + length) break
    tags.push({ type, flags, words: Array.from({ length: Math.floor((bytes - 8) / 4) }, (_, index) => view.getUint32(at + 8 + 4 * index, true)) })
    at += Math.ceil(bytes / 8) * 8
  }
  return tags
}

export function multiboot2Tag({ tags }: Multiboot2Header, type: number): Multiboot2Tag | undefined {
  return tags.find((tag) => tag.type === type)
}

/** The graphics mode that the header asks for (3.1.10); a number that is 0 is left to the loader. */
export function multiboot2Wish(header: Multiboot2Header): GraphicsWish | undefined {
  const tag = multiboot2Tag(header, MULTIBOOT2_TAG.FRAMEBUFFER)
  return tag && { width: tag.words[0] ?? 0, height: tag.words[1] ?? 0, bits: tag.words[2] ?? 0 }
}

/** @throws ImageError when the header requires what the loader does not have. */
export function checkMultiboot2Features(header: Multiboot2Header, where: string): void {
  for (const { type, flags, words } of header.tags) {
    if (flags & OPTIONAL) continue
    if (HEADER_TAGS[type] === undefined) throw refusal(header, where, `tag ${type}, which no version of Multiboot 2 that Bootlab knows has`)
    if (type !== 1) continue
    const missing = words.find((wanted) => INFORMATION_TAGS[wanted]?.offered !== true)
    if (missing !== undefined) throw refusal(header, where, `information of type ${missing} (${INFORMATION_TAGS[missing]?.name ?? 'unknown'}), which the boot loader does not have`)
  }
}

function refusal(header: Multiboot2Header, where: string, what: string): ImageError {
  return new ImageError({
    what: `The Multiboot 2 header requires ${what}.`,
    where: `${where}+${hex(header.offset)}`,
    why: 'A loader must refuse a kernel whose tags it cannot obey, unless they are marked optional.',
    next: 'Set bit 0 of the tag’s flags when the kernel can do without it.',
  })
}
