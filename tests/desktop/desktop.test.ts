/**
 * The Electron door without the Electron binary: the built main and preload bundles run on a double of the `electron` module
 * (see double/electron.mjs), so that a wrong preload path, channel name, policy or module format is found on any machine.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { templateSchema, appInfoSchema, calls, openedSchema, streams } from '../../src/shared/contract'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'

const run = promisify(execFile)
const answer = <T extends z.ZodType>(value: T) => z.object({ kind: z.literal('end'), value })

const probeSchema = z.object({
  pageUrl: z.string(),
  page: z.object({ policy: z.string(), scripts: z.array(z.string()).min(1) }),
  world: z.record(z.string(), z.array(z.string())),
  webPreferences: z.record(z.string(), z.unknown()),
  info: answer(appInfoSchema),
  templates: answer(z.array(templateSchema).min(4)),
  picked: answer(z.string()),
  pickedFile: answer(z.string()),
  pickedSavePath: answer(z.string()),
  leaving: z.record(z.string(), z.boolean()),
  unknown: z.object({ kind: z.literal('failure'), failure: z.object({ code: z.string() }) }),
  refusals: z.record(z.string(), z.string()),
  foreignHeard: z.boolean(),
  navigation: z.record(z.string(), z.boolean()),
  windowOpen: z.object({ action: z.string() }),
  granted: z.array(z.string()),
  toStrangers: z.array(z.string()),
  devices: z.boolean(),
  requests: z.record(z.string(), z.string()),
  downloadPrevented: z.object({ evil: z.boolean(), strange: z.boolean(), own: z.boolean() }),
  opened: z.array(openedSchema),
  openFilePrevented: z.boolean(),
  schemes: z.array(z.object({ scheme: z.string(), privileges: z.record(z.string(), z.unknown()) })),
  headers: z.record(z.string(), z.string()),
  files: z.record(z.string(), z.number()),
  afterReload: answer(appInfoSchema),
  stale: z.array(z.string()),
  secondInstance: z.object({ minimized: z.boolean(), focused: z.number(), windows: z.number() }),
  sandboxed: z.boolean(),
  menuRoles: z.array(z.string()),
  menu: z.object({
    boot: z.object({ label: z.string(), accelerator: z.string(), registered: z.boolean() }),
    stop: z.boolean(),
    heard: z.unknown(),
    first: z.number(),
  }),
  lastWord: z.string(),
  windowStateStored: z.boolean(),
  exits: z.array(z.number()),
})

/** A second start of the lab, while the first one runs. */
const secondSchema = z.object({ exits: z.array(z.number()), windows: z.number(), menus: z.number(), handedOver: z.object({ paths: z.array(z.string()) }) })

let folder: string
let seen: z.infer<typeof probeSchema>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-desktop-'))
  await buildIfStale()
  await writeFile(join(folder, 'app-update.yml'), 'provider: generic\n')
  const names = [...Object.keys(calls).map((name) => ({ kind: 'call', name })), ...Object.keys(streams).map((name) => ({ kind: 'listen', name }))]
  seen = probeSchema.parse(await probe({ BOOTLAB_DOUBLE_CONTRACT: JSON.stringify(names) }))
}, 60_000)

/** Starts the built bundle on the double, and tells what became of it. */
async function probe(env: Record<string, string> = {}): Promise<unknown> {
  const { stdout } = await run(process.execPath, [join(root, 'tests/desktop/double/probe.mjs'), join(root, 'out/main/index.js')], {
    timeout: 30_000,
    cwd: folder,
    env: { ...process.env, BOOTLAB_DATA_DIR: join(folder, 'data'), BOOTLAB_DOUBLE_USER_DATA: folder, ...env },
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the built Electron door', () => {
  it('loads its page from app:// under a strict policy, scripts and all', () => {
    expect(seen.pageUrl).toBe('app://bootlab/index.html')
    const directives = seen.page.policy.split('; ')
    expect(directives).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "worker-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]))
    expect(seen.page.policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|\*/)
  })

  it('shows the page two functions and nothing else', () => {
    expect(seen.world).toEqual({ bootlab: ['send', 'onMessage'] })
    expect(seen.webPreferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, webviewTag: false })
    for (const unsafe of ['allowRunningInsecureContent', 'experimentalFeatures', 'enableBlinkFeatures', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames']) expect(seen.webPreferences).not.toHaveProperty(unsafe)
    expect(seen.sandboxed).toBe(true)
  })

  it('carries calls from the page to the services and back', () => {
    expect(seen.info.value).toMatchObject({ door: 'electron', canPickDirectory: true })
    expect(seen.templates.value.map(({ id }) => id)).toEqual(expect.arrayContaining(['miniboot-c', 'blog-os-c', 'blog-os-rust', 'boot-sector']))
    expect(seen.picked.value).toBe('/picked')
    expect(seen.pickedFile.value).toBe('/picked.img')
    expect(seen.pickedSavePath.value).toBe('/saved/disk.img.gz')
    expect(seen.info.value.canFlash).toBe(true)
    expect(seen.unknown.failure.code).toBe('bad-request')
  })

  it('carries every call and stream of the contract, and refuses arguments that it does not know', () => {
    const names = [...Object.keys(calls), ...Object.keys(streams)]
    expect(Object.keys(seen.refusals)).toEqual(names)
    expect(names.filter((name) => !seen.refusals[name]?.startsWith(`The arguments of ${name} are malformed`))).toEqual([])
  })

  it('shows the commands in its menu, in the language of the page, and tells the page what is chosen', () => {
    expect(seen.menu).toEqual({ boot: { label: '全部保存、构建并启动', accelerator: 'F5', registered: false }, stop: false, heard: { command: 'machine.boot' }, first: 0 })
  })

  it('hears no other frame', () => {
    expect(seen.foreignHeard).toBe(false)
  })

  it('asks before a page goes that wants to stay', () => {
    expect(seen.leaving).toEqual({ stay: false, closedQuestion: false, leave: true })
  })

  it('keeps pages inside', () => {
    expect(seen.navigation).toEqual({ evil: true, file: true, redirect: true, own: false, webview: true })
    expect(seen.windowOpen).toEqual({ action: 'deny' })
    expect(seen.granted).toEqual(['clipboard-sanitized-write'])
  })

  it('gives nothing to pages that are not its own, no device to anyone, and downloads nothing', () => {
    expect(seen.toStrangers).toEqual([])
    expect(seen.devices).toBe(false)
    expect(seen.downloadPrevented).toEqual({ evil: true, strange: true, own: false })
  })

  it('loads nothing from elsewhere, whatever a page asks for', () => {
    expect(seen.requests).toEqual({
      'https://evil.example/x': 'refused', 'http://127.0.0.1/': 'refused', 'ws://evil.example/': 'refused', 'file:///etc/passwd': 'refused', 'app://other/x': 'refused',
      'app://bootlab/index.html': 'loaded', 'blob:app://bootlab/1': 'loaded', 'data:,x': 'loaded', 'devtools://devtools/x.js': 'loaded',
    })
  })

  it('serves the files of the page and no others', () => {
    const { licences, ...others } = seen.files
    expect(licences).toBe(200)
    expect(others).toEqual({ traversal: 404, preload: 404, otherHost: 404, backslash: 404, doubled: 404, nul: 404, absolute: 404, sourceMap: 404 })
    expect(seen.schemes).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
    expect(seen.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin' })
  })

  it('opens what the system gives it: at the start, by a second instance, by the event of macOS', async () => {
    expect(seen.opened).toEqual([
      { kind: 'image', path: join(await realpath(folder), 'given.img') },
      { kind: 'project', path: folder },
      { kind: 'image', path: '/mac.img' },
    ])
    expect(seen.openFilePrevented).toBe(true)
  })

  it('hands over to the instance that runs, and ends', async () => {
    expect(secondSchema.parse(await probe({ BOOTLAB_DOUBLE_RUNNING: '1' }))).toEqual({ exits: [0], windows: 0, menus: 0, handedOver: { paths: [join(await realpath(folder), 'given.img')] } })
  })

  it('serves a reloaded page anew', () => {
    expect(seen.afterReload.value.door).toBe('electron')
    expect(seen.stale).toEqual([])
  })

  it('stores what a closing page sends last', () => {
    expect(seen.lastWord).toBe('{"last":"word"}')
  })

  it('is one instance, with a menu, and remembers its window', () => {
    expect(seen.secondInstance).toEqual({ minimized: false, focused: 2, windows: 1 })
    expect(seen.menuRoles).toEqual(expect.arrayContaining(['editMenu', 'windowMenu', 'Check for Updates…']))
    expect(seen.windowStateStored).toBe(true)
    expect(seen.exits).toEqual([0])
  })
})
