/**
 * The boot catalogue of a CD. Sources: "El Torito" Bootable CD-ROM Format Specification 1.0, 2.0 "Booting Catalog"; UEFI specification 2.10, 13.3.2
 * (platform EFh).
 */

const CD = 2048
const ENTRY_BYTES = 32
const BOOTABLE = 0x88
const SECTIONS = [0x90, 0x91]
const EXTENSION = 0x44
const CATALOG_POINTER = 0x47
/** Catalogues have no length; real ones have one sector. */
const MAX_CATALOG_BYTES = 16 * CD
const PLATFORMS: Readonly<Record<number, string>> = { 0: 'BIOS', 1: 'PowerPC', 2: 'Macintosh', 0xef: 'UEFI' }
const MEDIA = ['none', '1.2 MB diskette', '1.44 MB diskette', '2.88 MB diskette', 'hard disk']

export interface CdBootEntry {
  /** `BIOS`, `UEFI` …, or the number. */
  platform: string
  bootable: boolean
  /** What the firmware emulates with the image; `none`: the CD is itself. */
  emulation: string
  /** Real-mode segment; 0 stands for 07C0h. */
  loadSegment: number
  /** Of 512 bytes; how many the firmware loads. */
  sectors: number
  /** Where the image begins, in bytes from the CD's start. */
  offset: number
  /** Where the entry itself lies. */
  entryOffset: number
}

export interface BootCatalog {
  /** In bytes from the CD's start. */
  offset: number
  entries: CdBootEntry[]
  /** What is wrong with it. */
  problems: string[]
}

/** @param bootRecord where the boot record's volume descriptor begins; it lies in the image. Never throws. */
export function readBootCatalog(image: Uint8Array, bootRecord: number): BootCatalog {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const offset = view.getUint32(bootRecord + CATALOG_POINTER, true) * CD
  const catalog: BootCatalog = { offset, entries: [], problems: [] }
  const end = Math.min(image.length, offset + MAX_CATALOG_BYTES)
  if (offset + CD > image.length) {
    catalog.problems.push(`The boot catalogue should be at byte ${offset}, which is beyond the end of the image.`)
    return catalog
  }
  let sum = 0
  for (let at = 0; at < ENTRY_BYTES; at += 2) sum += view.getUint16(offset + at, true)
  if (view.getUint8(offset) !== 1 || view.getUint16(offset + 30, true) !== 0xaa55 || (sum & 0xffff) !== 0)
    catalog.problems.push('The boot catalogue does not begin with a valid validation entry: 01, key 55 AA, and 16-bit words that sum to 0.')

  const add = (at: number, platform: number): void => {
    const media = view.getUint8(at + 1) & 0xf
    catalog.entries.push({
      platform: PLATFORMS[platform] ?? String(platform),
      bootable: view.getUint8(at) === BOOTABLE,
      emulation: MEDIA[media] ?? `unknown (${media})`,
      loadSegment: view.getUint16(at + 2, true),
      sectors: view.getUint16(at + 6, true),
      offset: view.getUint32(at + 8, true) * CD,
      entryOffset: at,
    })
    if (view.getUint32(at + 8, true) * CD >= image.length) catalog.problems.push(`The boot image of the entry at byte ${at} should begin beyond the end of the image.`)
  }
  add(offset + ENTRY_BYTES, view.getUint8(offset + 1))
  let at = offset + 2 * ENTRY_BYTES
  for (let more = true; more && at + ENTRY_BYTES <= end && SECTIONS.includes(view.getUint8(at)); ) {
    const platform = view.getUint8(at + 1)
    let left = view.getUint16(at + 2, true)
    more = view.getUint8(at) === SECTIONS[0]
    for (at += ENTRY_BYTES; left > 0 && at + ENTRY_BYTES <= end; at += ENTRY_BYTES) {
      if (view.getUint8(at) === EXTENSION) continue
      add(at, platform)
      left--
    }
  }
  return catalog
}
