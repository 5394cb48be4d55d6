/**
 * How far the boot has come: each step once since power-on, at its instruction. What it waits for are places in code and memory that cost nothing
 * until they are reached, and events that are rare anyway; the guest's run is the same as without it.
 */
import { BOOT_STEPS, type BootPause, type BootStep, type TimelineEntry } from '../../../../shared/run-state'
import type { Delivered } from '../../cpu/observer'
import type { Cpu } from '../../cpu/cpu'
import type { Processors } from '../../machine/processors'
import { IF } from '../../cpu/state/bits'
import { TICKS_PER_MICROSECOND } from '../../machine/clock'
import { FRAMEBUFFER, VIDEO_MEMORY_BYTES } from '../../machine/memory-map'
import { vectorName } from '../../../../shared/vectors'
import type { CpuMode } from './modes'
import type { RunControl, RunListener } from './run-control'
import type { StateFields } from '../../state/fields'

/** Where the later stages of a boot begin, known from the image. Addresses are linear. */
export interface BootMarks {
  /** The loader's second stage is entered at `address`, if `magic` (u32) stands at `magicAt` then. */
  readonly stage2?: { readonly address: bigint; readonly magic: number; readonly magicAt: number } | undefined
  /** The kernel is entered at `address`, with code of so many bits. */
  readonly kernel?: { readonly address: bigint; readonly codeSize: 16 | 32 | 64 } | undefined
}

const MODE_STEPS = { real: undefined, protected: 'protected-mode', long: 'long-mode' } as const
const CODE_SIZES = [16, 32, 64] as const
/** Characters of a detail in a saved state. */
const LONGEST_DETAIL = 1000
/** Where the guest shows something without the BIOS: VGA window and text memory, linear framebuffer. */
const SHOWN = [
  { first: 0xa0000n, last: 0xaffffn, what: 'VGA graphics memory' },
  { first: 0xb8000n, last: 0xbffffn, what: 'text memory' },
  { first: BigInt(FRAMEBUFFER), last: BigInt(FRAMEBUFFER + VIDEO_MEMORY_BYTES - 1), what: 'framebuffer' },
] as const

export interface TimelineHost {
  readonly processors: Processors
  readonly control: RunControl
  readonly medium: string
  /** Virtual time in ticks. */
  now(): number
  read32(physical: number): number
}

export class Timeline implements RunListener {
  readonly #host: TimelineHost
  readonly #marks: BootMarks
  #pauseAt: BootPause | undefined
  #entries: readonly TimelineEntry[] = []
  #seen = new Set<BootStep>()
  /** Take back the places and the memory that are waited for. */
  readonly #places: (() => void)[] = []
  readonly #watches: (() => void)[] = []
  /** The person's own code runs: its output, faults and halts count. */
  #own = false
  #pausedOnce = false
  /** Where the firmware enters what it loaded, once it is known. */
  #bootSectorAt: number | undefined

  constructor(host: TimelineHost, marks: BootMarks = {}, pauseAt?: BootPause) {
    this.#host = host
    this.#marks = marks
    this.#pauseAt = pauseAt
    host.control.listeners.push(this)
  }

  get #cpu(): Cpu {
    return this.#host.processors.current
  }

  /** A new list whenever something was added. */
  get entries(): readonly TimelineEntry[] {
    return this.#entries
  }

  /** Pauses the next time that this is reached, and not where it was to pause before. */
  pauseOnceAt(at: BootPause): void {
    this.#pauseAt = at
    this.#pausedOnce = false
  }

  /** Power-on, or a reset. */
  begin(): void {
    takeBack(this.#places)
    takeBack(this.#watches)
    this.#entries = []
    this.#seen = new Set()
    this.#own = false
    this.#bootSectorAt = undefined
    this.#add('firmware', this.#host.medium)
    this.#awaitStages()
    this.#pauseFor('reset')
  }

  /** Those that were not seen yet. */
  #awaitStages(): void {
    const { stage2, kernel } = this.#marks
    if (stage2 && !this.#seen.has('stage-2')) this.#await(stage2.address, () => this.#host.read32(stage2.magicAt) === stage2.magic, () => this.#add('stage-2'))
    if (kernel && !this.#seen.has('kernel')) this.#await(kernel.address, () => CODE_SIZES[this.#cpu.state.codeMode] === kernel.codeSize, () => this.#enterOwn('kernel'))
  }

  /** How far it has come; what is not reached yet is waited for from here on. */
  exchange(state: StateFields): void {
    this.#entries = state.list('entries', this.#entries, BOOT_STEPS.length, (fields, entry): TimelineEntry => {
      const detail = fields.maybe('detail', entry?.detail, (inner, text) => inner.text('text', text ?? '', LONGEST_DETAIL))
      const read = { step: fields.choice('step', entry?.step ?? 'firmware', BOOT_STEPS), instructions: fields.int('instructions', entry?.instructions ?? 0), microseconds: fields.int('microseconds', entry?.microseconds ?? 0) }
      return detail === undefined ? read : { ...read, detail }
    })
    this.#own = state.flag('own', this.#own)
    this.#bootSectorAt = state.optional('boot sector at', this.#bootSectorAt)
    if (!state.loading) return
    this.#seen = new Set(this.#entries.map(({ step }) => step))
    takeBack(this.#places)
    this.#awaitStages()
    if (this.#bootSectorAt !== undefined && !this.#seen.has('boot-sector')) this.bootSector(this.#bootSectorAt)
    takeBack(this.#watches)
    if (this.#own && !this.#seen.has('first-output')) this.#watchOutput()
  }

  /** The firmware is about to enter what it loaded from the medium. */
  bootSector(linear: number): void {
    this.#bootSectorAt = linear
    this.#await(BigInt(linear), () => true, () => (this.#marks.kernel ? this.#enter('boot-sector') : this.#enterOwn('boot-sector')))
  }

  /** The guest shows or sends something. */
  output(what: string): void {
    if (this.#own) this.#add('first-output', what)
  }

  halted(): void {
    if (!this.#own || this.#seen.has('halted')) return
    this.#add('halted', (this.#cpu.state.systemFlags & IF) === 0 ? 'interrupts off' : 'waits for an interrupt')
  }

  /** The exception that nothing could take: it was never delivered. */
  tripleFault(vector: number): void {
    if (this.#own) this.#add('fault', vectorName(vector))
  }

  ended(reason: string): void {
    this.#add('ended', reason)
  }

  get awaitsFault(): boolean {
    return this.#own && !this.#seen.has('fault')
  }

  delivered({ source, vector }: Delivered): void {
    if (this.#own && source === 'exception') this.#add('fault', vectorName(vector))
  }

  modeChanged(_from: CpuMode, to: CpuMode): void {
    const step = MODE_STEPS[to]
    if (step) this.#add(step)
  }

  #enter(at: 'boot-sector' | 'kernel'): boolean {
    this.#add(at)
    return this.#pauseFor(at)
  }

  #enterOwn(at: 'boot-sector' | 'kernel'): boolean {
    this.#own = true
    this.#watchOutput()
    return this.#enter(at)
  }

  #watchOutput(): void {
    for (const { what, ...range } of SHOWN) {
      this.#watches.push(this.#host.control.watches.add({ space: 'physical', ...range }, ({ writes }) => writes && this.output(what)))
    }
  }

  /** Once: a reset later does not pause again. @returns whether it pauses */
  #pauseFor(at: BootPause): boolean {
    if (this.#pauseAt !== at || this.#pausedOnce) return false
    this.#pausedOnce = true
    if (at === 'reset') this.#host.control.pause({ type: 'boot', at })
    else this.#host.control.stopFor({ type: 'boot', at })
    return true
  }

  /** Calls `then` the first time that an address is reached and `is` holds. */
  #await(linear: bigint, is: () => boolean, then: () => boolean | void): void {
    const take = this.#host.control.places.add(linear, () => {
      if (!is()) return false
      take()
      return then() === true
    })
    this.#places.push(take)
  }

  #add(step: BootStep, detail?: string): void {
    if (this.#seen.has(step)) return
    this.#seen.add(step)
    const entry: TimelineEntry = { step, instructions: this.#host.processors.instructions, microseconds: Math.round(this.#host.now() / TICKS_PER_MICROSECOND) }
    this.#entries = [...this.#entries, detail === undefined ? entry : { ...entry, detail }]
    if (step === 'first-output') takeBack(this.#watches)
  }
}

function takeBack(list: (() => void)[]): void {
  for (const take of list.splice(0)) take()
}
