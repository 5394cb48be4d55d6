/** INT 14h, serial ports (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Interrupt 14h"): COM1 to COM4. */
import { BDA, SERIAL_PORTS } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'

const TIMEOUT = 0x80
const DATA_READY = 0x01
/** Line errors and data, which a received character comes with. */
const RECEIVED = 0x1e
const DIVISOR_LATCH = 0x80
/** Divisors for the rates that bits 7–5 of AL name: 110 to 9600 baud; AH=04h goes on with 19200. */
const DIVISORS = [1047, 768, 384, 192, 96, 48, 24, 12, 6] as const
/** AH=04h: line control bits by BH (parity), BL (stop bits), CH (word length). */
const PARITIES = [0x00, 0x08, 0x18, 0x28, 0x38] as const

export function serialService({ memory, ports }: FirmwareHost): Service {
  const lineStatus = (port: number): number => ports.read8(port + 5)
  const statuses = (call: FirmwareCall, port: number): void => {
    call.ah = lineStatus(port)
    call.al = ports.read8(port + 6)
  }
  const initialize = (port: number, divisor: number, lineControl: number): void => {
    ports.write8(port + 3, DIVISOR_LATCH)
    ports.write8(port, divisor & 0xff)
    ports.write8(port + 1, divisor >> 8)
    ports.write8(port + 3, lineControl)
  }

  const functions: Readonly<Record<number, (call: FirmwareCall, port: number) => void>> = {
    0x00: (call, port) => {
      initialize(port, DIVISORS[call.al >> 5] ?? 12, call.al & 0x1f)
      statuses(call, port)
    },
    0x01: (call, port) => {
      ports.write8(port, call.al)
      call.ah = lineStatus(port)
    },
    0x02: (call, port) => {
      const status = lineStatus(port)
      if (status & DATA_READY) call.al = ports.read8(port)
      call.ah = status & DATA_READY ? status & RECEIVED : TIMEOUT
    },
    0x03: statuses,
    0x04: (call, port) => {
      const [divisor, parity] = [DIVISORS[call.cl], PARITIES[call.bh]]
      if (divisor === undefined || parity === undefined || call.bl > 1 || call.ch > 3 || call.al > 1) {
        call.ah = TIMEOUT
        return
      }
      initialize(port, divisor, parity | (call.bl << 2) | call.ch | (call.al << 6))
      statuses(call, port)
    },
    0x05: (call, port) => {
      if (call.al === 0) call.bl = ports.read8(port + 4)
      else ports.write8(port + 4, call.bl)
      statuses(call, port)
    },
  }

  return (call) => {
    const port = call.dx < SERIAL_PORTS.length ? memory.read16(BDA.com1 + call.dx * 2) : 0
    if (port === 0) call.ah = TIMEOUT
    else functions[call.ah]?.(call, port)
  }
}
