import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { screenLines } from '../../../shared/screen-text'
import type { LogEntry } from '../../../shared/debug'
import type { Screen } from '../../../shared/machine-schemas'
import { buildEmulatorWorker, type BuiltWorker } from '../../../../tests/support/emulator-worker'
import { blamed, stopwatch } from '../../../../tests/support/stopwatch'
import { FORCED, prepareMachine, startMachine } from './handle'
import type { MachineListener, RunReport, RunningMachine, StartOptions } from './options'

let worker: BuiltWorker
let workerUrl: URL
/** For workers that misbehave. */
let folder: string

beforeAll(async () => {
  worker = await buildEmulatorWorker()
  workerUrl = worker.url
  folder = await mkdtemp(join(tmpdir(), 'bootlab-workers-'))
}, 60_000)

afterAll(async () => {
  await worker.remove()
  await rm(folder, { recursive: true, force: true })
})

/** xor ah,ah; int 16h; mov ah,0Eh; int 10h; jmp back */
const ECHO = [0x30, 0xe4, 0xcd, 0x16, 0xb4, 0x0e, 0xcd, 0x10, 0xeb, 0xf6]
const SPIN = [0xeb, 0xfe]
/** Of the host's time; a busy computer takes long. */
const LIMIT_MS = 40_000

interface End {
  report: RunReport
  screen: Screen | undefined
  /** How often the end was told. */
  ends: () => number
}

/** Hears of the logs of the machine that was started last. */
let onLog: (entries: LogEntry[]) => void = () => undefined

function start(code: readonly number[], options: Partial<StartOptions>, url = workerUrl): { machine: RunningMachine; end: Promise<End> } {
  const image = new Uint8Array(512)
  image.set(code)
  image.set([0x55, 0xaa], 510)
  let screen: Screen | undefined
  let ends = 0
  let finish: ((value: End) => void) | undefined
  const end = new Promise<End>((resolveEnd) => (finish = resolveEnd))
  const listener: MachineListener = {
    screen: (next) => void (screen = next),
    serial: () => undefined,
    state: () => undefined,
    log: (_id, entries) => onLog(entries),
    end: (report) => {
      ends++
      finish?.({ report, screen, ends: () => ends })
    },
  }
  return { machine: startMachine({ image, memoryBytes: 4 << 20, backend: 'interp', pace: 'fast', ...options }, listener, url), end }
}

describe('a machine in a worker', () => {
  test('runs, types and ends; a second one reuses the compiled interpreter', async () => {
    for (const text of ['first', 'Second']) {
      const { report, screen } = await start(ECHO, { keys: text, untilText: text, timeoutMilliseconds: LIMIT_MS }).end
      expect(report.reason).toBe('until-text')
      expect(screen && screenLines(screen)[0]).toBe(text)
    }
  })

  test('starts in a worker prepared before, and that worker serves one machine', async () => {
    prepareMachine(workerUrl)
    prepareMachine(workerUrl)
    await new Promise((done) => setTimeout(done, 300))
    const both = ['one', 'two'].map((text) => start(ECHO, { keys: text, untilText: text, timeoutMilliseconds: LIMIT_MS }).end)
    expect((await Promise.all(both)).map(({ report }) => report.summary)).toEqual(['The screen shows "one".', 'The screen shows "two".'])
  })

  test('a prepared worker that dies does no harm', async () => {
    const file = join(folder, 'dies.mjs')
    await writeFile(file, 'throw new Error("dead at once")')
    prepareMachine(pathToFileURL(file))
    await new Promise((done) => setTimeout(done, 300))
    const { report } = await start(ECHO, { keys: 'ok', untilText: 'ok', timeoutMilliseconds: LIMIT_MS }).end
    expect(report.reason).toBe('until-text')
  })

  test('ends within 100 ms of stop, whatever the guest does', async () => {
    const { machine, end } = start(SPIN, {})
    await new Promise((done) => setTimeout(done, 400))
    const stopTime = stopwatch()
    machine.stop()
    expect((await end).report.reason).toBe('stopped')
    expect(blamed(stopTime())).toBeLessThan(100)
    machine.stop()
    machine.keys([{ code: 'KeyA', down: true }])
  })

  test('answers questions while the guest runs, sends logs, and refuses what is wrong', async () => {
    const { machine, end } = start([0xe4, 0x60, 0xeb, 0xfc], { pauseAt: 'reset' })
    expect(await machine.ask('registers', {})).toMatchObject({ cpuMode: 'real', address: '0xfffffff0' })
    await machine.ask('resume', {})
    const asked = stopwatch()
    const { instructions } = await machine.ask('registers', {})
    expect(blamed(asked())).toBeLessThan(100)
    // A busy computer may ask twice between two slices.
    await expect.poll(async () => (await machine.ask('registers', {})).instructions, { timeout: 20_000 }).toBeGreaterThan(instructions)
    await expect(machine.ask('removeBreakpoint', { id: 1 })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    const entries = new Promise<LogEntry[]>((resolve) => (onLog = resolve))
    machine.log(1, { ports: {} })
    expect((await entries)[0]).toMatchObject({ kind: 'port', direction: 'in', port: 0x60 })
    machine.log(1, undefined)
    machine.stop()
    await end
    await expect(machine.ask('registers', {})).rejects.toMatchObject({ failure: { code: 'ended' } })
  })

  test('a question that a thread never answers fails with the machine', async () => {
    const file = join(folder, 'mute.mjs')
    await writeFile(file, 'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => undefined)')
    const { machine } = start(SPIN, {}, pathToFileURL(file))
    const question = machine.ask('registers', {})
    machine.stop()
    await expect(question).rejects.toMatchObject({ failure: { code: 'ended' } })
  })

  test('a worker that hangs is ended by force', async () => {
    const file = join(folder, 'hang.mjs')
    await writeFile(file, 'for (;;);')
    const { machine, end } = start(SPIN, {}, pathToFileURL(file))
    await new Promise((done) => setTimeout(done, 100))
    const stopTime = stopwatch()
    machine.stop()
    const { report } = await end
    expect(report).toMatchObject({ reason: 'stopped', summary: FORCED })
    expect(blamed(stopTime())).toBeLessThan(100)
  })

  test('a worker that falls silent after its time limit is reported', { timeout: 20_000 }, async () => {
    const file = join(folder, 'silent.mjs')
    const state = { status: 'running', instructions: 7, cpuMode: 'real', milliseconds: 1 }
    // Lives on for a second beyond its limit, and is waited for; then it hangs.
    await writeFile(file, `import { parentPort } from 'node:worker_threads'
const tell = setInterval(() => parentPort.postMessage({ type: 'state', state: ${JSON.stringify(state)} }), 100)
setTimeout(() => { clearInterval(tell); for (;;); }, 3_500)`)
    const started = performance.now()
    const { report } = await start(SPIN, { timeoutMilliseconds: 500 }, pathToFileURL(file)).end
    expect(report).toMatchObject({ reason: 'emulator-error', instructions: 7 })
    expect(report.summary).toContain('does not answer')
    expect(performance.now() - started).toBeGreaterThan(3_500)
  })

  test.each([
    ['crashes', 'throw new Error("broken on purpose")', 'broken on purpose'],
    ['leaves', 'process.exit(3)', 'ended with code 3'],
    ['talks nonsense', 'import("node:worker_threads").then(({ parentPort }) => parentPort.postMessage({ type: "surprise" }))', 'means nothing'],
    ['is missing', undefined, 'emulator'],
  ])('a worker that %s gives one report', async (name, source, message) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.mjs`)
    if (source !== undefined) await writeFile(file, source)
    const { report, ends } = await start(SPIN, {}, pathToFileURL(file)).end
    expect(report.reason).toBe('emulator-error')
    expect(report.summary).toContain(message)
    await new Promise((done) => setTimeout(done, 50))
    expect(ends()).toBe(1)
  })

  test('refuses impossible options before a thread is made', () => {
    expect(() => start(SPIN, { memoryBytes: 100 })).toThrow(/memoryBytes/)
    expect(() => start(SPIN, { image: new Uint8Array(0) })).toThrow(/the disk image is empty/)
  })
})
