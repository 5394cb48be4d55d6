/**
 * Keys of the page as keys of the guest. Tracks what is held down, so that nothing stays pressed in the guest when the
 * screen loses the focus, and knows the two ways around the guest: the lab's own keys, and the chord that leaves.
 */
import type { KeyEvent } from '../../../shared/machine-schemas'

export interface KeyboardTarget {
  /** Which keys give the keyboard back. */
  chord(): LeaveChord
  send(events: KeyEvent[]): void
  /** The chord was pressed and let go: give the keyboard back to the page. */
  leave(): void
}

interface Key {
  code: string
  preventDefault(): void
}

/** Keys that leave the machine when they are pressed alone. AltGr arrives as left Ctrl with *right* Alt, so it still reaches the guest. */
const LEAVE_CHORDS = { 'ctrl-alt': ['ControlLeft', 'AltLeft'], 'right-ctrl': ['ControlRight'] } as const
export type LeaveChord = keyof typeof LEAVE_CHORDS
/** The lab keeps this key: it builds and boots, and with Shift it stops the machine. */
const LAB_KEY = 'F5'

export class GuestKeyboard {
  private readonly held = new Set<string>()
  private readonly target: KeyboardTarget
  private leaving = false

  constructor(target: KeyboardTarget) {
    this.target = target
  }

  /** Repeats come in as further downs, as a keyboard's typematic repeat sends further make codes. */
  down(key: Key): void {
    if (key.code === LAB_KEY || key.code === '') return
    key.preventDefault()
    this.held.add(key.code)
    const chord: readonly string[] = LEAVE_CHORDS[this.target.chord()]
    this.leaving = this.held.size === chord.length && chord.every((code) => this.held.has(code))
    this.target.send([{ code: key.code, down: true }])
  }

  up(key: Key): void {
    if (!this.held.has(key.code)) return
    key.preventDefault()
    const leave = this.leaving
    this.held.delete(key.code)
    this.target.send([{ code: key.code, down: false }])
    if (leave) {
      this.releaseAll()
      this.target.leave()
    }
  }

  /** The screen lost the focus: what is held goes up, since its real release will not be seen. */
  releaseAll(): void {
    this.leaving = false
    if (this.held.size === 0) return
    const events = [...this.held].map((code) => ({ code, down: false }))
    this.held.clear()
    this.target.send(events)
  }
}
