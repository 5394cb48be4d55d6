/**
 * Lockstep: two machines run the same image on different backends and are compared as they go. The first difference is then traced to its
 * instruction by running both anew: runs are repeatable, so nothing has to be recorded.
 */
import type { BootMedium } from '../../../shared/machine-schemas'
import { disassemble } from '../cpu/decode/disassemble'
import type { CpuModelName } from '../cpu/system/models'
import { DEFAULT_START_DATE } from '../host/options'
import { Typist } from '../host/typist'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { ExtraDrive } from '../machine/drives'
import type { DriveBus } from '../../../shared/machine-schemas'
import type { BackendName, Outcome, MachineOptions } from '../machine/machine'
import { Machine } from '../machine/machine'
import type { Roms } from '../machine/roms'
import { differences, type Difference } from './difference'

/** Ticks between two comparisons while the guest computes. */
const SLICE = 1 << 16
/** The same while it mostly waits: few instructions can go wrong there. */
const LONGEST_SLICE = TICKS_PER_SECOND
const FEW_INSTRUCTIONS = SLICE / 16
/** Into so many parts a slice with a difference is cut, until a part is one tick long. */
const PARTS = 256

export interface LockstepOptions {
  readonly image: MachineOptions['image']
  /** What the image is put in as; default: what it looks like. */
  readonly medium?: BootMedium | undefined
  /** What is in further drives. */
  readonly drives?: readonly ExtraDrive[] | undefined
  readonly bus?: DriveBus | undefined
  /** A real BIOS in the place of the lab's own. */
  readonly roms?: Roms | undefined
  readonly memoryBytes: number
  readonly backends: readonly [BackendName, BackendName]
  readonly model?: CpuModelName | undefined
  readonly processors?: number | undefined
  /** Typed into the guest as soon as it takes keys. */
  readonly keys?: string | undefined
  /** Date of the real-time clock at power-on, in milliseconds since 1970 (UTC). */
  readonly startDate?: number | undefined
  /** Changes a new machine before it runs: for tests that plant a difference. */
  readonly prepare?: ((machine: Machine, backend: BackendName) => void) | undefined
}

export interface LockstepDifference {
  /** Instructions that both had executed before the first difference. */
  readonly instructions: number
  /** Where the instruction lies: `CS:RIP`, hexadecimal. */
  readonly address: string
  /** Its bytes in hex, and its text; both empty where it cannot be read. */
  readonly bytes: string
  readonly text: string
  readonly backends: readonly [BackendName, BackendName]
  /** What differs after it. */
  readonly differences: readonly Difference[]
}

export type LockstepEnd = { readonly reason: 'difference'; readonly difference: LockstepDifference } | { readonly reason: 'ended'; readonly outcome: Outcome }

export class Lockstep {
  /** The machine on the first backend, to look at. */
  get machine(): Machine {
    return this.#pair.machines[0]
  }

  /** Instructions executed by each machine. */
  get instructions(): number {
    return this.machine.instructions
  }

  readonly #options: LockstepOptions
  readonly #pair: Pair
  #slice = SLICE
  #end: LockstepEnd | undefined

  /** Throws a RangeError for an empty image or an impossible memory size. */
  constructor(options: LockstepOptions) {
    this.#options = options
    this.#pair = new Pair(options)
  }

  /**
   * Runs one slice on both, at most `ticks` long, and compares. After the end it does nothing.
   * @returns why it came to its end, or undefined: it can go on
   */
  step(ticks = LONGEST_SLICE): LockstepEnd | undefined {
    if (this.#end) return this.#end
    const from = this.machine.now
    const before = this.instructions
    const length = Math.min(this.#slice, ticks)
    if (this.#pair.run(from + length)) {
      this.#end = { reason: 'difference', difference: this.#locate(from, length) }
    } else if (this.machine.outcome) {
      this.#end = { reason: 'ended', outcome: this.machine.outcome }
    }
    this.#slice = this.instructions - before < FEW_INSTRUCTIONS ? Math.min(this.#slice * 2, LONGEST_SLICE) : SLICE
    return this.#end
  }

  /** The instruction after which two machines that agree at tick `from` differ no more than `length` ticks later. */
  #locate(from: number, length: number): LockstepDifference {
    const pair = new Pair(this.#options)
    if (from > 0 && pair.run(from)) throw new Error(`A second run of the same image differs from the first before tick ${from}: runs cannot be repeated.`)
    const part = Math.ceil(length / PARTS)
    for (let at = from; at < from + length; at += part) {
      const instructions = pair.machines[0].instructions
      if (!pair.run(at + part)) continue
      if (part > 1) return this.#locate(at, part)
      return { ...this.#instructionAt(at), instructions, backends: this.#options.backends, differences: differences(...pair.machines) }
    }
    throw new Error(`A second run of the same image shows no difference up to tick ${from + length}: runs cannot be repeated.`)
  }

  /** On a machine of its own: to read code through page tables can set their accessed bits. */
  #instructionAt(tick: number): { address: string; bytes: string; text: string } {
    const machine = newMachine(this.#options, this.#options.backends[0])
    if (tick > 0) machine.run(tick)
    const { segments, rip, codeSize } = machine.cpu.registers()
    const selector = segments.find(({ name }) => name === 'cs')?.selector ?? 0
    const address = `${selector.toString(16).padStart(4, '0')}:${rip.toString(16).padStart(codeSize / 4, '0')}`
    const bytes = machine.cpu.bytesAtRip()
    if (bytes.length === 0) return { address, bytes: '', text: '' }
    const { text, length } = disassemble(bytes, codeSize, rip)
    return { address, bytes: Buffer.from(bytes.subarray(0, length)).toString('hex'), text }
  }
}

class Pair {
  readonly machines: readonly [Machine, Machine]

  constructor(options: LockstepOptions) {
    const [first, second] = options.backends
    this.machines = [newMachine(options, first), newMachine(options, second)]
  }

  /** Runs both to a tick. @returns whether they differ then */
  run(tick: number): boolean {
    for (const machine of this.machines) machine.run(tick - machine.now)
    return differences(...this.machines).length > 0
  }
}

function newMachine(options: LockstepOptions, backend: BackendName): Machine {
  const { image, medium, drives, bus, roms, memoryBytes, model, processors, keys, startDate = DEFAULT_START_DATE, prepare } = options
  const machine = new Machine({ image, medium, drives, bus, roms, memoryBytes, backend, model, processors, startDate, onSerial: () => undefined, onDebugConsole: () => undefined })
  if (keys !== undefined) new Typist(machine).type(keys)
  prepare?.(machine, backend)
  return machine
}

/** A difference as lines of text: the instruction, and only what differs. */
export function describeDifference({ instructions, address, bytes, text, backends, differences: found }: LockstepDifference): string[] {
  const width = Math.max(...found.map(({ what }) => what.length))
  return [
    `After ${instructions.toLocaleString('en-US')} instructions that agree, this one does not:`,
    `  ${address}  ${bytes}  ${text}`.trimEnd(),
    ...found.map(({ what, values: [a, b] }) => `  ${what.padEnd(width)}  ${backends[0]} ${a}${b === '' ? '' : `  ${backends[1]} ${b}`}`),
  ]
}
