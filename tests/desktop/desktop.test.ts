/**
 * The Electron door without the Electron binary: the built main and preload bundles run on a double of the `electron` module
 * (see double/electron.mjs), so that a wrong preload path, channel name, policy or module format is found on any machine.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { templateSchema, appInfoSchema } from '../../src/shared/contract'
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
  foreignHeard: z.boolean(),
  navigation: z.record(z.string(), z.boolean()),
  windowOpen: z.object({ action: z.string() }),
  granted: z.array(z.string()),
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

let folder: string
let seen: z.infer<typeof probeSchema>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-desktop-'))
  await buildIfStale()
  const { stdout } = await run(process.execPath, [join(root, 'tests/desktop/double/probe.mjs'), join(root, 'out/main/index.js')], {
    timeout: 30_000,
    env: { ...process.env, BOOTLAB_DATA_DIR: join(folder, 'data'), BOOTLAB_DOUBLE_USER_DATA: folder },
  })
  seen = probeSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
}, 60_000)

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
    expect(seen.files).toEqual({ traversal: 404, preload: 404, otherHost: 404 })
  })

  it('serves a reloaded page anew', () => {
    expect(seen.afterReload.value.door).toBe('electron')
    expect(seen.stale).toEqual([])
  })

  it('stores what a closing page sends last', () => {
    expect(seen.lastWord).toBe('{"last":"word"}')
  })

  it('is one instance, with a menu, and remembers its window', () => {
    expect(seen.secondInstance).toEqual({ minimized: false, focused: 1, windows: 1 })
    expect(seen.menuRoles).toEqual(expect.arrayContaining(['editMenu', 'windowMenu']))
    expect(seen.windowStateStored).toBe(true)
    expect(seen.exits).toEqual([0])
  })
})
