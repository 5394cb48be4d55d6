/** Runs one machine in the present thread: slices of it between turns of the event loop, and what it tells its listener. */
import { codePageCharacter } from '../../../shared/code-page'
import { MAX_LOG_ENTRIES } from '../../../shared/debug'
import type { LogFilter, QuestionArgs, QuestionName, QuestionResults, Speed } from '../../../shared/debug'
import type { KeyEvent, MachineState, MouseMove, OutputPort, Screen, SerialPort, Tone } from '../../../shared/machine-schemas'
import { blockWith } from '../cpu/jit/block'
import { dumpOf } from '../cpu/jit/region-text'
import { Logs } from '../debug/control/logs'
import { reportAsked, reportHostError, reportOutcome, reportThrown } from '../debug/report'
import { TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND } from '../machine/clock'
import { Machine } from '../machine/machine'
import { folderFiles } from '../net/files'
import { sameScreen } from '../machine/screen'
import { answer, type Asked } from './answers'
import { OpenImages } from './open-images'
import type { MachineListener, RunningMachine, RunReport, StartOptions } from './options'
import { DEFAULT_START_DATE, FIRST_LOG, machineEnded } from './options'
import { Pace } from './pace'
import { Typist } from './typist'

/** Host milliseconds that one turn may take before the event loop has its turn. */
const TURN_MS = 8
/** So often the awaited text is looked for, and virtual time compared with the host's. */
const SLICE_MS = 1.5
/** A little shorter than the frames of a window of 60 Hz: each shall find a new screen. */
const SCREEN_MS = 14
/** Most kernels have shown something by then. */
const FIRST_SCREEN_MS = 25
/** A large picture takes its time to make: no more than a third of the thread's. */
const SCREEN_SHARE = 3
/** Screens on their way to the listener. */
const MOST_UNSEEN = 2
const STATE_MS = 100
/** The same while nothing new is seen of the guest for so long, which then may be asleep. */
const STILL_STATE_MS = 500
const STILL_MS = 1000
/** After the awaited text appeared the guest goes on for this long, so that a screen which it is filling looks finished. */
const SETTLE_TICKS = TICKS_PER_MILLISECOND
/**
 * Serial bytes per millisecond that a person who watches gets: ninety times the fastest COM1, and no more than a terminal shows while the window
 * stays quick. The UART takes no time; a guest that floods it waits for the host.
 */
const SERIAL_RATE = 1024
/** How far ahead of that rate a burst may be, in milliseconds. */
const SERIAL_BURST_MS = 64
/** Serial bytes that may wait for a slow reader; a guest that sends more waits with them. */
const MOST_UNREAD = 128 * 1024
const LONGEST_SLEEP_MS = 100
/** Strokes that wait for a guest; what a person types beyond that is lost, as on a keyboard whose computer hangs. */
const MOST_KEYS = 128
/** The same for the mouse. */
const MOST_MOVES = 128
/** Changes of the speaker's tone that are told at once: ears follow no more, and a guest can make millions. The last one always counts. */
const MOST_TONES = 64

/** Ends of a run that are none of the machine's. */
const SAVED_AT: ReadonlySet<RunReport['reason']> = new Set(['until-text', 'until-instructions', 'timeout'])

export class Session implements RunningMachine, Asked {
  readonly #machine: Machine
  readonly #images: OpenImages
  readonly #options: StartOptions
  readonly #listener: MachineListener
  readonly #typist: Typist
  readonly #started = performance.now()
  /** When the serial bytes told so far have gone at `SERIAL_RATE`, in the host's time. */
  #serialGone = 0
  /** Serial bytes that the listener has not dealt with yet. */
  #unread = 0
  readonly #serial: { port: OutputPort; bytes: number[] }[] = []
  /** Keys that the keyboard has no room for yet. */
  #keys: KeyEvent[] = []
  /** What was done with the mouse and would hide a click that the guest has not seen. */
  #moves: MouseMove[] = []
  /** What the speaker did since it was last told. */
  #tones: Tone[] = []
  readonly #pace: Pace
  readonly #logs: Logs
  /** Logs whose last event is on its way. */
  readonly #unreadLogs = new Set<number>()
  /** The host's time until which the guest stands still. */
  #heldUntil: number | undefined
  #ended = false
  #wake: (() => void) | undefined
  #screen: Screen | undefined
  /** Host time from which on the screen is looked at again. */
  #screenDue = -Infinity
  #unseen = 0
  /** Host time of what was last told of the guest but its state, or came to it from outside. */
  #stirred = performance.now()
  #state: MachineState | undefined
  #stateAt = -Infinity
  /** Text memory in which the awaited text was not. */
  #searched: { shape: string; text: Uint8Array } = { shape: '', text: new Uint8Array() }

  /** Builds the machine; `run` starts it. Throws a RangeError for an empty image or an impossible memory size, the system's error for a network folder that is not there, a StateError for a state that is not this machine's. */
  constructor(options: StartOptions, listener: MachineListener) {
    this.#options = options
    this.#listener = listener
    this.#images = new OpenImages(options)
    this.#machine = this.#build(options)
    this.#pace = new Pace(this.#machine, { pace: options.pace })
    this.#logs = new Logs(this.#machine)
    if (options.log) this.#logs.set(FIRST_LOG, options.log.filter, options.log.whole)
    this.#typist = new Typist(this.#machine)
    if (options.state) {
      this.#machine.load(options.state, this.#typist)
      this.#pace.restart()
    }
    if (options.keys !== undefined) this.#typist.type(options.keys)
  }

  #build(options: StartOptions): Machine {
    try {
      return new Machine({
        ...this.#images.inserted,
        medium: options.medium,
        bus: options.bus,
        network: { files: options.network?.folder === undefined ? undefined : folderFiles(options.network.folder), bootFile: options.network?.bootFile },
        memoryBytes: options.memoryBytes,
        backend: options.jitDump === true && options.backend === 'block' ? blockWith({ onRegion: (made) => this.#listener.region?.(dumpOf(made)) }) : options.backend,
        model: options.model,
        processors: options.processors,
        startDate: options.startDate ?? DEFAULT_START_DATE,
        roms: options.roms,
        boot: options.boot,
        without: options.without,
        onReset: options.onReset,
        marks: options.marks,
        pauseAt: options.pauseAt,
        onSerial: (byte) => this.#collect('com1', byte),
        onDebugConsole: (byte) => this.#collect('debug', byte),
        onOutput: (port, byte) => this.#collect(port, byte),
        onTone: (hertz, tick) => this.#hear({ at: tick / TICKS_PER_MICROSECOND, hertz }),
      })
    } catch (error) {
      this.#images.close()
      throw error
    }
  }

  /** The machine itself, for tests and tools that look inside. */
  get machine(): Machine {
    return this.#machine
  }

  /** @throws LabError when the machine has come to its end */
  save(): Uint8Array {
    return this.#machine.save(this.#typist)
  }

  /** Runs to the end. Never rejects: a failure of the emulator is a report, too. */
  async run(): Promise<void> {
    try {
      // One that is paused from the beginning says so; the screen that the firmware clears in a moment would only keep the window busy.
      if (this.#waiting) this.#tell(performance.now())
      else this.#screenDue = performance.now() + FIRST_SCREEN_MS
      while (!this.#ended) {
        if (!this.#waiting) this.#turn()
        else if (this.#timedOut(performance.now())) this.#end(this.#timeoutReport())
        // What was drawn last before it paused, or is changed while it stands.
        else this.#tellDueScreen(performance.now())
        if (this.#isHeld) this.#letGo()
        if (!this.#ended) await this.#sleep(this.#waiting ? LONGEST_SLEEP_MS : this.#pause())
      }
    } catch (error) {
      this.#end(reportThrown(error, this.#machine.instructions))
    }
  }

  stop(): void {
    this.#end(reportAsked('stopped', 'The machine was stopped.', this.#machine.instructions))
  }

  reset(): void {
    if (this.#ended) return
    this.#typist.clear()
    this.#keys = []
    this.#moves = []
    this.#machine.reset()
    this.#wake?.()
  }

  pause(): void {
    this.#machine.control.pause({ type: 'user' })
  }

  resume(): void {
    this.#machine.control.resume()
    this.#pace.restart()
    this.#wake?.()
  }

  hold(milliseconds: number): void {
    const wasHeld = this.#isHeld
    this.#heldUntil = milliseconds > 0 ? performance.now() + milliseconds : undefined
    if (wasHeld) this.#letGo()
  }

  setSpeed(speed: Speed): void {
    this.#pace.set(speed)
    this.#wake?.()
  }

  ask<Name extends QuestionName>(name: Name, args: QuestionArgs[Name]): Promise<QuestionResults[Name]> {
    return this.answer(name, args)
  }

  /** The same for arguments that are not checked yet. */
  async answer<Name extends QuestionName>(name: Name, args: unknown): Promise<QuestionResults[Name]> {
    if (this.#ended) throw machineEnded()
    const result = answer(this, name, args)
    // What it changed is told before anybody can ask again.
    if (!this.#ended) this.#tellState(this.#status)
    return result
  }

  log(id: number, filter: LogFilter | undefined): void {
    if (filter) this.#logs.set(id, filter)
    else this.#logs.end(id)
  }

  keys(events: readonly KeyEvent[]): void {
    // A busy host may run the guest only now and then: the keyboard alone would drop what is typed meanwhile.
    this.#keys.push(...events.slice(0, MOST_KEYS - this.#keys.length))
    this.#wake?.()
  }

  mouse(moves: readonly MouseMove[]): void {
    this.#moves.push(...moves.slice(0, MOST_MOVES - this.#moves.length))
    this.#wake?.()
  }

  type(text: string): void {
    this.#typist.type(text)
    this.#wake?.()
  }

  serialInput(bytes: Uint8Array, port: SerialPort = 'com1'): void {
    this.#machine.connectors.serial[port].receive(bytes)
    this.#wake?.()
  }

  #giveKeys(): void {
    const { keyboard } = this.#machine.kbc
    while (keyboard.hasRoom) {
      const event = this.#keys.shift()
      if (!event) return
      keyboard.key(event.code, event.down)
    }
  }

  #giveMoves(): void {
    const { mouse } = this.#machine.kbc
    for (let [next] = this.#moves; next && !(mouse.hasClick && next.buttons !== mouse.buttons); [next] = this.#moves) {
      this.#moves.shift()
      mouse.move(next)
    }
  }

  get #isHeld(): boolean {
    return this.#heldUntil !== undefined
  }

  /** What was not done meanwhile is not caught up. */
  #letGo(): void {
    if (this.#heldUntil !== undefined && performance.now() < this.#heldUntil) return
    this.#heldUntil = undefined
    this.#pace.restart()
    this.#wake?.()
  }

  /** For `resume`, for the end of `hold`, or for the reader of its serial output or of a log. */
  get #waiting(): boolean {
    return this.#isHeld || this.#machine.control.paused !== undefined || this.#unread > MOST_UNREAD || this.#logs.areFull
  }

  /** Slices until the turn's time is over or virtual time is too far ahead. */
  #turn(): void {
    const start = performance.now()
    let now = start
    do {
      const ticks = this.#pace.ticks(now)
      if (ticks === 0) break
      this.#giveKeys()
      this.#giveMoves()
      const sliceEnd = now + SLICE_MS
      const outcome = this.#machine.run(Math.min(ticks, this.#instructionsLeft), () => performance.now() >= sliceEnd)
      now = performance.now()
      if (this.#showsAwaitedText()) {
        if (!outcome) this.#machine.run(SETTLE_TICKS)
        this.#end(reportAsked('until-text', `The screen shows ${JSON.stringify(this.#options.untilText)}.`, this.#machine.instructions))
      } else if (outcome) this.#end(reportOutcome(this.#machine, outcome))
      else if (this.#instructionsLeft <= 0) this.#end(reportAsked('until-instructions', `${this.#options.untilInstructions ?? 0} instructions were executed.`, this.#machine.instructions))
      else if (this.#timedOut(now)) this.#end(this.#timeoutReport())
      if (this.#ended) return
    } while (now - start < TURN_MS && !this.#waiting && this.#pause() === 0)
    this.#tell(now)
  }

  /** Until the run is to end. An instruction takes at least a tick: who runs so many ticks executes no more. */
  get #instructionsLeft(): number {
    const { untilInstructions = Infinity } = this.#options
    return untilInstructions - this.#machine.instructions
  }

  /** Milliseconds to wait until the host's time, or what the serial line took, has caught up. */
  #pause(): number {
    const now = performance.now()
    const waitForSerial = this.#pace.isRealtime ? this.#serialGone - now - SERIAL_BURST_MS : 0
    return Math.min(Math.max(this.#pace.wait(now, this.#isStill(now)), waitForSerial), LONGEST_SLEEP_MS)
  }

  #isStill(now: number): boolean {
    return now - this.#stirred > STILL_MS
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = undefined
        resolve()
      }
      if (milliseconds <= 0) {
        setImmediate(done)
        return
      }
      const timer = setTimeout(done, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        this.#stirred = performance.now()
        // The answer to who woke it goes first: the guest may come to its end at once.
        setImmediate(resolve)
      }
    })
  }

  #timedOut(now: number): boolean {
    const { timeoutMilliseconds } = this.#options
    return timeoutMilliseconds !== undefined && now - this.#started >= timeoutMilliseconds
  }

  #timeoutReport(): RunReport {
    const { timeoutMilliseconds = 0 } = this.#options
    const doing = this.#machine.halted ? 'waiting for an interrupt (HLT)' : 'running'
    return reportAsked('timeout', `The time limit of ${timeoutMilliseconds / 1000} s is over; the machine was still ${doing}.`, this.#machine.instructions)
  }

  #showsAwaitedText(): boolean {
    const { untilText } = this.#options
    // Pixels are not read.
    if (untilText === undefined || this.#machine.showsGraphics) return false
    const text = this.#machine.vga.text()
    const { start, pitch, columns } = this.#machine.vga.geometry
    const shape = `${start} ${pitch} ${columns}`
    if (shape === this.#searched.shape && Buffer.compare(text, this.#searched.text) === 0) return false
    this.#searched = { shape, text }
    const screen = this.#machine.textScreen
    for (let row = 0; row < screen.rows; row++) {
      const line = screen.cells.slice(row * screen.columns, (row + 1) * screen.columns)
      if (line.map(codePageCharacter).join('').includes(untilText)) return true
    }
    return false
  }

  #collect(port: OutputPort, byte: number): void {
    const last = this.#serial.at(-1)
    if (last?.port === port) last.bytes.push(byte)
    else this.#serial.push({ port, bytes: [byte] })
  }

  #tellSerial(): void {
    if (this.#serial.length === 0) return
    this.#stirred = performance.now()
    for (const { port, bytes } of this.#serial.splice(0)) {
      this.#serialGone = Math.max(this.#serialGone, performance.now()) + bytes.length / SERIAL_RATE
      const dealing = this.#listener.serial(port, Uint8Array.from(bytes))
      if (!dealing) continue
      this.#unread += bytes.length
      dealing.then(
        () => {
          const waited = this.#waiting
          this.#unread -= bytes.length
          if (waited && !this.#waiting) this.#wake?.()
        },
        (error: unknown) => this.#end(reportHostError(error, this.#machine.instructions)),
      )
    }
  }

  #hear(tone: Tone): void {
    if (this.#tones.length >= MOST_TONES) this.#tones.pop()
    this.#tones.push(tone)
  }

  #tellSound(): void {
    if (this.#tones.length === 0) return
    this.#stirred = performance.now()
    this.#listener.sound?.(this.#tones)
    this.#tones = []
  }

  #tell(now: number): void {
    this.#tellSerial()
    this.#tellSound()
    this.#tellDueScreen(now)
    this.#tellLogs()
    const { paused } = this.#machine.control
    const status = this.#status
    const changed = this.#state && this.#state.status !== status && now - this.#stateAt >= SCREEN_MS
    if (now - this.#stateAt >= (this.#isStill(now) ? STILL_STATE_MS : STATE_MS) || changed || (paused && this.#state?.paused !== paused)) this.#tellState(status)
  }

  #tellDueScreen(now: number): void {
    if (now < this.#screenDue || this.#unseen >= MOST_UNSEEN) return
    this.#tellScreen()
    // Counted from when this one was due: turns are half as long, and would else be added to each.
    const took = this.#screen?.mode === 'graphics' ? performance.now() - now : 0
    this.#screenDue = Math.max(this.#screenDue + SCREEN_MS, now + SCREEN_MS / 2, now + took * SCREEN_SHARE)
  }

  #tellScreen(): void {
    const screen = this.#machine.screen
    if (this.#screen && sameScreen(this.#screen, screen)) return
    this.#screen = screen
    this.#stirred = performance.now()
    const dealing = this.#listener.screen(screen)
    if (!dealing) return
    this.#unseen++
    dealing.then(() => this.#unseen--, (error: unknown) => this.#end(reportHostError(error, this.#machine.instructions)))
  }

  get #status(): MachineState['status'] {
    return this.#machine.halted ? 'halted' : 'running'
  }

  #tellLogs(): void {
    for (const id of this.#logs.ids) {
      if (this.#unreadLogs.has(id)) continue
      const { entries, lost } = this.#logs.take(id, MAX_LOG_ENTRIES)
      const dealing = this.#listener.log?.(id, entries, lost)
      if (!dealing) continue
      this.#unreadLogs.add(id)
      dealing.then(
        () => {
          this.#unreadLogs.delete(id)
          if (!this.#logs.areFull) return
          this.#tellLogs()
          if (!this.#waiting) this.#wake?.()
        },
        (error: unknown) => this.#end(reportHostError(error, this.#machine.instructions)),
      )
    }
  }

  /** All that is kept, whether its readers follow or not. */
  #flushLogs(): void {
    for (const id of this.#logs.ids) {
      for (let left = this.#logs.take(id, MAX_LOG_ENTRIES); left.entries.length > 0 || left.lost > 0; left = this.#logs.take(id, MAX_LOG_ENTRIES)) {
        void this.#listener.log?.(id, left.entries, left.lost)
      }
    }
  }

  #tellState(status: MachineState['status']): void {
    const { paused } = this.#machine.control
    this.#stateAt = performance.now()
    this.#state = {
      status,
      instructions: this.#machine.instructions,
      cpuMode: this.#machine.cpuMode,
      milliseconds: Math.round(performance.now() - this.#started),
      leds: this.#machine.kbc.keyboard.leds,
      ...(this.#machine.kbc.mouse.listened ? { mouse: true } : {}),
      ...(paused && status !== 'ended' ? { paused } : {}),
      timeline: [...this.#machine.timeline.entries],
    }
    this.#listener.state(this.#state)
  }

  /** What the guest wrote is in its file now, or why not. */
  #closeImages(): RunReport | undefined {
    try {
      this.#images.close()
      return undefined
    } catch (error) {
      return reportThrown(error, this.#machine.instructions)
    }
  }

  #end(asked: RunReport): void {
    if (this.#ended) return
    this.#ended = true
    const report = this.#closeImages() ?? asked
    if (!SAVED_AT.has(report.reason) || this.#options.saveState !== true) this.#machine.timeline.ended(report.reason)
    this.#tellSerial()
    this.#tellSound()
    this.#flushLogs()
    this.#tellScreen()
    this.#tellState('ended')
    if (this.#options.saveState === true && SAVED_AT.has(report.reason) && !this.#machine.outcome) this.#listener.saved?.(this.save())
    if (this.#machine.variables) this.#listener.variables?.(this.#machine.variables.contents)
    const { translation } = this.#machine.cpu
    this.#listener.end(this.#options.jitStatistics && translation ? { ...report, translation } : report)
    this.#wake?.()
  }
}

/** Starts a machine in the present thread. For tests and tools; the lab itself uses a worker (`handle.ts`). */
export function startInProcess(options: StartOptions, listener: MachineListener): RunningMachine {
  const session = new Session(options, listener)
  void session.run()
  return session
}
