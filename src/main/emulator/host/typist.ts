/**
 * Types text into the guest at the pace at which it takes keys, so that nothing is lost: not before somebody looks for
 * keys, and one character at a time. It works on virtual time, so a run with the same text is the same run.
 */
import { CR0, IF } from '../cpu/state/bits'
import type { Timer } from '../machine/clock'
import { TICKS_PER_MILLISECOND } from '../machine/clock'
import { ROM_START } from '../machine/memory-map'
import type { Machine } from '../machine/machine'
import { strokeFor } from './us-layout'
import type { Stateful, StateFields } from '../state/fields'

const INTERVAL = 5 * TICKS_PER_MILLISECOND
const KEYBOARD_IRQ = 1
/** Physical address of real mode's vector 9. */
const KEYBOARD_VECTOR = 9 * 4
/** So many looks at an empty 8042 are a program that polls it (switching A20 on takes a few). */
const POLLING = 100
/**
 * A program that took a key so takes the next one as soon as it has looked in so many of our intervals since: UEFI's keyboard driver looks every 20 ms. Not in
 * one alone, because a key is several bytes; and soon, or else another program may have come.
 */
const POLLED_INTERVALS = 2
const SOON_INTERVALS = 100
/** So many looks at the BIOS's key buffer between two of ours are a loader in protected mode that calls the BIOS again and again, as GRUB does. */
const BIOS_POLLING = 16

/** Characters that wait to be typed in a saved state. */
const MOST_TEXT = 1 << 20

export class Typist implements Stateful {
  readonly #machine: Machine
  readonly #timer: Timer
  #text: string[] = []
  #readsBefore = 0
  #pollsBefore = 0
  #readsSeen = 0
  /** Whether the last key went to a program that polls; the intervals since then, and those of them with polls. */
  #toPolling = false
  #intervals = 0
  #polledIntervals = 0
  #pollsSeen = 0

  constructor(machine: Machine) {
    this.#machine = machine
    this.#timer = machine.clock.timer((due) => this.#onTime(due))
  }

  /** Queues text. Characters that a US keyboard cannot type are left out. */
  type(text: string): void {
    this.#text.push(...[...text].filter((character) => strokeFor(character) !== undefined))
    if (this.#text.length > 0 && this.#timer.due === Infinity) this.#timer.set(this.#machine.now + INTERVAL)
  }

  /** Forgets what is not typed yet. */
  clear(): void {
    this.#text = []
    this.#timer.cancel()
  }

  /** Goes with the machine when that is saved: its timer is none of the machine's. */
  exchange(state: StateFields): void {
    this.#text = [...state.text('text', this.#text.join(''), MOST_TEXT)]
    this.#readsBefore = state.int('reads before', this.#readsBefore)
    this.#pollsBefore = state.int('polls before', this.#pollsBefore)
    this.#readsSeen = state.int('reads seen', this.#readsSeen)
    this.#toPolling = state.flag('to polling', this.#toPolling)
    this.#intervals = state.int('intervals', this.#intervals)
    this.#polledIntervals = state.int('polled intervals', this.#polledIntervals)
    this.#pollsSeen = state.int('polls seen', this.#pollsSeen)
    const due = state.tick('due', this.#timer.due)
    if (state.loading) this.#timer.set(due)
  }

  get pending(): boolean {
    return this.#text.length > 0
  }

  #onTime(due: number): void {
    this.#lookAtPolls()
    const stroke = this.#takesKeys() ? strokeFor(this.#text.shift() ?? '') : undefined
    if (stroke) {
      const { kbc, firmware } = this.#machine
      const keyboard = kbc.keyboard
      if (stroke.shift) keyboard.key('ShiftLeft', true)
      keyboard.key(stroke.code, true)
      keyboard.key(stroke.code, false)
      if (stroke.shift) keyboard.key('ShiftLeft', false)
      this.#toPolling = this.#isPolled()
      this.#intervals = 0
      this.#polledIntervals = 0
      this.#readsBefore = firmware.keyboard.reads
      this.#pollsBefore = kbc.emptyPolls
    }
    if (this.#text.length > 0) this.#timer.set(due + INTERVAL)
  }

  /** Whether all that was typed has arrived and the guest shows that it wants a key. */
  #takesKeys(): boolean {
    const { kbc, firmware, cpu, interrupts, hasRealBios } = this.#machine
    const lately = firmware.keyboard.reads - this.#readsSeen
    this.#readsSeen = firmware.keyboard.reads
    if (!kbc.idle) return false
    if (this.#isPolled()) return true
    const real = (cpu.state.control(0) & CR0.PE) === 0n
    if (real && this.#biosOwnsKeyboard() && hasRealBios) return firmware.keyboard.bufferEmpty && interrupts.isUnmasked(KEYBOARD_IRQ)
    if (real && this.#biosOwnsKeyboard()) return firmware.keyboard.reads !== this.#readsBefore && firmware.keyboard.bufferEmpty
    if (lately >= BIOS_POLLING && firmware.keyboard.bufferEmpty) return true
    return interrupts.isUnmasked(KEYBOARD_IRQ) && (cpu.state.systemFlags & IF) !== 0
  }

  #lookAtPolls(): void {
    const { emptyPolls } = this.#machine.kbc
    this.#intervals++
    if (emptyPolls !== this.#pollsSeen) this.#polledIntervals++
    this.#pollsSeen = emptyPolls
  }

  #isPolled(): boolean {
    const again = this.#toPolling && this.#intervals <= SOON_INTERVALS && this.#polledIntervals >= POLLED_INTERVALS
    return again || this.#machine.kbc.emptyPolls - this.#pollsBefore >= POLLING
  }

  #biosOwnsKeyboard(): boolean {
    const { memory } = this.#machine
    const handler = memory.read16(KEYBOARD_VECTOR) + memory.read16(KEYBOARD_VECTOR + 2) * 16
    return handler >= ROM_START
  }
}
