/** Language servers that behave and that do not; `tests/fixtures/language-server` plays all of them. */
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { LanguageServerState } from '../../shared/language-servers'
import { toFailure } from '../../shared/failure'
import { LanguageSessions, type SessionsOptions } from './sessions'
import type { ServerSetup } from './server'

const FAKE = join(import.meta.dirname, '../../../tests/fixtures/language-server/fake.mjs')
const PATH = 'src/main.rs'
const here = { path: PATH, line: 1, column: 1 }
const never = new AbortController().signal

async function start(mode: string, options: Partial<SessionsOptions> = {}) {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'bootlab-languages-')))
  const log = join(directory, 'log')
  await writeFile(log, '')
  const setup: ServerSetup = { args: [FAKE], env: { FAKE: mode, FAKE_LOG: log }, initializationOptions: { first: true }, fingerprint: '1' }
  const sessions = new LanguageSessions({
    mostText: 100_000,
    find: async () => ({ command: process.execPath, version: '1.2' }),
    prepare: async () => setup,
    limits: { messageBytes: 1 << 20, requestMs: mode === 'hang' || mode === 'wrong-id' ? 300 : 20_000, startMs: 20_000 },
    restartDelaysMs: [1, 1, 1],
    ...options,
  })
  const states: LanguageServerState[] = []
  const watching = new AbortController()
  const watch = (name = 'page', controller = watching): Promise<null> => sessions.watch(directory, 'rust-analyzer', name, (state) => states.push(state), controller.signal)
  const watched = watch()
  onTestFinished(async () => {
    await sessions.close()
    await rm(directory, { recursive: true, force: true })
  })
  const starts = async (): Promise<number> => (await readFile(log, 'utf8')).split('\n').filter((line) => line === 'start').length
  const until = (status: LanguageServerState['status']): Promise<LanguageServerState> =>
    vi.waitFor(() => {
      const last = states.at(-1)
      if (last?.status !== status) throw new Error(`It is ${last?.status}, not ${status}.`)
      return last
    }, 25_000)
  const untilStarts = (count: number): Promise<void> => vi.waitFor(async () => expect(await starts()).toBe(count), 25_000)
  return { sessions, directory, log, setup, states, watching, watch, watched, untilStarts, until }
}

const failureOf = async (work: Promise<unknown>) => toFailure(await work.then(() => 'It went well.', (error: unknown) => error))

describe('a server that behaves', () => {
  it('answers for the text that was sent last, also while it starts', async () => {
    const { sessions, directory } = await start('good')
    sessions.update('page', PATH, 'fn a() {}')
    sessions.update('page', PATH, 'fn b() {}')
    const hover = await sessions.hover('page', { path: PATH, line: 3, column: 5 }, never)
    expect(hover?.text.replaceAll('\\', '')).toBe('{"first":true} 2:4 v2 rust fn b() {}')
    expect(hover?.range).toEqual({ line: 3, column: 1, endLine: 3, endColumn: 4 })
    sessions.update('page', PATH, 'fn c() {}')
    expect((await sessions.hover('page', here, never))?.text).toContain('v3 fn c')

    const [own, outside, ...more] = await sessions.definition('page', here, never)
    expect(own).toEqual({ file: PATH, range: { line: 5, column: 4, endLine: 5, endColumn: 8 } })
    expect(outside).toMatchObject({ file: FAKE, text: await readFile(FAKE, 'utf8') })
    expect(more).toEqual([])
    expect(outside?.file.startsWith(directory)).toBe(false)

    expect(await sessions.signatures('page', here, '(', false, never)).toEqual({
      signatures: [{ label: 'f(a: u8, b: u8)', parameters: [{ label: [2, 7] }, { label: 'b: u8' }] }],
      active: 0,
      activeParameter: 1,
    })
  })

  it('completes, and says more about one of the last list only', async () => {
    const { sessions } = await start('good')
    sessions.update('page', PATH, '')
    const first = await sessions.complete('page', here, '.', never)
    expect(first).toMatchObject({ incomplete: false, resolvable: true })
    expect(first.items[0]).toEqual({ label: 'println!', labelDetail: '(…)', kind: 'Function', detail: 'macro', insert: 'println!($0)', snippet: true, deprecated: true, preselect: false, edits: [] })
    expect(first.items[1]).toMatchObject({
      kind: 'Text',
      documentation: '\\*not\\* Markdown',
      range: { line: 1, column: 2, endLine: 1, endColumn: 3 },
      edits: [{ range: { line: 1, column: 1, endLine: 1, endColumn: 1 }, text: 'use crate::print;\n' }],
    })
    const second = await sessions.complete('page', here, undefined, never)
    expect((await sessions.resolve('page', second.list, 0, never))?.documentation).toBe('**7**')
    expect(await sessions.resolve('page', first.list, 0, never)).toBeNull()
    expect(await sessions.resolve('page', second.list, 99, never)).toBeNull()
  })

  it('is shared by pages, and ends with the last of them', async () => {
    const { sessions, watching, watched, watch, untilStarts, until } = await start('good')
    const other = new AbortController()
    const otherWatched = watch('other', other)
    await until('ready')
    sessions.update('page', PATH, 'one')
    sessions.update('other', PATH, 'two')
    watching.abort()
    await watched
    expect((await failureOf(sessions.hover('page', here, never))).code).toBe('not-found')
    expect((await sessions.hover('other', here, never))?.text).toContain('two')
    await untilStarts(1)
    other.abort()
    await otherWatched
    await sessions.close()
    void watch('third', new AbortController())
    await untilStarts(2)
  })

  it('starts anew when what it was told changed, and not otherwise', async () => {
    const { sessions, directory, setup, untilStarts, until } = await start('good')
    await until('ready')
    sessions.update('page', PATH, 'kept')
    await sessions.refresh(directory)
    await untilStarts(1)
    Object.assign(setup, { fingerprint: '2', initializationOptions: { second: true } })
    await sessions.refresh(directory)
    await untilStarts(2)
    const hover = await sessions.hover('page', here, never)
    expect(hover?.text).toContain('second')
    expect(hover?.text).toContain('kept')
  })
})

describe('a server that does not', () => {
  it('crashes: it is started again three times, then given up with the reason, and tried again when somebody asks', async () => {
    const { sessions, untilStarts, until, watch } = await start('crash')
    sessions.update('page', PATH, '')
    for (let run = 1; run <= 4; run++) {
      await untilStarts(run)
      expect((await failureOf(sessions.hover('page', here, never))).code).toBe('unavailable')
    }
    expect(await until('failed')).toMatchObject({ reason: expect.stringMatching(/ended with code 7/) })
    expect((await failureOf(sessions.hover('page', here, never))).code).toBe('unavailable')
    void watch('again', new AbortController())
    await until('ready')
    await untilStarts(5)
  })

  it.each([
    ['huge', /One of its messages has 67108864 bytes/],
    ['no-json', /cannot be read/],
    ['no-frame', /a header has no end/],
    ['no-length', /no Content-Length/],
  ])('%s: is ended, and the reason said', async (mode, reason) => {
    const { sessions, until } = await start(mode, { restartDelaysMs: [] })
    sessions.update('page', PATH, '')
    expect((await failureOf(sessions.hover('page', here, never))).code).toBe('unavailable')
    expect(await until('failed')).toMatchObject({ reason: expect.stringMatching(reason) })
  })

  it('dies at once: its own words are the reason', async () => {
    const { until, untilStarts } = await start('dies', { restartDelaysMs: [1] })
    expect(await until('failed')).toMatchObject({ reason: expect.stringMatching(/ended with code 3.\nno toolchain is installed/) })
    await untilStarts(2)
  })

  it.each(['hang', 'wrong-id'])('%s: a question ends in time and is taken back, the server ends after three', async (mode) => {
    const { sessions, untilStarts, until, log } = await start(mode)
    sessions.update('page', PATH, '')
    await until('ready')
    for (let count = 0; count < 3; count++) expect((await failureOf(sessions.hover('page', here, never))).code).toBe('timeout')
    await untilStarts(2)
    expect(await readFile(log, 'utf8')).toContain('cancel')
  })

  it('hangs: a page can take its question back', async () => {
    const { sessions, until, log } = await start('hang', { limits: { messageBytes: 1 << 20, requestMs: 60_000, startMs: 20_000 } })
    sessions.update('page', PATH, '')
    await until('ready')
    const controller = new AbortController()
    const asked = failureOf(sessions.complete('page', here, undefined, controller.signal))
    setTimeout(() => controller.abort(), 20)
    expect((await asked).code).toBe('cancelled')
    await vi.waitFor(async () => expect(await readFile(log, 'utf8')).toContain('cancel'), 25_000)
  })

  it.each(['malformed', 'error'])('%s: the question fails, the server stays', async (mode) => {
    const { sessions, untilStarts } = await start(mode)
    sessions.update('page', PATH, '')
    expect((await failureOf(sessions.hover('page', here, never))).code).toBe('unavailable')
    expect((await failureOf(sessions.complete('page', here, undefined, never))).code).toBe('unavailable')
    expect((await failureOf(sessions.signatures('page', here, undefined, false, never))).code).toBe('unavailable')
    await untilStarts(1)
  })

  it('is not there: says how to get it, and is found when it has come', async () => {
    let found = false
    const { sessions, until, watch } = await start('good', { find: async () => (found ? { command: process.execPath, version: '1.2' } : undefined) })
    sessions.update('page', PATH, '')
    expect(await until('missing')).toEqual({ status: 'missing', install: 'rustup component add rust-analyzer' })
    expect((await failureOf(sessions.hover('page', here, never))).code).toBe('unavailable')
    found = true
    void watch('again', new AbortController())
    expect(await until('ready')).toEqual({ status: 'ready', version: '1.2' })
    expect((await sessions.hover('page', here, never))?.text).toContain('v1')
  })
})

it('refuses what no page should ask', async () => {
  const { sessions, watch } = await start('good')
  expect(() => watch()).toThrow('in use')
  expect(() => sessions.update('page', 'boot.S', '')).toThrow('No language server')
  expect(() => sessions.update('nobody', PATH, '')).toThrow('no such session')
  expect((await failureOf(sessions.hover('page', { ...here, path: 'closed.rs' }, never))).code).toBe('bad-request')
})
