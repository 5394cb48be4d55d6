/**
 * Ports that kernels under test talk to: 80h power-on self test codes (IBM PC/AT Technical Reference), E9h debug console
 * (Bochs `port_e9_hack`, QEMU `-device isa-debugcon`), F4h exit (QEMU `-device isa-debug-exit,iobase=0xf4`).
 */
import type { Device, PortRange } from './device'
import { FLOATING } from './device'

/** What the debug console reads as: its presence test. */
const CONSOLE_PRESENT = 0xe9

export class DebugPorts implements Device {
  readonly name = 'debug ports'
  readonly ports: readonly PortRange[]
  /** Last code written to port 80h. */
  postCode = 0

  constructor(output: (byte: number) => void, exit: (value: number) => void) {
    this.ports = [
      {
        first: 0x80,
        last: 0x80,
        read: () => this.postCode,
        write: (_port, value) => {
          this.postCode = value
        },
      },
      { first: 0xe9, last: 0xe9, read: () => CONSOLE_PRESENT, write: (_port, value) => output(value) },
      {
        first: 0xf4,
        last: 0xf7,
        read: () => FLOATING,
        // A wider write arrives byte by byte; the first byte ends the run, as the exit code has no more than eight bits.
        write: (port, value) => {
          if (port === 0xf4) exit(value)
        },
      },
    ]
  }

  reset(): void {
    this.postCode = 0
  }
}
