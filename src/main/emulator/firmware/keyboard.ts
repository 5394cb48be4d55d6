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
/** Bit of `keyboardFlags3`: the last byte was E1, which begins Pause. */
const LAST_WAS_E1 = 0x01
const RIGHT_CTRL = 0x04
const RIGHT_ALT = 0x08
const ENHANCED_KEYBOARD = 0x10
/** Bits of `keyboardFlags2`: what is held down. */
const HELD_FLAGS2: Readonly<Record<number, number>> = { 0x1d: 0x01, 0x38: 0x02, 0x46: 0x10, 0x45: 0x20, 0x3a: 0x40, 0x52: 0x80 }
const PAUSE_PREFIX = 0xe1
/** Answers of the keyboard to commands, which are no keys. */
const ACKNOWLEDGE = 0xfa
const RESEND = 0xfe
const PRINT_SCREEN = 0x37
const SYSTEM_REQUEST = 0x54
/** What the stub does next (AL, with carry): INT 1Bh or INT 05h. */
const Then = { controlBreak: 0x1b, printScreen: 0x05 } as const
const SET_TYPEMATIC = 0xf3
const SET_LEDS = 0xed
const CTRL = 0x1d
const NUM_LOCK = 0x45
const ALT = 0x38
const ALL_LOCKS = Flag.scrollLock | Flag.numLock | Flag.capsLock
const CONTROL_BREAK = 0x80
/** In the reset flag: the memory test is left out. */
const WARM_START = 0x1234
/** Keys of the pad that type a character's number while Alt is down. */
const PAD_DIGITS: ReadonlyMap<number, number> = new Map([0x52, 0x4f, 0x50, 0x51, 0x4b, 0x4c, 0x4d, 0x47, 0x48, 0x49].map((scan, digit) => [scan, digit]))
/** Typematic rate and delay after power-on: 10.9 a second, after half a second. */
const DEFAULT_TYPEMATIC = { rate: 0x0b, delay: 0x01 } as const
/** AH=09h: typematic rate can be set, not read; the enhanced functions are there. */
const CAPABILITIES = 0x30
/** Identity of the 101-key keyboard, AB 83, as the controller translates it. */
const KEYBOARD_IDENTITY = 0x41ab
/** Break code of Ctrl-Break in the buffer. */
const BREAK_WORD = 0x0000
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
    host.remembers('keyboard', (state) => {
      state.part('wait', this.#busyWait)
      this.reads = state.int('reads', this.reads)
    })
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
    // The lights go out; programs that look at port 60h before a key is pressed find that the keyboard acknowledged it.
    this.#showLocks(0)
  }

  get bufferEmpty(): boolean {
    const { memory } = this.#host
    return memory.read16(BDA.keyboardHead) === memory.read16(BDA.keyboardTail)
  }

  /** The next key of the buffer, scan code in the high byte, for the BIOS's own menu; undefined: none yet. */
  next(): number | undefined {
    const { memory } = this.#host
    this.reads++
    if (this.bufferEmpty) return undefined
    const head = memory.read16(BDA.keyboardHead)
    memory.write16(BDA.keyboardHead, this.#after(head))
    return memory.read16(SEGMENT + head)
  }

  /** IRQ 1: AL is the scan code, as INT 15h AH=4Fh has left it. True: the stub goes on with INT 1Bh (Ctrl-Break) or INT 05h (print screen), by AL. */
  readonly interrupt: Service = (call) => {
    const then = this.#scanCode(call.al)
    this.#host.ports.write8(0x20, 0x20)
    if (then === undefined) return false
    call.al = then
    return true
  }

  /** INT 16h. True: no key yet, wait. */
  readonly service: Service = (call) => this.#functions[call.ah]?.(call)

  readonly #functions: Readonly<Record<number, (call: FirmwareCall) => boolean | void>> = {
    0x00: (call) => this.#take(call, false),
    0x01: (call) => this.#peek(call, false),
    0x02: (call) => {
      call.al = this.#host.memory.read8(BDA.keyboardFlags)
    },
    0x03: (call) => this.#typematic(call),
    0x05: (call) => {
      call.al = this.#store(call.cx) ? 0 : 1
    },
    0x09: (call) => {
      call.al = CAPABILITIES
    },
    0x0a: (call) => {
      call.bx = KEYBOARD_IDENTITY
    },
    0x10: (call) => this.#take(call, true),
    0x11: (call) => this.#peek(call, true),
    0x12: (call) => {
      const { memory } = this.#host
      const [flags2, flags3] = [memory.read8(BDA.keyboardFlags2), memory.read8(BDA.keyboardFlags3)]
      call.al = memory.read8(BDA.keyboardFlags)
      // Left Ctrl and Alt, right Ctrl and Alt, locks that are held, SysRq.
      call.ah = (flags2 & 0x73) | ((flags2 & 0x04) << 5) | (flags3 & (RIGHT_CTRL | RIGHT_ALT))
    },
    // Whether AH=10h to 12h are there is asked with these: AH=80h says so.
    0x92: (call) => {
      call.ah = 0x80
    },
  }

  /** AH=03h: AL 0 default, 5 set BH delay and BL rate. The keyboard is told; its answers are taken here. */
  #typematic(call: FirmwareCall): void {
    const wanted = call.al === 0 ? DEFAULT_TYPEMATIC : call.al === 5 && call.bh <= 3 && call.bl <= 0x1f ? { rate: call.bl, delay: call.bh } : undefined
    if (!wanted) return
    this.#tell(SET_TYPEMATIC, (wanted.delay << 5) | wanted.rate)
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

  /** What the stub does next, if anything. */
  #scanCode(byte: number): number | undefined {
    const { memory } = this.#host
    const flags3 = memory.read8(BDA.keyboardFlags3)
    if (byte === EXTENDED_PREFIX || byte === PAUSE_PREFIX) {
      memory.write8(BDA.keyboardFlags3, flags3 | (byte === EXTENDED_PREFIX ? LAST_WAS_E0 : LAST_WAS_E1))
      return undefined
    }
    if (byte === ACKNOWLEDGE || byte === RESEND) return undefined
    const extended = (flags3 & LAST_WAS_E0) !== 0
    const down = !(byte & RELEASED)
    const scan = byte & ~RELEASED
    // Pause is E1 1D 45: its second byte still belongs to it.
    const pause = (flags3 & LAST_WAS_E1) !== 0
    memory.write8(BDA.keyboardFlags3, flags3 & ~(LAST_WAS_E0 | (pause && scan !== CTRL ? LAST_WAS_E1 : 0)))
    // A keyboard that does not know of Ctrl-Break sends Pause.
    if (pause) return scan === NUM_LOCK && down && memory.read8(BDA.keyboardFlags) & Flag.ctrl ? this.#controlBreak() : undefined
    this.#noteHeld(scan, extended, down)
    const flags = memory.read8(BDA.keyboardFlags)
    const held = HELD[scan]
    if (held !== undefined) {
      // E0 2A and E0 36 are the keyboard's own shifts around grey keys.
      if (!(extended && held & (Flag.leftShift | Flag.rightShift))) memory.write8(BDA.keyboardFlags, down ? flags | held : flags & ~held)
      return undefined
    }
    if (!down) return undefined
    const ctrl = (flags & Flag.ctrl) !== 0
    const alt = (flags & Flag.alt) !== 0
    const shift = (flags & (Flag.leftShift | Flag.rightShift)) !== 0
    const lock = LOCKS[scan]
    if (lock !== undefined && !ctrl) {
      memory.write8(BDA.keyboardFlags, flags ^ lock)
      this.#showLocks((flags ^ lock) & ALL_LOCKS)
      return undefined
    }
    if (scan === SCROLL_LOCK && ctrl) return this.#controlBreak()
    if (scan === PRINT_SCREEN && extended && !ctrl && !alt) return Then.printScreen
    if (scan === PRINT_SCREEN && !extended && shift) return Then.printScreen
    if (scan === SYSTEM_REQUEST) return undefined
    if (scan === DELETE && ctrl && alt) {
      memory.write16(BDA.resetFlag, WARM_START)
      this.#host.resetMachine()
      return undefined
    }
    if (alt && PAD_DIGITS.has(scan) && !extended) {
      const digit = PAD_DIGITS.get(scan) ?? 0
      memory.write8(BDA.altDigits, memory.read8(BDA.altDigits) * 10 + digit)
      return undefined
    }
    if (scan === INSERT && !alt && !ctrl) memory.write8(BDA.keyboardFlags, flags ^ Flag.insert)
    const word = keyWord(scan, extended, { shift, ctrl, alt, capsLock: (flags & Flag.capsLock) !== 0, numLock: (flags & Flag.numLock) !== 0 })
    if (word !== undefined) this.#store(word)
    return undefined
  }

  /** Empties the buffer, but for a zero. */
  #controlBreak(): number {
    const { memory } = this.#host
    memory.write8(BDA.keyboardBreak, CONTROL_BREAK)
    memory.write16(BDA.keyboardHead, memory.read16(BDA.keyboardBufferStart))
    memory.write16(BDA.keyboardTail, memory.read16(BDA.keyboardBufferStart))
    this.#store(BREAK_WORD)
    return Then.controlBreak
  }

  /** The bits of keys that are held; and the character whose number was typed on the pad, when Alt goes up. */
  #noteHeld(scan: number, extended: boolean, down: boolean): void {
    const { memory } = this.#host
    const [field, bit] = extended && scan === CTRL ? [BDA.keyboardFlags3, RIGHT_CTRL] : extended && scan === ALT ? [BDA.keyboardFlags3, RIGHT_ALT] : [BDA.keyboardFlags2, extended ? 0 : (HELD_FLAGS2[scan] ?? 0)]
    if (bit !== 0) memory.write8(field, down ? memory.read8(field) | bit : memory.read8(field) & ~bit)
    if (scan !== ALT || down) return
    const character = memory.read8(BDA.altDigits)
    memory.write8(BDA.altDigits, 0)
    if (character !== 0) this.#store(character)
  }

  /** The lights follow the locks: Scroll, Num, Caps. */
  #showLocks(locks: number): void {
    const { memory } = this.#host
    const lights = locks >> 4
    memory.write8(BDA.keyboardLeds, (memory.read8(BDA.keyboardLeds) & ~0x07) | lights)
    this.#tell(SET_LEDS, lights)
  }

  /** A command to the keyboard, which acknowledges each byte at once. */
  #tell(...bytes: readonly number[]): void {
    for (const byte of bytes) this.#host.keyboard.tellKeyboard(byte)
  }
}

/** The 84-key functions do not know E0 codes: grey keys look like those of the pad. */
function compatible(word: number, extended: boolean): number {
  if (extended) return word
  if (word >> 8 === EXTENDED_PREFIX) return (word & 0xff) === 0x2f ? 0x352f : 0x1c00 | (word & 0xff)
  return (word & 0xff) === EXTENDED_PREFIX && word >> 8 !== 0 ? word & 0xff00 : word
}
