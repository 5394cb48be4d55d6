/** Compiles and links the kernels of tests, with the product's own compiler and linker. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { locateZig, runZig, type ZigTool } from '../../src/main/toolchain/zig'
import reportHeader from '../boot/qemu-kernels/report.h?raw'

const zig = locateZig()

async function run(folder: string, tool: ZigTool, args: string[]): Promise<void> {
  const { code, stderr } = await runZig({ tool, args, cwd: folder }, zig)
  if (code !== 0) throw new Error(`${tool} ended with ${code}:\n${stderr}`)
}

const KERNEL_FLAGS = [
  '--no-default-config',
  '-nostdinc',
  '-isystem',
  zig.includeDir,
  '-std=c23',
  '-Os',
  '-ffreestanding',
  '-fno-pic',
  '-fno-stack-protector',
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
  /** Position independent (ET_DYN). */
  pie?: boolean
  /** With debug information. */
  debug?: boolean
}

/** Compiles and links one C file into a freestanding ELF kernel. */
export async function linkKernel({ bits, source, defines = {}, linkArguments = [], linkerScript, pie = false, debug = false }: TestKernel): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-kernel-'))
  try {
    writeFileSync(join(folder, 'kernel.c'), source)
    writeFileSync(join(folder, 'report.h'), reportHeader)
    const definitions = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`)
    const machine = bits === 64 ? ['--target=x86_64-unknown-none', '-mno-red-zone', ...(pie ? [] : ['-mcmodel=kernel'])] : ['--target=i386-unknown-none', '-march=i486']
    await run(folder, 'clang', [...machine, ...KERNEL_FLAGS, ...(pie ? ['-fpie'] : []), ...(debug ? ['-g', '-fdebug-compilation-dir=.'] : []), ...definitions, '-c', 'kernel.c', '-o', 'kernel.o'])
    const scripted: string[] = []
    if (linkerScript !== undefined) {
      writeFileSync(join(folder, 'kernel.ld'), linkerScript)
      scripted.push('-T', 'kernel.ld')
    }
    const emulation = bits === 64 ? 'elf_x86_64' : 'elf_i386'
    await run(folder, 'ld.lld', ['-m', emulation, '-e', 'start', '-z', 'noseparate-code', ...(pie ? ['-pie', '--no-dynamic-linker'] : []), ...scripted, ...linkArguments, '-o', 'kernel.elf', 'kernel.o'])
    return new Uint8Array(readFileSync(join(folder, 'kernel.elf')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
