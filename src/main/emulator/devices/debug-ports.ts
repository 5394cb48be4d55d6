/**
 * Ports that kernels under test talk to: 80h power-on self test codes (IBM PC/AT Technical Reference), E9h debug console
 * (Bochs `port_e9_hack`, QEMU `-device isa-debugcon`), F4h exit (QEMU `-device isa-debug-exit,iobase=0xf4`).
 */
import type { Device, DeviceFacts, PortRange } from './device'
import { FLOATING } from './device'
import { fact, hex8 } from './facts'
import type { StateFields } from '../state/fields'

/** What the debug console reads as: its presence test. */
const CONSOLE_PRESENT = 0xe9
/** POST codes that are remembered; the same one again counts once. */
const POST_CODES = 8

export class DebugPorts implements Device {
  readonly name = 'Debug ports'
  readonly ports: readonly PortRange[]
  /** Codes written to port 80h, the last one at the end. */
  #postCodes: number[] = []

  constructor(output: (byte: number) => void, exit: (value: number) => void) {
    this.ports = [
      {
        first: 0x80,
        last: 0x80,
        read: () => this.#postCodes.at(-1) ?? 0,
        write: (_port, value) => this.#post(value),
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
    this.#postCodes = []
  }

  exchange(state: StateFields): void {
    this.#postCodes = state.numbers('post codes', this.#postCodes, POST_CODES)
  }

  describe(): DeviceFacts {
    const last = this.#postCodes.at(-1)
    const before = this.#postCodes.slice(0, -1).map(hex8).join(', ')
    return [{ title: 'Power-on self test', facts: [fact('port 80h', last === undefined ? 'not written yet' : hex8(last), before === '' ? undefined : `before: ${before}`)] }]
  }

  #post(code: number): void {
    if (this.#postCodes.at(-1) === code) return
    this.#postCodes.push(code)
    if (this.#postCodes.length > POST_CODES) this.#postCodes.shift()
  }
}
