/**
 * Tells one reader of a machine what changes, no faster than it reads: of screens and states only the last one waits for it, of serial
 * output the last `SerialLog`. A reader that falls behind hears how many bytes it missed; the machine never waits for it.
 */
import { deflate, deflateSync } from 'node:zlib'
import type { EventReader } from '../../shared/channel'
import type { MachineEvent } from '../../shared/contract'
import { forOutputPorts, type GraphicsScreen, type MachineState, OUTPUT_PORTS, type OutputPort, type Screen, type SentScreen, type Tone } from '../../shared/machine-schemas'
import type { SerialLog } from './serial-log'

/** Events on their way to the reader at one time. Few, so that what counts (the end of the machine) has little before it. */
const MOST_UNREAD = 3
/** Serial bytes in one event. */
const MOST_BYTES = 16 * 1024

export type SerialLogs = Readonly<Record<OutputPort, SerialLog>>

/** Tones that wait for a slow reader. */
const MOST_TONES = 256

/** Level 1 of zlib: most of the gain in a tenth of the time. */
const QUICKLY = { level: 1 } as const

function sent({ mode, width, height }: GraphicsScreen, deflated: Buffer): SentScreen {
  return { mode, width, height, pixels: deflated.toString('base64') }
}

export class MachineWatcher {
  readonly #reader: EventReader<MachineEvent>
  readonly #logs: SerialLogs
  readonly #places: Record<OutputPort, number>
  #screen: Screen | undefined
  #state: MachineState | undefined
  #tones: Tone[] = []
  /** A picture on its way to be the next event. */
  #deflating = false
  #finished = false

  /** Begins with the serial output that is kept. */
  constructor(reader: EventReader<MachineEvent>, logs: SerialLogs) {
    this.#reader = reader
    this.#logs = logs
    this.#places = forOutputPorts((port) => logs[port].start)
    reader.onRead(() => this.tell())
  }

  screen(screen: Screen | undefined): void {
    this.#screen = screen
  }

  state(state: MachineState | undefined): void {
    this.#state = state
  }

  /** A newcomer hears no sound of before. */
  sound(tones: readonly Tone[]): void {
    this.#tones = [...this.#tones, ...tones].slice(-MOST_TONES)
  }

  /** Tells what is new, as far as the reader follows; the rest when it has read. */
  tell(): void {
    while (this.#reader.unread() < MOST_UNREAD) {
      const event = this.#next()
      if (!event) return
      this.#reader.emit(event)
    }
  }

  /** Tells all that is left: the machine has ended. */
  finish(): void {
    this.#finished = true
    for (let event = this.#next(); event; event = this.#next()) this.#reader.emit(event)
  }

  #next(): MachineEvent | undefined {
    const [screen, state] = [this.#screen, this.#state]
    if (screen?.mode === 'graphics' && !this.#finished) this.#deflate(screen)
    else if (screen) {
      this.#screen = undefined
      return { type: 'screen', screen: screen.mode === 'text' ? screen : sent(screen, deflateSync(screen.pixels, QUICKLY)) }
    }
    for (const port of OUTPUT_PORTS) if (this.#places[port] < this.#logs[port].end) return this.#nextBytes(port)
    if (this.#tones.length > 0) {
      const tones = this.#tones
      this.#tones = []
      return { type: 'sound', tones }
    }
    if (!state) return undefined
    this.#state = undefined
    return { type: 'state', state }
  }

  /** Pictures are large: they are made small beside everything else. The last one waits in `#screen` until it was sent. */
  #deflate(screen: GraphicsScreen): void {
    if (this.#deflating) return
    this.#deflating = true
    deflate(screen.pixels, QUICKLY, (error, bytes) => {
      this.#deflating = false
      if (error) throw error
      // Text came meanwhile, or the end: this one is too late.
      if (this.#finished || this.#screen === undefined) return
      if (this.#screen === screen) this.#screen = undefined
      this.#reader.emit({ type: 'screen', screen: sent(screen, bytes) })
      this.tell()
    })
  }

  #nextBytes(port: OutputPort): MachineEvent {
    const log = this.#logs[port]
    const place = Math.max(this.#places[port], log.start)
    const lost = place - this.#places[port]
    const bytes = log.read(place, MOST_BYTES)
    this.#places[port] = place + bytes.length
    return { type: 'serial', port, data: Buffer.from(bytes).toString('base64'), ...(lost > 0 ? { lost } : {}) }
  }
}
