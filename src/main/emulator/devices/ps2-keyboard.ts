/**
 * The keyboard at the other end of the PS/2 cable: 104 keys, scan code sets 1 to 3, the command set of the IBM Personal
 * System/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)".
 */
import { Set1Translator, set2Bytes } from './scan-codes'
import { defaultKeyType, KEY_TYPE, SET3_CODES, set3Code } from './scan-set3'
import type { StateFields } from '../state/fields'

const ACK = 0xfa
const RESEND = 0xfe
const SELF_TEST_PASSED = 0xaa
const OVERRUN_SET2 = 0x00
const OVERRUN_SET1 = 0xff
/** Bytes of key strokes that the keyboard keeps while the host does not take them; the last place is for the overrun code. */
const BUFFER_BYTES = 16
/** Answers that a host which does not take them can have asked for, in a saved state. */
const MOST_RESPONSES = 1 << 20
/** Pause has the most. */
const LONGEST_STROKE = 8

/** Commands that take a byte. */
const SET_LEDS = 0xed
const SCAN_CODE_SET = 0xf0
const TYPEMATIC = 0xf3
/** Types of the keys whose set 3 codes follow. */
const FIRST_KEY_TYPE = 0xfb
const LAST_KEY_TYPE = 0xfd

/** Commands that give keys a type in scan code set 3: F7h–FAh all keys, FBh–FDh single ones. */
const KEY_TYPES: Readonly<Record<number, number>> = {
  0xf7: KEY_TYPE.repeats, 0xf8: KEY_TYPE.tellsRelease, 0xf9: 0, 0xfa: KEY_TYPE.repeats | KEY_TYPE.tellsRelease, [FIRST_KEY_TYPE]: KEY_TYPE.repeats, 0xfc: KEY_TYPE.tellsRelease, [LAST_KEY_TYPE]: 0,
}
/** The least byte that is a command, not the argument of one. */
const FIRST_COMMAND = 0xed
const BREAK = 0xf0
const MOST_KEY_NAME = 32

export class Ps2Keyboard {
  #queue: number[] = []
  #responses: number[] = []
  /** Strokes were lost; more are, until the queue is empty. */
  #overrun = false
  #scanning = true
  #set: 1 | 2 | 3 = 2
  /** Of set 3: the types of keys that were given one, by code. */
  readonly #types = new Map<number, number>()
  /** The key that went down last and is still down: the one that repeats. */
  #down = ''
  #pendingCommand: number | undefined
  #lastSent = RESEND
  readonly #onData: () => void
  readonly #onPress: () => void
  /** Bits 0–2: Scroll, Num, Caps Lock. */
  leds = 0

  /**
   * @param onData called when a byte becomes ready to be taken
   * @param onPress called for every key that goes down, whether anybody listens or not
   */
  constructor(onData: () => void, onPress: () => void = () => undefined) {
    this.#onData = onData
    this.#onPress = onPress
  }

  reset(): void {
    this.#queue = []
    this.#responses = []
    this.#pendingCommand = undefined
    this.#setDefaults()
    this.#scanning = true
    this.leds = 0
  }

  exchange(state: StateFields): void {
    this.#queue = state.numbers('queue', this.#queue, BUFFER_BYTES)
    this.#responses = state.numbers('responses', this.#responses, MOST_RESPONSES)
    this.#overrun = state.flag('overrun', this.#overrun)
    this.#scanning = state.flag('scanning', this.#scanning)
    this.#set = state.choice('set', this.#set, [1, 2, 3])
    state.map('key types', this.#types, 0x100, 3)
    this.#down = state.text('down', this.#down, MOST_KEY_NAME)
    this.#pendingCommand = state.optional('pending command', this.#pendingCommand, 0xff)
    this.#lastSent = state.byte('last sent', this.#lastSent)
    this.leds = state.int('leds', this.leds, 7)
  }

  get hasData(): boolean {
    return this.#responses.length > 0 || this.#queue.length > 0
  }

  /** No key stroke waits to be sent. */
  get idle(): boolean {
    return this.#queue.length === 0
  }

  /** The stroke of a key still finds room for its bytes, eight at most. */
  get hasRoom(): boolean {
    return this.#queue.length + LONGEST_STROKE < BUFFER_BYTES
  }

  /** The next byte on its way to the controller; answers to commands go before key strokes. */
  take(): number | undefined {
    const byte = this.#responses.shift() ?? this.#queue.shift()
    if (byte !== undefined) this.#lastSent = byte
    if (this.#queue.length === 0) this.#overrun = false
    return byte
  }

  /** A key goes down or up. Keys that a PC keyboard does not have are ignored; so is everything while scanning is off. */
  key(code: string, down: boolean): void {
    const bytes = set2Bytes(code, down)
    if (!bytes) return
    if (down) this.#onPress()
    const repeats = down && this.#down === code
    if (down) this.#down = code
    else if (this.#down === code) this.#down = ''
    if (!this.#scanning || this.#overrun) return
    const sent = this.#set === 3 ? this.#set3Bytes(code, down, repeats) : this.#set === 2 ? bytes : toSet1(bytes)
    if (sent.length === 0) return
    if (this.#queue.length + sent.length >= BUFFER_BYTES) {
      this.#overrun = true
      this.#queue.push(this.#set === 1 ? OVERRUN_SET1 : OVERRUN_SET2)
    } else {
      this.#queue.push(...sent)
    }
    if (this.hasData) this.#onData()
  }

  #set3Bytes(key: string, down: boolean, repeats: boolean): readonly number[] {
    const code = set3Code(key)
    if (code === undefined) return []
    const type = this.#types.get(code) ?? defaultKeyType(key)
    if (down) return repeats && !(type & KEY_TYPE.repeats) ? [] : [code]
    return type & KEY_TYPE.tellsRelease ? [BREAK, code] : []
  }

  /** A byte from the host. */
  receive(byte: number): void {
    const pending = this.#pendingCommand
    this.#pendingCommand = undefined
    if (pending !== undefined && byte < FIRST_COMMAND) this.#argument(pending, byte)
    else this.#command(byte)
    if (this.hasData) this.#onData()
  }

  #argument(command: number, value: number): void {
    switch (command) {
      case SET_LEDS:
        this.leds = value & 7
        this.#respond(ACK)
        return
      case SCAN_CODE_SET:
        if (value === 0) this.#respond(ACK, this.#set)
        else if (value === 1 || value === 2 || value === 3) {
          this.#set = value
          this.#respond(ACK)
        } else this.#respond(RESEND)
        return
      case FIRST_KEY_TYPE:
      case 0xfc:
      case LAST_KEY_TYPE:
        this.#types.set(value, KEY_TYPES[command] ?? 0)
        // More codes may follow, up to the next command.
        this.#pendingCommand = command
        this.#respond(ACK)
        return
      default:
        // Typematic rate: repeats are the host keyboard's business, the setting is accepted.
        this.#respond(ACK)
    }
  }

  #command(byte: number): void {
    switch (byte) {
      case SET_LEDS:
      case SCAN_CODE_SET:
      case TYPEMATIC:
        this.#pendingCommand = byte
        this.#respond(ACK)
        return
      case 0xee: // echo
        this.#respond(0xee)
        return
      case 0xf2: // identify: MF2 keyboard
        this.#respond(ACK, 0xab, 0x83)
        return
      case 0xf4: // enable scanning
        this.#queue = []
        this.#overrun = false
        this.#scanning = true
        this.#respond(ACK)
        return
      case 0xf5: // defaults, and stop scanning
        this.#setDefaults()
        this.#scanning = false
        this.#respond(ACK)
        return
      case 0xf6: // defaults
        this.#setDefaults()
        this.#respond(ACK)
        return
      case 0xf7: // types of keys in set 3; they are taken in other sets, too
      case 0xf8:
      case 0xf9:
      case 0xfa:
        for (const code of SET3_CODES) this.#types.set(code, KEY_TYPES[byte] ?? 0)
        this.#respond(ACK)
        return
      case FIRST_KEY_TYPE: // stop scanning, and give the keys that follow a type
      case 0xfc:
      case LAST_KEY_TYPE:
        this.#queue = []
        this.#scanning = false
        this.#pendingCommand = byte
        this.#respond(ACK)
        return
      case 0xfe:
        this.#responses.unshift(this.#lastSent)
        return
      case 0xff: // reset and self test
        this.#setDefaults()
        this.#scanning = true
        this.#respond(ACK, SELF_TEST_PASSED)
        return
      default:
        this.#respond(RESEND)
    }
  }

  #setDefaults(): void {
    this.#queue = []
    this.#overrun = false
    this.#set = 2
    this.#types.clear()
  }

  #respond(...bytes: number[]): void {
    this.#responses.push(...bytes)
  }
}

function toSet1(set2: readonly number[]): number[] {
  const translator = new Set1Translator()
  return set2.map((byte) => translator.translate(byte)).filter((byte) => byte !== undefined)
}
