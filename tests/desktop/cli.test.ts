/** The built command line: its commands, its exit codes, and what it says about bad input. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'
import { bootlab } from '../support/cli'

let folder: string
let project: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-cli-'))
  project = join(folder, 'hello')
  await buildIfStale()
  expect(await bootlab(['new', 'miniboot-c', project])).toMatchObject({ code: 0 })
}, 90_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A copy of the project, with one of its files replaced. */
async function spoiled(name: string, file: string, content: string | Uint8Array): Promise<string> {
  const copy = join(folder, name)
  expect(await bootlab(['new', 'miniboot-c', copy])).toMatchObject({ code: 0 })
  await writeFile(join(copy, file), content)
  return copy
}

const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 167 + 13) % 251)

describe('bootlab', () => {
  it('lists templates, for people and for programs', async () => {
    const { code, stdout } = await bootlab(['templates'])
    expect(code).toBe(0)
    const { stdout: json } = await bootlab(['templates', '--json'])
    const ids = ['miniboot-c', 'blog-os-c', 'blog-os-rust', 'boot-sector']
    for (const id of ids) expect(stdout).toMatch(new RegExp(`^ +\\d+ +${id} .*\\.$`, 'm'))
    expect(JSON.parse(json)).toEqual(expect.arrayContaining(ids.map((id) => expect.objectContaining({ id }))))
  })

  it('shows all exit codes with --help', async () => {
    const { code, stdout } = await bootlab(['boot', '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/124 {2}the time of --timeout ran out/)
    expect(stdout).toContain('(v << 1) | 1')
  })

  it.each([[['frobnicate']], [['boot', '--timeout', 'soon']], [['boot', '--screen', 'gif']], [['boot', '--memory', 'lots']], [['boot', '--keys', '\\q']], [['boot', '--backend', 'x']], [['serve', '--port', '70000']], [['new']], [['boot', '']], [['new', '']]])(
    'answers %j with the usage code 64 and a next step',
    async (args) => {
      const { code, stdout, stderr } = await bootlab(args, { cwd: folder })
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
      expect(stderr).toMatch(/Next:/)
    },
  )

  it('builds a project into an ELF and an image with one active partition', async () => {
    const { code, stdout } = await bootlab(['build', project])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\$ .*clang.* kernel\.c$/m)
    expect((await readFile(join(project, 'build/miniboot-c.elf'))).subarray(0, 4)).toEqual(Buffer.from('\u007fELF'))
    const image = await readFile(join(project, 'build/miniboot-c.img'))
    expect(image.readUInt16LE(510)).toBe(0xaa55)
    expect([0, 1, 2, 3].filter((entry) => image[446 + entry * 16] === 0x80)).toHaveLength(1)
  })

  it('writes the image where -o says', async () => {
    const image = join(folder, 'elsewhere.img')
    expect(await bootlab(['build', project, '-o', image, '--json'])).toMatchObject({ code: 0 })
    expect(existsSync(image)).toBe(true)
  })

  it('fails a build whose image cannot be stored, and says why', async () => {
    const { code, stdout, stderr } = await bootlab(['build', project, '-o', folder])
    expect({ code, stderr }).toEqual({ code: 68, stderr: '' })
    expect(stdout).toContain(`The image cannot be written to ${folder}: This is a folder.`)
  })

  it('answers 82 when a file is not written, because it would be written over', async () => {
    const image = join(folder, 'there.img')
    expect(await bootlab(['build', project, '-o', image])).toMatchObject({ code: 0 })
    const { code, stderr } = await bootlab(['flash', image, '--to', join(project, 'kernel.c')])
    expect(code).toBe(82)
    expect(stderr).toMatch(/kernel\.c: .*\n/)
    expect(stderr).not.toContain('at ')
    expect(readFileSync(join(project, 'kernel.c'), 'utf8')).toContain('start_entry')
  })

  it('answers 72 when the tools for a language are missing', async () => {
    const rust = join(folder, 'rust')
    expect(await bootlab(['new', 'blog-os-rust', rust])).toMatchObject({ code: 0 })
    const { code, stdout } = await bootlab(['build', rust, '--json'], { env: { PATH: folder } })
    expect(code).toBe(72)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ code: 'tool-missing', message: expect.stringContaining('cargo'), next: expect.any(String) }] })
  })

  it('reports a folder that cannot be used to the doctor', async () => {
    const { code, stdout, stderr } = await bootlab(['doctor'], { env: { BOOTLAB_CACHE_DIR: join(project, 'kernel.c', 'cache') } })
    expect({ code, stderr }).toEqual({ code: 72, stderr: '' })
    expect(stdout).toMatch(/^BROKEN .*Folder for what can be made again/m)
    expect(stdout).toMatch(/^MISSING .*zig/m)
  })

  it('says where a project was looked for, and how to make one', async () => {
    await mkdir(join(folder, 'nothing'))
    const { code, stderr } = await bootlab(['boot', join(folder, 'nothing')])
    expect(code).toBe(66)
    expect(stderr).toMatch(/There is no project here\n.*bootlab\.json\.\nNext: .*bootlab new/)
  })

  it('quotes a folder with spaces in the next step', async () => {
    const { stdout } = await bootlab(['new', 'boot-sector', 'two words'], { cwd: folder })
    expect(stdout).toContain('Next: bootlab boot "two words"')
  })

  it.skipIf(process.platform === 'win32')('ends quietly when nobody reads its output', async () => {
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', `"${process.execPath}" "${join(root, 'bin/bootlab.mjs')}" templates | true`])
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' })
  })

  it.skipIf(process.platform === 'win32')('refuses a named pipe that nobody reads, and writes to one that is read', async () => {
    const pipe = join(folder, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    const kernel = join(project, 'build/miniboot-c.elf')
    const { code, stderr } = await bootlab(['boot', kernel, '--headless', '--serial', pipe])
    expect(code).toBe(66)
    expect(stderr).toContain('Nobody reads this named pipe')
    const reader = promisify(execFile)('cat', [pipe])
    expect(await bootlab(['boot', kernel, '--headless', '--until-text', 'Hello', '--serial', pipe])).toMatchObject({ code: 0 })
    expect((await reader).stdout).toBe('')
  })

  it('refuses a picture that cannot be stored before the machine starts', async () => {
    const { code, stdout, stderr } = await bootlab(['boot', project, '--headless', '--until-text', 'Hello', '--screen', `png:${folder}`])
    expect({ code, stdout }).toEqual({ code: 66, stdout: '' })
    expect(stderr).toContain('it is a folder')
  })

  it('fails a build with 68 and names the line', async () => {
    const broken = await spoiled('broken', 'kernel.c', 'void start_entry(void) {\n  int x = ;\n}\n')
    const { code, stdout } = await bootlab(['build', broken, '--json'])
    expect(code).toBe(68)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ severity: 'error', file: 'kernel.c', line: 2 }] })
    expect((await bootlab(['boot', broken, '--headless'])).code).toBe(68)
  })

  it('does not overwrite a folder that is not empty', async () => {
    const { code, stderr } = await bootlab(['new', 'miniboot-c', project])
    expect(code).toBe(66)
    expect(stderr).toMatch(/not empty[^]*Next:/)
  })

  it('tells what is here and what is missing', async () => {
    const clangd = join(folder, 'clangd')
    await writeFile(clangd, '#!/bin/sh\necho "some clangd version 99.1.2"\n', { mode: 0o755 })
    const env = { BOOTLAB_DATA_DIR: join(folder, 'data'), BOOTLAB_CLANGD: clangd, BOOTLAB_RUST_ANALYZER: join(folder, 'no-such-program') }
    const { code, stdout } = await bootlab(['doctor', '--json'], { env })
    expect(code).toBe(0)
    const told = [
      { id: 'bootlab', status: 'ok' },
      { id: 'clangd', status: 'ok', detail: expect.stringContaining(`99.1.2 at ${clangd}.`) },
      { id: 'rust-analyzer', status: 'optional-missing', next: expect.stringContaining('rustup component add rust-analyzer') },
    ]
    expect(JSON.parse(stdout)).toEqual({ project: null, tools: expect.arrayContaining(told.map((one) => expect.objectContaining(one))) })
  })
})

async function input(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

async function builtElf(kind = 'elf'): Promise<string> {
  const path = join(project, `build/miniboot-c.${kind}`)
  if (!existsSync(path)) await bootlab(['build', project])
  return path
}

/** 8 GiB that take no room on the disk. */
async function huge(): Promise<string> {
  const path = join(folder, 'huge.img')
  const file = await open(path, 'w')
  await file.truncate(8 * 2 ** 30)
  await file.close()
  return path
}

describe('bad input gives one clear error and 66', () => {
  const contents: [string, string | Uint8Array][] = [
    ['empty', ''],
    ['truncated', '{ "kind": "c", "na'],
    ['random', random(4096)],
    ['huge', ' '.repeat(3 * 2 ** 20)],
  ]

  it.each(contents)('%s manifest', async (kind, content) => {
    const { code, stdout, stderr } = await bootlab(['build', await spoiled(`manifest-${kind}`, 'bootlab.json', content)])
    expect({ code, report: stdout + stderr }).toMatchObject({ code: 66, report: expect.stringContaining('bootlab.json') })
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each(contents)('%s target specification', async (kind, content) => {
    const { code, stdout, stderr } = await bootlab(['build', await spoiled(`target-${kind}`, 'i386-miniboot.json', content)])
    expect({ code, report: stdout + stderr }).toMatchObject({ code: 66, report: expect.stringContaining('i386-miniboot.json') })
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each<[string, () => Promise<string>]>([
    ['missing file', async () => join(folder, 'nothing.img')],
    ['folder without a project', async () => {
      await mkdir(join(folder, 'nothing-here'), { recursive: true })
      return join(folder, 'nothing-here')
    }],
    ['empty file', () => input('empty.elf', '')],
    ['random bytes', () => input('random.img', random(10_000))],
    ['ELF cut off in its header', async () => input('cut.elf', (await readFile(await builtElf())).subarray(0, 30))],
    ['ELF cut off in its segments', async () => input('cut2.elf', (await readFile(await builtElf())).subarray(0, 700))],
    ['image cut off in its partition', async () => input('cut.img', (await readFile(await builtElf('img'))).subarray(0, 8192))],
    ['huge file', huge],
  ])('%s', async (_case, make) => {
    const path = await make()
    const { code, stdout, stderr } = await bootlab(['boot', path, '--headless'])
    expect({ code, stdout }).toEqual({ code: 66, stdout: '' })
    expect(stderr).toContain(path)
    expect(stderr).toMatch(/Next:/)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
