/** A machine's thread that dies, in whatever way: the lab tells why, goes on, and boots the next machine. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildEmulatorWorker, type BuiltWorker } from '../../../tests/support/emulator-worker'
import { startMachine } from '../emulator/host/handle'
import { Machines } from './machines'

let worker: BuiltWorker
beforeAll(async () => {
  worker = await buildEmulatorWorker()
}, 60_000)
afterAll(() => worker.remove())

/** jmp $ */
const SPIN = Uint8Array.from({ length: 512 }, (_, at) => ({ 0: 0xeb, 1: 0xfe, 510: 0x55, 511: 0xaa })[at] ?? 0)
const unwatched = { emit: () => undefined, unread: () => 0, onRead: () => undefined }

describe('a machine whose thread', () => {
  // The real worker, which is hit while its guest runs.
  test.each([
    ['throws', 'throw new Error("hit while it ran")', 'hit while it ran'],
    ['rejects', 'Promise.reject(new Error("nobody caught it"))', 'nobody caught it'],
    ['leaves', 'process.exit(9)', 'ended with code 9'],
    ['runs out of stack', '(function deeper() { deeper() })()', 'call stack'],
  ])('%s ends with a report; the next one runs', { timeout: 60_000 }, async (name, blow, why) => {
    const file = join(dirname(fileURLToPath(worker.url)), `${name.replaceAll(' ', '-')}.mjs`)
    await writeFile(file, `import ${JSON.stringify(worker.url.href)}\nsetTimeout(() => { ${blow} }, 700)\n`)
    let url = pathToFileURL(file)
    const machines = new Machines((options, listener) => startMachine(options, listener, url))
    const boot = (): string => machines.boot({ image: SPIN, memoryBytes: 4 << 20, backend: 'interp', pace: 'realtime' })
    const hit = boot()
    const report = await machines.watch(hit, unwatched, new AbortController().signal)
    expect(report).toMatchObject({ reason: 'emulator-error' })
    expect(JSON.stringify(report)).toContain(why)
    expect(() => machines.reset(hit)).toThrow(/has ended/)

    url = worker.url
    const next = boot()
    const states: string[] = []
    const watched = machines.watch(next, { ...unwatched, emit: (event) => void states.push(event.type === 'state' ? event.state.status : event.type) }, new AbortController().signal)
    await expect.poll(() => states, { timeout: 30_000 }).toContain('running')
    await machines.stop(next)
    expect((await watched).reason).toBe('stopped')
    await machines.close()
  })
})
