import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { featureFlags, SAME_NAME } from '../project/target/features'
import { ToolError } from './errors'
import { toolchainReport } from './report'
import { ownCache, temporaryFolder } from './testing'
import { locateZig, runZig, showCommand } from './zig'

it('finds the zig of another computer where npm would have put it', async () => {
  const dir = await temporaryFolder()
  const modules = join(dir, 'node_modules', '@zigc')
  for (const [folder, file] of [['win32-arm64/bin', 'zig.exe'], ['lib/include', 'stddef.h']] as const) {
    await mkdir(join(modules, folder), { recursive: true })
    await writeFile(join(modules, folder, file), '')
  }
  const resolve = (id: string): string => join(dir, 'node_modules', id)
  expect(locateZig('win32', 'arm64', resolve).binary).toBe(join(modules, 'win32-arm64', 'bin', 'zig.exe'))
  expect(() => locateZig('linux', 'arm64', resolve)).toThrow(ToolError)
})

it('says what to do when npm installed none', () => {
  expect(() => locateZig('sunos', 'sparc')).toThrow(/The C compiler is missing.*@zigc\/sunos-sparc.*npm ci/)
})

it('compiles without looking at the environment of the person', async () => {
  await ownCache()
  const dir = await temporaryFolder()
  await writeFile(join(dir, 'secret.h'), '')
  await writeFile(join(dir, 'a.c'), '#include <secret.h>\n')
  process.env['C_INCLUDE_PATH'] = dir
  const run = await runZig({ tool: 'clang', args: ['--target=i386-unknown-none', '-nostdinc', '-c', 'a.c'], cwd: dir })
  delete process.env['C_INCLUDE_PATH']
  expect(run.code).toBe(1)
  expect(run.stderr).toContain("'secret.h' file not found")
})

it('every feature that has an option is one that clang knows', async () => {
  await ownCache()
  const dir = await temporaryFolder()
  await writeFile(join(dir, 'a.c'), '')
  const names = [...SAME_NAME, 'x87', 'soft-float', 'ermsb', 'slow-incdec']
  for (const sign of ['+', '-']) {
    const flags = featureFlags(names.map((name) => sign + name).join(','))
    const run = await runZig({ tool: 'clang', args: ['--target=x86_64-unknown-none', ...flags, '-c', 'a.c'], cwd: dir })
    expect(run).toMatchObject({ code: 0, stderr: '' })
  }
})

it('passes arguments that are too many for the operating system', async () => {
  const dir = join(await temporaryFolder(), 'Jörg\'s "kernel"')
  await mkdir(dir)
  const names = Array.from({ length: 900 }, (_, index) => `part ${index} of a kernel with a long name`)
  await writeFile(join(dir, 'a.c'), '#ifndef LAST\n#error too short\n#endif\nconst char *text = LAST;\n')
  const defines = names.map((name, index) => `-DNAME_${index}="${name}"`)
  const compiled = await runZig({ tool: 'clang', args: ['--target=i386-unknown-none', ...defines, '-DLAST="\\\\ it\'s last"', '-c', 'a.c', '-o', 'a b.o'], cwd: dir, platform: 'win32' })
  expect(compiled).toMatchObject({ code: 0, stderr: '' })
  const objects = Array.from({ length: 900 }, () => ['--defsym', 'a_symbol_with_a_long_name=5'].join('=')).flatMap((arg) => [arg, '-u', 'text'])
  const linked = await runZig({ tool: 'ld.lld', args: ['-m', 'elf_i386', ...objects, 'a b.o', '-o', join(dir, 'out put.elf')], cwd: dir, platform: 'win32' })
  expect(linked.code).toBe(0)
  expect((await readFile(join(dir, 'out put.elf'))).includes("\\ it's last")).toBe(true)
})

it.skipIf(process.platform === 'win32')('shows commands that a shell understands', () => {
  const args = ['-DTEXT="it\'s $HOME"', 'a b.c', '-O2']
  const line = showCommand('printf', ['%s\\n', ...args])
  expect(spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout).toBe(`${args.join('\n')}\n`)
})

it('the report knows the zig that is here, and never throws for what is not', async () => {
  const before = process.env['BOOTLAB_CARGO']
  process.env['BOOTLAB_CARGO'] = '/nowhere/cargo'
  const report = await toolchainReport(process.cwd())
  if (before === undefined) delete process.env['BOOTLAB_CARGO']
  else process.env['BOOTLAB_CARGO'] = before
  expect(report[0]).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^0\.16\.0 at /) })
  expect(report[1]).toMatchObject({ status: 'optional', detail: expect.stringContaining('/nowhere/cargo'), next: expect.stringMatching(/rustup|winget/) })
})
