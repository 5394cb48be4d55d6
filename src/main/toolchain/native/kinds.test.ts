import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import type { Problem } from '../../../shared/problems'
import { buildKernel } from '../build'
import type { BuildOutput } from '../build-result'
import { elfOf, projectFrom } from '../testing'

const nasm = requireTool('nasm')

async function build(manifest: Readonly<Record<string, unknown>>, files: Readonly<Record<string, string>>): Promise<{ output: BuildOutput; dir: string; log: string }> {
  const project = await projectFrom('miniboot-c', { 'bootlab.json': JSON.stringify({ name: 'k', target: 'i386-miniboot.json', ...manifest }), ...files })
  const log: string[] = []
  const result = await buildKernel(project, { onLog: ({ text }) => log.push(text) })
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1))
  return { output: result.output, dir: project.dir, log: log.join('\n') }
}

async function problems(manifest: Readonly<Record<string, unknown>>, files: Readonly<Record<string, string>>): Promise<Problem[]> {
  const project = await projectFrom('miniboot-c', { 'bootlab.json': JSON.stringify({ name: 'k', target: 'i386-miniboot.json', ...manifest }), ...files })
  return (await buildKernel(project)).problems
}

const commandFor = (log: string, source: string): string => log.split('\n').find((line) => line.startsWith('clang') && line.endsWith(source)) ?? ''

describe('sources', () => {
  const files = {
    'src/main.c': 'extern int a, b;\nvoid start_entry(void) { for (;;) a = b; }\n',
    'src/parts/a.c': 'int a = ONE;\n',
    'src/parts/b.S': '.intel_syntax noprefix\n.data\n.globl b\nb: .long TWO\n.text\nf: mov eax, [b]\n',
  }

  it('are found by pattern, each file once, with the settings of all entries that name it', async () => {
    const sources = ['src/**/*.c', { path: 'src/parts/*', defines: { ONE: 1 }, flags: ['-fno-inline'] }, { path: 'src/parts/b.S', defines: { TWO: 2 }, optimize: '0' }]
    const { log } = await build({ kind: 'c', sources, defines: { THREE: 3 }, standard: 'c11', flags: ['-fwrapv'] }, files)
    expect(commandFor(log, 'src/main.c')).toMatch(/^clang -O2 -Wall -std=c11 -DTHREE=3 .* -fwrapv -c src\/main.c$/)
    expect(commandFor(log, 'src/parts/a.c')).toMatch(/^clang -O2 -Wall -std=c11 -DTHREE=3 -DONE=1 .* -fwrapv -fno-inline -c src\/parts\/a.c$/)
    expect(commandFor(log, 'src/parts/b.S')).toMatch(/^clang -O0 -Wall -DTHREE=3 -DONE=1 -DTWO=2 .* -fwrapv -fno-inline -c src\/parts\/b.S$/)
    expect(log).toContain('src/main.c.o src/parts/a.c.o src/parts/b.S.o')
  })

  it('that a pattern does not find are missed', async () => {
    expect(await problems({ kind: 'c', sources: ['lib/*.c'] }, files)).toMatchObject([{ source: 'manifest', message: 'The pattern "lib/*.c" of "sources" fits no file.' }])
  })

  it('may be 16-bit code', async () => {
    const { output } = await build({ kind: 'c', sources: ['main.c', { path: 'real.c', flags: ['-m16'] }] }, { 'main.c': 'void start_entry(void) { for (;;); }\n', 'real.c': 'void put(int x) { __asm__ volatile("int $0x10" :: "a"(x)); }\n' })
    // A 32-bit operand in 16-bit code has the operand size prefix.
    if (output.form !== 'kernel') throw new Error(output.form)
    expect(Buffer.from(output.bytes).includes(Buffer.from([0xcd, 0x10, 0x66, 0xc3]))).toBe(true)
  })
})

describe('flat output', () => {
  it('is bare bytes, with the ELF file beside it for its symbols', async () => {
    const header = '__attribute__((section(".mb"), used)) const unsigned header[] = { 0x1BADB002, 0x10000, -0x1BAEB002, 0x100000, 0x100000, 0, 0, 0x100020 };'
    const { output, dir } = await build(
      { kind: 'c', output: 'flat', sources: ['k.c'], linkerScript: 'k.ld' },
      { 'k.c': `${header}\nvoid start_entry(void) { for (;;); }\n`, 'k.ld': 'SECTIONS { . = 0x100000; .mb : { *(.mb) } .text : { *(.text*) } /DISCARD/ : { *(.comment) } }\n' },
    )
    if (output.form !== 'kernel') throw new Error(output.form)
    expect(output.path).toBe(join(dir, 'build', 'k.bin'))
    expect(Buffer.from(output.bytes).readUInt32LE(0)).toBe(0x1badb002)
    expect((await readFile(join(dir, 'build', 'k.elf'))).subarray(1, 4).toString()).toBe('ELF')
  })
})

describe('a disk', () => {
  const stage1 = '.code16\n.globl _start\n_start: hlt\n.word STAGE2_LBA, STAGE2_SECTORS, STAGE2_BYTES, KERNEL_LBA, KERNEL_SECTORS\n.org 510\n.word 0xaa55\n'
  const stage2 = '.globl _start\n_start: .long _start, KERNEL_LBA, KERNEL_SECTORS\n.space 1000\n'
  const kernel = 'void start_entry(void) { for (;;); }\n'
  const text = 'some text'

  it('has its parts, which know of each other', async () => {
    const parts = [
      { name: 'stage1', sector: 0, sources: ['stage1.S'] },
      { name: 'stage2', sector: 1, sources: ['stage2.S'], address: '0x8000' },
      { name: 'kernel', sector: 64, sources: ['kernel.c'], format: 'elf' },
      { name: 'text', sector: 200, file: 'text.txt' },
    ]
    const { output } = await build({ kind: 'disk', parts, size: '2M' }, { 'stage1.S': stage1, 'stage2.S': stage2, 'kernel.c': kernel, 'text.txt': text })
    if (output.form !== 'disk') throw new Error(output.form)
    expect(output.givenBytes).toBe(2 << 20)
    expect(output.pieces.map(({ name, sector }) => [name, sector])).toEqual([['stage1', 0], ['stage2', 1], ['kernel', 64], ['text', 200]])
    const [first, second, third, fourth] = output.pieces.map(({ bytes }) => Buffer.from(bytes))
    const kernelSectors = Math.ceil((third?.length ?? 0) / 512)
    expect([1, 3, 5, 7, 9].map((at) => first?.readUInt16LE(at))).toEqual([1, 2, 1012, 64, kernelSectors])
    expect([0, 4, 8].map((at) => second?.readUInt32LE(at))).toEqual([0x8000, 64, kernelSectors])
    expect(third?.subarray(1, 4).toString()).toBe('ELF')
    expect(third?.includes('.debug_info')).toBe(false)
    expect(fourth?.toString()).toBe(text)
  })

  it('names the part whose file is missing', async () => {
    expect(await problems({ kind: 'disk', parts: [{ name: 'a', sector: 0, file: 'nothing' }] }, {})).toMatchObject([{ message: expect.stringContaining('The file of the part a "nothing" does not exist') }])
  })
})

describe.skipIf(nasm === undefined)('nasm', () => {
  it('assembles .asm files, and others that say so, and is linked with C', async () => {
    const sources = ['main.c', 'a.asm', { path: 'b.s', assembler: 'nasm', flags: ['-DB=2'] }]
    const { log } = await build(
      { kind: 'c', sources, defines: { A: 1 }, flags: ['-fwrapv'] },
      { 'main.c': 'int a(void); int b(void);\nvoid start_entry(void) { for (;;) a(), b(); }\n', 'a.asm': 'section .text\nglobal a\na: mov eax, A\nret\n', 'b.s': 'section .text\nglobal b\nb: mov eax, B\nret\n' },
    )
    expect(log).toContain('nasm -f elf32 -g -F dwarf -DA=1 a.asm')
    expect(log).toContain('nasm -f elf32 -g -F dwarf -DA=1 -DB=2 b.s')
  })

  it('makes 64-bit objects for a 64-bit target', async () => {
    const project = await projectFrom('blog-os-c', { 'bootlab.json': JSON.stringify({ name: 'k', kind: 'c', target: 'x86_64-blog_os.json', sources: ['a.asm'] }), 'a.asm': 'bits 64\nsection .text\nglobal _start\n_start: mov rax, 1\njmp _start\n' })
    expect(elfOf(await buildKernel(project))[4]).toBe(2)
  })

  it('writes a boot sector with org by itself', async () => {
    const { output, log } = await build({ kind: 'boot-sector', sources: ['boot.asm'] }, { 'boot.asm': 'org 0x7c00\nbits 16\nstart: mov si, text\njmp $\ntext: db "hi", 0\ntimes 510-($-$$) db 0\ndw 0xaa55\n' })
    if (output.form !== 'boot-sector') throw new Error(output.form)
    expect(Array.from(output.bytes.subarray(0, 3))).toEqual([0xbe, 0x05, 0x7c])
    expect(log).toContain('nasm -f bin')
    expect(log).not.toContain('ld.lld')
  })

  it('has its mistakes named', async () => {
    expect(await problems({ kind: 'c', sources: ['a.asm'] }, { 'a.asm': 'org 5\n\nfrob eax\n' })).toMatchObject([
      { source: 'assembler', file: 'a.asm', line: 1, next: expect.stringContaining('`org` is for flat files') },
      { file: 'a.asm', line: 3, message: 'parser: instruction expected', next: expect.stringContaining('check its spelling') },
    ])
  })
})

it('nasm that is not installed is missed by name, with the command that gets it', async () => {
  const before = process.env['PATH']
  process.env['PATH'] = ''
  try {
    const found = await problems({ kind: 'c', sources: ['a.asm'] }, { 'a.asm': 'nop\n' })
    expect(found).toMatchObject([{ code: 'tool-missing', message: expect.stringMatching(/nasm is missing.*a\.asm is assembly in nasm's syntax/), next: expect.stringMatching(/^Get it with: .*nasm/i) }])
  } finally {
    process.env['PATH'] = before
  }
})

describe('prebuilt', () => {
  it('is taken as it is', async () => {
    const { output } = await build({ kind: 'prebuilt', file: 'kernel.bin', target: undefined }, { 'kernel.bin': 'anything' })
    if (output.form !== 'file') throw new Error(output.form)
    expect(Buffer.from(output.bytes).toString()).toBe('anything')
  })

  it('is missed when it is not there', async () => {
    expect(await problems({ kind: 'prebuilt', file: 'kernel.bin', target: undefined }, {})).toMatchObject([{ message: expect.stringContaining('The prebuilt file "kernel.bin" does not exist') }])
  })
})
