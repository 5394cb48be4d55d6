/** Asks the thread, and ends it when a text takes too long. */
import { Worker } from 'node:worker_threads'
import { LabError } from '../../../shared/failure'
import type { SearchMatch } from '../../../shared/search'
import { searchAnswerSchema, type SearchRequest } from './messages'

/** A text of the largest size takes some milliseconds, unless its expression tries everything. */
const TIME_LIMIT_MS = 3000

export class Finder {
  readonly #worker: Worker

  constructor(url: URL) {
    this.#worker = new Worker(url)
  }

  /**
   * One at a time.
   * @param path of the text, for what is said when it takes too long
   * @throws LabError `bad-input`, `too-slow`, `cancelled`
   */
  find(request: SearchRequest, path: string, signal: AbortSignal): Promise<SearchMatch[]> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        this.#worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        signal.removeEventListener('abort', onAbort)
        settle()
      }
      const fail = (error: unknown): void => finish(() => reject(error))
      const onAbort = (): void => fail(new LabError({ code: 'cancelled', what: 'The search was cancelled.' }))
      const onError = (error: unknown): void => fail(error)
      const onExit = (): void => fail(new Error('The thread of the search ended.'))
      const onMessage = (message: unknown): void => {
        const { success, data: answer, error } = searchAnswerSchema.safeParse(message)
        if (!success) fail(error)
        else if ('fault' in answer) fail(new LabError({ code: 'bad-input', what: answer.fault, next: 'Correct the regular expression, or search for text.' }))
        else finish(() => resolve(answer.matches))
      }
      const timer = setTimeout(() => fail(tooSlow(path)), TIME_LIMIT_MS)
      this.#worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort)
      this.#worker.postMessage(request)
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

const tooSlow = (path: string): LabError =>
  new LabError({
    code: 'too-slow',
    what: 'The regular expression takes too long.',
    where: path,
    why: 'It has so many ways to fit that trying them does not come to an end.',
    next: 'Write it so that one repetition does not stand in another, as in (a+)+.',
  })
