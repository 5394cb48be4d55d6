/**
 * The packaged app, as electron-builder makes it from a stand-in for Electron: what it holds, and that this alone, without the checkout, builds and
 * boots kernels. Node reads no archives, so for that the archive is unpacked into a folder of its name, beside the real `app.asar.unpacked`.
 */
import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'
import { readPackage, withDependencies } from '../../packaging/packages'
import type { WriteRequest } from '../../src/main/usb/writer/protocol'
import { readArchive, sha256, unpackArchive, type ArchivedFile } from '../support/asar'
import { electronStandIn, fusesOf } from '../support/electron-dist'

const run = promisify(execFile)
const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'

let folder: string
let packaged: string
let archive: ArchivedFile[]
/** The packaged app for Node. */
let app: string

describe.skipIf(process.platform !== 'linux')('the packaged app', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    await buildIfStale()
    folder = await mkdtemp(join(tmpdir(), 'bootlab-package-'))
    await electronStandIn(join(folder, 'electron'))
    const builder = join(root, 'node_modules/electron-builder/cli.js')
    await run(process.execPath, [builder, '--config', 'electron-builder.config.ts', '--dir', '--linux', `--${architecture}`, `-c.directories.output=${join(folder, 'dist')}`], {
      cwd: root,
      timeout: 180_000,
      env: { ...process.env, BOOTLAB_ELECTRON_DIST: join(folder, 'electron'), BOOTLAB_UPDATE_URL: '', BOOTLAB_PACKAGE_PROFILE: '' },
    })
    packaged = join(folder, 'dist', (await readdir(join(folder, 'dist'))).find((name) => name.endsWith('-unpacked')) ?? '')
    archive = readArchive(join(packaged, 'resources/app.asar'))
    app = join(folder, 'app/app.asar')
    await unpackArchive(archive, app)
    const outside = join(packaged, 'resources/app.asar.unpacked')
    await symlink(outside, `${app}.unpacked`)
    // Electron reads these through the archive; the entries of worker and writer stay outside alone.
    for (const part of ['out/main/chunks', 'node_modules']) cpSync(join(outside, part), join(app, part), { recursive: true, filter: (path) => !path.includes('@zigc') })
  }, 240_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has its fuses set, the languages of the window, and no address of updates', async () => {
    // Node for the writing process; cookies encrypted; no NODE_OPTIONS; no inspector; the archive checked, and only it; no V8 snapshot of its own; file: like any page.
    expect(fusesOf(await readFile(join(packaged, 'bootlab')))).toBe('11001100')
    expect((await readdir(join(packaged, 'locales'))).toSorted()).toEqual(['en-US.pak', 'zh-CN.pak'])
    expect(existsSync(join(packaged, 'LICENSES.chromium.html'))).toBe(true)
    expect(existsSync(join(packaged, 'resources/app-update.yml'))).toBe(false)
  })

  it('holds what it needs to run', () => {
    const paths = archive.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['package.json', 'bin/bootlab.mjs', 'out/main/index.js', 'out/main/cli.js', 'out/preload/index.cjs', 'out/renderer/index.html', 'out/renderer/licences.json']))
    const outside = archive.filter(({ content }) => content === undefined).map(({ path }) => path)
    expect(outside).toEqual(expect.arrayContaining(['out/main/emulator-worker.js', 'out/main/image-worker.js', 'out/main/usb-writer.js', 'resources/templates/miniboot-c/kernel.c']))
    // zig comes beside, zod is in the bundles.
    const needed = withDependencies([root]).slice(1).map(({ name }) => name).filter((name) => !name.startsWith('@zigc/') && name !== 'zod')
    expect(needed.filter((name) => !paths.some((path) => path.includes(`node_modules/${name}/`)))).toEqual([])
  })

  it('holds nothing else: no sources, tests, maps or tools', () => {
    const paths = archive.map(({ path }) => path)
    expect([...new Set(paths.map((path) => path.split('/')[0]))].toSorted()).toEqual(['bin', 'node_modules', 'out', 'package.json', 'resources'])
    expect(paths.filter((path) => /\.(map|tsx?|c?mts)$|\.test\.|^resources\/(?!templates\/)|node_modules\/(electron|electron-builder|react|monaco-editor|typescript|vite|zod|@zigc)\//.test(path))).toEqual([])
    expect(archive.reduce((sum, { content }) => sum + (content?.length ?? 0), 0)).toBeLessThan(20 * 2 ** 20)
  })

  it('states the right digest of every file', async () => {
    for (const { path, content, hash } of archive) expect([path, sha256(content ?? (await readFile(join(packaged, 'resources/app.asar.unpacked', path))))]).toEqual([path, hash])
  })

  it('carries a compiler for its processor with a small part of its library', async () => {
    const zig = join(packaged, 'resources/app.asar.unpacked/node_modules/@zigc')
    expect((await readdir(zig)).toSorted()).toEqual(['lib', `linux-${architecture}`])
    expect((await stat(join(zig, `linux-${architecture}/bin/zig`))).mode & 0o111).toBe(0o111)
    const files = await readdir(join(zig, 'lib'), { recursive: true, withFileTypes: true })
    const sizes = await Promise.all(files.filter((entry) => entry.isFile()).map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(45 * 2 ** 20)
  })

  const bootlab = (...args: string[]) => run(process.execPath, [join(app, 'bin/bootlab.mjs'), ...args], { cwd: folder, env: { BOOTLAB_CACHE_DIR: join(folder, 'cache'), BOOTLAB_DATA_DIR: join(folder, 'data'), HOME: folder } })

  it('makes, builds and boots a kernel, with nothing but itself', async () => {
    await bootlab('new', 'miniboot-c', 'hello')
    const { stdout } = await bootlab('boot', 'hello', '--headless', '--until-text', 'Hello, World !!', '--screen', 'text')
    expect(stdout).toMatch(/^Hello, World !!/)
    expect((await bootlab('doctor', '--json')).stdout).toContain(join(app, '..'))
  })

  it('builds every template in C and assembly', async () => {
    const native = (await readdir(join(packaged, 'resources/app.asar.unpacked/resources/templates'))).filter((name) => !name.endsWith('-rust'))
    expect(native.length).toBeGreaterThan(12)
    const build = async (template: string | undefined): Promise<void> => {
      if (template === undefined) return
      await bootlab('new', template, template)
      await bootlab('build', template)
      const built = await readdir(join(folder, template, 'build'))
      expect([template, built.some((name) => name.endsWith('.img'))]).toEqual([template, true])
      await build(queue.pop())
    }
    const queue = [...native]
    await Promise.all([build(queue.pop()), build(queue.pop())])
  })

  const LIBRARY_HEADERS = ['cpuid', 'float', 'immintrin', 'iso646', 'limits', 'stdalign', 'stdarg', 'stdatomic', 'stdbool', 'stdckdint', 'stddef', 'stdint', 'stdnoreturn', 'x86intrin']
  it.each(['i386', 'x86_64'])('has every header of a freestanding C for %s', async (processor) => {
    const zig = join(packaged, 'resources/app.asar.unpacked/node_modules/@zigc')
    await writeFile(join(folder, 'headers.c'), LIBRARY_HEADERS.map((name) => `#include <${name}.h>\n`).join(''))
    await run(join(zig, `linux-${architecture}/bin/zig`), ['clang', `--target=${processor}-unknown-none`, '-ffreestanding', '-nostdinc', '-isystem', join(zig, 'lib/include'), '-fsyntax-only', 'headers.c'], { cwd: folder })
  })

  it('shows its page, from inside the archive', async () => {
    const { stdout } = await run(process.execPath, [join(root, 'tests/desktop/double/probe.mjs'), join(app, 'out/main/index.js')], { cwd: folder, env: { BOOTLAB_DATA_DIR: join(folder, 'data'), BOOTLAB_DOUBLE_USER_DATA: folder, HOME: folder } })
    const seen: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    expect(seen).toMatchObject({ pageUrl: 'app://bootlab/index.html', info: { value: { door: 'electron', version: readPackage(root).version } }, menuRoles: expect.not.arrayContaining(['Check for Updates…']) })
  })

  it('starts its writing process from beside the archive', async () => {
    const child = spawn(process.execPath, [join(packaged, 'resources/app.asar.unpacked/out/main/usb-writer.js')], { cwd: folder, env: {}, stdio: ['pipe', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    child.stdin.on('error', () => undefined)
    const job: WriteRequest = { task: 'image', image: join(folder, 'none.img'), drive: join(folder, 'none'), identity: 'none', confirmed: true, verify: true, keep: [] }
    child.stdin.write(`${JSON.stringify(job)}\n`)
    await new Promise((resolve) => child.on('close', resolve))
    expect(output).toEqual({ stdout: expect.stringMatching(/^\{"type":"failed","failure":\{"code":"(?!cancelled)/m), stderr: '' })
  })
})
