/**
 * The same run twice: once without a stop, and once as a chain of machines, each of which loads what the one before has saved. What they hold is compared
 * wherever the chain has a joint, and at the end: registers, memory, disks, every chip, what is still to be typed.
 */
import type { BackendFactory } from '../../src/main/emulator/cpu/semantics/backend'
import { Typist } from '../../src/main/emulator/host/typist'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { type BackendName, Machine, type MachineOptions } from '../../src/main/emulator/machine/machine'
import { screenLines } from '../../src/shared/screen-text'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import type { Step } from './ladder'

/** Guest's milliseconds between two looks at the screen. */
const LOOK = 20

export interface Chained {
  readonly options: Omit<MachineOptions, 'onSerial' | 'onDebugConsole' | 'startDate' | 'backend'>
  readonly steps?: readonly Step[]
  /** The run ends when the screen or what it sends shows it; without it, when the machine ends. */
  readonly untilText?: string | undefined
  /** Of the guest's time. */
  readonly seconds: number
  /** Guest's milliseconds from one joint to the next. */
  readonly every: number
  /** The same between two looks at the screen. */
  readonly look?: number
}

/** Where a run was, and what it held: equal for equal runs. */
export interface Joint {
  readonly tick: number
  readonly instructions: number
  readonly hash: string
}

export interface ChainRun {
  readonly joints: readonly Joint[]
  /** Whether the text was shown, or the machine came to its end. */
  readonly reached: boolean
  readonly lines: readonly string[]
  readonly saved: { readonly bytes: number; readonly saveMs: number; readonly loadMs: number }
}

/** @param stops whether each joint saves the machine and goes on in another one @param backends of the machines, in turns */
export function runChain({ options, steps = [], untilText, seconds, every, look = LOOK }: Chained, stops: boolean, backends: readonly (BackendName | BackendFactory)[] = [DEFAULT_BACKEND]): ChainRun {
  let sent = ''
  const make = (): { machine: Machine; typist: Typist } => {
    const keep = (byte: number): void => void (sent += String.fromCharCode(byte))
    const machine = new Machine({ ...options, backend: backends[joints.length % backends.length] ?? DEFAULT_BACKEND, startDate: Date.UTC(2026, 0, 1, 12), onSerial: keep, onDebugConsole: keep })
    return { machine, typist: new Typist(machine) }
  }
  const joints: Joint[] = []
  let { machine, typist } = make()
  const left = [...steps]
  const saved = { bytes: 0, saveMs: 0, loadMs: 0 }
  const note = (): number => joints.push({ tick: machine.now, instructions: machine.instructions, hash: machine.stateHash() })
  const pass = (): void => {
    note()
    if (!stops) return
    const start = performance.now()
    const file = machine.save(typist)
    const between = performance.now()
    ;({ machine, typist } = make())
    const made = performance.now()
    machine.load(file, typist)
    saved.saveMs += between - start
    saved.loadMs += performance.now() - made
    saved.bytes = Math.max(saved.bytes, file.length)
  }
  const lines = (): readonly string[] => screenLines(machine.textScreen)
  let reached = false
  for (let next = every * TICKS_PER_MILLISECOND; machine.now < seconds * TICKS_PER_SECOND && !reached; ) {
    machine.run(look * TICKS_PER_MILLISECOND)
    const shown = lines().join('\n')
    const [step] = left
    if (step !== undefined && !typist.pending && shown.includes(step.afterText)) {
      left.shift()
      typist.type(step.keys)
    }
    reached = machine.outcome !== undefined || (untilText !== undefined && left.length === 0 && (shown.includes(untilText) || sent.includes(untilText)))
    if (reached || machine.now < next) continue
    pass()
    next += every * TICKS_PER_MILLISECOND
  }
  note()
  return { joints, reached, lines: lines(), saved: { bytes: saved.bytes, saveMs: saved.saveMs / Math.max(1, joints.length - 1), loadMs: saved.loadMs / Math.max(1, joints.length - 1) } }
}
