/** What the doors may and may not do with drives; the drives themselves are the test's. */
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Handlers } from '../../shared/channel'
import type { StreamArgs, StreamEnds } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import type { JudgedDrive } from '../../shared/usb'
import { WriteFailed } from '../usb'
import { Builder } from './builder'
import { watchDrives } from './drives'
import { createServices } from './services'
import { usbHandlers, type UsbWork } from './usb-calls'

const JOB = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'
const stick: JudgedDrive = { path: '/dev/sdb', name: 'SanDisk Ultra', bytes: 16e9, sectorBytes: 512, bus: 'usb', removable: true, readOnly: false, identity: 'one', volumes: [], verdict: 'confirm', reasons: ['It has 2 partitions.'] }

let folder: string
let project: string
let image: string
let log: string[]
let drive: JudgedDrive
let flash: UsbWork['flash']

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'bootlab-usb-')))
  project = join(folder, 'project')
  image = join(project, 'build', 'own.img')
  await mkdir(join(project, 'build'), { recursive: true })
  await writeFile(join(project, 'bootlab.json'), JSON.stringify({ name: 'own', kind: 'boot-sector', target: 'x.json', sources: ['boot.S'] }))
  await writeFile(image, Buffer.alloc(4096, 7))
  log = []
  drive = stick
  flash = async ({ drive: { path } }) => {
    log.push(`write ${path}`)
    return { type: 'done', sha256: 'a', bytes: 4096, verified: true, ejected: true }
  }
})
afterEach(() => rm(folder, { recursive: true }))

const handlers = (canFlash: boolean): ReturnType<typeof usbHandlers> =>
  usbHandlers({
    builder: new Builder(),
    canFlash,
    work: {
      watchDrives: async (_question, tell) => tell({ type: 'drives', drives: [drive] }),
      driveFor: async () => drive,
      flash: (options) => flash(options),
      restore: async ({ drive: { path } }) => {
        log.push(`restore ${path}`)
        return { type: 'done', sha256: '', bytes: 0, verified: true, ejected: true, made: { fileSystem: 'fat32', label: '' } }
      },
    },
  })

type Name = keyof ReturnType<typeof handlers>['streams']
/** Runs a stream, and forgets its events. */
async function run<K extends Name>(name: K, args: StreamArgs[K], canFlash = true): Promise<StreamEnds[K]> {
  const streams: { [N in Name]: Handlers['streams'][N] } = handlers(canFlash).streams
  return streams[name](args, { signal: new AbortController().signal, emit: () => undefined, unread: () => 0, onRead: () => undefined })
}

const chosen = { job: JOB, drive: '/dev/sdb', identity: 'one', verify: true }
const write = { ...chosen, source: { type: 'project' as const, directory: '' } }

describe('without permission', () => {
  test('nothing touches drives or files outside of the project, and each refusal names the option', async () => {
    const own = { type: 'project' as const, directory: project }
    const file = { type: 'file' as const, path: image }
    const refused = [
      () => run('drives.watch', { neededBytes: 1 }, false),
      () => run('images.examine', { source: file }, false),
      () => run('images.save', { source: file, to: join(project, 'x.img'), replace: false }, false),
      () => run('images.save', { source: own, to: join(folder, 'x.img'), replace: false }, false),
      () => run('images.save', { source: own, to: join(project, '..', 'x.img'), replace: false }, false),
      () => run('drives.write', { ...write, source: own, typedName: stick.name }, false),
      () => run('drives.restore', { ...chosen, typedName: stick.name, fileSystem: 'auto', label: '' }, false),
    ]
    for (const end of refused) await expect(end()).rejects.toMatchObject({ failure: { code: 'not-allowed', next: expect.stringContaining('--allow-flash') } })
    expect(log).toEqual([])
  })

  test('a link out of the project leads nowhere', async () => {
    await symlink(folder, join(project, 'out'))
    await expect(run('images.save', { source: { type: 'project', directory: project }, to: join(project, 'out', 'x.img'), replace: false }, false)).rejects.toMatchObject({ failure: { code: 'not-allowed' } })
  })

  test('the project’s image can be saved beside its sources', async () => {
    const to = join(project, 'copy.img')
    const done = await run('images.save', { source: { type: 'project', directory: project }, to, replace: false }, false)
    expect(done).toMatchObject({ path: to, bytes: 4096 })
    expect((await readFile(to)).equals(await readFile(image))).toBe(true)
  })

  test('the browser’s door has none unless it was given', async () => {
    const canFlash = async (options: Parameters<typeof createServices>[0]): Promise<boolean> => (await createServices({ ...options, dataDirectory: folder }).handlers.calls['app.info']({}, { signal: new AbortController().signal })).canFlash
    expect(await canFlash({ door: 'browser' })).toBe(false)
    expect(await canFlash({ door: 'browser', allowFlash: true })).toBe(true)
    expect(await canFlash({ door: 'electron' })).toBe(true)
  })
})

describe('a drive is written', () => {
  const source = () => ({ type: 'project' as const, directory: project })

  test('after its name was typed', async () => {
    for (const typedName of [undefined, '', 'SanDisk'])
      expect(await run('drives.write', { ...write, source: source(), ...(typedName !== undefined && { typedName }) })).toMatchObject({ ok: false, condition: 'unchanged', failure: { code: 'unconfirmed' } })
    expect(await run('drives.restore', { ...chosen, fileSystem: 'auto', label: '' })).toMatchObject({ ok: false, condition: 'unchanged', failure: { code: 'unconfirmed' } })
    expect(log).toEqual([])
    expect(await run('drives.write', { ...write, source: source(), typedName: ' SanDisk Ultra ' })).toEqual({ ok: true, sha256: 'a', bytes: 4096, verified: true, ejected: true })
    expect(log).toEqual(['write /dev/sdb'])
  })

  test('without a name when nothing speaks against it', async () => {
    drive = { ...stick, verdict: 'allowed', reasons: [] }
    expect(await run('drives.write', { ...write, source: source() })).toMatchObject({ ok: true })
    expect(await run('drives.restore', { ...chosen, fileSystem: 'auto', label: '' })).toMatchObject({ ok: true, fileSystem: 'fat32' })
  })

  test('only if it is the one that was chosen', async () => {
    drive = { ...stick, identity: 'two' }
    expect(await run('drives.write', { ...write, source: source(), typedName: stick.name })).toMatchObject({ ok: false, condition: 'unchanged', failure: { code: 'drive-changed' } })
    expect(log).toEqual([])
  })

  test('until it is asked to stop; then it is told what it is like', async () => {
    const { calls, streams } = handlers(true)
    flash = ({ signal, onProgress }) =>
      new Promise((_resolve, reject) => {
        onProgress({ type: 'progress', phase: 'writing', done: 1, total: 4096 })
        signal?.addEventListener('abort', () => reject(new WriteFailed({ code: 'cancelled', what: 'Cancelled.', next: 'Rest.' }, 'unverified')))
      })
    const emit = vi.fn()
    const context = { signal: new AbortController().signal, emit, unread: () => 0, onRead: () => undefined }
    const end = streams['drives.write']({ ...write, source: source(), typedName: stick.name }, context)
    await vi.waitFor(() => expect(emit).toHaveBeenCalledWith({ phase: 'writing', done: 1, total: 4096 }))
    await expect(streams['drives.write']({ ...write, source: source(), typedName: stick.name }, context)).rejects.toMatchObject({ failure: { code: 'bad-request' } })
    await calls['drives.stop']({ job: JOB }, context)
    expect(await end).toEqual({ ok: false, condition: 'unverified', failure: { code: 'cancelled', what: 'Cancelled.', next: 'Rest.' } })
  })
})

test('an image is saved to regular files only, and over one only when asked to', async () => {
  const source = { type: 'file' as const, path: image }
  const failure = (to: string, replace = false): Promise<unknown> => run('images.save', { source, to, replace }).catch((error: unknown) => (error instanceof LabError ? error.failure.code : error))
  await writeFile(join(folder, 'there.img'), 'mine')
  expect(await failure(join(folder, 'there.img'))).toBe('exists')
  expect(await readFile(join(folder, 'there.img'), 'utf8')).toBe('mine')
  expect(await failure('/dev/null', true)).toBe('bad-input')
  await symlink('/dev/null', join(folder, 'device'))
  expect(await failure(join(folder, 'device'), true)).toBe('bad-input')
  expect(await failure(image, true)).toBe('bad-input')
  expect(await failure('relative.img')).toBe('bad-request')
  expect(await failure(join(folder, 'nowhere', 'x.img'))).toBe('not-found')
  expect(await failure(join(folder, 'there.img'), true)).toMatchObject({ bytes: 4096 })
  expect((await readFile(join(folder, 'there.img'))).equals(await readFile(image))).toBe(true)
})

test('a file is examined: its bytes, digest and parts; what is no image says why', async () => {
  expect(await run('images.examine', { source: { type: 'file', path: image } })).toMatchObject({
    type: 'image',
    image: { path: image, name: 'own.img', bytes: 4096, sha256: 'c9ac7b0624824f844f6c7f3d50fab9741a8914e878467e8daaedca143a34d90b', layout: [{ kind: 'gap', start: 0, bytes: 4096 }], remarks: [expect.stringMatching(/boot/)] },
  })
  await expect(run('images.examine', { source: { type: 'file', path: '/dev/null' } })).rejects.toMatchObject({ failure: { what: 'This is not a file.' } })
  await expect(run('images.examine', { source: { type: 'file', path: 'own.img' } })).rejects.toMatchObject({ failure: { code: 'bad-request' } })
  await expect(run('images.examine', { source: { type: 'project', directory: '.' } }, false)).rejects.toMatchObject({ failure: { code: 'bad-request' } })
  await expect(run('images.examine', { source: { type: 'file', path: join(folder, 'none.img') } })).rejects.toMatchObject({ failure: { what: 'There is no such file.' } })
})

test('drives are told when they change, failures too, one look at a time', async () => {
  const stop = new AbortController()
  const looks: (JudgedDrive[] | Error)[] = [[], [], new Error('no lsblk'), new Error('no lsblk'), [stick], [stick]]
  const told: unknown[] = []
  let open = 0
  const look = async (): Promise<JudgedDrive[]> => {
    expect(++open).toBe(1)
    await Promise.resolve()
    open--
    const seen = looks.shift() ?? []
    if (looks.length === 0) stop.abort()
    if (seen instanceof Error) throw seen
    return seen
  }
  await watchDrives({ neededBytes: 1, keep: [], signal: stop.signal }, (event) => told.push(event.type === 'drives' ? event.drives.length : event.failure.what), { look, everyMs: 1 })
  expect(told).toEqual([0, 'no lsblk', 1])
})
