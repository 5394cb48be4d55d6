/** The thread's life: what it answers, how it fails, and that it comes back. Its script is the test's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explorerThread } from './thread'

/** Answers reads with the number of questions so far; refuses, ends or throws when the path says so. */
const SCRIPT = `
import { parentPort } from 'node:worker_threads'
let asked = 0
parentPort.on('message', ({ id, args }) => {
  asked++
  if (args.path === 'refuse') parentPort.postMessage({ id, failure: { code: 'file-changed', what: 'Another one.' } })
  else if (args.path === 'end') process.exit(3)
  else if (args.path === 'throw') throw new Error('broken')
  else if (args.path !== 'never') parentPort.postMessage({ id, value: args.path === 'wrong' ? 'text' : Uint8Array.of(asked) })
})
`
let folder: string
let script: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-thread-'))
  script = join(folder, 'worker.mjs')
  await writeFile(script, SCRIPT)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const asking = (idleMs?: number) => {
  const { ask, close } = explorerThread(() => pathToFileURL(script), idleMs)
  return { close, read: (path: string) => ask('read', { path, version: 'v', offset: 0, length: 1 }) }
}

test('one thread answers all questions; its refusals arrive as they are', async () => {
  const { read, close } = asking()
  expect(await Promise.all([read('a'), read('b'), read('c')])).toEqual([1, 2, 3].map((asked) => Uint8Array.of(asked)))
  await expect(read('refuse')).rejects.toMatchObject({ failure: { code: 'file-changed', what: 'Another one.' } })
  await expect(read('wrong')).rejects.toThrow(/Uint8Array/)
  await close()
})

test.each(['end', 'throw'])('a thread that ends (%s) fails what waits for it, and the next question starts another one', async (how) => {
  const { read, close } = asking()
  expect(await read('a')).toEqual(Uint8Array.of(1))
  const waiting = [read('never'), read(how), read('a')]
  for (const question of waiting) await expect(question).rejects.toMatchObject({ failure: { code: 'internal' } })
  expect(await read('a')).toEqual(Uint8Array.of(1))
  await close()
})

test('without questions it goes, with what it keeps; closing fails what is open', async () => {
  const { read, close } = asking(20)
  await read('a')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await read('b')).toEqual(Uint8Array.of(1))
  const open = expect(read('never')).rejects.toMatchObject({ failure: { code: 'internal' } })
  await close()
  await open
})
