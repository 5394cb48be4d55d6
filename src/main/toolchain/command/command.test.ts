import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import type { LogEvent, Problem } from '../../../shared/problems'
import type { Project } from '../../project'
import { buildKernel } from '../build'
import { projectFrom, temporaryFolder } from '../testing'
import { locateZig } from '../zig'
import { toolFiles } from './tools'

const make = requireTool('make')
const posix = process.platform !== 'win32'

const KERNEL = '__attribute__((section(".multiboot"), used)) static const int header[] = { 0x1BADB002, 0, -0x1BADB002 };\nstruct big { int v[99]; } a, b;\nvoid _start(void) { a = b; *(volatile short *)0xb8000 = 0x0741; for (;;); }\n'
const SCRIPT = 'ENTRY(_start)\nSECTIONS { . = 1M; .text : { *(.multiboot) *(.text*) } .rodata : { *(.rodata*) } .data : { *(.data*) } .bss : { *(.bss*) *(COMMON) } }\n'
/** As kernels of tutorials are built: a cross compiler's name, gcc's flags, linking by the compiler, an assembler with GNU's option. */
const MAKEFILE = `CC = i686-elf-gcc
AS = i686-elf-as
CFLAGS = -std=gnu99 -ffreestanding -O2 -Wall -Wextra -fstrength-reduce -fno-tree-vectorize
kernel.elf: kernel.o low.o link.ld
\t$(CC) -T link.ld -o $@ -ffreestanding -O2 -nostdlib kernel.o low.o -lgcc
%.o: %.c
\t$(CC) $(CFLAGS) -c $< -o $@
low.o: low.s
\t$(AS) --32 $< -o $@
`
const FILES = { Makefile: MAKEFILE, 'kernel.c': KERNEL, 'low.s': '.globl low\nlow: movl %eax, %ebx\nret\n', 'link.ld': SCRIPT }

function commandProject(command: readonly string[], files: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}): Promise<Project> {
  return projectFrom('miniboot-c', { 'bootlab.json': JSON.stringify({ name: 'k', kind: 'command', command, output: 'kernel.elf', ...more }), ...files })
}

async function build(project: Project, signal?: AbortSignal): Promise<{ ok: boolean; problems: Problem[]; log: LogEvent[]; bytes: Buffer; elfPath: string | undefined }> {
  const log: LogEvent[] = []
  const result = await buildKernel(project, { onLog: (event) => log.push(event), signal })
  const bytes = result.ok && result.output.form === 'file' ? Buffer.from(result.output.bytes) : Buffer.alloc(0)
  return { ok: result.ok, problems: result.problems, log, bytes, elfPath: result.ok ? result.elfPath : undefined }
}

describe.skipIf(make === undefined)('make', () => {
  it("builds a tree that wants a cross compiler, with Bootlab's own tools", async () => {
    const { ok, problems, bytes, elfPath } = await build(await commandProject(['make'], FILES))
    expect(problems).toEqual([])
    expect(ok).toBe(true)
    expect(elfPath).toMatch(/kernel\.elf$/)
    expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1]))
    expect(bytes.indexOf(Buffer.from([0x02, 0xb0, 0xad, 0x1b]))).toBeLessThan(8192)
    expect(bytes.toString('latin1')).toMatch(/memcpy\.c/)
  })

  it('takes CC, LD and OBJCOPY from its command line', async () => {
    const makefile = 'CC = gcc\nLD = ld\nOBJCOPY = objcopy\nkernel.elf: kernel.c\n\t$(CC) -m32 -ffreestanding -c kernel.c -o kernel.o\n\t$(LD) -m elf_i386 -Ttext 0x100000 -e _start kernel.o -o $@\n\t$(OBJCOPY) -O binary $@ kernel.bin\n'
    const project = await commandProject(['make', 'CC={CC}', 'LD={LD}', 'OBJCOPY={OBJCOPY}'], { ...FILES, Makefile: makefile })
    const { log, problems } = await build(project)
    expect(problems).toEqual([])
    expect(log.map(({ text }) => text)).toContain('bootlab-cc -m32 -ffreestanding -c kernel.c -o kernel.o')
    expect((await readFile(join(project.dir, 'kernel.bin'))).length).toBeGreaterThan(40)
  })

  it('has the mistakes that its compilers find named at their places, in whatever folder', async () => {
    const files = {
      Makefile: 'all:\n\t$(MAKE) -k -C sub\n',
      'sub/Makefile': 'all: a.o b.o\n%.o: %.c\n\ti686-elf-gcc -c $< -o $@\n%.o: %.s\n\ti686-elf-as $< -o $@\n',
      'sub/a.c': 'int x;\nint f(void) { return y; }\n',
      'sub/b.s': 'nop\nfrobnicate %eax\n',
    }
    const { ok, problems } = await build(await commandProject(['make', '-k'], files))
    expect(ok).toBe(false)
    expect(problems).toMatchObject([
      { severity: 'error', file: 'sub/a.c', line: 2, column: 22, message: "use of undeclared identifier 'y'" },
      { severity: 'error', file: 'sub/b.s', line: 2, message: expect.stringContaining("invalid instruction mnemonic 'frobnicate'") },
    ])
  })

  it('says which rule or program is missing', async () => {
    expect((await build(await commandProject(['make'], { Makefile: 'all: nothing.c\n' }))).problems).toMatchObject([{ message: "No rule to make target 'nothing.c', needed by 'all'.", next: expect.stringContaining('Create the file') }])
    const missing = await build(await commandProject(['make'], { Makefile: 'all:\n\tno-such-compiler -c a.c; true\n\tfalse\n' }))
    expect(missing.problems).toMatchObject([{ message: 'The build runs the program no-such-compiler, which is not installed.' }])
  })

  it.skipIf(!posix)('is ended with all that it started when cancelled', async () => {
    const file = join(await temporaryFolder(), 'ticks')
    const project = await commandProject(['make'], { Makefile: `all:\n\t@(while :; do echo >> ${file}; echo started; sleep 0.05; done) & wait\n` })
    const controller = new AbortController()
    const run = buildKernel(project, { signal: controller.signal, onLog: ({ text }) => text === 'started' && controller.abort(new Error('enough')) })
    await expect(run).rejects.toThrow('enough')
    const { size } = await stat(file)
    await setTimeout(1000)
    expect((await stat(file)).size).toBe(size)
  })
})

describe('any command', () => {
  const script = 'require("fs").writeFileSync(process.env.OUT, process.env.CC + " " + process.env.TOOL + " " + process.cwd())'

  it('runs in its folder with its environment', async () => {
    const project = await commandProject([process.execPath, '-e', script], { 'sub dir/x': '' }, { directory: 'sub dir', env: { OUT: '../kernel.elf', TOOL: '{LD}' } })
    const { bytes } = await build(project)
    expect(bytes.toString()).toMatch(/^bootlab-cc bootlab-ld .*sub dir$/)
  })

  it('that makes nothing is asked for its output', async () => {
    const { problems } = await build(await commandProject([process.execPath, '-e', ''], {}))
    expect(problems).toMatchObject([{ message: expect.stringContaining('The command ended well, but there is no kernel.elf'), next: expect.stringContaining('"output"') }])
  })

  it('that fails in silence is an error all the same', async () => {
    const { ok, problems } = await build(await commandProject([process.execPath, '-e', 'process.exit(3)'], { 'kernel.elf': 'old' }))
    expect(ok).toBe(false)
    expect(problems).toMatchObject([{ severity: 'error', message: 'The tool ended with code 3 without a message.' }])
  })

  it('that is not there is missed', async () => {
    const { problems } = await build(await commandProject(['no-such-program'], {}))
    expect(problems).toMatchObject([{ code: 'tool-missing', message: expect.stringContaining('The program no-such-program is missing') }])
  })

  it.skipIf(!posix)('may be a script of the project', async () => {
    const project = await commandProject(['./build.sh', 'a b'], { 'build.sh': '#!/bin/sh\necho "$1" > kernel.elf\n' })
    await chmod(join(project.dir, 'build.sh'), 0o755)
    expect((await build(project)).bytes.toString()).toBe('a b\n')
  })
})

describe('the tools', () => {
  const zig = { binary: 'C:\\Users\\Jörg 100%\\zig.exe', includeDir: 'C:\\Users\\Jörg 100%\\include', packageFile: '' }
  const text = (name: string, platform: string): string => toolFiles(zig, platform === 'win32' ? 'D:\\cache' : '/cache dir', platform).find(({ path }) => path.endsWith(name))?.text ?? ''

  it('are batch files on Windows', () => {
    expect(text('bootlab-cc.cmd', 'win32').split('\r\n')).toMatchObject([
      '@echo off',
      'setlocal',
      'set "arguments=%*"',
      expect.stringMatching(/^"C:\\Users\\Jörg 100%%\\zig\.exe" clang "--no-default-config" .* "--ld-path=D:\\cache\\bin\\bootlab-ld\.cmd" .* %arguments%$/),
      'exit /b %errorlevel%',
      '',
    ])
    expect(text('i686-elf-as.cmd', 'win32')).toContain('if defined arguments set "arguments=%arguments:--32=-m32%"\r\n')
    const linker = text('i686-elf-ld.cmd', 'win32')
    expect(linker).toContain('set bits=32\r\nif defined arguments if not "%arguments:elf_i386=%"=="%arguments%" set bits=32\r\nif defined arguments if not "%arguments:elf_x86_64=%"=="%arguments%" set bits=64\r\n')
    expect(linker).toContain('set arguments="-LD:\\cache\\lib\\%bits%" %base% %arguments% -lgcc\r\n')
  })

  it.skipIf(!posix)('pass their arguments on as they are', async () => {
    const dir = await temporaryFolder()
    const folder = join(dir, "it's a cache")
    await mkdir(join(folder, 'bin'), { recursive: true })
    await mkdir(join(folder, 'cross'), { recursive: true })
    const echo = join(dir, 'echo')
    await writeFile(echo, '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 })
    for (const file of toolFiles({ ...locateZig(), binary: echo }, folder)) await writeFile(join(folder, file.path), file.text, { mode: 0o755 })
    const run = (tool: string, ...args: string[]): string[] => spawnSync(join(folder, tool), args, { encoding: 'utf8' }).stdout.trimEnd().split('\n')
    expect(run('bin/bootlab-cc', '-DX="a b"', '$HOME').slice(-2)).toEqual(['-DX="a b"', '$HOME'])
    expect(run('bin/bootlab-as', '--32', 'a b.s').slice(-2)).toEqual(['-m32', 'a b.s'])
    expect(run('bin/bootlab-ld', '-m', 'elf_i386', 'a b.o')).toEqual(['ld.lld', '--color-diagnostics=never', `-L${folder}/lib/32`, '-m', 'elf_i386', 'a b.o', '-lgcc'])
    expect(run('bin/bootlab-ld', 'a.o').slice(-3)).toEqual([`-L${folder}/lib/64`, 'a.o', '-lgcc'])
    expect(run('cross/i686-elf-ld', '-Ttext', '0x1000', 'a.o').slice(-6)).toEqual([`-L${folder}/lib/32`, '--image-base=0', '-Ttext', '0x1000', 'a.o', '-lgcc'])
  })
})
