/** Port 402h, where SeaBIOS and OVMF tell what they do (QEMU, `-device isa-debugcon,iobase=0x402`; Bochs, BIOS information port). */
import type { Device, PortRange } from './device'

/** Its presence test. */
const PRESENT = 0xe9

export class BiosDebugPort implements Device {
  readonly name = 'BIOS debug port'
  readonly ports: readonly PortRange[]

  constructor(output: (byte: number) => void) {
    this.ports = [{ first: 0x402, last: 0x402, read: () => PRESENT, write: (_port, value) => output(value) }]
  }

  reset(): void {
    // It has no state.
  }

  exchange(): void {
    // It has no state.
  }
}
