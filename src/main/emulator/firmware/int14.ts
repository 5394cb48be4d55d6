/** INT 14h, serial port (IBM BIOS Interface Technical Reference, "Interrupt 14h"): COM1 only. */
import type { FirmwareHost, Service } from './context'

const COM1 = 0x3f8
const TIMEOUT = 0x80
const DATA_READY = 0x01
/** Divisors for the rates that bits 7–5 of AL name: 110 to 9600 baud. */
const DIVISORS = [1047, 768, 384, 192, 96, 48, 24, 12] as const

export function serialService({ ports }: FirmwareHost): Service {
  const lineStatus = (): number => ports.read8(COM1 + 5)
  return (call) => {
    if (call.dx !== 0) {
      call.ah = TIMEOUT
      return
    }
    switch (call.ah) {
      case 0: {
        const divisor = DIVISORS[call.al >> 5] ?? 12
        ports.write8(COM1 + 3, 0x80)
        ports.write8(COM1, divisor & 0xff)
        ports.write8(COM1 + 1, divisor >> 8)
        ports.write8(COM1 + 3, call.al & 0x1f)
        break
      }
      case 1:
        ports.write8(COM1, call.al)
        call.ah = lineStatus()
        return
      case 2: {
        const status = lineStatus()
        if (status & DATA_READY) call.al = ports.read8(COM1)
        call.ah = status & DATA_READY ? status & 0x1e : TIMEOUT
        return
      }
      case 3:
        break
      default:
        return
    }
    call.ah = lineStatus()
    call.al = ports.read8(COM1 + 6)
  }
}
