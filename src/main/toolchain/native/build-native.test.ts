import { spawnSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import type { LogEvent } from '../../../shared/problems'
import { openProject, type Project } from '../../project'
import { buildKernel } from '../build'
import type { BuildFailure, BuildSuccess } from '../build-result'
import { projectFrom } from '../testing'

const readelf = requireTool('readelf')

async function succeed(project: Project): Promise<BuildSuccess & { elf: Uint8Array; elfPath: string; log: string[] }> {
  const log: LogEvent[] = []
  const result = await buildKernel(project, { onLog: (event) => log.push(event) })
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1))
  return { ...result, elf: await readFile(result.elfPath ?? ''), elfPath: result.elfPath ?? '', log: log.map(({ text }) => text) }
}

async function fail(project: Project): Promise<BuildFailure> {
  const result = await buildKernel(project)
  if (result.ok) throw new Error('The build should have failed.')
  return result
}

async function edited(template: string, file: string, edit: (text: string) => string): Promise<Project> {
  const project = await projectFrom(template)
  const path = join(project.dir, file)
  await writeFile(path, edit(await readFile(path, 'utf8')))
  return openProject(project.dir)
}

function headers(path: string): string {
  return spawnSync(readelf ?? '', ['-lhSW', path], { encoding: 'utf8' }).stdout
}

describe('the templates', () => {
  it('miniboot-c: a Multiboot header in the first 8 KiB, nothing wrong', async () => {
    const { elf, elfPath, problems, log } = await succeed(await projectFrom('miniboot-c'))
    expect(problems).toEqual([])
    expect(Buffer.from(elf).indexOf(Buffer.from([0x02, 0xb0, 0xad, 0x1b]))).toBeLessThan(8192 - 12)
    expect(Buffer.from(elf).indexOf(Buffer.from([0x02, 0xb0, 0xad, 0x1b])) % 4).toBe(0)
    expect(await readFile(elfPath)).toEqual(Buffer.from(elf))
    expect(log.find((line) => line.startsWith('clang'))).toMatch(/--target=i386-unknown-none -march=i386 -mno-mmx -mno-sse -msoft-float/)
    expect(log.find((line) => line.startsWith('ld.lld'))).toMatch(/-m elf_i386 --image-base=0x100000 --entry=start_entry/)
    expect(log.join('\n')).toContain('panic-strategy (C has no panics)')
  })

  it.skipIf(readelf === undefined)('miniboot-c: linked at 1 MiB, as readelf sees it', async () => {
    const { elfPath } = await succeed(await projectFrom('miniboot-c'))
    const text = headers(elfPath)
    expect(text).toMatch(/Machine: +Intel 80386/)
    expect(text).toMatch(/Entry point address: +0x10[0-9a-f]{4}\n/)
    expect(text).toMatch(/LOAD +0x000000 0x00100000 0x00100000/)
  })

  it.skipIf(readelf === undefined)('blog-os-c: a 64-bit ELF, as readelf sees it', async () => {
    const { elfPath, log } = await succeed(await projectFrom('blog-os-c'))
    expect(headers(elfPath)).toMatch(/Advanced Micro Devices X86-64/)
    expect(log.find((line) => line.startsWith('clang'))).toMatch(/-mno-mmx -mno-sse -msoft-float -mno-red-zone -mcmodel=small|-mno-red-zone .* -mno-mmx -mno-sse -msoft-float/)
  })

  it('boot-sector: 512 bytes that end in the signature', async () => {
    const { output } = await succeed(await projectFrom('boot-sector'))
    if (output.form !== 'boot-sector') throw new Error(output.form)
    expect(output.bytes).toHaveLength(512)
    expect(Array.from(output.bytes.subarray(510))).toEqual([0x55, 0xaa])
  })

  it('build to the same bytes wherever they lie', async () => {
    for (const template of ['miniboot-c', 'blog-os-c', 'boot-sector']) {
      const [first, second] = await Promise.all([succeed(await projectFrom(template)), succeed(await projectFrom(template))])
      expect(Buffer.compare(first.elf, second.elf), template).toBe(0)
    }
  })

  it('leave nothing but results in the build folder', async () => {
    const project = await projectFrom('miniboot-c')
    await succeed(project)
    expect(await readdir(join(project.dir, 'build'))).toEqual(['.objects', 'miniboot-c.elf'])
  })
})

describe('the target specification decides', () => {
  const noRedZone = /sub +\$0x[0-9a-f]+,%rsp|push/
  it.skipIf(requireTool('objdump') === undefined)('about the red zone, as the instructions show', async () => {
    const leaf = 'int f(int a) { volatile int x[4]; x[0] = a; return x[0]; }\nvoid _start(void) { f(1); for (;;); }\n'
    const code = async (disable: boolean): Promise<string> => {
      const project = await edited('blog-os-c', 'x86_64-blog_os.json', (text) => text.replace('"disable-redzone": true', `"disable-redzone": ${disable}`))
      await writeFile(join(project.dir, 'kernel.c'), leaf)
      const { elfPath } = await succeed(project)
      return spawnSync('objdump', ['-d', '--disassemble=f', elfPath], { encoding: 'utf8' }).stdout
    }
    expect(await code(true)).toMatch(noRedZone)
    expect(await code(false)).not.toMatch(/sub +\$0x[0-9a-f]+,%rsp/)
  })

  it('about a linker script of its own', async () => {
    const script = 'SECTIONS { . = 0x300000; .text : { *(.text*) } .rodata : { *(.rodata*) } }'
    const project = await edited('blog-os-c', 'x86_64-blog_os.json', (text) => text.replace('"os": "none",', `"os": "none",\n  "link-script": ${JSON.stringify(script)},`))
    const { elf } = await succeed(project)
    expect(Buffer.from(elf).readBigUInt64LE(24) & 0xfff00000n).toBe(0x300000n)
  })

  it.each([
    ['a processor that does not exist', '"os": "none",', '"os": "none",\n  "cpu": "z80",', { source: 'target', line: 9, message: /unknown target CPU 'z80'/ }],
    ['an argument that writes elsewhere', '"--entry=_start"', '"--entry=_start", "-Map=/tmp/x"', { source: 'target', line: 12, message: /-Map=\/tmp\/x.*refused/ }],
    ['an unknown linker argument', '"--entry=_start"', '"--entry=_start", "--frobnicate"', { source: 'linker', line: undefined, message: /unknown argument '--frobnicate'/ }],
    ['an entry point that does not exist', '--entry=_start', '--entry=begin', { source: 'linker', line: undefined, message: /cannot find entry symbol begin/ }],
    ['an argument that makes the linker do something else', '"--entry=_start"', '"--version"', { source: 'linker', line: undefined, message: /ended without writing a kernel/ }],
    ['a character that no argument can hold', '"--entry=_start"', '"--entry=a\\u0000b"', { source: 'build', line: undefined, message: /contains a NUL character/ }],
    ['a mistake in the JSON', '"os": "none",', '"os": none,', { source: 'target', line: 8, message: /not a JSON value/ }],
  ])('and %s is named', async (_, from, to, expected) => {
    const { problems } = await fail(await edited('blog-os-c', 'x86_64-blog_os.json', (text) => text.replace(from, to)))
    const [error] = problems.filter(({ severity }) => severity === 'error')
    expect(error).toMatchObject({ source: expected.source, message: expect.stringMatching(expected.message) })
    expect(error?.line).toBe(expected.line)
  })
})

it('a feature that clang does not know is passed to the code generator, which says so', async () => {
  for (const name of ['constructor', '__proto__', 'no-such-feature']) {
    const { problems } = await succeed(await edited('blog-os-c', 'x86_64-blog_os.json', (text) => text.replace('-mmx,-sse', `-mmx,-sse,+${name}`)))
    expect(problems).toMatchObject([{ severity: 'warning', source: 'target', file: 'x86_64-blog_os.json', line: 19, message: expect.stringContaining(`'+${name}' is not a recognized feature`) }])
  }
})

describe('mistakes become problems at their places', () => {
  it('in C, columns counted as editors count', async () => {
    const { problems } = await fail(await projectFrom('miniboot-c', { 'kernel.c': 'int x;\nvoid start_entry(void) { /* é😀 */ y = 1; }\n' }))
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'error', source: 'compiler', file: 'kernel.c', line: 2, column: 36, message: "use of undeclared identifier 'y'" }),
    ])
  })

  it('in C, warnings with their flag, and the build goes on', async () => {
    const { problems } = await succeed(await projectFrom('miniboot-c', { 'kernel.c': 'void start_entry(void) {\n  int unused;\n  for (;;);\n}\n' }))
    expect(problems).toEqual([expect.objectContaining({ severity: 'warning', code: '-Wunused-variable', line: 2, column: 7 })])
  })

  it('in a header in another folder', async () => {
    const manifest = { name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: ['src/a.c'], includeDirs: ['include'] }
    const files = { 'bootlab.json': JSON.stringify(manifest), 'src/a.c': '#include <a.h>\n', 'include/a.h': '\nint 3;\n' }
    const { problems } = await fail(await projectFrom('miniboot-c', files))
    expect(problems[0]).toMatchObject({ file: 'include/a.h', line: 2, column: 5 })
  })

  it('in assembly', async () => {
    const { problems } = await fail(await projectFrom('boot-sector', { 'boot.S': '.code16\n_start:\n  movv %ax, %bx\n' }))
    expect(problems[0]).toMatchObject({ source: 'assembler', file: 'boot.S', line: 3, column: 3, message: expect.stringContaining("invalid instruction mnemonic 'movv'") })
  })

  it('in assembly outside functions, where the compiler has lost the place', async () => {
    const { problems } = await fail(await projectFrom('miniboot-c', { 'kernel.c': 'void start_entry(void) {}\n\nasm(".wrong 1");\n' }))
    expect(problems[0]).toMatchObject({ severity: 'error', file: 'kernel.c', line: 3, column: 6 })
  })

  it('in linking: a name that nobody defines, with what to do', async () => {
    const { problems } = await fail(await projectFrom('miniboot-c', { 'kernel.c': 'int f(void);\nvoid start_entry(void) {\n  f();\n}\n' }))
    expect(problems).toEqual([
      expect.objectContaining({ source: 'linker', file: 'kernel.c', line: 3, message: 'undefined symbol: f', next: expect.stringContaining('"sources"') }),
    ])
  })

  it('in a linker script', async () => {
    const manifest = { name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: ['kernel.c'], linkerScript: 'k.ld' }
    const { problems } = await fail(await projectFrom('miniboot-c', { 'bootlab.json': JSON.stringify(manifest), 'k.ld': 'SECTIONS\n{\n  . = ;\n}\n' }))
    expect(problems[0]).toMatchObject({ source: 'linker', file: 'k.ld', line: 3 })
  })

  it('in a boot sector of the wrong size', async () => {
    const long = await fail(await projectFrom('boot-sector', { 'boot.S': '.globl _start\n_start: .space 510\n.word 0xaa55\nnop\n' }))
    expect(long.problems[0]).toMatchObject({ message: 'A boot sector has exactly 512 bytes, this one has 513.' })
    const unsigned = await fail(await projectFrom('boot-sector', { 'boot.S': '.globl _start\n_start: .space 512\n' }))
    expect(unsigned.problems[0]?.message).toMatch(/not 0x55 0xaa/)
  })

  it('in a manifest that names a file which is not there', async () => {
    const project = await projectFrom('miniboot-c')
    if (project.manifest.kind !== 'c') throw new Error(project.manifest.kind)
    const { problems } = await fail({ ...project, manifest: { ...project.manifest, target: 'none.json' } })
    expect(problems[0]).toMatchObject({ source: 'target', file: 'none.json', message: expect.stringContaining('does not exist') })
  })
})

it('several files in several folders become one kernel, equal names apart', async () => {
  const manifest = { name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: ['a/x.c', 'b/x.c', 'b/y.S'], defines: { ANSWER: 42, TEXT: '"hi there"' } }
  const { elf } = await succeed(
    await projectFrom('miniboot-c', {
      'bootlab.json': JSON.stringify(manifest),
      'a/x.c': '#include <stdint.h>\nint g(void); extern uint32_t from_assembly;\nconst char *text = TEXT;\nvoid start_entry(void) { for (;;) from_assembly = g(); }\n',
      'b/x.c': 'int g(void) { return ANSWER; }\n',
      'b/y.S': '.data\n.globl from_assembly\nfrom_assembly: .long ANSWER\n',
    }),
  )
  expect(Buffer.from(elf).includes('hi there')).toBe(true)
})

it('a build can be cancelled, and two at a time do not meet', async () => {
  const project = await projectFrom('miniboot-c')
  await expect(buildKernel(project, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  const controller = new AbortController()
  const cancelled = buildKernel(project, { signal: controller.signal, onLog: () => queueMicrotask(() => controller.abort(new Error('later'))) })
  await expect(cancelled).rejects.toThrow('later')
  const [first, second] = await Promise.all([succeed(project), succeed(project)])
  expect(first.elf).toEqual(second.elf)
})

it('a project that cannot hold a build folder says so', async () => {
  const project = await projectFrom('miniboot-c')
  await writeFile(join(project.dir, 'build'), 'a file')
  expect((await fail(project)).problems).toMatchObject([{ source: 'build', message: expect.stringMatching(/EEXIST|ENOTDIR/), next: expect.stringContaining('build folder') }])
})
