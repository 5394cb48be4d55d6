/**
 * Intel 8042 as keyboard controller of the PC/AT and PS/2 (IBM Personal System/2 Hardware Interface Technical Reference,
 * "Keyboard and Auxiliary Device Controller"), with a keyboard on the first port and a mouse on the second, and the
 * system control port A at 92h, which also drives the A20 gate and the reset line.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import type { Device, DeviceFacts, Line, PortRange } from './device'
import { bitsFact, fact, hex8 } from './facts'
import { Ps2Keyboard } from './ps2-keyboard'
import { Ps2Mouse } from './ps2-mouse'
import { Set1Translator } from './scan-codes'
import type { StateFields } from '../state/fields'

const STATUS_OUTPUT_FULL = 0x01
const STATUS_SYSTEM = 0x04
const STATUS_LAST_WAS_COMMAND = 0x08
const STATUS_UNLOCKED = 0x10
const STATUS_AUX_DATA = 0x20

const CONFIG_IRQ1 = 0x01
const CONFIG_IRQ12 = 0x02
const CONFIG_SYSTEM = 0x04
const CONFIG_KEYBOARD_OFF = 0x10
const CONFIG_AUX_OFF = 0x20
const CONFIG_TRANSLATE = 0x40

const OUTPUT_NO_RESET = 0x01
const OUTPUT_A20 = 0x02

/** Pause between two bytes of keyboard or mouse; the serial line itself would take about 900 µs. */
const BYTE_TICKS = 100 * TICKS_PER_MICROSECOND

/** Controller commands whose argument comes through port 60h. */
const TAKES_ARGUMENT: ReadonlySet<number> = new Set([0xd1, 0xd2, 0xd3, 0xd4])

export interface KbcWiring {
  clock: Clock
  irq1: Line
  irq12: Line
  /** The A20 gate: true lets address line 20 through. */
  a20: Line
  /** Whether a mouse is plugged in; default: it is. */
  hasMouse?: boolean | undefined
  /** The processor's (and with it the machine's) reset. */
  resetMachine: () => void
  /** A key goes down, whether anybody listens or not. */
  keyPressed?: () => void
}

export class Kbc8042 implements Device {
  readonly name = '8042 keyboard controller'
  readonly keyboard: Ps2Keyboard
  readonly mouse: Ps2Mouse
  readonly ports: readonly PortRange[]
  readonly #wiring: KbcWiring
  readonly #timer: Timer
  readonly #translator = new Set1Translator()
  readonly #ram = new Uint8Array(32)
  #output = 0
  #outputFull = false
  #outputIsAux = false
  /** Whether the mouse's turn is next, when both have something. */
  #mouseFirst = false
  #lastWasCommand = false
  #command: number | undefined
  #a20 = true
  /** Counts reads of the status port that found no byte: software that looks for keys by itself makes many. */
  emptyPolls = 0

  constructor(wiring: KbcWiring) {
    this.#wiring = wiring
    this.keyboard = new Ps2Keyboard(() => this.#arm(), wiring.keyPressed)
    this.mouse = new Ps2Mouse(wiring.clock, () => this.#arm())
    this.#timer = wiring.clock.timer(() => this.#fetch())
    this.ports = [
      { first: 0x60, last: 0x60, read: () => this.#readData(), write: (_port, value) => this.#writeData(value) },
      { first: 0x64, last: 0x64, read: () => this.#readStatus(), write: (_port, value) => this.#writeCommand(value) },
      { first: 0x92, last: 0x92, read: () => (this.#a20 ? 2 : 0), write: (_port, value) => this.#writePortA(value) },
    ]
  }

  reset(): void {
    this.#ram.fill(0)
    this.#ram[0] = CONFIG_SYSTEM | CONFIG_TRANSLATE | CONFIG_IRQ1 | CONFIG_AUX_OFF
    this.#translator.reset()
    this.#outputFull = this.#outputIsAux = this.#lastWasCommand = this.#mouseFirst = false
    this.#command = undefined
    this.#timer.cancel()
    this.keyboard.reset()
    this.mouse.reset()
    this.#setA20(true)
    this.#updateLines()
  }

  exchange(state: StateFields): void {
    state.part('keyboard', this.keyboard)
    state.part('mouse', this.mouse)
    state.part('translator', this.#translator)
    state.array('ram', this.#ram)
    this.#output = state.byte('output', this.#output)
    this.#outputFull = state.flag('output full', this.#outputFull)
    this.#outputIsAux = state.flag('output is aux', this.#outputIsAux)
    this.#mouseFirst = state.flag('mouse first', this.#mouseFirst)
    this.#lastWasCommand = state.flag('last was command', this.#lastWasCommand)
    this.#command = state.optional('command', this.#command, 0xff)
    this.#a20 = state.flag('a20', this.#a20)
    this.emptyPolls = state.int('empty polls', this.emptyPolls)
  }

  describe(): DeviceFacts {
    return [
      {
        title: 'Controller',
        facts: [
          bitsFact('command byte', this.#config, ['IRQ 1', 'IRQ 12', 'system flag', undefined, 'keyboard off', 'second port off', 'translates to set 1']),
          fact('output buffer', this.#outputFull ? hex8(this.#output) : 'empty', this.#outputFull ? (this.#outputIsAux ? 'from the second port' : 'from the keyboard or the controller') : undefined),
          fact('pending command', this.#command === undefined ? 'none' : hex8(this.#command), this.#command === undefined ? undefined : 'waits for a byte at port 60h'),
          fact('A20 gate', this.#a20 ? 'open' : 'shut'),
        ],
      },
      { title: 'Keyboard', facts: [fact('bytes wait', this.keyboard.hasData), bitsFact('lights', this.keyboard.leds, ['Scroll Lock', 'Num Lock', 'Caps Lock'])] },
      ...(this.hasMouse ? [{ title: 'Mouse', facts: this.mouse.describe() }] : []),
    ]
  }

  /** The output buffer is empty and no key stroke is on its way. */
  get idle(): boolean {
    return !this.#outputFull && !this.keyboard.hasData
  }

  /** Whether a mouse is plugged in. */
  get hasMouse(): boolean {
    return this.#wiring.hasMouse !== false
  }

  /** A byte for the keyboard from the BIOS, which takes the answer at once: port 60h reads it until the next byte comes. */
  tellKeyboard(byte: number): void {
    this.keyboard.receive(byte)
    const answer = this.keyboard.take()
    if (answer !== undefined && !this.#outputFull) this.#output = answer
  }

  /** State of the A20 gate, for the BIOS. */
  get a20(): boolean {
    return this.#a20
  }

  setA20(enabled: boolean): void {
    this.#setA20(enabled)
  }

  get #config(): number {
    return this.#ram[0] ?? 0
  }

  #readData(): number {
    this.#outputFull = false
    this.#updateLines()
    this.#arm()
    return this.#output
  }

  #readStatus(): number {
    if (!this.#outputFull) this.emptyPolls++
    return (
      (this.#outputFull ? STATUS_OUTPUT_FULL : 0) |
      (this.#config & CONFIG_SYSTEM ? STATUS_SYSTEM : 0) |
      (this.#lastWasCommand ? STATUS_LAST_WAS_COMMAND : 0) |
      STATUS_UNLOCKED |
      (this.#outputFull && this.#outputIsAux ? STATUS_AUX_DATA : 0)
    )
  }

  #writeData(value: number): void {
    this.#lastWasCommand = false
    const command = this.#command
    this.#command = undefined
    if (command === undefined) {
      // A byte for the keyboard, which also switches its interface on.
      this.#ram[0] = this.#config & ~CONFIG_KEYBOARD_OFF
      this.keyboard.receive(value)
    } else if (command >= 0x60 && command <= 0x7f) {
      this.#ram[command & 0x1f] = value
      this.#updateLines()
      this.#arm()
    } else if (command === 0xd1) {
      this.#writeOutputPort(value)
    } else if (command === 0xd2) {
      this.#put(value, false)
    } else if (command === 0xd3) {
      this.#put(value, true)
    } else {
      // D4h: a byte for the mouse, which also switches its interface on.
      this.#ram[0] = this.#config & ~CONFIG_AUX_OFF
      if (this.hasMouse) this.mouse.receive(value)
    }
  }

  #writeCommand(value: number): void {
    this.#lastWasCommand = true
    this.#command = undefined
    if (value >= 0x20 && value <= 0x3f) this.#put(this.#ram[value & 0x1f] ?? 0, false)
    else if ((value >= 0x60 && value <= 0x7f) || TAKES_ARGUMENT.has(value)) this.#command = value
    else if (value >= 0xf0) {
      // Pulse output port bits low: bit 0 is the reset line.
      if (!(value & OUTPUT_NO_RESET)) this.#wiring.resetMachine()
    } else this.#simpleCommand(value)
  }

  #simpleCommand(value: number): void {
    switch (value) {
      case 0xa7:
        this.#ram[0] = this.#config | CONFIG_AUX_OFF
        return
      case 0xa8:
        this.#ram[0] = this.#config & ~CONFIG_AUX_OFF
        this.#arm()
        return
      case 0xa9: // auxiliary interface test passed
        this.#put(0x00, false)
        return
      case 0xaa: // self test passed
        this.#ram[0] = this.#config | CONFIG_SYSTEM
        this.#put(0x55, false)
        return
      case 0xab: // keyboard interface test passed
        this.#put(0x00, false)
        return
      case 0xad:
        this.#ram[0] = this.#config | CONFIG_KEYBOARD_OFF
        return
      case 0xae:
        this.#ram[0] = this.#config & ~CONFIG_KEYBOARD_OFF
        this.#arm()
        return
      case 0xc0: // input port: keyboard not locked, colour display jumper
        this.#put(0x80, false)
        return
      case 0xd0:
        this.#put(OUTPUT_NO_RESET | (this.#a20 ? OUTPUT_A20 : 0) | (this.#outputFull ? (this.#outputIsAux ? 0x20 : 0x10) : 0), false)
        return
      case 0xdd: // A20 off, A20 on: HP's short forms, which other makers copied
        this.#setA20(false)
        return
      case 0xdf:
        this.#setA20(true)
        return
      default:
      // Unknown commands are ignored, as by the chip's firmware.
    }
  }

  #writeOutputPort(value: number): void {
    this.#setA20((value & OUTPUT_A20) !== 0)
    if (!(value & OUTPUT_NO_RESET)) this.#wiring.resetMachine()
  }

  /** Port 92h: bit 1 A20, bit 0 fast reset when it goes from 0 to 1 (it always reads 0). */
  #writePortA(value: number): void {
    this.#setA20((value & 2) !== 0)
    if (value & 1) this.#wiring.resetMachine()
  }

  #setA20(enabled: boolean): void {
    this.#a20 = enabled
    this.#wiring.a20(enabled)
  }

  #put(value: number, aux: boolean): void {
    this.#output = value
    this.#outputFull = true
    this.#outputIsAux = aux
    this.#updateLines()
  }

  #updateLines(): void {
    this.#wiring.irq1(this.#outputFull && !this.#outputIsAux && (this.#config & CONFIG_IRQ1) !== 0)
    this.#wiring.irq12(this.#outputFull && this.#outputIsAux && (this.#config & CONFIG_IRQ12) !== 0)
  }

  get #keyboardReady(): boolean {
    return this.keyboard.hasData && !(this.#config & CONFIG_KEYBOARD_OFF)
  }

  get #mouseReady(): boolean {
    return this.hasMouse && this.mouse.hasData && !(this.#config & CONFIG_AUX_OFF)
  }

  /** Has the next byte of keyboard or mouse arrive in a while, if one waits and the way is free. */
  #arm(): void {
    if (this.#outputFull || this.#timer.due !== Infinity || (!this.#keyboardReady && !this.#mouseReady)) return
    this.#timer.set(this.#wiring.clock.now() + BYTE_TICKS)
  }

  #fetch(): void {
    if (this.#outputFull) return
    const mouse = this.#mouseReady && (this.#mouseFirst || !this.#keyboardReady)
    this.#mouseFirst = !mouse
    const arrived = mouse ? this.mouse.take() : this.#takeKey()
    if (arrived !== undefined) this.#put(arrived, mouse)
    else this.#arm()
  }

  /** The keyboard's next byte as software gets it. */
  #takeKey(): number | undefined {
    while (this.#keyboardReady) {
      const byte = this.keyboard.take() ?? 0
      const value = this.#config & CONFIG_TRANSLATE ? this.#translator.translate(byte) : byte
      if (value !== undefined) return value
    }
    return undefined
  }
}
