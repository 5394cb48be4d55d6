import type { Medium } from './ata-medium'

/** A medium for tests whose sectors begin with their number, 32 bits, little-endian, and hold what was written. */
export function testMedium(sectors: number, sectorBytes: number, readOnly = false): Medium & { written: Map<number, Uint8Array> } {
  const written = new Map<number, Uint8Array>()
  const sector = (lba: number): Uint8Array => {
    const bytes = new Uint8Array(sectorBytes)
    new DataView(bytes.buffer).setUint32(0, lba, true)
    return written.get(lba) ?? bytes
  }
  const check = (lba: number): void => {
    if (lba < 0 || lba >= sectors) throw new RangeError(`There is no sector ${lba}.`)
  }
  return {
    sectors, sectorBytes, readOnly, written,
    read(lba, count = 1) {
      const bytes = new Uint8Array(count * sectorBytes)
      for (let i = 0; i < count; i++) {
        check(lba + i)
        bytes.set(sector(lba + i), i * sectorBytes)
      }
      return bytes
    },
    write(lba, bytes) {
      check(lba)
      written.set(lba, bytes.slice())
    },
  }
}
