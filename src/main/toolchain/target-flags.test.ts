import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { openProject, parseTargetSpec, type Target } from '../project'
import { dataLayout } from '../project/doctor'
import { buildKernel } from './build'
import { targetFlags } from './target-flags'
import { projectFrom } from './testing'
import { locateZig, runZig } from './zig'

function target(spec: object): Target {
  const result = parseTargetSpec(JSON.stringify(spec), 't.json')
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.target
}

const specOf = (triple: string, extra: object = {}): object => {
  const bits = triple.startsWith('x86_64') ? 64 : 32
  return { 'llvm-target': triple, 'data-layout': dataLayout(triple, 22), arch: bits === 64 ? 'x86_64' : 'x86', 'target-pointer-width': bits, ...extra }
}

/** What each processor of the family has learned. Source: Intel SDM volume 2, each instruction's page; volume 1, chapter on instruction set summary. */
const SSE = /%xmm\d/
const CMOV = /\bcmov/

describe('a triple means its processor', () => {
  const objdump = requireTool('objdump')
  const INTEGERS = 'int most(int a, int b) { return a > b ? a : b; }\nint get(int *p) { return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST); }\n'
  const FLOATS = 'double twice(double a) { return a * 2; }\n'

  it.skipIf(objdump === undefined).each([
    ['i386-unknown-none', {}, { sse: false, cmov: false }],
    ['i486-unknown-none', {}, { sse: false, cmov: false }],
    ['i586-unknown-none', { cpu: 'generic' }, { sse: false, cmov: false }],
    ['i686-unknown-none', {}, { sse: false, cmov: true }],
    ['i686-unknown-none', { cpu: 'pentium4' }, { sse: true, cmov: true }],
    ['i686-unknown-none', { cpu: 'pentium4', features: '-mmx,-sse,+soft-float' }, { sse: false, cmov: true }],
    ['x86_64-unknown-none', {}, { sse: true, cmov: true }],
    // A function that returns a double is an error of clang's without SSE on x86_64: the calling convention has no other place for it.
    ['x86_64-unknown-none', { features: '-mmx,-sse2,-sse,+soft-float' }, { sse: false, cmov: true }, INTEGERS],
  ])('%s with %j', async (triple, extra, expected, text = INTEGERS + FLOATS) => {
    const project = await projectFrom('miniboot-c')
    const source = join(project.dir, 'probe.c')
    await writeFile(source, text)
    const { compile } = targetFlags(target(specOf(triple, extra)))
    const run = await runZig({ tool: 'clang', args: [...compile, '-ffreestanding', '-O2', '-c', 'probe.c', '-o', 'probe.o'], cwd: project.dir }, locateZig())
    expect(run.stderr).toBe('')
    const code = spawnSync(objdump ?? '', ['-d', '--no-show-raw-insn', join(project.dir, 'probe.o')], { encoding: 'utf8' }).stdout
    expect({ sse: SSE.test(code), cmov: CMOV.test(code) }).toEqual(expected)
  })

  it('and says so, when nothing else does', () => {
    expect(targetFlags(target(specOf('i486-unknown-none'))).notes).toEqual(['Code for the i486, as the triple says: "cpu" names no other processor.'])
    expect(targetFlags(target(specOf('i486-unknown-none', { cpu: 'pentium' }))).notes).toEqual([])
  })

  it.skipIf(objdump === undefined)('of 16-bit code in C and assembly', async () => {
    const project = await projectFrom('miniboot-c')
    const { compile } = targetFlags(target(specOf('i386-unknown-none-code16')))
    await writeFile(join(project.dir, 'real.c'), 'short f(short a) { return a + 1; }\n')
    await writeFile(join(project.dir, 'real.S'), '.globl g\ng: mov %ax, %ds\n ret\n')
    for (const name of ['real.c', 'real.S']) {
      const run = await runZig({ tool: 'clang', args: [...compile, '-ffreestanding', '-O2', '-c', name, '-o', `${name}.o`], cwd: project.dir }, locateZig())
      expect(run.stderr).toBe('')
      // In 16-bit mode a 32-bit return has a prefix, which objdump shows as the suffix of the mnemonic.
      const code = spawnSync(objdump ?? '', ['-d', '-m', 'i8086', join(project.dir, `${name}.o`)], { encoding: 'utf8' }).stdout
      expect(code).toMatch(name === 'real.c' ? /66 c3\s+retl/ : /8e d8\s+mov {4}%ax,%ds\n.*\bc3\s+ret\b/)
    }
  })
})

describe('options of linking', () => {
  it('are objects of the project, before and after all others', () => {
    const { linkBefore, linkAfter, notes, problems } = targetFlags(
      target(
        specOf('x86_64-unknown-none', {
          'pre-link-objects': { 'static-nopic-exe': ['crt0.o', 'boot/a.o'], 'dynamic-dylib': ['b.o'] },
          'post-link-objects': { 'static-pic-exe': ['crtn.o'] },
          'post-link-args': { 'gnu-lld': ['--gc-sections'] },
        }),
      ),
    )
    expect({ linkBefore, linkAfter, problems }).toEqual({ linkBefore: ['-m', 'elf_x86_64', 'crt0.o', 'boot/a.o'], linkAfter: ['crtn.o', '--gc-sections'], problems: [] })
    expect(notes).toEqual(['Objects for dynamic-dylib are passed over: a kernel in C is linked as static-nopic-exe.'])
  })

  it('name no file outside the project', () => {
    const { problems } = targetFlags(target(specOf('x86_64-unknown-none', { 'pre-link-objects': { 'static-nopic-exe': ['../crt0.o', '-oother'] } })))
    expect(problems).toMatchObject([
      { severity: 'error', source: 'target', file: 't.json', message: expect.stringMatching(/"\.\.\/crt0\.o".*inside the project/), next: expect.any(String) },
      { message: expect.stringContaining('"-oother"') },
    ])
  })

  it('reach the linker, whose result follows a change of such an object', async () => {
    const project = await projectFrom('miniboot-c')
    const specPath = join(project.dir, project.manifest.kind === 'c' ? project.manifest.target : '')
    const object = async (value: number): Promise<void> => {
      await writeFile(join(project.dir, 'extra.s'), `.section .rodata\n.globl extra_value\nextra_value: .long ${value}\n`)
      const run = await runZig({ tool: 'clang', args: ['--target=i386-unknown-none', '-c', 'extra.s', '-o', 'extra.o'], cwd: project.dir }, locateZig())
      expect(run.code).toBe(0)
    }
    await object(0x11223344)
    await writeFile(specPath, (await readFile(specPath, 'utf8')).replace(/^\{/, '{\n  "pre-link-objects": { "static-nopic-exe": ["extra.o"] },'))
    const elf = async (): Promise<Buffer> => {
      const result = await buildKernel(await openProject(project.dir))
      if (!result.ok) throw new Error(JSON.stringify(result.problems))
      return readFile(result.elfPath ?? '')
    }
    expect((await elf()).includes(Buffer.from([0x44, 0x33, 0x22, 0x11]))).toBe(true)
    await object(0x55667788)
    expect((await elf()).includes(Buffer.from([0x88, 0x77, 0x66, 0x55]))).toBe(true)
  })
})

it('an option that means nothing for C is said so', () => {
  const { notes } = targetFlags(target({ ...specOf('x86_64-unknown-none'), 'panic-strategy': 'abort', singlethread: true, 'code-model': 'tiny', colour: 'red' }))
  expect(notes).toEqual([
    '"code-model": "tiny" has no counterpart for C on x86; it is passed over.',
    'Keys of t.json that have no effect on C: panic-strategy (C has no panics), singlethread.',
    'Unknown keys of t.json, passed over: colour.',
  ])
})
