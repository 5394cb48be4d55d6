/** Frame information structures between an AHCI controller and a drive (Serial ATA Revision 3.0, 10.3), and what they make of the drive's registers. */
import type { AtaDrive } from './ata-drive'
import { REGISTER } from './ata-drive'

export const FIS = { toDevice: 0x27, toHost: 0x34, pioSetup: 0x5f } as const
/** Offsets in the area where received ones are put (AHCI 1.3.1, 4.2.1). */
export const RECEIVED = { pioSetup: 0x20, toHost: 0x40 } as const
/** In byte 1 of a register FIS to the device: it is a command, not a change of device control. */
const IS_COMMAND = 0x80
const INTERRUPT = 0x40
const TO_HOST = 0x20
/** Device control. */
const SOFT_RESET = 0x04

/** Register FIS, host to device. */
export interface HostFis {
  readonly command: number | undefined
  readonly resets: boolean
  /** Current and earlier contents of every register of the command block. */
  readonly registers: readonly (readonly [register: number, earlier: number, current: number])[]
  readonly device: number
}

/** Undefined: it is of another kind, which a controller does not send. */
export function readHostFis(bytes: Uint8Array): HostFis | undefined {
  const at = (index: number): number => bytes[index] ?? 0
  if (at(0) !== FIS.toDevice) return undefined
  return {
    command: at(1) & IS_COMMAND ? at(2) : undefined,
    resets: (at(15) & SOFT_RESET) !== 0,
    device: at(7),
    registers: [[REGISTER.features, at(11), at(3)], [REGISTER.count, at(13), at(12)], [REGISTER.low, at(8), at(4)], [REGISTER.mid, at(9), at(5)], [REGISTER.high, at(10), at(6)]],
  }
}

/** Bytes 2 to 13 of both kinds that a device sends. */
function registersOf(drive: AtaDrive, status: number): number[] {
  const at = (register: number, earlier = false): number => drive.readRegister(register, earlier)
  return [
    status, at(REGISTER.error), at(REGISTER.low), at(REGISTER.mid), at(REGISTER.high), at(REGISTER.device),
    at(REGISTER.low, true), at(REGISTER.mid, true), at(REGISTER.high, true), 0, at(REGISTER.count), at(REGISTER.count, true),
  ]
}

/** Register FIS, device to host. */
export function deviceFis(drive: AtaDrive, interrupts: boolean): Uint8Array {
  const bytes = new Uint8Array(20)
  bytes.set([FIS.toHost, interrupts ? INTERRUPT : 0, ...registersOf(drive, drive.readStatus(false))])
  return bytes
}

/** PIO setup FIS: data of `count` bytes follow. @param status while they move; `after`: when they have */
export function pioSetupFis(drive: AtaDrive, toHost: boolean, status: number, after: number, count: number): Uint8Array {
  const bytes = new Uint8Array(20)
  bytes.set([FIS.pioSetup, INTERRUPT | (toHost ? TO_HOST : 0), ...registersOf(drive, status), 0, after, count & 0xff, (count >> 8) & 0xff])
  return bytes
}
