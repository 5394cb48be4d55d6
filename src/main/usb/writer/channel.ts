/** The two ends of the talk between the lab and its writing process: one JSON text a line, over any pair of streams. */
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { CANCEL, eventSchema, type FlashEvent, jobSchema, type WriteRequest } from './protocol'

/** One side's streams; a socket is both. */
export interface Ends {
  input: Readable
  output: Writable
}

/**
 * The lab's end: sends the job, passes events on, and asks the writer to stop when the signal says so.
 * @returns the last event, when the writer has said all it had to; undefined when it said nothing
 * @throws ZodError or SyntaxError when the writer says something unknown, the system's error when the connection breaks; the writer ends then
 */
export async function follow({ input, output }: Ends, request: WriteRequest, onEvent: (event: FlashEvent) => void, signal?: AbortSignal): Promise<FlashEvent | undefined> {
  // The writer may end before it has read everything; how it ended is what its last event tells.
  output.on('error', () => {})
  input.on('error', () => {})
  const cancel = (): void => void output.write(`${CANCEL}\n`)
  let last: FlashEvent | undefined
  try {
    output.write(`${JSON.stringify(request)}\n`)
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
    const lines = createInterface({ input })
    // A connection that breaks has no end.
    input.once('close', () => lines.close())
    for await (const line of lines) {
      last = eventSchema.parse(JSON.parse(line))
      onEvent(last)
    }
    return last
  } finally {
    signal?.removeEventListener('abort', cancel)
    output.end()
    // What nobody wants to hear any more must not hold the writer up.
    input.resume()
  }
}

/**
 * The writer's end: runs the one job that it is given, and stops it when the lab says so or is gone.
 * @param stop is aborted then
 * @returns when the job has ended, or none came
 */
export async function serve({ input, output }: Ends, stop: AbortController, work: (request: WriteRequest, tell: (event: FlashEvent) => void, signal: AbortSignal) => Promise<void>): Promise<void> {
  // Nobody listens any more: the lab is gone.
  output.on('error', () => stop.abort())
  input.on('error', () => stop.abort())
  const tell = (event: FlashEvent): void => void output.write(`${JSON.stringify(event)}\n`)
  const lines = createInterface({ input })
  input.once('close', () => lines.close())
  lines.on('error', () => lines.close())
  let working: Promise<void> | undefined
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      if (line === CANCEL) stop.abort()
      else if (working === undefined) {
        working = start(line)
        working.then(resolve, reject)
      }
    })
    lines.on('close', () => {
      stop.abort()
      if (working === undefined) resolve()
    })
  }).finally(() => lines.close())

  async function start(line: string): Promise<void> {
    await work(jobSchema.parse(JSON.parse(line)), tell, stop.signal)
  }
}
