/** IRQ 1 and INT 16h: from scan codes to the key buffer in the BIOS data area, and from there to programs. */
import { BDA, KEY_BUFFER_END, KEY_BUFFER_START } from './bda'
import { BusyWait } from './busy-wait'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import { keyWord } from './key-table'

const Flag = { rightShift: 0x01, leftShift: 0x02, ctrl: 0x04, alt: 0x08, scrollLock: 0x10, numLock: 0x20, capsLock: 0x40, insert: 0x80 } as const
const RELEASED = 0x80
const EXTENDED_PREFIX = 0xe0
/** Bit of `keyboardFlags3`: the last byte was E0. */
const LAST_WAS_E0 = 0x02
const ENHANCED_KEYBOARD = 0x10
const SEGMENT = 0x400

/** Modifier keys by scan code: their bit in the flag byte. */
const HELD: Readonly<Record<number, number>> = { 0x36: Flag.rightShift, 0x2a: Flag.leftShift, 0x1d: Flag.ctrl, 0x38: Flag.alt }
const LOCKS: Readonly<Record<number, number>> = { 0x46: Flag.scrollLock, 0x45: Flag.numLock, 0x3a: Flag.capsLock }
const INSERT = 0x52
const DELETE = 0x53
const SCROLL_LOCK = 0x46

export class KeyboardFirmware {
  readonly #host: FirmwareHost
  readonly #busyWait: BusyWait
  /** Counts calls of INT 16h that looked for a key: software here reads keys through the BIOS. */
  reads = 0

  constructor(host: FirmwareHost) {
    this.#host = host
    this.#busyWait = new BusyWait(host)
  }

  reset(): void {
    const { memory } = this.#host
    memory.write8(BDA.keyboardFlags, 0)
    memory.write8(BDA.keyboardFlags2, 0)
    memory.write8(BDA.keyboardFlags3, ENHANCED_KEYBOARD)
    memory.write16(BDA.keyboardBufferStart, KEY_BUFFER_START)
    memory.write16(BDA.keyboardBufferEnd, KEY_BUFFER_END)
    memory.write16(BDA.keyboardHead, KEY_BUFFER_START)
    memory.write16(BDA.keyboardTail, KEY_BUFFER_START)
    this.reads = 0
  }

  get bufferEmpty(): boolean {
    const { memory } = this.#host
    return memory.read16(BDA.keyboardHead) === memory.read16(BDA.keyboardTail)
  }

  /** IRQ 1. True: Ctrl-Break was pressed (the stub goes on with INT 1Bh). */
  readonly interrupt: Service = () => {
    const { ports } = this.#host
    const byte = ports.read8(0x60)
    const isBreak = this.#scanCode(byte)
    ports.write8(0x20, 0x20)
    return isBreak
  }

  /** INT 16h. True: no key yet, wait. */
  readonly service: Service = (call) => {
    const { memory } = this.#host
    switch (call.ah) {
      case 0x00:
      case 0x10:
        return this.#take(call, call.ah === 0x10)
      case 0x01:
      case 0x11:
        this.#peek(call, call.ah === 0x11)
        return
      case 0x02:
        call.al = memory.read8(BDA.keyboardFlags)
        return
      case 0x12:
        call.al = memory.read8(BDA.keyboardFlags)
        call.ah = memory.read8(BDA.keyboardFlags2)
        return
      case 0x05:
        call.al = this.#store(call.cx) ? 0 : 1
        return
      default:
      // Typematic rate and the rest change nothing here.
    }
  }

  #take(call: FirmwareCall, extended: boolean): boolean {
    const { memory } = this.#host
    this.reads++
    if (this.bufferEmpty) return true
    const head = memory.read16(BDA.keyboardHead)
    call.ax = compatible(memory.read16(SEGMENT + head), extended)
    memory.write16(BDA.keyboardHead, this.#after(head))
    return false
  }

  #peek(call: FirmwareCall, extended: boolean): void {
    const { memory } = this.#host
    this.reads++
    call.zero = this.bufferEmpty
    if (this.bufferEmpty) this.#busyWait.asked()
    else call.ax = compatible(memory.read16(SEGMENT + memory.read16(BDA.keyboardHead)), extended)
  }

  #after(offset: number): number {
    const { memory } = this.#host
    const next = offset + 2
    return next >= memory.read16(BDA.keyboardBufferEnd) ? memory.read16(BDA.keyboardBufferStart) : next
  }

  /** False: the buffer is full. */
  #store(word: number): boolean {
    const { memory } = this.#host
    const tail = memory.read16(BDA.keyboardTail)
    const next = this.#after(tail)
    if (next === memory.read16(BDA.keyboardHead)) return false
    memory.write16(SEGMENT + tail, word)
    memory.write16(BDA.keyboardTail, next)
    return true
  }

  #scanCode(byte: number): boolean {
    const { memory } = this.#host
    const flags3 = memory.read8(BDA.keyboardFlags3)
    const extended = (flags3 & LAST_WAS_E0) !== 0
    if (byte === EXTENDED_PREFIX) {
      memory.write8(BDA.keyboardFlags3, flags3 | LAST_WAS_E0)
      return false
    }
    memory.write8(BDA.keyboardFlags3, flags3 & ~LAST_WAS_E0)
    const down = !(byte & RELEASED)
    const scan = byte & ~RELEASED
    const flags = memory.read8(BDA.keyboardFlags)
    const held = HELD[scan]
    if (held !== undefined) {
      // E0 2A and E0 36 are the keyboard's own shifts around grey keys.
      if (!(extended && held & (Flag.leftShift | Flag.rightShift))) memory.write8(BDA.keyboardFlags, down ? flags | held : flags & ~held)
      return false
    }
    if (!down) return false
    const lock = LOCKS[scan]
    if (lock !== undefined && !(flags & Flag.ctrl)) {
      memory.write8(BDA.keyboardFlags, flags ^ lock)
      return false
    }
    const ctrl = (flags & Flag.ctrl) !== 0
    const alt = (flags & Flag.alt) !== 0
    if (scan === SCROLL_LOCK && extended && ctrl) return true
    if (scan === DELETE && ctrl && alt) {
      this.#host.resetMachine()
      return false
    }
    if (scan === INSERT && !alt && !ctrl) memory.write8(BDA.keyboardFlags, flags ^ Flag.insert)
    const word = keyWord(scan, extended, {
      shift: (flags & (Flag.leftShift | Flag.rightShift)) !== 0,
      ctrl,
      alt,
      capsLock: (flags & Flag.capsLock) !== 0,
      numLock: (flags & Flag.numLock) !== 0,
    })
    if (word !== undefined) this.#store(word)
    return false
  }
}

/** The 84-key functions do not know E0 codes: grey keys look like those of the pad. */
function compatible(word: number, extended: boolean): number {
  if (extended) return word
  if (word >> 8 === EXTENDED_PREFIX) return (word & 0xff) === 0x2f ? 0x352f : 0x1c00 | (word & 0xff)
  return (word & 0xff) === EXTENDED_PREFIX && word >> 8 !== 0 ? word & 0xff00 : word
}
