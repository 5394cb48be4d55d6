/** Where the BIOS puts a boot sector (BIOS Boot Specification 1.01, section 6.5.1). */
export const BOOT_SECTOR_ADDRESS = 0x7c00
const SECTOR_BYTES = 512

/** What is wrong with a flat boot sector, or undefined when the BIOS would start it. */
export function sectorFault(bytes: Uint8Array): { message: string; next: string } | undefined {
  if (bytes.length !== SECTOR_BYTES) {
    return {
      message: `A boot sector has exactly ${SECTOR_BYTES} bytes, this one has ${bytes.length}.`,
      next: bytes.length < SECTOR_BYTES ? 'End the source with `.org 510` and `.word 0xaa55`.' : 'Shorten the code: the BIOS loads one sector only.',
    }
  }
  if (bytes[510] !== 0x55 || bytes[511] !== 0xaa) {
    return { message: 'The last two bytes are not 0x55 0xaa, so the BIOS does not start this sector.', next: 'End the source with `.org 510` and `.word 0xaa55`.' }
  }
  return undefined
}
