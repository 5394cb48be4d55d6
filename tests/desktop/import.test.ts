/** Kernels that come without a manifest: one source file, a folder; booted as they are, and imported. The built command line does it. */
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildIfStale } from '../../scripts/build-if-stale.mjs'
import { bootlab } from '../support/cli'
import { bootInQemu } from '../support/qemu'
import { requireTool } from '../support/tools'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-import-'))
  await buildIfStale()
}, 90_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function files(name: string, content: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(content)) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true })
    await writeFile(join(folder, name, path), text)
  }
  return join(folder, name)
}

/** A whole kernel as forums have them: everything on one line, how to compile it said elsewhere. */
const ONE_LINE =
  'asm(".long 0x1badb002, 0, (-(0x1badb002 + 0))"); unsigned char *memory = (unsigned char *)0xb8000; const char *text = "Hello, World !! "; int start_entry(void) { int n; for (n = 0; text[n]; n++) { memory[n * 2] = text[n]; memory[n * 2 + 1] = 0x17; } for (; n < 80 * 25; n++) { memory[n * 2] = 32; memory[n * 2 + 1] = 0x17; } while (1) { } return 0; }'

const BOOT_SECTOR = '[org 0x7c00]\n  mov si, text\nnext:\n  lodsb\n  test al, al\n  jz $\n  mov ah, 0x0e\n  int 0x10\n  jmp next\ntext: db "from nasm", 0\n  times 510-($-$$) db 0\n  dw 0xaa55\n'

describe('bootlab boot', { timeout: 60_000 }, () => {
  it('takes a C file with a Multiboot header, and says what it was taken for; nothing is written beside it', async () => {
    const dir = await files('one file', { 'miniboot.c': ONE_LINE })
    const { code, stdout, stderr } = await bootlab(['boot', join(dir, 'miniboot.c'), '--headless', '--until-text', 'Hello, World !!', '--screen', 'text'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Hello, World !!/) })
    expect(stderr).toMatch(/has no bootlab\.json\. This is what it was taken for:\n[^]*A Multiboot kernel\.[^]*It starts in start_entry\./)
    expect(await readdir(dir)).toEqual(['miniboot.c'])
  })

  it('builds it as well, to where -o says', async () => {
    const dir = await files('built', { 'miniboot.c': ONE_LINE })
    const image = join(folder, 'built.img')
    expect(await bootlab(['build', join(dir, 'miniboot.c'), '-o', image])).toMatchObject({ code: 0, stdout: expect.stringContaining('This is what it was taken for:') })
    expect((await readFile(image)).readUInt16LE(510)).toBe(0xaa55)
    expect(await readdir(dir)).toEqual(['miniboot.c'])
  })

  it('shows a mistake in it at its line', async () => {
    const dir = await files('mistaken', { 'k.c': `${ONE_LINE}\nint here = nowhere;\n` })
    const { code, stderr } = await bootlab(['boot', join(dir, 'k.c'), '--headless'])
    expect(code).toBe(68)
    expect(stderr).toMatch(/^k\.c:2:12: error: .*nowhere/m)
  })

  it.skipIf(requireTool('nasm') === undefined)('takes a boot sector in NASM syntax', async () => {
    const dir = await files('sector', { 'boot.asm': BOOT_SECTOR })
    expect(await bootlab(['boot', join(dir, 'boot.asm'), '--headless', '--until-text', 'from nasm'])).toMatchObject({ code: 0 })
  })

  it('takes a folder, and sees that a file of it changed or went away', async () => {
    const dir = await files('folder', { 'kernel.c': `#include "text.h"\n${ONE_LINE.replace('"Hello, World !! "', 'TEXT')}\n`, 'text.h': '#define TEXT "first"\n', 'more.c': 'int more;\n' })
    const boot = (text: string): ReturnType<typeof bootlab> => bootlab(['boot', dir, '--headless', '--until-text', text, '--timeout', '20s'])
    expect(await boot('first')).toMatchObject({ code: 0, stderr: expect.stringMatching(/-c more\.c$/m) })
    await writeFile(join(dir, 'text.h'), '#define TEXT "second"\n')
    await rm(join(dir, 'more.c'))
    expect(await boot('second')).toMatchObject({ code: 0, stderr: expect.not.stringContaining('more.c') })
    expect((await readdir(dir)).toSorted()).toEqual(['kernel.c', 'text.h'])
  })
})

describe('bootlab import', { timeout: 60_000 }, () => {
  it('shows what it would write, and writes nothing, with --dry-run', async () => {
    const dir = await files('dry', { 'miniboot.c': ONE_LINE })
    const { code, stdout } = await bootlab(['import', dir, '--dry-run'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/A Multiboot kernel\. miniboot\.c has the header's magic number\.[^]*--- bootlab\.json\n\{[^]*"sources": \[\n {4}"miniboot\.c"[^]*Nothing was written\./)
    expect(await readdir(dir)).toEqual(['miniboot.c'])
  })

  it('writes a project that builds, boots here, and boots in QEMU', async () => {
    const dir = await files('imported', { 'miniboot.c': ONE_LINE })
    const { code, stdout } = await bootlab(['import', '.'], { cwd: dir })
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/Wrote bootlab\.json, kernel\.ld, i386-kernel\.json\.\nNext: bootlab boot \.\n$/) })
    expect(await bootlab(['boot', dir, '--headless', '--until-text', 'Hello, World !!'])).toMatchObject({ code: 0 })
    if (requireTool('qemu-system-x86_64') === undefined) return
    const run = await bootInQemu(join(dir, 'build', 'imported.img'), { untilText: 'Hello, World !!', timeoutMs: 30_000 })
    expect(run.exit).toEqual({ reason: 'text' })
  })

  it('never writes over a file, unless --force says so', async () => {
    const dir = await files('twice', { 'miniboot.c': ONE_LINE, 'i386-kernel.json': '{}' })
    const refused = await bootlab(['import', dir])
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 66, stdout: '' })
    expect(refused.stderr).toMatch(/There is a file i386-kernel\.json already[^]*Next: .*--force/)
    await expect(access(join(dir, 'bootlab.json'))).rejects.toThrow(/ENOENT/)
    expect(await bootlab(['import', dir, '--force'])).toMatchObject({ code: 0 })
    expect(await readFile(join(dir, 'i386-kernel.json'), 'utf8')).toContain('llvm-target')
    expect(await bootlab(['import', dir])).toMatchObject({ code: 66, stderr: expect.stringMatching(/is a project already/) })
    expect(JSON.parse((await bootlab(['import', dir, '--force', '--json'])).stdout)).toMatchObject({ kind: 'c', guesses: expect.arrayContaining([{ what: 'A Multiboot kernel', why: expect.any(String) }]) })
  })

  it('answers a path that is not there with 66', async () => {
    expect(await bootlab(['import', join(folder, 'nowhere')])).toMatchObject({ code: 66, stderr: expect.stringMatching(/There is no "nowhere"\.\nNext: /) })
  })
})
