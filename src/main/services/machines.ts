/** The machines that run: each with its latest screen, its serial output so far, and those who watch it. */
import { randomUUID } from 'node:crypto'
import type { MachineEvent } from '../../shared/contract'
import type { LogEvent, LogFilter, QuestionArgs, QuestionName, QuestionResults } from '../../shared/debug'
import type { EventReader } from '../../shared/channel'
import { LabError } from '../../shared/failure'
import { forOutputPorts, type KeyEvent, type MachineReport, type MachineState, type MouseMove, type Screen, type SerialPort } from '../../shared/machine-schemas'
import type { MachineListener, RunningMachine, RunReport, StartOptions } from '../emulator/host/options'
import { FIRST_LOG } from '../emulator/host/options'
import { MachineWatcher } from './machine-watcher'
import { SerialLog } from './serial-log'

/** Machines that may run at once: each holds its guest's memory. */
const MAX_RUNNING = 4
/** Ended machines whose report can still be asked for. */
const MAX_ENDED = 8
/** Serial output kept for those who begin to watch later, or read slowly, in bytes per port. */
const MAX_SERIAL = 256 * 1024

/** Events of a log on their way to its reader. */
const MOST_UNREAD_LOGS = 3

/** A machine that nobody watched for this long is ended: its page was closed, and it would run on unseen. */
export const UNWATCHED_MILLISECONDS = 60_000

/** How a machine is started: in a worker thread, or as tests have it. */
export type MachineStarter = (options: StartOptions, listener: MachineListener) => RunningMachine

/** Keeps a log until somebody reads it: the machine's thread waits meanwhile, and drops what it has no room for. */
class EarlyLog {
  readonly #filter: LogFilter
  readonly #events: LogEvent[] = []
  readonly #read: (() => void)[] = []

  constructor(filter: LogFilter) {
    this.#filter = filter
  }

  has(filter: LogFilter): boolean {
    return JSON.stringify(filter) === JSON.stringify(this.#filter)
  }

  keep(event: LogEvent): Promise<void> {
    this.#events.push(event)
    return new Promise((resolve) => this.#read.push(resolve))
  }

  handTo(reader: EventReader<LogEvent>): void {
    for (const event of this.#events) reader.emit(event)
    for (const resolve of this.#read) resolve()
  }
}

class Machine {
  readonly id = randomUUID()
  readonly report: Promise<MachineReport>
  readonly #watchers = new Set<MachineWatcher>()
  readonly running: RunningMachine
  ended = false
  #screen: Screen | undefined
  #state: MachineState | undefined
  #resolve: ((report: MachineReport) => void) | undefined
  #unwatched: NodeJS.Timeout | undefined
  readonly #logs = new Map<number, EventReader<LogEvent>>()
  #nextLog = FIRST_LOG + 1
  /** What the log of the start told before anybody asked for it. */
  #early: EarlyLog | undefined
  readonly #serial = forOutputPorts(() => new SerialLog(MAX_SERIAL))

  constructor(start: MachineStarter, options: StartOptions) {
    this.report = new Promise((resolve) => (this.#resolve = resolve))
    if (options.log) this.#early = new EarlyLog(options.log.filter)
    this.running = start(options, {
      screen: (screen) => {
        this.#screen = screen
        this.#tell((watcher) => watcher.screen(screen))
      },
      serial: (port, bytes) => {
        this.#serial[port].add(bytes)
        this.#tell()
      },
      sound: (tones) => this.#tell((watcher) => watcher.sound(tones)),
      state: (state) => {
        this.#state = state
        this.#tell((watcher) => watcher.state(state))
      },
      log: (id, entries, lost) => this.#tellLog(id, { entries, lost }),
      end: (report) => {
        this.ended = true
        clearTimeout(this.#unwatched)
        for (const watcher of this.#watchers) watcher.finish()
        this.#resolve?.(asMachineReport(report))
      },
    })
    this.#endUnlessWatched()
  }

  /** Tells a newcomer how things stand, and from then on every change. */
  watch(reader: EventReader<MachineEvent>): () => void {
    const watcher = new MachineWatcher(reader, this.#serial)
    watcher.screen(this.#screen)
    watcher.state(this.#state)
    if (this.ended) watcher.finish()
    else watcher.tell()
    this.#watchers.add(watcher)
    clearTimeout(this.#unwatched)
    return () => {
      this.#watchers.delete(watcher)
      this.#endUnlessWatched()
    }
  }

  /** Begins a log. @returns what ends it */
  log(filter: LogFilter, reader: EventReader<LogEvent>): () => void {
    const early = this.#early
    this.#early = undefined
    if (early && early.has(filter)) {
      this.#logs.set(FIRST_LOG, reader)
      early.handTo(reader)
      return () => this.#endLog(FIRST_LOG)
    }
    if (early) this.#endLog(FIRST_LOG)
    const id = this.#nextLog++
    this.#logs.set(id, reader)
    this.running.log(id, filter)
    return () => this.#endLog(id)
  }

  /** Whether there is a log to be read, or will be. */
  get hasLog(): boolean {
    return !this.ended || this.#early !== undefined
  }

  #endLog(id: number): void {
    this.#logs.delete(id)
    if (!this.ended) this.running.log(id, undefined)
  }

  /** Resolves when the reader follows: the machine's thread sends no more until then. */
  #tellLog(id: number, event: LogEvent): Promise<void> | undefined {
    if (id === FIRST_LOG && this.#early) return this.#early.keep(event)
    const reader = this.#logs.get(id)
    if (!reader) return undefined
    reader.emit(event)
    if (reader.unread() < MOST_UNREAD_LOGS) return undefined
    return new Promise((resolve) => reader.onRead(() => reader.unread() < MOST_UNREAD_LOGS && resolve()))
  }

  #endUnlessWatched(): void {
    if (this.ended || this.#watchers.size > 0) return
    clearTimeout(this.#unwatched)
    this.#unwatched = setTimeout(() => this.running.stop(), UNWATCHED_MILLISECONDS)
    this.#unwatched.unref()
  }

  #tell(change?: (watcher: MachineWatcher) => void): void {
    for (const watcher of this.#watchers) {
      change?.(watcher)
      watcher.tell()
    }
  }
}

export class Machines {
  readonly #start: MachineStarter
  /** In the order of their start. */
  readonly #machines = new Map<string, Machine>()

  constructor(start: MachineStarter) {
    this.#start = start
  }

  /**
   * @returns the machine's id
   * @throws LabError `busy` when too many run
   */
  boot(options: StartOptions): string {
    const running = [...this.#machines.values()].filter((machine) => !machine.ended)
    if (running.length >= MAX_RUNNING) {
      throw new LabError({ code: 'busy', what: `${MAX_RUNNING} machines run already.`, why: 'Each takes memory and a processor.', next: 'Stop one of them.' })
    }
    const machine = new Machine(this.#start, options)
    this.#machines.set(machine.id, machine)
    this.#dropOldest()
    return machine.id
  }

  /** Resolves with the report when the machine ends. @throws the signal's reason when cancelled */
  async watch(id: string, reader: EventReader<MachineEvent>, signal: AbortSignal): Promise<MachineReport> {
    const machine = this.#find(id)
    signal.throwIfAborted()
    const unwatch = machine.watch(reader)
    try {
      return await orAborted(machine.report, signal)
    } finally {
      unwatch()
    }
  }

  /** Ends a machine; one that has ended stays so. Resolves when its thread is gone. */
  async stop(id: string): Promise<void> {
    const machine = this.#find(id)
    if (!machine.ended) machine.running.stop()
    await machine.report
  }

  reset(id: string): void {
    this.#findRunning(id).running.reset()
  }

  keys(id: string, events: readonly KeyEvent[]): void {
    this.#findRunning(id).running.keys(events)
  }

  mouse(id: string, moves: readonly MouseMove[]): void {
    this.#findRunning(id).running.mouse(moves)
  }

  serialInput(id: string, bytes: Uint8Array, port?: SerialPort): void {
    this.#findRunning(id).running.serialInput(bytes, port)
  }

  /** @throws LabError what the machine refuses */
  ask<Name extends QuestionName>(id: string, name: Name, args: QuestionArgs[Name]): Promise<QuestionResults[Name]> {
    return this.#findRunning(id).running.ask(name, args)
  }

  /** Resolves when the machine ends. @throws the signal's reason when cancelled */
  async log(id: string, filter: LogFilter, reader: EventReader<LogEvent>, signal: AbortSignal): Promise<null> {
    const machine = this.#find(id)
    if (!machine.hasLog) throw hasEnded()
    signal.throwIfAborted()
    const end = machine.log(filter, reader)
    try {
      await orAborted(machine.report, signal)
      return null
    } finally {
      end()
    }
  }

  /** Has the guests stand still for a moment, unseen by them; 0 ends it. */
  hold(milliseconds: number): void {
    for (const machine of this.#machines.values()) if (!machine.ended) machine.running.hold(milliseconds)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#machines.keys()].map((id) => this.stop(id)))
  }

  #dropOldest(): void {
    const ended = [...this.#machines.values()].filter((machine) => machine.ended)
    for (const machine of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) this.#machines.delete(machine.id)
  }

  #find(id: string): Machine {
    const machine = this.#machines.get(id)
    if (machine) return machine
    throw new LabError({ code: 'not-found', what: 'There is no such machine any more.', next: 'Boot again.' })
  }

  #findRunning(id: string): Machine {
    const machine = this.#find(id)
    if (!machine.ended) return machine
    throw hasEnded()
  }
}

const hasEnded = (): LabError => new LabError({ code: 'ended', what: 'The machine has ended.', next: 'Boot again.' })

/** What the promise gives, unless the signal aborts first: then its reason. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** A machine of the window has no time limit and waits for no text; should one end so, it was stopped. */
function asMachineReport(report: RunReport): MachineReport {
  if (report.reason !== 'until-text' && report.reason !== 'until-instructions' && report.reason !== 'timeout' && report.reason !== 'reset') return report
  const { summary, lines, instructions } = report
  return { reason: 'stopped', summary, lines, instructions }
}
