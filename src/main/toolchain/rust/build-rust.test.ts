import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LogEvent } from '../../../shared/problems'
import { buildKernel } from '../build'
import type { BuildResult } from '../build-result'
import { ToolError } from '../errors'
import { openProject } from '../../project'
import { elfOf, projectFrom } from '../testing'
import { requireTool } from '../../../../tests/support/tools'
import { locateRust } from './locate'

/** Building core takes 20 seconds, so these tests keep it from one run to the next. */
const cache = join(tmpdir(), 'bootlab-test-cache')

/** A cargo with rust-src, as the product would choose it, and the linker that build scripts need. In CI there must be both. */
async function completeCargo(): Promise<string | undefined> {
  try {
    const { cargo: found } = await locateRust(process.cwd())
    if (requireTool('cc') !== undefined) return found
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
  }
  if (process.env['CI']) throw new Error('CI needs a cargo with rust-src: install rustc-web, cargo-web and rust-web-src.')
  return undefined
}

const before = process.env['BOOTLAB_CARGO']
const cargo = await completeCargo()

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
