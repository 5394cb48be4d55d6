/** What an NVMe controller tells of itself and its namespace (NVM Express 1.4, 5.14.1.2, 5.15.2). */
import type { Medium } from './ata-medium'

const DATA_BYTES = 4096
const VENDOR = 0x1b36
const SUBSYSTEM_VENDOR = 0x1af4
const MODEL = 'BOOTLAB NVME'
const FIRMWARE = '1.0'
const VERSION = 0x0001_0400
/** Largest transfer: 2^7 pages of 4 KiB. */
const LARGEST_TRANSFER = 7
/** Kelvin. */
const [WARNING, CRITICAL, PRESENT] = [343, 373, 303] as const
const MICROWATT_HUNDREDTHS = 2500

const put = (bytes: Uint8Array, at: number, text: string, count: number): void => bytes.set(Buffer.from(text.padEnd(count).slice(0, count), 'latin1'), at)

export function identifyController(serial: string): Uint8Array {
  const bytes = new Uint8Array(DATA_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, VENDOR, true)
  view.setUint16(2, SUBSYSTEM_VENDOR, true)
  put(bytes, 4, serial, 20)
  put(bytes, 24, MODEL, 40)
  put(bytes, 64, FIRMWARE, 8)
  bytes[72] = 6 // arbitration burst
  bytes[77] = LARGEST_TRANSFER
  view.setUint16(78, 0, true) // controller
  view.setUint32(80, VERSION, true)
  bytes[111] = 1 // an I/O controller
  // No optional admin commands; up to four aborts and four event requests; one firmware slot, read-only; log pages as they are.
  bytes.set([3, 3, 0x03, 0, 3, 0], 258)
  view.setUint16(266, WARNING, true)
  view.setUint16(268, CRITICAL, true)
  // Sizes of queue entries as powers of two, least and most: 64 and 16 bytes.
  bytes.set([0x66, 0x44], 512)
  view.setUint32(516, 1, true) // namespaces
  put(bytes, 768, `nqn.2026-01.lab.boot:nvme:${serial}\0`, 256)
  bytes.fill(0, 768 + `nqn.2026-01.lab.boot:nvme:${serial}`.length, 1024)
  // Power state 0.
  view.setUint16(2048, MICROWATT_HUNDREDTHS, true)
  return bytes
}

/** @param medium with blocks of 512 bytes */
export function identifyNamespace({ sectors, readOnly }: Pick<Medium, 'sectors' | 'readOnly'>): Uint8Array {
  const bytes = new Uint8Array(DATA_BYTES)
  const view = new DataView(bytes.buffer)
  for (const at of [0, 8, 16]) view.setBigUint64(at, BigInt(sectors), true)
  // Write-protected (1.4, attribute bit 0 of NSATTR).
  bytes[99] = readOnly ? 1 : 0
  // One format: no metadata, blocks of 2^9 bytes.
  bytes[130] = 9
  return bytes
}

/** Identifiers of namespaces, ascending. */
export function namespaceList(ids: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(DATA_BYTES)
  ids.forEach((id, index) => new DataView(bytes.buffer).setUint32(index * 4, id, true))
  return bytes
}

/** A UUID made of the serial number (type 3). */
export function namespaceDescriptors(serial: string): Uint8Array {
  const bytes = new Uint8Array(DATA_BYTES)
  bytes.set([3, 16, 0, 0, ...Buffer.from(serial.padEnd(16).slice(0, 16), 'latin1')])
  return bytes
}

/** SMART / health information (5.14.1.2): all is well. */
export function smartLog(): Uint8Array {
  const bytes = new Uint8Array(512)
  new DataView(bytes.buffer).setUint16(1, PRESENT, true)
  bytes.set([100, 10], 3) // spare capacity in percent, and where too little begins
  return bytes
}
