import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Drafts } from './drafts'
import { RecentProjects } from './recent-projects'
import { UiStateStore } from './ui-state'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-stores-'))
})
afterEach(() => rm(folder, { recursive: true }))

const version = 'a'.repeat(64)

describe('UiStateStore', () => {
  it('sets keys, leaves the others, removes with null', async () => {
    const store = new UiStateStore(folder)
    await Promise.all([store.set({ a: 1, gone: 'x' }), store.set({ b: { deep: [true] } })])
    await store.set({ gone: null })
    expect(await new UiStateStore(folder).get()).toEqual({ a: 1, b: { deep: [true] } })
  })

  it('refuses to grow without bound', async () => {
    await expect(new UiStateStore(folder).set({ big: 'x'.repeat(300_000) })).rejects.toMatchObject({ failure: { code: 'too-large' } })
  })

  it.each(['', '{', '[]', '"text"'])('starts anew from the damaged file %j, and keeps it', async (text) => {
    await writeFile(join(folder, 'ui.json'), text)
    const store = new UiStateStore(folder)
    expect(await store.get()).toEqual({})
    await store.set({ a: 1 })
    expect(await store.get()).toEqual({ a: 1 })
    expect(await readFile(join(folder, 'ui.json.damaged'), 'utf8')).toBe(text)
  })
})

describe('RecentProjects', () => {
  it('lists the latest first, once each, and says which are gone', async () => {
    const recent = new RecentProjects(folder)
    await writeFile(join(folder, 'bootlab.json'), '{}')
    await recent.add(folder, 'here')
    await recent.add('/gone', 'gone')
    await recent.add(folder, 'renamed')
    expect((await recent.list()).map(({ name, present }) => [name, present])).toEqual([
      ['renamed', true],
      ['gone', false],
    ])
    await recent.forget('/gone')
    expect(await recent.list()).toHaveLength(1)
  })
})

describe('Drafts', () => {
  it('keeps the last text of each file, per project', async () => {
    const drafts = new Drafts(folder, vi.fn())
    await Promise.all(['one', 'two', 'three'].map((text) => drafts.save('/p', { path: 'a.c', text, baseVersion: version })))
    await drafts.save('/q', { path: 'a.c', text: 'other', baseVersion: version })
    expect(await drafts.list('/p')).toMatchObject([{ path: 'a.c', text: 'three', baseVersion: version }])
    await drafts.discard('/p', 'a.c')
    expect(await drafts.list('/p')).toEqual([])
    expect(await drafts.list('/q')).toHaveLength(1)
    expect(await drafts.list('/never')).toEqual([])
  })

  it('reports a draft that it cannot read, and leaves it', async () => {
    const onDefect = vi.fn()
    const drafts = new Drafts(folder, onDefect)
    await drafts.save('/p', { path: 'a.c', text: 'x', baseVersion: version })
    const [project = ''] = await readdir(join(folder, 'drafts'))
    const [name = ''] = await readdir(join(folder, 'drafts', project))
    await writeFile(join(folder, 'drafts', project, name), '{"path":')
    expect(await drafts.list('/p')).toEqual([])
    expect(onDefect).toHaveBeenCalledOnce()
    expect(await readdir(join(folder, 'drafts', project))).toEqual([name])
  })
})
