/** A machine in a worker thread, as services and the command line hold it. */
import { Worker } from 'node:worker_threads'
import type * as z from 'zod'
import { machineQuestions, type LogFilter, type QuestionArgs, type QuestionName, type QuestionResults } from '../../../shared/debug'
import { LabError } from '../../../shared/failure'
import { DEFAULT_BACKEND } from '../../../shared/machine-schemas'
import type { KeyEvent, MouseMove, SerialPort } from '../../../shared/machine-schemas'
import type { BackendName } from '../machine/machine'
import { reportAsked, reportHostError } from '../debug/report'
import type { Command, MachineListener, RunningMachine, RunReport, StartOptions, WorkerEvent } from './options'
import { eventSchema, machineEnded, startOptionsSchema } from './options'

/** A worker that has not ended this long after `stop` is ended by force. */
const STOP_MS = 60
/** What the report says then. */
export const FORCED = `The machine was stopped by force: its thread did not answer within ${STOP_MS} ms. The last output may be missing.`
/** A worker that says nothing for this long, after its time limit, hangs: a machine tells its state ten times a second. */
const OVERDUE_MS = 2_000
/** The same before it has said anything: a busy computer takes its time to load the emulator and to compile it. */
const STARTING_MS = 30_000

/** Each backend's interpreter as the first worker compiled it; later ones need not. */
const interpreters = new Map<BackendName, WebAssembly.Module>()

/**
 * Starts a machine in a worker thread of its own. Whatever happens there (a crash, a hang), the listener hears an `end`, exactly once.
 * Throws a ZodError for options that no machine can have.
 * @param workerUrl the built `emulator-worker.js`
 */
export function startMachine(options: StartOptions, listener: MachineListener, workerUrl: URL): RunningMachine {
  return new MachineHandle(startOptionsSchema.parse(options), listener, workerUrl)
}

/** A worker that waits for its machine, by the address of its script. */
let spare: { url: string; worker: Worker; forget: () => void } | undefined

/**
 * Makes the next `startMachine` quick: starts a worker that loads the emulator and waits. It does not keep the process alive. A spare that dies is
 * forgotten.
 * @param rehearsal what the worker runs for a moment, unseen, so that its code is compiled: most like what will be started
 */
export function prepareMachine(workerUrl: URL, rehearsal?: StartOptions): void {
  if (spare?.url === workerUrl.href) return
  const worker = new Worker(workerUrl, { name: 'bootlab machine' })
  const forget = (): void => {
    if (spare?.worker === worker) spare = undefined
  }
  worker.on('error', forget)
  worker.on('exit', forget)
  worker.on('message', keepModule)
  worker.postMessage({ type: 'prepare', module: interpreters.get(rehearsal?.backend ?? DEFAULT_BACKEND), ...(rehearsal ? { rehearsal: silent(rehearsal) } : {}) } satisfies Command)
  worker.unref()
  spare = { url: workerUrl.href, worker, forget }
}

/** Without what would be done to the outside, or cost more than it is worth. */
function silent({ image, medium, memoryBytes, backend, model, without, startDate, marks }: StartOptions): StartOptions {
  return { image: image instanceof Uint8Array ? image : { ...image, write: false }, medium, memoryBytes, backend, model, without, startDate, marks, pace: 'realtime' }
}

function keepModule(message: unknown): void {
  const event = eventSchema.safeParse(message)
  if (event.success && event.data.type === 'module') interpreters.set(event.data.backend, event.data.module)
}

/** The spare worker, or a new one. */
function takeWorker(workerUrl: URL): Worker {
  if (spare?.url !== workerUrl.href) return new Worker(workerUrl, { name: 'bootlab machine' })
  const { worker, forget } = spare
  spare = undefined
  worker.off('error', forget).off('exit', forget).off('message', keepModule).ref()
  return worker
}

/** The table again, typed by name, for code that is generic over the name. */
const RESULTS: { [Name in QuestionName]: { result: z.ZodType<QuestionResults[Name]> } } = machineQuestions

class MachineHandle implements RunningMachine {
  readonly #worker: Worker
  readonly #listener: MachineListener
  #ended = false
  #instructions = 0
  readonly #started = performance.now()
  /** When the worker last said something. */
  #heard: number | undefined
  #watchdog: NodeJS.Timeout | undefined
  /** Questions that the worker has not answered yet. */
  readonly #asked = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #nextQuestion = 1

  constructor(options: StartOptions, listener: MachineListener, workerUrl: URL) {
    this.#listener = listener
    this.#worker = takeWorker(workerUrl)
    this.#worker.on('message', (message: unknown) => this.#onMessage(message))
    this.#worker.on('messageerror', (error) => this.#fail(error))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', (code) => this.#fail(new Error(`The machine's thread ended with code ${code}.`)))
    this.#send({ type: 'start', options, module: interpreters.get(options.backend) })
    if (options.timeoutMilliseconds !== undefined) this.#watch(options.timeoutMilliseconds + OVERDUE_MS)
  }

  /** After so many milliseconds, sees to it that the worker still lives. */
  #watch(milliseconds: number): void {
    this.#watchdog = setTimeout(() => {
      const left = this.#heard === undefined ? STARTING_MS - performance.now() + this.#started : OVERDUE_MS - performance.now() + this.#heard
      if (left > 0) this.#watch(left)
      else this.#fail(new Error("The machine's thread does not answer."))
    }, milliseconds)
  }

  stop(): void {
    if (this.#ended) return
    this.#send({ type: 'stop' })
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => this.#end(reportAsked('stopped', FORCED, this.#instructions)), STOP_MS)
  }

  reset(): void {
    this.#send({ type: 'reset' })
  }

  pause(): void {
    this.#send({ type: 'pause' })
  }

  resume(): void {
    this.#send({ type: 'resume' })
  }

  hold(milliseconds: number): void {
    this.#send({ type: 'hold', milliseconds })
  }

  keys(events: readonly KeyEvent[]): void {
    this.#send({ type: 'keys', events: [...events] })
  }

  mouse(moves: readonly MouseMove[]): void {
    this.#send({ type: 'mouse', moves: [...moves] })
  }

  type(text: string): void {
    this.#send({ type: 'type', text })
  }

  serialInput(bytes: Uint8Array, port: SerialPort = 'com1'): void {
    this.#send({ type: 'serial', port, bytes })
  }

  async ask<Name extends QuestionName>(name: Name, args: QuestionArgs[Name]): Promise<QuestionResults[Name]> {
    if (this.#ended) throw machineEnded()
    const id = this.#nextQuestion++
    const value = await new Promise<unknown>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      this.#send({ type: 'ask', id, name, args })
    })
    return RESULTS[name].result.parse(value)
  }

  log(id: number, filter: LogFilter | undefined): void {
    this.#send({ type: 'log', id, filter })
  }

  #send(command: Command): void {
    if (!this.#ended) this.#worker.postMessage(command)
  }

  #onMessage(message: unknown): void {
    if (this.#ended) return
    this.#heard = performance.now()
    const event = eventSchema.safeParse(message)
    if (!event.success) this.#fail(new Error(`The machine's thread sent a message that means nothing: ${event.error.message}`))
    else this.#onEvent(event.data)
  }

  #onEvent(event: WorkerEvent): void {
    switch (event.type) {
      case 'screen':
        this.#answer({ type: 'seen' }, this.#listener.screen(event.screen))
        return
      case 'serial':
        this.#answer({ type: 'read' }, this.#listener.serial(event.port, event.bytes))
        return
      case 'state':
        this.#instructions = event.state.instructions
        this.#listener.state(event.state)
        return
      case 'region':
        this.#listener.region?.(event.dump)
        return
      case 'variables':
        this.#listener.variables?.(event.bytes)
        return
      case 'sound':
        this.#listener.sound?.(event.tones)
        return
      case 'log':
        this.#answer({ type: 'logged', id: event.id }, this.#listener.log?.(event.id, event.entries, event.lost))
        return
      case 'answer':
        this.#settle(event)
        return
      case 'saved':
        this.#listener.saved?.(event.state)
        return
      case 'module':
        interpreters.set(event.backend, event.module)
        return
      case 'end':
        this.#end(event.report)
    }
  }

  /** Tells the worker that the listener has dealt with something. */
  #answer(command: Command, dealing: void | Promise<void>): void {
    if (dealing) dealing.then(() => this.#send(command), (error: unknown) => this.#fail(error))
    else this.#send(command)
  }

  #settle({ id, value, failure }: Extract<WorkerEvent, { type: 'answer' }>): void {
    const question = this.#asked.get(id)
    this.#asked.delete(id)
    if (failure) question?.reject(new LabError(failure))
    else question?.resolve(value)
  }

  #fail(error: unknown): void {
    if (!this.#ended) this.#end(reportHostError(error, this.#instructions))
  }

  #end(report: RunReport): void {
    if (this.#ended) return
    this.#ended = true
    for (const { reject } of this.#asked.values()) reject(machineEnded())
    clearTimeout(this.#watchdog)
    void this.#worker.terminate()
    this.#listener.end(report)
  }
}
