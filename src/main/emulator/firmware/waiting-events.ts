/**
 * INT 15h AH=83h, the alarm of INT 1Ah, and IRQ 8 which serves both (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference,
 * "Interrupt 15h" AH=83h, "Interrupt 1Ah" AH=06h and 07h, "Interrupt 70h").
 */
import { CMOS } from '../devices/rtc-mc146818'
import { BDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'

const PERIODIC = 0x40
const ALARM = 0x20
/** The periodic interrupt comes every 1/1024 s. */
const PERIOD_MICROSECONDS = 976
const ACTIVE = 0x01
const PASSED = 0x80
const UNSUPPORTED = 0x86
const SLAVE_MASK = 0xa1
const END_OF_INTERRUPT = 0x20

export interface WaitingEvents {
  /** AH=83h: AL 0 begins a wait of CX:DX µs, after which bit 7 of the byte at ES:BX is set; AL 1 gives it up. */
  readonly wait: (call: FirmwareCall) => void
  readonly setAlarm: (call: FirmwareCall) => void
  readonly clearAlarm: (call: FirmwareCall) => void
  /** IRQ 8. True: the alarm, and the stub goes on with INT 4Ah. */
  readonly interrupt: Service
}

export function waitingEvents({ memory, ports }: FirmwareHost): WaitingEvents {
  const cmos = (index: number): number => {
    ports.write8(0x70, index)
    return ports.read8(0x71)
  }
  const setCmos = (index: number, value: number): void => {
    ports.write8(0x70, index)
    ports.write8(0x71, value)
  }
  const enable = (interrupt: number): void => {
    setCmos(CMOS.statusB, cmos(CMOS.statusB) | interrupt)
    ports.write8(SLAVE_MASK, ports.read8(SLAVE_MASK) & ~0x01)
  }
  const disable = (interrupt: number): void => setCmos(CMOS.statusB, cmos(CMOS.statusB) & ~interrupt)

  return {
    wait: (call) => {
      const busy = (memory.read8(BDA.waitActive) & ACTIVE) !== 0
      call.carry = call.al > 1 || (call.al === 0 && busy)
      if (call.al > 1) call.ah = UNSUPPORTED
      if (call.carry) return
      call.ah = 0
      memory.write8(BDA.waitActive, call.al === 0 ? ACTIVE : 0)
      if (call.al === 1) {
        disable(PERIODIC)
        return
      }
      memory.write16(BDA.waitFlag, call.bx)
      memory.write16(BDA.waitFlag + 2, call.es)
      memory.write32(BDA.waitMicroseconds, ((call.cx << 16) | call.dx) >>> 0)
      enable(PERIODIC)
    },
    setAlarm: (call) => {
      call.ah = 0
      if (cmos(CMOS.statusB) & ALARM) {
        call.carry = true
        return
      }
      setCmos(CMOS.hoursAlarm, call.ch)
      setCmos(CMOS.minutesAlarm, call.cl)
      setCmos(CMOS.secondsAlarm, call.dh)
      enable(ALARM)
    },
    clearAlarm: (call) => {
      call.ah = 0
      disable(ALARM)
    },
    interrupt: () => {
      // Reading register C takes the request back.
      const causes = cmos(CMOS.statusC) & cmos(CMOS.statusB)
      if (causes & PERIODIC && memory.read8(BDA.waitActive) & ACTIVE) {
        const left = memory.read32(BDA.waitMicroseconds) - PERIOD_MICROSECONDS
        memory.write32(BDA.waitMicroseconds, Math.max(0, left))
        if (left <= 0) {
          disable(PERIODIC)
          memory.write8(BDA.waitActive, 0)
          const at = memory.read16(BDA.waitFlag + 2) * 16 + memory.read16(BDA.waitFlag)
          memory.write8(at, memory.read8(at) | PASSED)
        }
      }
      ports.write8(0xa0, END_OF_INTERRUPT)
      ports.write8(0x20, END_OF_INTERRUPT)
      return (causes & ALARM) !== 0
    },
  }
}
