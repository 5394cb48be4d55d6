/** The services as a page uses them: over a real WebSocket, from a template to a running machine. Needs the built worker. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { buildIfStale } from '../../scripts/build-if-stale.mjs'
import { screenText } from '../../src/shared/screen-text'
import { startServer, type LabServer } from '../../src/main/server/server'
import { createServices, type Services } from '../../src/main/services/services'
import { createClient, type Client } from '../../src/shared/channel'
import type { MachineEvent } from '../../src/shared/contract'
import { portOverSocket, SOCKET_PATH } from '../../src/shared/doors'
import type { MachineReport } from '../../src/shared/machine-schemas'
import type { LogEvent } from '../../src/shared/problems'

let folder: string
let services: Services
let server: LabServer
let lab: Client
const defects: string[] = []

beforeAll(() => buildIfStale(), 90_000)
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-lab-'))
  const onDefect = (message: string): void => void defects.push(message)
  services = createServices({ door: 'browser', dataDirectory: join(folder, 'data'), onDefect })
  server = await startServer({ handlers: services.handlers, renderer: services.locations.renderer, onDefect })
  lab = await connect()
})
afterEach(async () => {
  lab.close()
  await server.close()
  await services.close()
  await rm(folder, { recursive: true })
})
afterAll(() => expect(defects).toEqual([]))

async function connect(): Promise<Client> {
  const { host, origin, search } = new URL(server.url)
  const socket = new WebSocket(`ws://${host}${SOCKET_PATH}${search}`, { headers: { Origin: origin } })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return createClient(portOverSocket(socket))
}

async function create(template: string): Promise<string> {
  return (await lab.call('projects.create', { template, directory: join(folder, template) })).directory
}

interface Watched {
  ended: Promise<MachineReport>
  /** Resolves when the screen shows the text. */
  shows(text: string): Promise<void>
}

function watch(machine: string, client = lab): Watched {
  let text = ''
  const waiting = new Set<() => void>()
  const onEvent = (event: MachineEvent): void => {
    if (event.type !== 'screen') return
    text = screenText(event.screen)
    for (const look of waiting) look()
  }
  const ended = client.listen('machines.watch', { machine }, onEvent)
  const shows = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!text.includes(wanted)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      ended.then((report) => reject(new Error(`${report.summary}\n${text}`)), reject)
    })
  return { ended, shows }
}

describe('the lab', { timeout: 60_000 }, () => {
  it('edits, builds, boots; an error is named; mended, it boots again', async () => {
    const directory = await create('miniboot-c')
    const { text, version } = await lab.call('projects.readFile', { directory, path: 'kernel.c' })
    const edited = text.replace('Hello, World !!', 'Edited it here.')
    const saved = await lab.call('projects.writeFile', { directory, path: 'kernel.c', text: edited, baseVersion: version })

    const log: LogEvent[] = []
    const built = await lab.listen('builds.run', { directory }, ({ lines }) => void log.push(...lines))
    expect(built).toMatchObject({ ok: true, problems: [] })
    expect(built.steps.map(({ name }) => name)).toEqual(['compile kernel.c', 'link', 'image'])
    expect(log.some(({ level, text: line }) => level === 'command' && line.includes('kernel.c'))).toBe(true)
    const { machine } = await lab.call('machines.boot', { source: { type: 'project', directory } })
    const first = watch(machine)
    await first.shows('Edited it here.')

    // A second page sees the same machine, from its present screen on.
    const other = await connect()
    await watch(machine, other).shows('Edited it here.')
    other.close()
    await lab.call('machines.reset', { machine })
    await first.shows('Edited it here.')
    await lab.call('machines.stop', { machine })
    expect(await first.ended).toMatchObject({ reason: 'stopped' })

    const broken = await lab.call('projects.writeFile', { directory, path: 'kernel.c', text: edited.replace('int cell = 0;', 'int cell = ;'), baseVersion: saved.version })
    const failed = await lab.listen('builds.run', { directory }, () => undefined)
    const line = edited.split('\n').findIndex((one) => one.includes('int cell = 0;')) + 1
    expect(failed).toMatchObject({ ok: false, problems: [{ severity: 'error', file: 'kernel.c', line }] })
    await lab.call('projects.writeFile', { directory, path: 'kernel.c', text, baseVersion: broken.version })
    expect(await lab.listen('builds.run', { directory }, () => undefined)).toMatchObject({ ok: true })
    const again = await lab.call('machines.boot', { source: { type: 'project', directory } })
    await watch(again.machine).shows('Hello, World !!')
    await lab.call('machines.stop', again)
  })

  it('types into the guest', async () => {
    const directory = await create('boot-sector')
    expect(await lab.listen('builds.run', { directory }, () => undefined)).toMatchObject({ ok: true })
    const { machine } = await lab.call('machines.boot', { source: { type: 'project', directory } })
    const watched = watch(machine)
    await watched.shows('repeat:')
    const press = (code: string): { code: string; down: boolean }[] => [{ code, down: true }, { code, down: false }]
    await lab.call('machines.keys', { machine, events: [{ code: 'ShiftLeft', down: true }, ...press('KeyH'), { code: 'ShiftLeft', down: false }, ...press('KeyI')] })
    await watched.shows('repeat: Hi')
    await lab.call('machines.stop', { machine })
  })

  it('keeps drafts until the file is saved, and guards what others changed', async () => {
    const directory = await create('miniboot-c')
    const { version } = await lab.call('projects.readFile', { directory, path: 'kernel.c' })
    await lab.call('drafts.save', { directory, path: 'kernel.c', text: 'half a thou', baseVersion: version })
    expect(await lab.call('drafts.list', { directory })).toMatchObject([{ path: 'kernel.c', text: 'half a thou', baseVersion: version }])
    await writeFile(join(directory, 'kernel.c'), 'theirs')
    const save = { directory, path: 'kernel.c', text: 'mine' }
    await expect(lab.call('projects.writeFile', { ...save, baseVersion: version })).rejects.toMatchObject({ failure: { code: 'file-changed' } })
    expect(await lab.call('drafts.list', { directory })).toHaveLength(1)
    await lab.call('projects.writeFile', save)
    expect(await lab.call('drafts.list', { directory })).toEqual([])
    expect(await readFile(join(directory, 'kernel.c'), 'utf8')).toBe('mine')
  })

  it('opens a project with a broken manifest, so that it can be mended', async () => {
    const directory = await create('miniboot-c')
    await writeFile(join(directory, 'bootlab.json'), '{ "kind": "c",\n  "name": 5 }')
    const opened = await lab.call('projects.open', { directory })
    expect(opened).toMatchObject({ directory, entry: 'bootlab.json', problems: expect.arrayContaining([expect.objectContaining({ file: 'bootlab.json' })]) })
    expect(await lab.listen('builds.run', { directory }, () => undefined)).toMatchObject({ ok: false, problems: [{ source: 'manifest' }, {}, {}].slice(0, opened.problems.length) })
  })

  it('cancels a build', async () => {
    const directory = await create('miniboot-c')
    const cancel = new AbortController()
    const build = lab.listen('builds.run', { directory }, () => cancel.abort(), { signal: cancel.signal })
    await expect(build).rejects.toMatchObject({ failure: { code: 'cancelled' } })
    expect(await lab.listen('builds.run', { directory }, () => undefined)).toMatchObject({ ok: true })
  })

  it('answers what cannot be done in sentences', async () => {
    const directory = await create('miniboot-c')
    await expect(lab.call('machines.boot', { source: { type: 'project', directory } })).rejects.toMatchObject({ failure: { code: 'not-found', next: expect.stringContaining('Build') } })
    await expect(lab.call('projects.open', { directory: folder })).rejects.toMatchObject({ failure: { code: 'bad-input' } })
    await expect(lab.call('projects.open', { directory: 'relative' })).rejects.toMatchObject({ failure: { code: 'bad-request' } })
    await expect(lab.call('projects.readFile', { directory: folder, path: 'data/ui.json' })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    await expect(lab.call('machines.stop', { machine: 'none' })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    await expect(lab.call('app.pickDirectory', { title: 'x' })).rejects.toMatchObject({ failure: { code: 'unsupported' } })
  })

  it('gives the editor its schemas and the screen its font', async () => {
    const schemas = await lab.call('projects.schemas', {})
    expect(schemas.map(({ uri }) => uri)).toEqual(['bootlab://schemas/bootlab.json', 'bootlab://schemas/target.json'])
    const { height, glyphs } = await lab.call('machines.font', {})
    const bitmap = Buffer.from(glyphs, 'base64')
    expect(bitmap).toHaveLength(256 * height)
    // The full block fills its cell, the blank has no dot.
    expect(bitmap.subarray(0xdb * height, 0xdc * height).every((row) => row === 0xff)).toBe(true)
    expect(bitmap.subarray(0x20 * height, 0x21 * height).every((row) => row === 0)).toBe(true)
  })
})
