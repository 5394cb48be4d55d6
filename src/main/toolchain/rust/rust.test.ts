import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rustForTests, rustTestCache } from '../../../../tests/support/rust'
import { ownCache, temporaryFolder } from '../testing'
import { locateZig } from '../zig'
import { brokenRustc, installHostLinker, installRust, installRustSource, updateRust } from './advice'
import { hostLinker, linkerWrapper, wrapperScript } from './linker-wrapper'
import { locateRust } from './locate'

const none = (): boolean => false
const tools = await rustForTests()

async function fakeRust(sysroot: string, withSource: boolean): Promise<string> {
  const bin = join(sysroot, 'bin')
  await mkdir(bin, { recursive: true })
  if (withSource) {
    await mkdir(join(sysroot, 'lib/rustlib/src/rust/library/core'), { recursive: true })
    await writeFile(join(sysroot, 'lib/rustlib/src/rust/library/core/Cargo.toml'), '')
  }
  await writeFile(join(bin, 'cargo'), '#!/bin/sh\n')
  await writeFile(join(bin, 'rustc'), `#!/bin/sh\nif [ "$1" = -vV ]; then printf 'rustc 1.99.0-nightly (abc)\\nrelease: 1.99.0-nightly\\n'; else echo '${sysroot}'; fi\n`)
  await Promise.all(['cargo', 'rustc'].map((name) => chmod(join(bin, name), 0o755)))
  return bin
}

function usePath(...folders: string[]): void {
  const before = { PATH: process.env['PATH'], BOOTLAB_CARGO: process.env['BOOTLAB_CARGO'] }
  process.env['PATH'] = folders.join(delimiter)
  process.env['BOOTLAB_CARGO'] = ''
  onTestFinished(() => void Object.assign(process.env, { PATH: before.PATH, BOOTLAB_CARGO: before.BOOTLAB_CARGO ?? '' }))
}

describe('advice', () => {
  it('names the linker of build scripts where it is missing', () => {
    expect(installHostLinker('darwin', none)).toBe('xcode-select --install')
    expect(installHostLinker('linux', (path) => path === '/etc/arch-release')).toBe('sudo pacman -S gcc')
    expect(installHostLinker('linux', none)).toBe('sudo apt-get install gcc')
  })

  it('fits the toolchain', () => {
    expect(installRustSource('/home/a/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu', none)).toBe('rustup component add rust-src --toolchain nightly-x86_64-unknown-linux-gnu')
    expect(installRustSource('/usr', (path) => path.includes('rustc-web'))).toBe('sudo apt-get install rust-web-src')
    expect(installRustSource('/usr', (path) => path === '/etc/debian_version')).toBe('sudo apt-get install rust-src')
    expect(installRustSource('/opt/rust', none)).toBe(installRust())
    expect(updateRust('/home/a/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu')).toBe('rustup update nightly')
    expect(updateRust('/usr')).toBe(installRust())
    expect(installRust('win32')).toBe('winget install Rustlang.Rustup')
    expect(brokenRustc("error: rustup could not choose a version of rustc to run, because one wasn't specified explicitly")).toContain('rustup default stable')
    expect(brokenRustc("error: toolchain 'nightly-2026-01-01' is not installed")).toContain('rustup toolchain install nightly-2026-01-01')
  })
})

describe.skipIf(process.platform === 'win32')('the search for Rust', () => {
  it('passes over a cargo without sources for one that has them', async () => {
    await ownCache()
    const dir = await temporaryFolder()
    const [bare, whole] = [await fakeRust(join(dir, 'toolchains', 'bare'), false), await fakeRust(join(dir, 'whole'), true)]
    usePath(bare, whole)
    expect(await locateRust(dir)).toEqual({ cargo: join(whole, 'cargo'), rustc: join(whole, 'rustc'), rustcVersion: 'rustc 1.99.0-nightly (abc)', host: '', sysroot: join(dir, 'whole'), nightly: true, librarySource: join(dir, 'whole/lib/rustlib/src/rust/library') })
    usePath(bare)
    await expect(locateRust(dir)).rejects.toThrow(/rust-src.*rustup component add rust-src --toolchain bare/s)
    usePath(dir)
    await expect(locateRust(dir)).rejects.toThrow(/cargo is missing/)
  })
})

describe('the linker for cargo', () => {
  it.skipIf(process.platform === 'win32')('is ld.lld, with and without the flavor that rustc may put first', async () => {
    await ownCache()
    const path = await linkerWrapper(locateZig())
    for (const args of [['--version'], ['-flavor', 'gnu', '--version']]) expect(spawnSync(path, args, { encoding: 'utf8' }).stdout).toMatch(/^LLD /)
  })

  it('is a batch file on Windows', () => {
    const { name, text } = wrapperScript('C:\\Program Files\\100%\\zig.exe', 'ld.lld', {}, 'win32')
    expect(name).toBe('ld.lld.cmd')
    expect(text).toContain('"C:\\Program Files\\100%%\\zig.exe" ld.lld %arguments%\r\n')
  })

  it('is zig for build scripts where the system has no compiler, and only there', async () => {
    const cache = await ownCache()
    usePath(cache)
    const linux = { host: 'x86_64-unknown-linux-gnu' }
    const path = (await hostLinker(locateZig(), linux))['CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER'] ?? ''
    expect(await readFile(path, 'utf8')).toContain(`export ZIG_GLOBAL_CACHE_DIR='${join(cache, 'zig', 'global')}'\n`)
    expect(await hostLinker(locateZig(), { host: 'x86_64-pc-windows-msvc' })).toEqual({})
    await writeFile(join(cache, 'cc'), '#!/bin/sh\n', { mode: 0o755 })
    expect(await hostLinker(locateZig(), linux)).toEqual({})
    const { text } = wrapperScript('C:\\zig.exe', 'cc', { ZIG_GLOBAL_CACHE_DIR: 'C:\\ä b' }, 'win32')
    expect(text.split('\r\n')).toEqual(['@echo off', 'setlocal', 'set "ZIG_GLOBAL_CACHE_DIR=C:\\ä b"', 'set "arguments=%*"', '"C:\\zig.exe" cc %arguments%', ''])
  })

  it.skipIf(tools === undefined)('of build scripts makes programs that run', { timeout: 300_000 }, async () => {
    if (tools === undefined) return
    const dir = await temporaryFolder()
    await writeFile(join(dir, 'main.rs'), 'fn main() { println!("built by {}", "zig"); }')
    // The computer's own cc is not found, as far as this process is concerned; rustc itself needs no PATH.
    const before = process.env['BOOTLAB_CACHE_DIR']
    process.env['BOOTLAB_CACHE_DIR'] = rustTestCache
    onTestFinished(() => void (before === undefined ? delete process.env['BOOTLAB_CACHE_DIR'] : (process.env['BOOTLAB_CACHE_DIR'] = before)))
    usePath(dir)
    const [linker] = Object.values(await hostLinker(locateZig(), tools))
    const compiled = spawnSync(tools.rustc, [`-Clinker=${linker}`, '-o', join(dir, 'main'), join(dir, 'main.rs')], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } })
    expect(compiled.stderr).toBe('')
    expect(spawnSync(join(dir, 'main'), { encoding: 'utf8' }).stdout).toBe('built by zig\n')
  })
})
