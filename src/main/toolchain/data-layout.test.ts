import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dataLayout } from '../project/doctor'
import { locateZig, runZig } from './zig'

const TRIPLES = ['i386-unknown-none', 'i486-pc-none-elf', 'i586-unknown-none', 'i686-unknown-linux-gnu', 'i386-unknown-none-code16', 'x86_64-unknown-none', 'x86_64-unknown-none-elf', 'x86_64-unknown-linux-gnux32', 'x86_64-unknown-windows-msvc', 'x86_64-unknown-uefi']

it.each(TRIPLES)('the data layout of %s is that of clang', async (triple) => {
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-layout-'))
  await writeFile(join(dir, 'x.c'), 'int x;\n')
  const run = await runZig({ tool: 'clang', args: [`--target=${triple}`, '-ffreestanding', '-S', '-emit-llvm', '-o', '-', 'x.c'], cwd: dir }, locateZig())
  const version = await runZig({ tool: 'clang', args: ['--version'], cwd: dir }, locateZig())
  const llvm = Number(/clang version (\d+)/.exec(version.stdout)?.[1])
  expect(dataLayout(triple, llvm)).toBe(/target datalayout = "([^"]+)"/.exec(run.stdout)?.[1])
  await rm(dir, { recursive: true })
})
