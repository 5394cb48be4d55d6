/** CDs for tests: no files, one boot image ("El Torito" Bootable CD-ROM Format Specification 1.0; ECMA-119). */
import { CD_SECTOR_BYTES } from './el-torito'

export const BOOT_IMAGE_SECTOR = 20
const CATALOGUE_SECTOR = 19

export interface TestCd {
  bootImage: Uint8Array
  /** Media type, 0–4; default 0: no emulation. */
  media?: number
  /** Sectors of 512 bytes that the BIOS loads; default: all. */
  sectors?: number
  segment?: number
  /** Platform of the validation entry; with another one than 0 the PC's entry follows in a section. */
  platform?: number
}

export function testCd({ bootImage, media = 0, sectors = Math.ceil(bootImage.length / 512), segment = 0, platform = 0 }: TestCd): Uint8Array {
  const image = new Uint8Array(Math.ceil((BOOT_IMAGE_SECTOR * CD_SECTOR_BYTES + bootImage.length) / CD_SECTOR_BYTES) * CD_SECTOR_BYTES)
  const view = new DataView(image.buffer)
  const text = (at: number, value: string): void => image.set(Buffer.from(value, 'latin1'), at)
  const descriptor = (sector: number, type: number): number => {
    const at = sector * CD_SECTOR_BYTES
    image[at] = type
    text(at + 1, 'CD001')
    image[at + 6] = 1
    return at
  }
  descriptor(16, 1)
  const record = descriptor(17, 0)
  text(record + 7, 'EL TORITO SPECIFICATION')
  view.setUint32(record + 0x47, CATALOGUE_SECTOR, true)
  descriptor(18, 0xff)
  const catalogue = CATALOGUE_SECTOR * CD_SECTOR_BYTES
  image.set([1, platform], catalogue)
  view.setUint16(catalogue + 30, 0xaa55, true)
  view.setUint16(catalogue + 28, -(0xaa55 + 1 + (platform << 8)) & 0xffff, true)
  let entry = catalogue + 32
  if (platform !== 0) {
    image.set([0x88], entry)
    image.set([0x91, 0, 1], entry + 32)
    entry += 64
  }
  image.set([0x88, media], entry)
  view.setUint16(entry + 2, segment, true)
  view.setUint16(entry + 6, sectors, true)
  view.setUint32(entry + 8, BOOT_IMAGE_SECTOR, true)
  image.set(bootImage, BOOT_IMAGE_SECTOR * CD_SECTOR_BYTES)
  return image
}
