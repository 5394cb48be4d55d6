/** Entry of the worker thread: one machine, commands in, events out. */
import { parentPort } from 'node:worker_threads'
import { setImmediate as takeTurns } from 'node:timers/promises'
import { interpreterModule, setInterpreterModule } from '../cpu/interp/interp'
import { rehearseTranslation } from '../cpu/jit/rehearsal'
import { reportThrown } from '../debug/report'
import { toFailure } from '../../../shared/failure'
import { DEFAULT_BACKEND } from '../../../shared/machine-schemas'
import type { BackendName } from '../machine/machine'
import { yieldToWindow } from './priority'
import type { Command, StartOptions, WorkerEvent } from './options'
import { commandSchema, machineEnded } from './options'
import { Session } from './session'

/** So long a boot has the processor like everything else. */
const BOOTING_MS = 1000
/** So long a rehearsal goes on: to the kernel, and some of what that does. The more often, the better the code that is made of it. */
const REHEARSAL_MS = 60
const REHEARSALS = 5
/** So long the translator is rehearsed behind that. */
const TRANSLATION_MS = 300

function listen(port: NonNullable<typeof parentPort>): void {
  const post = (event: WorkerEvent): void => port.postMessage(event)
  let session: Session | undefined

  /** Serial events on their way, oldest first. */
  const unread: (() => void)[] = []
  /** Screens on their way, oldest first. */
  const unseen: (() => void)[] = []
  /** Events of logs on their way, by log. */
  const unlogged = new Map<number, () => void>()
  const prepared = new Set<BackendName>()
  let rehearsal: Session | undefined

  /** Takes the interpreter of a backend that another worker compiled, or compiles it and passes it on. */
  const useModule = (module: WebAssembly.Module | undefined, backend: BackendName): void => {
    if (backend === 'oracle' || prepared.has(backend)) return
    // That of the translating backend counts jumps.
    const translates = backend === 'block'
    if (module) setInterpreterModule(module, translates)
    else post({ type: 'module', backend, module: interpreterModule(translates) })
    prepared.add(backend)
  }

  /** What runs for the first time is compiled meanwhile: a boot would take twice as long. */
  const rehearse = async (options: StartOptions): Promise<void> => {
    for (let round = 0; round < REHEARSALS && !session; round++) {
      try {
        const own = new Session(options, { screen: () => undefined, serial: () => undefined, state: () => undefined, end: () => undefined })
        rehearsal = own
        setTimeout(() => own.stop(), REHEARSAL_MS)
        await own.run()
      } catch {
        // The same goes wrong when it is meant, and is told then.
        return
      }
    }
    if (options.backend !== 'block') return
    const translation = rehearseTranslation()
    for (const end = performance.now() + TRANSLATION_MS; !session && performance.now() < end; await takeTurns()) translation.next()
  }

  const start = (command: Extract<ReturnType<typeof commandSchema.parse>, { type: 'start' }>): void => {
    if (session) return
    rehearsal?.stop()
    rehearsal = undefined
    // Whoever wants it in real time watches; until something is to be seen, the machine is what they wait for.
    if (command.options.pace === 'realtime') setTimeout(yieldToWindow, BOOTING_MS)
    useModule(command.module, command.options.backend)
    try {
      session = new Session(command.options, {
        screen: (screen) => {
          post({ type: 'screen', screen })
          return new Promise((resolve) => unseen.push(resolve))
        },
        serial: (from, bytes) => {
          post({ type: 'serial', port: from, bytes })
          return new Promise((resolve) => unread.push(resolve))
        },
        sound: (tones) => post({ type: 'sound', tones }),
        state: (state) => post({ type: 'state', state }),
        log: (id, entries, lost) => {
          post({ type: 'log', id, entries, lost })
          return new Promise((resolve) => unlogged.set(id, resolve))
        },
        saved: (state) => post({ type: 'saved', state }),
        variables: (bytes) => post({ type: 'variables', bytes }),
        region: (dump) => post({ type: 'region', dump }),
        end: (report) => post({ type: 'end', report }),
      })
    } catch (error) {
      post({ type: 'end', report: reportThrown(error, 0) })
      return
    }
    void session.run()
  }

  const ask = ({ id, name, args }: Extract<Command, { type: 'ask' }>): void => {
    const answered = session ? session.answer(name, args) : Promise.reject(machineEnded())
    answered.then(
      (value) => post({ type: 'answer', id, value }),
      (error: unknown) => post({ type: 'answer', id, value: undefined, failure: toFailure(error) }),
    )
  }

  port.on('message', (message: unknown) => {
    const command = commandSchema.parse(message)
    switch (command.type) {
      case 'prepare':
        useModule(command.module, command.rehearsal?.backend ?? DEFAULT_BACKEND)
        if (command.rehearsal) void rehearse(command.rehearsal)
        return
      case 'start':
        start(command)
        return
      case 'hold':
        session?.hold(command.milliseconds)
        return
      case 'keys':
        session?.keys(command.events)
        return
      case 'mouse':
        session?.mouse(command.moves)
        return
      case 'type':
        session?.type(command.text)
        return
      case 'serial':
        session?.serialInput(command.bytes, command.port)
        return
      case 'ask':
        ask(command)
        return
      case 'log':
        session?.log(command.id, command.filter)
        return
      case 'logged':
        unlogged.get(command.id)?.()
        return
      case 'read':
        unread.shift()?.()
        return
      case 'seen':
        unseen.shift()?.()
        return
      case 'stop':
      case 'reset':
      case 'pause':
      case 'resume':
        session?.[command.type]()
    }
  })
}

if (!parentPort) throw new Error('emulator-worker runs as a worker thread only.')
listen(parentPort)
