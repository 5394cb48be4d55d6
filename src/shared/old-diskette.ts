/**
 * Diskettes of the IBM PC and XT, 160 to 360 KiB: their systems are older than the mark 55 AA at the end of the first sector, and the BIOS did not look for
 * it. The PC/AT's looks whether the sector begins with code (IBM PC/AT Technical Reference, BIOS listing, BOOT_STRAP).
 */

const FORMAT_BYTES: ReadonlySet<number> = new Set([160, 180, 320, 360].map((kib) => kib * 1024))
/** The least first byte of boot code, and the words that must not all be the same. */
const LEAST_FIRST_BYTE = 6
const COMPARED_WORDS = 8

/** Whether an image without the mark is one that those BIOSes boot. @param first its first sector @param imageBytes size of the diskette */
export function bootsUnmarked(first: Uint8Array, imageBytes: number): boolean {
  if (!FORMAT_BYTES.has(imageBytes)) return false
  const words = Array.from({ length: COMPARED_WORDS }, (_, index) => (first[index * 2] ?? 0) | ((first[index * 2 + 1] ?? 0) << 8))
  return (first[0] ?? 0) >= LEAST_FIRST_BYTE && words.some((word) => word !== words[0])
}
