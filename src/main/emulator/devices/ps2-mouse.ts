/**
 * The mouse at the 8042's second port: the auxiliary device of the IBM Personal System/2 Hardware Interface Technical Reference ("Mouse"), with
 * the wheel and the fourth and fifth button of Microsoft's IntelliMouse, which answers as a plain mouse until it sees one of two sequences of
 * sample rates (Microsoft, "Windows Support for IntelliMouse Wheel Devices").
 */
import type { MouseMove } from '../../../shared/machine-schemas'
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { DeviceFact } from './device'
import { bitsFact, fact } from './facts'
import type { StateFields } from '../state/fields'

const ACK = 0xfa
const RESEND = 0xfe
/** Two errors in a row. */
const ERROR = 0xfc
const SELF_TEST_PASSED = 0xaa

/** Commands that take a byte. */
const SET_RESOLUTION = 0xe8
const SET_SAMPLE_RATE = 0xf3
const RESET_WRAP = 0xec
const RESET = 0xff

/** Reports per second that can be asked for. */
const SAMPLE_RATES: ReadonlySet<number> = new Set([10, 20, 40, 60, 80, 100, 200])
const DEFAULT_SAMPLE_RATE = 100
/** Counts per millimetre are 2 to the power of this, 0–3. */
const DEFAULT_RESOLUTION = 2

/** What a mouse can be: its identity, the byte behind the three of a report, and the sample rates that turn it into that. */
type Kind = 0 | 3 | 4
const WHEEL_KNOCK = [200, 100, 80] as const
const FIVE_BUTTONS_KNOCK = [200, 200, 80] as const
const KNOCK_LENGTH = 3

/** Movement in one report, in counts: nine bits in two's complement. */
const LEAST_MOVE = -256
const MOST_MOVE = 255
/** Movement that waits for a slow guest, in counts at the default resolution; a person who moves further loses it. */
const MOST_WAITING = 4096
/** Wheel steps in one report: four bits in two's complement. */
const LEAST_TURN = -8
const MOST_TURN = 7
const MOST_TURNS_WAITING = 64

/** Bytes on their way to the controller, in a saved state: a report, or an answer. */
const MOST_BYTES = 16

/** 2:1 scaling: a movement of 0–5 counts as this; more is doubled. */
const SCALED = [0, 1, 1, 3, 6, 9] as const

export class Ps2Mouse {
  readonly #clock: Clock
  readonly #onData: () => void
  /** Until then no further report is sent: the sample rate. */
  readonly #pause: Timer
  #bytes: number[] = []
  #lastSent: readonly number[] = [RESEND]
  #command: number | undefined
  #failed = false
  #wrap = false
  #remote = false
  #streaming = false
  #doubled = false
  #resolution = DEFAULT_RESOLUTION
  #rate = DEFAULT_SAMPLE_RATE
  #rates: number[] = []
  #kind: Kind = 0
  /** Quarters of a count at the default resolution, so that every resolution counts whole ones. */
  #x = 0
  #y = 0
  #turns = 0
  #buttons = 0
  #told = 0

  /** `onData` is called when a byte becomes ready to be taken. */
  constructor(clock: Clock, onData: () => void) {
    this.#clock = clock
    this.#onData = onData
    this.#pause = clock.timer(() => this.#report())
  }

  reset(): void {
    this.#bytes = []
    this.#lastSent = [RESEND]
    this.#command = undefined
    this.#failed = false
    this.#buttons = 0
    this.#setDefaults()
  }

  exchange(state: StateFields): void {
    const moved = 4 * MOST_WAITING
    this.#bytes = state.numbers('bytes', this.#bytes, MOST_BYTES)
    this.#lastSent = state.numbers('last sent', this.#lastSent, MOST_BYTES)
    this.#command = state.optional('command', this.#command, 0xff)
    this.#failed = state.flag('failed', this.#failed)
    this.#wrap = state.flag('wrap', this.#wrap)
    this.#remote = state.flag('remote', this.#remote)
    this.#streaming = state.flag('streaming', this.#streaming)
    this.#doubled = state.flag('doubled', this.#doubled)
    this.#resolution = state.int('resolution', this.#resolution, 3)
    this.#rate = state.choice('rate', this.#rate, [...SAMPLE_RATES])
    this.#rates = state.numbers('rates', this.#rates, KNOCK_LENGTH)
    this.#kind = state.choice('kind', this.#kind, [0, 3, 4])
    this.#x = state.int('x', this.#x, moved, -moved)
    this.#y = state.int('y', this.#y, moved, -moved)
    this.#turns = state.int('turns', this.#turns, MOST_TURNS_WAITING, -MOST_TURNS_WAITING)
    this.#buttons = state.int('buttons', this.#buttons, 0x1f)
    this.#told = state.int('told', this.#told, 0x1f)
  }

  get hasData(): boolean {
    return this.#bytes.length > 0
  }

  /** Whether the guest listens to movements: it has enabled reports, or asks for them one by one. */
  get listened(): boolean {
    return this.#streaming || this.#remote
  }

  /** Buttons that are down, bits 0–4. */
  get buttons(): number {
    return this.#buttons
  }

  /** A button went down or up, and the guest that listens has not been told yet. */
  get hasClick(): boolean {
    return this.#streaming && !this.#remote && this.#buttons !== this.#told
  }

  describe(): DeviceFact[] {
    return [
      fact('identity', this.#kind, { 0: 'three buttons', 3: 'with a wheel', 4: 'with a wheel and five buttons' }[this.#kind]),
      fact('reports', this.#wrap ? 'none: echoes what it gets' : this.#remote ? 'when asked' : this.#streaming ? `up to ${this.#rate} a second` : 'none'),
      fact('resolution', `${1 << this.#resolution} counts/mm`, this.#doubled ? 'scaling 2:1' : 'scaling 1:1'),
      bitsFact('buttons', this.#buttons, ['left', 'right', 'middle', 'fourth', 'fifth']),
      fact('bytes wait', this.hasData),
    ]
  }

  /** The next byte on its way to the controller. */
  take(): number | undefined {
    const byte = this.#bytes.shift()
    if (byte !== undefined && this.#bytes.length === 0 && this.#pause.due === Infinity) this.#report()
    return byte
  }

  /** Something was moved, pressed or let go; a count is a quarter of a millimetre. */
  move({ dx, dy, wheel, buttons }: MouseMove): void {
    const counts = 1 << this.#resolution
    this.#x = clamp(this.#x + dx * counts, -4 * MOST_WAITING, 4 * MOST_WAITING)
    this.#y = clamp(this.#y - dy * counts, -4 * MOST_WAITING, 4 * MOST_WAITING)
    this.#turns = clamp(this.#turns + wheel, -MOST_TURNS_WAITING, MOST_TURNS_WAITING)
    this.#buttons = buttons & 0x1f
    if (!this.listened) this.#forget()
    else if (this.#pause.due === Infinity) this.#report()
  }

  /** A byte from the host. */
  receive(byte: number): void {
    // What it was sending is cut off by the host's byte.
    this.#bytes = []
    const command = this.#command
    this.#command = undefined
    if (this.#wrap && byte !== RESET_WRAP && byte !== RESET) this.#send(byte)
    else if (command !== undefined && byte < 0xe6) this.#argument(command, byte)
    else (this.#commands[byte] ?? (() => this.#refuse()))()
  }

  #argument(command: number, value: number): void {
    if (command === SET_RESOLUTION && value <= 3) {
      this.#forget()
      this.#resolution = value
    } else if (command === SET_SAMPLE_RATE && SAMPLE_RATES.has(value)) {
      this.#rate = value
      this.#knock(value)
    } else {
      // The command still waits for its value.
      this.#command = command
      this.#refuse()
      return
    }
    this.#answer()
  }

  readonly #commands: Readonly<Record<number, () => void>> = {
    0xe6: () => this.#scale(false),
    0xe7: () => this.#scale(true),
    [SET_RESOLUTION]: () => this.#expect(SET_RESOLUTION),
    0xe9: () => this.#answer(this.#status, this.#resolution, this.#rate),
    0xea: () => this.#setRemote(false),
    0xeb: () => this.#answer(...this.#takeReport()),
    [RESET_WRAP]: () => this.#setWrap(false),
    0xee: () => this.#setWrap(true),
    0xf0: () => this.#setRemote(true),
    0xf2: () => this.#answer(this.#kind),
    [SET_SAMPLE_RATE]: () => this.#expect(SET_SAMPLE_RATE),
    0xf4: () => this.#setStreaming(true),
    0xf5: () => this.#setStreaming(false),
    0xf6: () => {
      this.#setDefaults()
      this.#answer()
    },
    [RESEND]: () => this.#send(...this.#lastSent),
    [RESET]: () => {
      this.#setDefaults()
      this.#kind = 0
      this.#answer(SELF_TEST_PASSED, this.#kind)
    },
  }

  #scale(doubled: boolean): void {
    this.#doubled = doubled
    this.#answer()
  }

  #expect(command: number): void {
    this.#answer()
    this.#command = command
  }

  #setRemote(remote: boolean): void {
    this.#forget()
    this.#remote = remote
    this.#answer()
  }

  #setWrap(wrap: boolean): void {
    this.#forget()
    this.#wrap = wrap
    this.#answer()
  }

  #setStreaming(streaming: boolean): void {
    this.#forget()
    this.#streaming = streaming
    this.#answer()
  }

  #setDefaults(): void {
    this.#wrap = this.#remote = this.#streaming = this.#doubled = false
    this.#resolution = DEFAULT_RESOLUTION
    this.#rate = DEFAULT_SAMPLE_RATE
    this.#rates = []
    this.#forget()
    this.#told = this.#buttons
    this.#pause.cancel()
  }

  /** Movement so far is no news any more. */
  #forget(): void {
    this.#x = this.#y = this.#turns = 0
  }

  /** Byte 1 of the status report: modes, and the buttons in an order of their own. */
  get #status(): number {
    const [left, right, middle] = [this.#buttons & 1, (this.#buttons >> 1) & 1, (this.#buttons >> 2) & 1]
    return (Number(this.#remote) << 6) | (Number(this.#streaming) << 5) | (Number(this.#doubled) << 4) | (left << 2) | (middle << 1) | right
  }

  /** The sequence of sample rates by which a driver says that it knows of wheels. */
  #knock(rate: number): void {
    this.#rates = [...this.#rates, rate].slice(-KNOCK_LENGTH)
    const knocked = (knock: readonly number[]): boolean => knock.every((value, index) => value === this.#rates[index])
    if (knocked(WHEEL_KNOCK)) this.#kind = 3
    else if (knocked(FIVE_BUTTONS_KNOCK)) this.#kind = 4
  }

  /** Sends a report by itself if there is something to tell and the time has come. */
  #report(): void {
    if (!this.#streaming || this.#remote || this.#wrap || this.#bytes.length > 0 || !this.#hasNews) return
    this.#pause.set(this.#clock.now() + Math.round(TICKS_PER_SECOND / this.#rate))
    this.#send(...this.#takeReport())
  }

  get #hasNews(): boolean {
    return this.#buttons !== this.#told || Math.trunc(this.#x / 4) !== 0 || Math.trunc(this.#y / 4) !== 0 || (this.#kind !== 0 && this.#turns !== 0)
  }

  /** The report of what has happened since the last one; movement that has no room in it stays for the next. */
  #takeReport(): number[] {
    const dx = clamp(Math.trunc(this.#x / 4), LEAST_MOVE, MOST_MOVE)
    const dy = clamp(Math.trunc(this.#y / 4), LEAST_MOVE, MOST_MOVE)
    this.#x -= dx * 4
    this.#y -= dy * 4
    this.#told = this.#buttons
    const [x, y] = this.#doubled && !this.#remote ? [twoToOne(dx), twoToOne(dy)] : [dx, dy]
    const report = [0x08 | (this.#buttons & 7) | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0), x & 0xff, y & 0xff]
    if (this.#kind === 0) return report
    const turns = clamp(this.#turns, LEAST_TURN, MOST_TURN)
    this.#turns -= turns
    return [...report, this.#kind === 3 ? turns & 0xff : (turns & 0x0f) | ((this.#buttons & 0x18) << 1)]
  }

  #answer(...bytes: number[]): void {
    this.#send(ACK, ...bytes)
  }

  #refuse(): void {
    const again = this.#failed
    this.#send(again ? ERROR : RESEND)
    this.#failed = !again
  }

  #send(...bytes: number[]): void {
    this.#failed = false
    if (bytes[0] !== RESEND) this.#lastSent = bytes
    this.#bytes.push(...bytes)
    this.#onData()
  }
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

function twoToOne(counts: number): number {
  const size = Math.abs(counts)
  return clamp(Math.sign(counts) * (SCALED[size] ?? 2 * size), LEAST_MOVE, MOST_MOVE)
}
