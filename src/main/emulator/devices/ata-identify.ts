/** IDENTIFY DEVICE and IDENTIFY PACKET DEVICE data (ATA/ATAPI-6, 8.15 and 8.16): 256 words. */

export interface DiskFacts {
  readonly sectors: number
  readonly serial: string
  readonly defaultGeometry: ChsGeometry
  readonly geometry: ChsGeometry
  /** Sectors a data phase of READ MULTIPLE; 0: not set. */
  readonly multiple: number
  /** As SET FEATURES chose it: bits 7–3 the kind, 2–0 the mode. */
  readonly transferMode: number
  /** Whether the write cache is on. */
  readonly cache: boolean
}

export interface ChsGeometry {
  readonly cylinders: number
  readonly heads: number
  readonly sectorsPerTrack: number
}

export const MOST_MULTIPLE = 16
const LBA28_SECTORS = 0x0fff_ffff
const FIRMWARE = '1.0'
const MODEL = { disk: 'BOOTLAB HARDDISK', cd: 'BOOTLAB CD-ROM' } as const
/** Kinds of transfer modes: multiword DMA 0–2 and Ultra DMA 0–5 are there. */
const MULTIWORD_KIND = 0x20
const ULTRA_KIND = 0x40
const MULTIWORD_MODES = 0x07
const ULTRA_MODES = 0x3f

/** Whether SET FEATURES can choose it. PIO modes 0 to 4 come as 08h to 0Ch, the default as 00h and 01h. */
export function isTransferMode(mode: number): boolean {
  if (mode <= 0x01 || (mode >= 0x08 && mode <= 0x0c)) return true
  return (mode >= MULTIWORD_KIND && mode <= MULTIWORD_KIND + 2) || (mode >= ULTRA_KIND && mode <= ULTRA_KIND + 5)
}

/** Text of ATA: first character in the upper half of the first word, padded with blanks. */
function putText(words: Uint16Array, first: number, count: number, text: string): void {
  const padded = text.padEnd(count * 2).slice(0, count * 2)
  for (let i = 0; i < count; i++) words[first + i] = (padded.charCodeAt(i * 2) << 8) | padded.charCodeAt(i * 2 + 1)
}

function putDouble(words: Uint16Array, first: number, value: number): void {
  words[first] = value & 0xffff
  words[first + 1] = (value / 0x10000) & 0xffff
}

function putCommon(words: Uint16Array, transferMode: number, serial: string, model: string): void {
  putText(words, 10, 10, serial)
  putText(words, 23, 4, FIRMWARE)
  putText(words, 27, 20, model)
  // LBA and DMA; words 64–70 and 88 are valid.
  words[49] = 0x0300
  words[53] = 0x0007
  words[63] = MULTIWORD_MODES | ((transferMode & 0xf8) === MULTIWORD_KIND ? 0x100 << (transferMode & 7) : 0)
  // PIO modes 3 and 4, and what a cycle takes in nanoseconds.
  words[64] = 0x0003
  words.fill(120, 65, 69)
  // ATA/ATAPI-4 to -6.
  words[80] = 0x0070
  words[88] = ULTRA_MODES | ((transferMode & 0xf8) === ULTRA_KIND ? 0x100 << (transferMode & 7) : 0)
  // Hardware reset result: a cable with 80 wires, device 0 passed.
  words[93] = 0x600b
}

const asBytes = (words: Uint16Array): Uint8Array => {
  const bytes = new Uint8Array(words.length * 2)
  const view = new DataView(bytes.buffer)
  words.forEach((word, i) => view.setUint16(i * 2, word, true))
  return bytes
}

export function identifyDisk({ sectors, serial, defaultGeometry, geometry, multiple, transferMode, cache }: DiskFacts): Uint8Array {
  const words = new Uint16Array(256)
  words[0] = 0x0040
  words[1] = defaultGeometry.cylinders
  words[3] = defaultGeometry.heads
  words[6] = defaultGeometry.sectorsPerTrack
  putCommon(words, transferMode, serial, MODEL.disk)
  words[47] = 0x8000 | MOST_MULTIPLE
  words[54] = geometry.cylinders
  words[55] = geometry.heads
  words[56] = geometry.sectorsPerTrack
  putDouble(words, 57, geometry.cylinders * geometry.heads * geometry.sectorsPerTrack)
  words[59] = multiple === 0 ? 0 : 0x0100 | multiple
  putDouble(words, 60, Math.min(sectors, LBA28_SECTORS))
  // Supported: power management, write cache, NOP; FLUSH CACHE (EXT), 48-bit addresses; words 83, 84 and 87 begin with 01b.
  words[82] = 0x4028
  words[83] = 0x7400
  words[84] = 0x4000
  words[85] = cache ? 0x4028 : 0x4008
  words[86] = 0x3400
  words[87] = 0x4000
  putDouble(words, 100, sectors)
  words[102] = Math.floor(sectors / 2 ** 32) & 0xffff
  return asBytes(words)
}

export function identifyCd(serial: string, transferMode: number): Uint8Array {
  const words = new Uint16Array(256)
  // A packet device of type CD-ROM (5), removable, which asks within 50 µs for packets of 12 bytes.
  words[0] = 0x85c0
  putCommon(words, transferMode, serial, MODEL.cd)
  // Power management, PACKET, NOP.
  words[82] = 0x4018
  words[83] = 0x4000
  words[85] = 0x4018
  return asBytes(words)
}
