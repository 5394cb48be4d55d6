import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LogEvent } from '../../../shared/problems'
import { buildKernel } from '../build'
import type { BuildResult } from '../build-result'
import { openProject } from '../../project'
import { elfOf, projectFrom, templatesDir } from '../testing'
import { rustForTests, rustTestCache as cache } from '../../../../tests/support/rust'

const before = process.env['BOOTLAB_CARGO']
const cargo = (await rustForTests())?.cargo

async function build(file: string, edit: (text: string) => string): Promise<{ result: BuildResult; log: string }> {
  const project = await projectFrom('blog-os-rust')
  const path = join(project.dir, file)
  await writeFile(path, edit(await readFile(path, 'utf8')))
  const log: LogEvent[] = []
  const result = await buildKernel(await openProject(project.dir), { onLog: (event) => log.push(event) })
  return { result, log: log.map(({ text }) => text).join('\n') }
}

describe.skipIf(cargo === undefined)('a kernel in Rust', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    process.env['BOOTLAB_CARGO'] = cargo
    process.env['BOOTLAB_CACHE_DIR'] = cache
    await mkdir(cache, { recursive: true })
    return () => {
      delete process.env['BOOTLAB_CACHE_DIR']
      process.env['BOOTLAB_CARGO'] = before ?? ''
    }
  })

  it('builds', async () => {
    const { result, log } = await build('src/main.rs', (text) => text)
    if (!result.ok) throw new Error(log)
    expect(result.problems).toEqual([])
    const elf = elfOf(result)
    expect(Array.from(elf.subarray(0, 5))).toEqual([0x7f, 0x45, 0x4c, 0x46, 2])
    // toEqual compares byte by byte through iterators: half a minute for a file of this size.
    expect((await readFile(result.elfPath ?? '')).equals(elf)).toBe(true)
    expect(log).toMatch(/-Zbuild-std=core,compiler_builtins/)
  })

  it('is its own, even when another project of the same name was built after its sources were written', async () => {
    const project = await projectFrom('blog-os-rust')
    const path = join(project.dir, 'src', 'main.rs')
    await writeFile(path, (await readFile(path, 'utf8')).replace('b"HELLO"', 'b"OTHER"'))
    const past = new Date(Date.now() - 86_400_000)
    await utimes(path, past, past)
    const [other, first] = [await buildKernel(project), await build('src/main.rs', (text) => text)]
    expect(Buffer.from(elfOf(other)).includes('OTHER')).toBe(true)
    expect(Buffer.from(elfOf(first.result)).includes('HELLO')).toBe(true)
  })

  it('that is cancelled, whenever that is, leaves the last good output as it was', async () => {
    const project = await projectFrom('blog-os-rust')
    const path = join(project.dir, 'src', 'main.rs')
    const source = await readFile(path, 'utf8')
    const first = await buildKernel(project)
    const good = elfOf(first)
    let cancelled = 0
    for (const [index, delay] of [0, 30, 60, 100, 150].entries()) {
      await writeFile(path, source.replace('b"HELLO"', `b"TEXT${index}"`))
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('enough')), delay)
      const result = await buildKernel(project, { signal: controller.signal }).catch((error: unknown) => error)
      if (!(result instanceof Error)) break
      cancelled += 1
      expect(result.message).toBe('enough')
      expect((await readFile(first.ok ? first.elfPath ?? '' : '')).equals(good)).toBe(true)
    }
    expect(cancelled).toBeGreaterThan(0)
    await writeFile(path, source.replace('b"HELLO"', 'b"AFTER"'))
    expect(Buffer.from(elfOf(await buildKernel(project))).includes('AFTER')).toBe(true)
  })

  it('has its mistakes marked, columns counted as editors count', async () => {
    const { result } = await build('src/main.rs', (text) => text.replace('static HELLO: &[u8] = b"HELLO";', 'static HELLO: &[u8] = /* é😀 */ 3u8;'))
    expect(result.ok).toBe(false)
    expect(result.problems).toEqual([
      expect.objectContaining({ severity: 'error', source: 'rustc', code: 'E0308', file: 'src/main.rs', line: 8, column: 33, endColumn: 36, message: 'mismatched types: expected `&[u8]`, found `u8`' }),
    ])
  })

  it('has what the linker misses named', async () => {
    const { result } = await build('src/main.rs', (text) => text.replace('let vga_buffer', 'unsafe extern "C" { safe fn nowhere(); }\n    nowhere();\n    let vga_buffer'))
    expect(result.problems).toMatchObject([{ source: 'linker', message: 'undefined symbol: nowhere', file: 'src/main.rs' }])
  })

  it.each([
    ['a feature without its ABI', (text: string) => text.replace(/,\n\s*"rustc-abi".*"/, ''), /`soft-float` is incompatible with the ABI/, 19, /softfloat/],
    ['a key that does not exist', (text: string) => text.replace('"os": "none",', '"os": "none",\n  "colour": 1,'), /^colour: unknown field `colour`$/, 9, /Take the key out/],
  ])('has %s in the target specification named', async (_, edit, message, line, next) => {
    const { result } = await build('x86_64-blog_os.json', edit)
    const error = result.problems.find(({ severity }) => severity === 'error')
    expect(error).toMatchObject({ source: 'target', file: 'x86_64-blog_os.json', message: expect.stringMatching(message), line, next: expect.stringMatching(next) })
  })

  it('has a mistake in Cargo.toml named', async () => {
    const { result } = await build('Cargo.toml', (text) => `${text}x = = 3\n`)
    expect(result.problems).toMatchObject([{ source: 'cargo', file: 'Cargo.toml', line: 7, column: 5 }])
  })

  it('is found in a workspace: with features, a build script, and the target of .cargo/config.toml', async () => {
    const files = {
      'Cargo.toml': '[workspace]\nmembers = ["kernel", "tool"]\nresolver = "2"\n',
      'kernel/Cargo.toml': '[package]\nname = "kernel"\nversion = "0.1.0"\nedition = "2021"\n\n[features]\ngreeting = []\n',
      'kernel/build.rs': 'fn main() { println!("cargo:rustc-env=WORD=by-build-script"); }\n',
      'kernel/src/main.rs': (await readFile(join(templatesDir, 'blog-os-rust/src/main.rs'), 'utf8')).replace('static HELLO: &[u8] = b"HELLO"', '#[cfg(feature = "greeting")]\nstatic HELLO: &[u8] = concat!("FEATURE-", env!("WORD")).as_bytes()'),
      'tool/Cargo.toml': '[package]\nname = "tool"\nversion = "0.1.0"\nedition = "2021"\n',
      'tool/src/main.rs': 'fn main() {}\n',
      '.cargo/config.toml': '[build]\ntarget = "x86_64-blog_os.json"\n\n[unstable]\nbuild-std = ["core", "compiler_builtins", "alloc"]\n',
      'bootlab.json': JSON.stringify({ name: 'k', kind: 'rust', features: ['greeting'] }),
    }
    const project = await projectFrom('blog-os-rust', files)
    const log: string[] = []
    const result = await buildKernel(await openProject(project.dir), { onLog: ({ text }) => log.push(text) })
    if (!result.ok) throw new Error(log.join('\n'))
    expect(Buffer.from(elfOf(result)).includes('FEATURE-by-build-script')).toBe(true)
    expect(log.join('\n')).toMatch(/cargo build --package kernel --bin kernel --target x86_64-blog_os\.json .*--features greeting/)
  })

  it.each([
    ['x86_64-unknown-linux-gnu', /operating system "linux"/],
    ['aarch64-unknown-none', /is not a triple for the PC/],
    ['x86_64-unknown-nowhere', /^rustc knows no target "x86_64-unknown-nowhere"/],
  ])('is not built for %s', async (target, message) => {
    const { result } = await build('bootlab.json', (text) => text.replace('x86_64-blog_os.json', target))
    expect(result.problems).toMatchObject([{ severity: 'error', source: 'target', message: expect.stringMatching(message), next: expect.stringContaining('x86_64-unknown-none') }])
  })

  it('has changes offered that rustc is sure of, at their places', async () => {
    const { result } = await build('src/main.rs', (text) => text.replace('#[unsafe(no_mangle)]', '/* é😀 */ #[no_mangle]'))
    const problem = result.problems.find(({ fix }) => fix !== undefined)
    expect(problem).toMatchObject({ file: 'src/main.rs', message: 'unsafe attribute used without unsafe: usage of unsafe attribute' })
    expect(problem?.fix?.edits.map(({ file, range, text }) => [file, range.column, text])).toEqual([
      ['src/main.rs', 13, 'unsafe('],
      ['src/main.rs', 22, ')'],
    ])
  })

  it('without an entry point is refused', { timeout: 60_000 }, async () => {
    const { result } = await build('src/main.rs', (text) => text.replace('#[unsafe(no_mangle)]\n', ''))
    expect(result.ok).toBe(false)
    expect(result.problems.at(-1)).toMatchObject({ source: 'linker', message: expect.stringContaining('no entry point') })
  })
})

it('without cargo, the build says what is missing and the command that gets it', async () => {
  process.env['BOOTLAB_CARGO'] = '/nowhere/cargo'
  const { result } = await build('src/main.rs', (text) => text)
  process.env['BOOTLAB_CARGO'] = before ?? ''
  expect(result).toMatchObject({ ok: false, problems: [{ source: 'build', message: expect.stringContaining('cargo is missing'), next: expect.stringMatching(/^Get Rust with: (curl|winget)/) }] })
})
