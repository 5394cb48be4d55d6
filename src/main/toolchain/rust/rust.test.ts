import { spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ownCache, temporaryFolder } from '../testing'
import { locateZig } from '../zig'
import { brokenRustc, installHostLinker, installRust, installRustSource } from './advice'
import { linkerWrapper, wrapperScript } from './linker-wrapper'
import { locateRust } from './locate'
import { parseCargoLine, problemsOfCargoText, problemsOfDiagnostic } from './messages'

const none = (): boolean => false

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

const span = (primary: boolean, column: number) => ({ file_name: 'src\\main.rs', line_start: 3, line_end: 3, column_start: column, column_end: column + 2, is_primary: primary, label: primary ? 'here' : null })

describe('advice', () => {
  it('names the linker of build scripts where it is missing', () => {
    expect(installHostLinker('darwin', none)).toBe('xcode-select --install')
    expect(installHostLinker('linux', (path) => path === '/etc/arch-release')).toBe('sudo pacman -S gcc')
    expect(installHostLinker('linux', none)).toBe('sudo apt-get install gcc')
    const [problem] = problemsOfCargoText('error: linker `cc` not found\n  |\n  = note: No such file or directory (os error 2)\n', 'target.json')
    expect(problem).toMatchObject({ source: 'cargo', message: 'linker `cc` not found' })
    expect(problem?.next).toContain(installHostLinker())
  })

  it('fits the toolchain', () => {
    expect(installRustSource('/home/a/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu', none)).toBe('rustup component add rust-src --toolchain nightly-x86_64-unknown-linux-gnu')
    expect(installRustSource('/usr', (path) => path.includes('rustc-web'))).toBe('sudo apt-get install rust-web-src')
    expect(installRustSource('/usr', (path) => path === '/etc/debian_version')).toBe('sudo apt-get install rust-src')
    expect(installRustSource('/opt/rust', none)).toBe(installRust())
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
    expect(await locateRust(dir)).toEqual({ cargo: join(whole, 'cargo'), rustc: join(whole, 'rustc'), rustcVersion: 'rustc 1.99.0-nightly (abc)', host: '', nightly: true, librarySource: join(dir, 'whole/lib/rustlib/src/rust/library') })
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
    const { name, text } = wrapperScript('C:\\Program Files\\100%\\zig.exe', 'win32')
    expect(name).toBe('ld.lld.cmd')
    expect(text).toContain('"C:\\Program Files\\100%%\\zig.exe" ld.lld %arguments%\r\n')
  })
})

describe('what cargo prints', () => {
  it('marks primary places, with the help as what to do', () => {
    const message = { level: 'error', message: 'wrong', code: { code: 'E0001' }, spans: [span(false, 1), span(true, 5)], children: [{ level: 'help', message: 'do it right' }] }
    const line = parseCargoLine(JSON.stringify({ reason: 'compiler-message', message }))
    if (line?.reason !== 'compiler-message') throw new Error('not recognised')
    expect(problemsOfDiagnostic(line.message)).toEqual([
      { severity: 'error', source: 'rustc', code: 'E0001', message: 'wrong: here', next: 'do it right', file: 'src\\main.rs', line: 3, column: 5, endLine: 3, endColumn: 7 },
    ])
  })

  it('is passed over when it is not a message', () => {
    for (const line of ['', '{', '{"reason":"build-script-executed"}', '{"reason":"compiler-message"}', 'hello']) expect(parseCargoLine(line)).toBeUndefined()
  })

  it.each([
    ['error: failed to get `spin` as a dependency of package `k`\n\nCaused by:\n  failed to fetch', /^failed to get `spin`.*: failed to fetch$/, /network/],
    ['error: could not compile `k` (bin "k") due to 2 previous errors', undefined, undefined],
    ['error: error loading target specification: target-pointer-width: invalid type: string "64", expected u16 at line 5 column 30', /^target-pointer-width: invalid type/, /without quotes/],
  ])('%s', (text, message, next) => {
    const problems = problemsOfCargoText(text, 't.json')
    if (message === undefined) expect(problems).toEqual([])
    else expect(problems).toMatchObject([{ message: expect.stringMatching(message), next: expect.stringMatching(next) }])
  })
})
