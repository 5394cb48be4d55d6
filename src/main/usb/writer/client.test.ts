/** What the lab makes of all ways in which a writing process can start, talk and end. The process is a double: two streams. */
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { LabError } from '../../../shared/failure'
import { serve } from './channel'
import { WriteFailed, writeInProcess, type WriterOptions } from './client'
import type { StartedWriter, WriterEnd } from './elevate/starter'
import { CONDITIONS, type FlashEvent, type WriteRequest } from './protocol'

const REQUEST: WriteRequest = { task: 'image', image: '/tmp/x.img', drive: '/dev/sdz', identity: 'x', confirmed: true, verify: true, keep: [] }
const DONE: FlashEvent = { type: 'done', sha256: 'ab', bytes: 5, verified: true, ejected: false }
const at = (phase: Extract<FlashEvent, { type: 'progress' }>['phase'], done = 0): FlashEvent => ({ type: 'progress', phase, done, total: 100 })

interface Double {
  /** What it writes, a line each; texts as they are. */
  says: (FlashEvent | string)[]
  end?: Partial<WriterEnd>
  refusal?: StartedWriter['refusal']
}

function started({ says, end, refusal }: Double): StartedWriter {
  const [input, output] = [new PassThrough(), new PassThrough()]
  output.resume()
  input.end(says.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join(''))
  return { input, output, ended: Promise.resolve({ code: 1, complaints: '', ...end }), ...(refusal && { refusal }) }
}

const run = (start: WriterOptions['start'], rest: Partial<WriterOptions> = {}): ReturnType<typeof writeInProcess> => writeInProcess({ entry: 'none', compile: async () => 'none', request: REQUEST, onProgress: () => {}, start, ...rest })
const failed = (start: WriterOptions['start'], rest: Partial<WriterOptions> = {}): Promise<unknown> => run(start, rest).then(() => undefined, (error: unknown) => error)

describe('a writing process', () => {
  test('that finishes: its events arrive in order, and it was given the job', async () => {
    const phases: string[] = []
    const writer = started({ says: [at('checking'), at('writing', 50), DONE] })
    const given: string[] = []
    writer.output.on('data', (bytes: Buffer) => given.push(String(bytes)))
    expect(await run(async () => writer, { onProgress: ({ phase }) => phases.push(phase) })).toEqual(DONE)
    expect(phases).toEqual(['checking', 'writing'])
    expect(given.join('')).toBe(`${JSON.stringify(REQUEST)}\n`)
  })

  test('that fails: the error carries what the drive is like, and begins its advice with it', async () => {
    const error = await failed(async () => started({ says: [at('erasing'), { type: 'failed', failure: { code: 'medium', what: 'It is bad.', next: 'Use another.' }, condition: 'blank' }] }))
    expect(error).toBeInstanceOf(WriteFailed)
    expect(error).toMatchObject({ condition: 'blank', failure: { code: 'medium', next: `${CONDITIONS.blank} Use another.` } })
  })

  test.each([
    ['nothing', [], 'unchanged'],
    ['checking', [at('checking')], 'unchanged'],
    ['unmounting', [at('checking'), at('unmounting')], 'unchanged'],
    ['erasing', [at('erasing')], 'blank'],
    ['writing', [at('writing', 50)], 'blank'],
    ['verifying', [at('verifying', 50)], 'unverified'],
    ['finishing', [at('finishing')], 'unverified'],
  ] as const)('that dies silently after %s', async (_last, says, condition) => {
    const error = await failed(async () => started({ says: [...says], end: { code: null, complaints: 'Killed' } }))
    expect(error).toBeInstanceOf(WriteFailed)
    expect(error).toMatchObject({ condition, failure: { code: 'internal', why: 'Killed', next: CONDITIONS[condition] } })
  })

  test('that ends before it says anything, for a reason that its starter knows', async () => {
    const refusal: StartedWriter['refusal'] = ({ code }) => (code === 126 ? { code: 'no-permission', what: 'No.', next: 'Ask.' } : undefined)
    expect(await failed(async () => started({ says: [], end: { code: 126 }, refusal }))).toMatchObject({ condition: 'unchanged', failure: { code: 'no-permission', next: `${CONDITIONS.unchanged} Ask.` } })
    // Once it has talked, its exit code means nothing of that kind.
    expect(await failed(async () => started({ says: [at('writing', 1)], end: { code: 126 }, refusal }))).toMatchObject({ condition: 'blank', failure: { code: 'internal' } })
  })

  test('that cannot be started', async () => {
    expect(await failed(async () => Promise.reject(new LabError({ code: 'no-permission', what: 'No.', next: 'Ask.' })))).toMatchObject({ condition: 'unchanged', failure: { code: 'no-permission', next: `${CONDITIONS.unchanged} Ask.` } })
    expect(await failed(async () => Promise.reject(new Error('spawn ENOENT')))).toMatchObject({ condition: 'unchanged', failure: { what: expect.stringContaining('cannot be started'), why: 'spawn ENOENT' } })
  })

  test.each(['{"type":"progress"}', 'not JSON', '{"type":"done","sha256":1}'])('that says something unknown: %s', async (line) => {
    const error = await failed(async () => started({ says: [at('writing', 1), line, DONE] }))
    expect(error).toMatchObject({ condition: 'blank', failure: { code: 'internal', why: expect.stringContaining('not understood') } })
  })

  test('that is asked to stop: it is told so, also when that was asked while it started', async () => {
    for (const when of ['before', 'after'] as const) {
      const stop = new AbortController()
      const [toLab, toWriter] = [new PassThrough(), new PassThrough()]
      // The writer's own end of the channel answers.
      const serving = serve({ input: toWriter, output: toLab }, new AbortController(), async (request, tell, signal) => {
        expect(request).toEqual(REQUEST)
        tell(at('writing', 10))
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        tell({ type: 'failed', failure: { code: 'cancelled', what: 'Writing was cancelled.' }, condition: 'blank' })
      }).then(() => toLab.end())
      const start = async (): Promise<StartedWriter> => {
        if (when === 'before') stop.abort()
        return { input: toLab, output: toWriter, ended: serving.then(() => ({ code: 0, complaints: '' })) }
      }
      const error = await failed(start, { signal: stop.signal, onProgress: () => when === 'after' && stop.abort() })
      expect(error).toMatchObject({ condition: 'blank', failure: { code: 'cancelled' } })
    }
  })

  test('cancelled before it is there: the signal’s own reason', async () => {
    const stop = new AbortController()
    const start = async (): Promise<StartedWriter> => {
      stop.abort()
      throw new Error('the meeting was left')
    }
    expect(await failed(start, { signal: stop.signal })).toMatchObject({ name: 'AbortError' })
  })

  test('whose connection breaks without an end', async () => {
    const writer = started({ says: [] })
    const input = new PassThrough()
    input.write(`${JSON.stringify(at('writing', 5))}\n`)
    setTimeout(() => input.destroy(new Error('ECONNRESET')), 30)
    expect(await failed(async () => ({ ...writer, input }))).toMatchObject({ condition: 'blank' })
  })
})

describe('the writer’s end of the channel', () => {
  test('stops its job when the lab is gone, however that shows', async () => {
    for (const leave of [(input: PassThrough) => input.end(), (input: PassThrough) => input.destroy(), (input: PassThrough) => input.destroy(new Error('broken'))]) {
      const [input, output, stop] = [new PassThrough(), new PassThrough(), new AbortController()]
      const working = serve({ input, output }, stop, (_request, _tell, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())))
      input.write(`${JSON.stringify(REQUEST)}\n`)
      setTimeout(() => leave(input), 20)
      await working
      expect(stop.signal.aborted).toBe(true)
    }
  })

  test('ends when no job comes, and refuses what is none', async () => {
    const nothing = new PassThrough()
    nothing.end()
    await serve({ input: nothing, output: new PassThrough() }, new AbortController(), () => Promise.reject(new Error('no job')))
    const nonsense = new PassThrough()
    nonsense.end('{"drive":"/dev/sda"}\n')
    await expect(serve({ input: nonsense, output: new PassThrough() }, new AbortController(), async () => {})).rejects.toThrow()
  })
})
