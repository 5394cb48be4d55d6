/**
 * Real-mode interrupts that nobody handles. The PC's BIOS lets them return, which repeats a faulting instruction for
 * ever; here an exception stops the machine and says on the screen what happened.
 */
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import type { TextConsole } from './text-console'

/** An unhandled exception: vector and where it happened, with the registers of that moment still in the CPU. */
export interface UnhandledException {
  vector: number
  name: string
  meaning: string
  cs: number
  ip: number
}

/** Exceptions that are faults: returning would run the same instruction again (Intel SDM vol. 3A, 21.3 and table 6-1). */
const FAULTS: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  0x00: ['#DE', 'divide error'],
  0x05: ['#BR', 'BOUND range exceeded'],
  0x06: ['#UD', 'invalid opcode'],
  0x07: ['#NM', 'no coprocessor'],
  0x08: ['#DF', 'double fault, or an interrupt beyond the vector table'],
  0x0c: ['#SS', 'stack access beyond the segment limit'],
  0x0d: ['#GP', 'access beyond the segment limit'],
}
export const FAULT_VECTORS: readonly number[] = Object.keys(FAULTS).map(Number)

const INT_OPCODE = 0xcd
const hex4 = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0')

/**
 * Service for one vector. Vectors 08h–0Fh are hardware requests as well: when the interrupt controller has one in service, it
 * is ended and ignored.
 */
export function unhandledInterrupt(host: FirmwareHost, console: TextConsole, vector: number, report: (exception: UnhandledException) => void): Service {
  const irq = vector >= 0x08 && vector <= 0x0f ? vector - 0x08 : vector >= 0x70 && vector <= 0x77 ? vector - 0x70 + 8 : undefined
  return (call) => {
    if (irq !== undefined && host.pic.isInService(irq)) {
      if (irq >= 8) host.ports.write8(0xa0, 0x20)
      host.ports.write8(0x20, 0x20)
      return false
    }
    const fault = FAULTS[vector]
    if (!fault || isSoftwareInterrupt(call, host, vector)) return false
    const [name, meaning] = fault
    const exception = { vector, name, meaning, cs: call.returnCs, ip: call.returnIp }
    console.print(
      `\r\nUnhandled exception ${name} (${meaning}) at ${hex4(exception.cs)}:${hex4(exception.ip)} in real mode.\r\n` +
        `Nothing has set interrupt vector ${vector}, so the machine stops here.\r\n`,
    )
    report(exception)
    return true
  }
}

/** An INT instruction with this vector ends where the return address points. */
export function isSoftwareInterrupt(call: FirmwareCall, { memory }: FirmwareHost, vector: number): boolean {
  const at = call.returnCs * 16 + call.returnIp
  return memory.read8(at - 2) === INT_OPCODE && memory.read8(at - 1) === vector
}
