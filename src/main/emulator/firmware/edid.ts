/** What the monitor says of itself (VESA Enhanced Extended Display Identification Data Standard, release A, revision 1; EDID 1.3). */

const EDID_BYTES = 128
/** Byte 126 counts extension blocks, 127 makes the sum 0. */
const CHECKSUM = 127

/** 1024×768 at 60 Hz in the terms of a detailed timing: dot clock in 10 kHz, active and blank pixels and lines, sync offsets and widths, size in mm. */
const PREFERRED = { clock: 6500, width: 1024, widthBlank: 320, height: 768, heightBlank: 38, hSync: [24, 136], vSync: [3, 6], millimetres: [325, 244] } as const

function detailedTiming(): number[] {
  const { clock, width, widthBlank, height, heightBlank, hSync, vSync, millimetres } = PREFERRED
  return [
    clock & 0xff, clock >> 8,
    width & 0xff, widthBlank & 0xff, ((width >> 8) << 4) | (widthBlank >> 8),
    height & 0xff, heightBlank & 0xff, ((height >> 8) << 4) | (heightBlank >> 8),
    hSync[0], hSync[1], (vSync[0] << 4) | vSync[1], 0,
    millimetres[0] & 0xff, millimetres[1] & 0xff, ((millimetres[0] >> 8) << 4) | (millimetres[1] >> 8),
    0, 0,
    // Digital separate sync, both negative.
    0x18,
  ]
}

const text = (tag: number, value: string): number[] => [0, 0, 0, tag, 0, ...Buffer.from(`${value}\n`.padEnd(13), 'latin1')]

/** Three capital letters in five bits each. */
function makerId(letters: string): number[] {
  const value = Array.from(letters, (letter) => letter.charCodeAt(0) - 0x40).reduce((sum, letter) => (sum << 5) | letter, 0)
  return [value >> 8, value & 0xff]
}

/** 128 bytes: a colour monitor that would best show 1024×768. */
export function edid(): Uint8Array {
  const bytes = new Uint8Array(EDID_BYTES)
  bytes.set([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0])
  // Maker, product, serial number, week and year (2026), EDID 1.3.
  bytes.set([...makerId('BTL'), 1, 0, 1, 0, 0, 0, 1, 36, 1, 3], 8)
  // Digital, 33 × 24 cm, gamma 2.2, RGB colour and a preferred timing; the chromaticity of sRGB.
  bytes.set([0x80, 33, 24, 120, 0x0e, 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54], 20)
  // Established timings: 640×480, 800×600 and 1024×768 at 60 Hz; no standard timings.
  bytes.set([0x21, 0x08, 0x00], 35)
  bytes.fill(1, 38, 54)
  bytes.set(detailedTiming(), 54)
  bytes.set(text(0xfc, 'Bootlab'), 72)
  // Range limits: 50–75 Hz, 30–82 kHz, 170 MHz.
  bytes.set([0, 0, 0, 0xfd, 0, 50, 75, 30, 82, 17, 0, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20], 90)
  bytes.set(text(0xfe, 'virtual'), 108)
  bytes[CHECKSUM] = -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff
  return bytes
}
