/** The thread that takes images apart: started with the first question, ended when nobody has asked for a while. */
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { LabError } from '../../../shared/failure'
import { locate } from '../locations'
import { answerTable, replySchema, type Answers, type Args, type Ask, type QuestionName } from './messages'

/** What it keeps may be half a gigabyte. */
const IDLE_MS = 5 * 60_000

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

export interface ExplorerThread {
  ask: Ask
  close(): Promise<void>
}

/** @param workerUrl the built `image-worker.js` */
export function explorerThread(workerUrl = (): URL => pathToFileURL(locate().imageWorker), idleMs = IDLE_MS): ExplorerThread {
  let worker: Worker | undefined
  let waiting = new Map<number, Waiting>()
  let next = 1
  let idle: NodeJS.Timeout | undefined

  function start(): Worker {
    const started = new Worker(workerUrl(), { name: 'bootlab images' })
    const mine = waiting
    const fail = (error: Error): void => {
      if (worker === started) {
        worker = undefined
        waiting = new Map()
      }
      for (const { reject } of mine.values()) reject(new LabError({ code: 'internal', what: `The thread that takes images apart has ended: ${error.message}.`, next: 'Try again.' }, { cause: error }))
      mine.clear()
    }
    started.on('message', (message: unknown) => {
      const reply = replySchema.parse(message)
      const asked = mine.get(reply.id)
      mine.delete(reply.id)
      if ('failure' in reply) asked?.reject(new LabError(reply.failure))
      else asked?.resolve(reply.value)
      if (mine.size === 0) rest(started)
    })
    started.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
    started.on('exit', (code) => fail(new Error(`code ${code}`)))
    return started
  }

  /** It does not keep the process alive, and goes when it stays unused. */
  function rest(resting: Worker): void {
    resting.unref()
    clearTimeout(idle)
    idle = setTimeout(() => void resting.terminate(), idleMs).unref()
  }

  async function ask<K extends QuestionName>(name: K, args: Args[K]): Promise<Answers[K]> {
    worker ??= start()
    worker.ref()
    clearTimeout(idle)
    const id = next++
    const answered = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }))
    worker.postMessage({ id, name, args })
    return answerTable[name].answer.parse(await answered)
  }

  return {
    ask,
    async close() {
      clearTimeout(idle)
      await worker?.terminate()
    },
  }
}
