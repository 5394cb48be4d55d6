/** What a CD boots: the boot catalogue of the "El Torito" Bootable CD-ROM Format Specification 1.0, on an ISO 9660 volume (ECMA-119). */
import { copied, type ImageContent } from './image-content'

export const CD_SECTOR_BYTES = 2048
/** Volume descriptors follow one another from this sector on (ECMA-119, 6.2.1); the boot record is the second (El Torito, figure 7). */
const FIRST_DESCRIPTOR = 16
const BOOT_RECORD = 17
const STANDARD_IDENTIFIER = 'CD001'
const BOOT_SYSTEM = 'EL TORITO SPECIFICATION'
const CATALOGUE_POINTER = 0x47

const ENTRY_BYTES = 32
const VALIDATION_HEADER = 1
const BOOTABLE = 0x88
const SECTION_HEADERS = { more: 0x90, last: 0x91 } as const
const PLATFORM_X86 = 0
const DEFAULT_SEGMENT = 0x7c0

/** Bits 0–3 of a boot entry's second byte. */
const MEDIA = ['none', 'floppy 1200K', 'floppy 1440K', 'floppy 2880K', 'hard disk'] as const

export interface CdBootEntry {
  /** What drive the image is shown as; `none`: the CD is itself. */
  emulation: (typeof MEDIA)[number]
  /** The media byte as it stands in the catalogue. */
  media: number
  /** Where it is loaded: real-mode segment. */
  segment: number
  /** Sectors of 512 bytes to load. */
  sectors: number
  /** First sector of the image, in the CD's sectors of 2048 bytes. */
  lba: number
}

/** Why a CD does not boot, as a sentence. */
export interface NoCdBoot {
  why: string
}

/** Whether an image is an ISO 9660 volume with an El Torito boot record, so that a BIOS takes it for a bootable CD. */
export function isBootableCd(image: ImageContent): boolean {
  return textAt(image, FIRST_DESCRIPTOR * CD_SECTOR_BYTES + 1, STANDARD_IDENTIFIER) && textAt(image, BOOT_RECORD * CD_SECTOR_BYTES + 7, BOOT_SYSTEM)
}

/** The first entry of the catalogue that is bootable on a PC, or why there is none. Never throws. */
export function cdBootEntry(image: ImageContent): CdBootEntry | NoCdBoot {
  if (!isBootableCd(image)) return { why: 'The CD has no El Torito boot record (sector 17).' }
  const sector = sectorView(image, BOOT_RECORD).getUint32(CATALOGUE_POINTER, true)
  if ((sector + 1) * CD_SECTOR_BYTES > image.bytes) return { why: `The CD's boot catalogue should be in sector ${sector}, which lies beyond the end of the image.` }
  const view = sectorView(image, sector)
  if (view.getUint8(0) !== VALIDATION_HEADER || view.getUint16(30, true) !== 0xaa55 || wordSum(view) !== 0) {
    return { why: `The CD's boot catalogue (sector ${sector}) does not begin with a valid validation entry: header 01, key 55 AA, and words that sum to 0.` }
  }
  let platform = view.getUint8(1)
  for (let at = ENTRY_BYTES; at < CD_SECTOR_BYTES; at += ENTRY_BYTES) {
    const indicator = view.getUint8(at)
    if (indicator === SECTION_HEADERS.more || indicator === SECTION_HEADERS.last) platform = view.getUint8(at + 1)
    else if (indicator === BOOTABLE && platform === PLATFORM_X86) return readEntry(view, at, image.bytes)
  }
  return { why: `The CD's boot catalogue (sector ${sector}) has no bootable entry for a PC with a BIOS (platform 0).` }
}

function readEntry(view: DataView, at: number, imageBytes: number): CdBootEntry | NoCdBoot {
  const media = view.getUint8(at + 1)
  const emulation = MEDIA[media & 0xf]
  const lba = view.getUint32(at + 8, true)
  if (emulation === undefined) return { why: `The CD's boot entry has media type ${media & 0xf}, which is none of 0 to 4.` }
  if (lba * CD_SECTOR_BYTES >= imageBytes) return { why: `The CD's boot image should begin at sector ${lba}, which lies beyond the end of the image.` }
  // No count and no segment: the traditional ones (El Torito, 2.2).
  return { emulation, media, lba, segment: view.getUint16(at + 2, true) || DEFAULT_SEGMENT, sectors: view.getUint16(at + 6, true) || 1 }
}

/** A sector of the CD; zeros beyond its end. */
function sectorView(image: ImageContent, sector: number): DataView {
  return new DataView(copied(image, sector * CD_SECTOR_BYTES, CD_SECTOR_BYTES).buffer)
}

function wordSum(view: DataView): number {
  let sum = 0
  for (let at = 0; at < ENTRY_BYTES; at += 2) sum += view.getUint16(at, true)
  return sum & 0xffff
}

function textAt(image: ImageContent, at: number, text: string): boolean {
  return Buffer.from(copied(image, at, text.length)).toString('latin1') === text
}
