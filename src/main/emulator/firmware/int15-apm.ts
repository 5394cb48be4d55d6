/**
 * INT 15h AH=53h: Advanced Power Management BIOS Interface Specification 1.2, by its real-mode interface and those of protected mode of 16 and 32 bits
 * (`protected-rom.ts`). There is no battery, and nothing sleeps.
 */
import { TICKS_PER_MILLISECOND } from '../machine/clock'
import type { FirmwareCall } from './call'
import type { FirmwareHost } from './context'
import { APM_ENTRIES } from './protected-rom'
import { ROM_SEGMENT } from './rom'

/** "PM". */
const SIGNATURE = 0x504d
const VERSION = { bios: 0x0102, oldest: 0x0100 } as const
/** Devices: the BIOS itself, and all that it has power over. */
const BIOS = 0x0000
const ALL = 0x0001
const OFF = 0x0003
/** States above: reserved for the system's maker. */
const LAST_STATE = 0x0003

const Failure = {
  disabled: 0x01, connected: 0x02, notConnected: 0x03, connected16: 0x05, connected32: 0x07, unknownDevice: 0x09, outOfRange: 0x0a, notEngaged: 0x0b, noEvent: 0x80,
  unsupported: 0x0c,
} as const

/** Of CX of the installation check: interfaces of 16 and 32 bits; power management is switched off. */
const PROTECTED_INTERFACES = 0x03
const DISABLED = 0x08
/** Of code and data, as SeaBIOS says. */
const SEGMENT_BYTES = 0xfff0
/** The longest that a call waits: about a tick of the timer. */
const IDLE_TICKS = 55 * TICKS_PER_MILLISECOND

/** AC line on; no battery, no time left known. */
const POWER = { bx: 0x01ff, cx: 0x80ff, dx: 0xffff } as const

export function powerManagement(host: Pick<FirmwareHost, 'powerOff' | 'now' | 'skipTo' | 'remembers'>): { reset: () => void; service: (call: FirmwareCall) => void } {
  let connected = false
  let enabled = true
  let driver: number = VERSION.oldest
  host.remembers('power management', (state) => {
    connected = state.flag('connected', connected)
    enabled = state.flag('enabled', enabled)
    driver = state.word('driver', driver)
  })

  const forBios = (work: (call: FirmwareCall) => number | undefined) => (call: FirmwareCall): number | undefined => (call.bx === BIOS ? work(call) : Failure.unknownDevice)
  const forAll = (work: (call: FirmwareCall) => number | undefined) => (call: FirmwareCall): number | undefined => {
    if (call.bx !== ALL && call.bx !== 0xffff) return Failure.unknownDevice
    return connected ? work(call) : Failure.notConnected
  }

  const connect = (): void => {
    connected = true
    driver = VERSION.oldest
  }

  /** By AL. What they return goes to AH, with carry set. */
  const functions: Readonly<Record<number, (call: FirmwareCall) => number | undefined>> = {
    0x00: forBios((call) => {
      call.ax = VERSION.bios
      call.bx = SIGNATURE
      call.cx = PROTECTED_INTERFACES | (enabled ? 0 : DISABLED)
    }),
    0x01: forBios(() => {
      if (connected) return Failure.connected
      connect()
    }),
    0x02: forBios((call) => {
      if (connected) return Failure.connected16
      connect()
      call.ax = ROM_SEGMENT
      call.bx = APM_ENTRIES.in16Bits
      call.cx = ROM_SEGMENT
      call.si = call.di = SEGMENT_BYTES
    }),
    0x03: forBios((call) => {
      if (connected) return Failure.connected32
      connect()
      call.ax = ROM_SEGMENT
      call.ebx = APM_ENTRIES.in32Bits
      call.cx = call.dx = ROM_SEGMENT
      call.esi = SEGMENT_BYTES | (SEGMENT_BYTES << 16)
      call.di = SEGMENT_BYTES
    }),
    0x04: forBios(() => {
      if (!connected) return Failure.notConnected
      connected = false
    }),
    // Idle: time passes until a device has something to say.
    0x05: () => {
      if (!connected) return Failure.notConnected
      host.skipTo(host.now() + IDLE_TICKS)
    },
    // Busy.
    0x06: () => (connected ? undefined : Failure.notConnected),
    0x07: forAll((call) => {
      if (!enabled) return Failure.disabled
      if (call.cx > LAST_STATE) return Failure.outOfRange
      if (call.cx === OFF) host.powerOff()
    }),
    0x08: forAll((call) => {
      if (call.cx > 1) return Failure.outOfRange
      enabled = call.cx === 1
    }),
    0x09: forAll(() => {
      enabled = true
    }),
    0x0a: (call) => {
      if (call.bx !== ALL) return Failure.unknownDevice
      call.bx = POWER.bx
      call.cx = POWER.cx
      call.dx = POWER.dx
    },
    0x0b: () => (connected ? Failure.noEvent : Failure.notConnected),
    // On.
    0x0c: forAll((call) => {
      call.cx = 0
    }),
    0x0d: forAll((call) => (call.cx > 1 ? Failure.outOfRange : undefined)),
    0x0e: forBios((call) => {
      if (!connected) return Failure.notConnected
      driver = Math.min(VERSION.bios, Math.max(VERSION.oldest, call.cx))
      call.ax = driver
    }),
    0x0f: forAll((call) => (call.cx > 1 ? Failure.outOfRange : undefined)),
    0x10: forBios((call) => {
      // No batteries, and nothing to resume from.
      call.bx = 0
      call.cx = 0
    }),
  }

  return {
    reset: () => {
      connected = false
      enabled = true
      driver = VERSION.oldest
    },
    service: (call) => {
      const failure = (functions[call.al] ?? (() => Failure.unsupported))(call)
      call.carry = failure !== undefined
      if (failure !== undefined) call.ah = failure
    },
  }
}
