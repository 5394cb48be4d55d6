import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Opened } from '../../shared/contract'
import { OpenedPaths } from './opened'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-opened-'))
  await writeFile(join(folder, 'bootlab.json'), '{}')
  await writeFile(join(folder, 'disk.img'), '')
})
afterAll(() => rm(folder, { recursive: true }))

it('tells a project by its folder or its manifest, and takes any other file for an image', async () => {
  const opened = new OpenedPaths()
  for (const name of ['', 'bootlab.json', 'disk.img', 'nothing.img']) await opened.open(join(folder, name))
  const heard: Opened[] = []
  void opened.listen((one) => heard.push(one), new AbortController().signal)
  expect(heard).toEqual([
    { kind: 'project', path: join(folder, '') },
    { kind: 'project', path: folder },
    { kind: 'image', path: join(folder, 'disk.img') },
    { kind: 'image', path: join(folder, 'nothing.img') },
  ])
})

it('tells each only once, to the page that listened last, and keeps what nobody hears', async () => {
  const opened = new OpenedPaths()
  const [first, second] = [new AbortController(), new AbortController()]
  const heard: string[] = []
  const old = opened.listen(() => heard.push('old'), first.signal)
  const present = opened.listen(() => heard.push('present'), second.signal)
  // A page that was reloaded goes after the new one has come.
  first.abort()
  expect(await old).toBeNull()
  await opened.open(folder)
  expect(heard).toEqual(['present'])
  second.abort()
  expect(await present).toBeNull()
  for (let count = 0; count < 100; count++) await opened.open(folder)
  void opened.listen(() => heard.push('next'), new AbortController().signal)
  expect(heard.filter((who) => who === 'next')).toHaveLength(16)
})
