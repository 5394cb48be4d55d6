/** Entry of the worker thread: one machine, commands in, events out. */
import { parentPort } from 'node:worker_threads'
import { interpreterModule, setInterpreterModule } from '../cpu/interp/interp'
import { reportHostError } from '../debug/report'
import type { WorkerEvent } from './options'
import { commandSchema } from './options'
import { Session } from './session'

function listen(port: NonNullable<typeof parentPort>): void {
  const post = (event: WorkerEvent): void => port.postMessage(event)
  let session: Session | undefined

  /** Serial events on their way, oldest first. */
  const unread: (() => void)[] = []
  /** Screens on their way, oldest first. */
  const unseen: (() => void)[] = []
  let prepared = false

  /** Takes the interpreter that another worker compiled, or compiles it and passes it on. */
  const useModule = (module: WebAssembly.Module | undefined, needed: boolean): void => {
    if (prepared) return
    if (module) setInterpreterModule(module)
    else if (needed) post({ type: 'module', module: interpreterModule() })
    prepared = module !== undefined || needed
  }

  const start = (command: Extract<ReturnType<typeof commandSchema.parse>, { type: 'start' }>): void => {
    if (session) return
    useModule(command.module, command.options.backend === 'interp')
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
        state: (state) => post({ type: 'state', state }),
        end: (report) => post({ type: 'end', report }),
      })
    } catch (error) {
      post({ type: 'end', report: reportHostError(error, 0) })
      return
    }
    void session.run()
  }

  port.on('message', (message: unknown) => {
    const command = commandSchema.parse(message)
    switch (command.type) {
      case 'prepare':
        useModule(command.module, true)
        return
      case 'start':
        start(command)
        return
      case 'keys':
        session?.keys(command.events)
        return
      case 'type':
        session?.type(command.text)
        return
      case 'serial':
        session?.serialInput(command.bytes)
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
