/** IRQ 0 and INT 1Ah: time of day (IBM BIOS Interface Technical Reference, "Interrupt 1Ah"). */
import { CMOS } from '../devices/rtc-mc146818'
import { BDA } from './bda'
import { BusyWait } from './busy-wait'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import { pciBios } from './pci-bios'
import type { WaitingEvents } from './waiting-events'

/** Timer ticks of one day: 24 h × 1193182 / 65536 Hz. */
const TICKS_PER_DAY = 0x1800b0
const TICKS_PER_SECOND = 1_193_182 / 65_536

/** IRQ 0: counts the tick; the stub calls INT 1Ch and ends the interrupt. */
export function timerInterrupt({ memory }: FirmwareHost): Service {
  return () => {
    const ticks = memory.read32(BDA.ticks) + 1
    memory.write32(BDA.ticks, ticks >= TICKS_PER_DAY ? 0 : ticks)
    if (ticks >= TICKS_PER_DAY) memory.write8(BDA.midnight, memory.read8(BDA.midnight) + 1)
  }
}

/** Ticks since midnight at power-on, from the clock's date. */
export function ticksSinceMidnight(date: Date): number {
  const seconds = date.getUTCHours() * 3600 + date.getUTCMinutes() * 60 + date.getUTCSeconds()
  return Math.floor(seconds * TICKS_PER_SECOND)
}

export function timeService(host: FirmwareHost, events: Pick<WaitingEvents, 'setAlarm' | 'clearAlarm'>): Service {
  const { memory, ports } = host
  const pci = pciBios(host.pci, memory)
  const busyWait = new BusyWait(host)
  let lastTicks = 0
  host.remembers('time', (state) => {
    state.part('wait', busyWait)
    lastTicks = state.dword('last ticks', lastTicks)
  })
  const cmos = (index: number): number => {
    ports.write8(0x70, index)
    return ports.read8(0x71)
  }
  const setCmos = (index: number, value: number): void => {
    ports.write8(0x70, index)
    ports.write8(0x71, value)
  }
  /** The clock stands still while several registers are set. */
  const whileStopped = (change: () => void): void => {
    setCmos(CMOS.statusB, cmos(CMOS.statusB) | 0x80)
    change()
    setCmos(CMOS.statusB, cmos(CMOS.statusB) & ~0x80)
  }

  const functions: Readonly<Record<number, (call: FirmwareCall) => void>> = {
    0x00: (call) => {
      const ticks = memory.read32(BDA.ticks)
      if (ticks === lastTicks) busyWait.asked()
      lastTicks = ticks
      call.cx = ticks >>> 16
      call.dx = ticks & 0xffff
      call.al = memory.read8(BDA.midnight)
      call.ah = 0
      memory.write8(BDA.midnight, 0)
    },
    0x01: (call) => {
      memory.write16(BDA.ticks, call.dx)
      memory.write16(BDA.ticks + 2, call.cx)
      memory.write8(BDA.midnight, 0)
      call.ah = 0
    },
    0x02: (call) => {
      call.cx = (cmos(CMOS.hours) << 8) | cmos(CMOS.minutes)
      call.dx = cmos(CMOS.seconds) << 8
      call.ah = 0
    },
    0x03: (call) =>
      whileStopped(() => {
        setCmos(CMOS.hours, call.ch)
        setCmos(CMOS.minutes, call.cl)
        setCmos(CMOS.seconds, call.dh)
      }),
    0x04: (call) => {
      call.cx = (cmos(CMOS.century) << 8) | cmos(CMOS.year)
      call.dx = (cmos(CMOS.month) << 8) | cmos(CMOS.day)
      call.ah = 0
    },
    0x05: (call) =>
      whileStopped(() => {
        setCmos(CMOS.century, call.ch)
        setCmos(CMOS.year, call.cl)
        // Day 1 first, so that no month is too short on the way.
        setCmos(CMOS.day, 1)
        setCmos(CMOS.month, call.dh)
        setCmos(CMOS.day, call.dl)
      }),
    0x06: events.setAlarm,
    0x07: events.clearAlarm,
    0xb1: pci,
  }

  return (call) => {
    const service = functions[call.ah]
    call.carry = !service
    service?.(call)
  }
}
