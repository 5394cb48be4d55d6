import { lstat, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseManifest, type RustManifest } from '../../project'
import { ownCache, temporaryFolder } from '../testing'
import { configFiles } from './cargo'
import type { CargoFacts, CargoPackage } from './cargo-facts'
import { chooseKernel } from './choose-kernel'
import { profileSections } from './core-seed'
import { joinCrates, lockedChecksums } from './crate-sources'
import { remember } from './remember'

async function put(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  return path
}

function manifest(keys: Record<string, unknown> = {}): RustManifest {
  const result = parseManifest(JSON.stringify({ name: 'k', kind: 'rust', ...keys }))
  if (!result.ok || result.manifest.kind !== 'rust') throw new Error(JSON.stringify(result))
  return result.manifest
}

describe('the kernel of a workspace', () => {
  const workspace = async (): Promise<{ root: string; facts: CargoFacts }> => {
    const root = await temporaryFolder()
    const source = (name: string, text: string): Promise<string> => put(join(root, name), text)
    const kernel = await source('kernel/src/main.rs', '//! Text\n#![no_std]\n#![no_main]\n')
    const tool = await source('tool/src/main.rs', 'fn main() {}\n')
    const other = await source('tool/src/bin/other.rs', 'fn main() {}\n')
    const pack = (name: string, binaries: Record<string, string>, more: Partial<CargoPackage> = {}): CargoPackage => ({
      name,
      manifest: join(root, name, 'Cargo.toml'),
      isDefault: true,
      binaries: Object.entries(binaries).map(([binary, file]) => ({ name: binary, file })),
      metadata: null,
      ...more,
    })
    const packages = [pack('kernel', { kernel }), pack('tool', { tool, other }, { defaultRun: 'other' }), pack('library', {})]
    return { root, facts: { workspaceRoot: root, packages, crates: [], complete: true, manifests: [] } }
  }
  const choose = async (keys: Record<string, unknown>, at = 'Cargo.toml', edit: (facts: CargoFacts) => void = () => undefined) => {
    const { root, facts } = await workspace()
    edit(facts)
    const found = await chooseKernel(facts, manifest(keys), join(root, at))
    return 'severity' in found ? { message: found.message, next: found.next } : `${found.package.name}/${found.binary}`
  }

  it.each([
    ['the freestanding one', {}, 'Cargo.toml', 'kernel/kernel'],
    ['that of the package whose Cargo.toml is named', {}, 'kernel/Cargo.toml', 'kernel/kernel'],
    ["a package's default-run", {}, 'tool/Cargo.toml', 'tool/other'],
    ['the binary that is named', { bin: 'tool' }, 'Cargo.toml', 'tool/tool'],
    ['that of the package that is named', { package: 'kernel' }, 'tool/Cargo.toml', 'kernel/kernel'],
  ])('is %s', async (_, keys, at, expected) => {
    // Without a default binary, for the first: that of a package counts before what its sources say.
    expect(await choose(keys, at, (facts) => at === 'Cargo.toml' && facts.packages.forEach((one) => delete one.defaultRun))).toBe(expected)
  })

  it.each([
    ['library/Cargo.toml', {}, /has no binary/, /Add src\/main\.rs/],
    ['Cargo.toml', { bin: 'nothing' }, /no binary "nothing"; there is kernel, tool, other/, /Correct "bin"/],
    ['Cargo.toml', { package: 'nothing' }, /no package "nothing"; it has kernel, tool, library/, /Correct "package"/],
  ])('%s %j', async (at, keys, message, next) => expect(await choose(keys, at)).toEqual({ message: expect.stringMatching(message), next: expect.stringMatching(next) }))

  it('is asked for when several could be it', async () => {
    const second = (facts: CargoFacts): void => {
      const [kernel] = facts.packages
      facts.packages = kernel ? [kernel, { ...kernel, name: 'second' }] : []
    }
    expect(await choose({}, 'Cargo.toml', second)).toEqual({ message: 'The package has several binaries: kernel (package kernel), kernel (package second).', next: 'Name one as "bin", and its package as "package", in bootlab.json.' })
  })
})

describe('the crates of core and of the kernel', () => {
  const LOCK = '# made by cargo\nversion = 4\n\n[[package]]\nname = "spin"\nversion = "0.5.2"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "6e63cff320ae2c57904679ba7cb63280a3dc4613885beafb148ee7bf9aa9042d"\n\n[[package]]\nname = "k"\nversion = "0.1.0"\ndependencies = [\n "spin",\n]\n'

  it('have their checksums in Cargo.lock', () => {
    expect([...lockedChecksums(LOCK)]).toEqual([['spin 0.5.2', '6e63cff320ae2c57904679ba7cb63280a3dc4613885beafb148ee7bf9aa9042d']])
  })

  it('are joined in one folder, with the file that cargo wants beside a crate', async () => {
    await ownCache()
    const dir = await temporaryFolder()
    const vendored = join(dir, 'vendor')
    await put(join(vendored, 'cfg-if-1.0.4', 'Cargo.toml'), 'core')
    await put(join(dir, 'registry', 'spin-0.5.2', 'src', 'lib.rs'), 'text')
    await put(join(dir, 'Cargo.lock'), LOCK)
    const crates = [{ name: 'spin', version: '0.5.2', folder: join(dir, 'registry', 'spin-0.5.2') }]
    const folder = await joinCrates(vendored, { workspaceRoot: dir, crates })
    expect(await readFile(join(folder, 'cfg-if-1.0.4', 'Cargo.toml'), 'utf8')).toBe('core')
    expect(await readFile(join(folder, 'spin-0.5.2', 'src', 'lib.rs'), 'utf8')).toBe('text')
    const checksum = z.object({ files: z.object({}), package: z.string() }).parse(JSON.parse(await readFile(join(folder, 'spin-0.5.2', '.cargo-checksum.json'), 'utf8')))
    expect(checksum.package).toBe('6e63cff320ae2c57904679ba7cb63280a3dc4613885beafb148ee7bf9aa9042d')
    expect(await joinCrates(vendored, { workspaceRoot: dir, crates })).toBe(folder)
    await expect(lstat(join(dir, 'registry', 'spin-0.5.2', '.cargo-checksum.json'))).rejects.toThrow('ENOENT')
  })

  it('are those of core alone when the kernel has none', async () => expect(await joinCrates('/vendor', { workspaceRoot: '/nowhere', crates: [] })).toBe('/vendor'))
})

it('profiles decide how core is compiled, the rest of Cargo.toml does not', () => {
  const text = '[package]\nname = "k"\n[profile.dev]\npanic = "abort"\n\n[profile.dev.package.spin]\nopt-level = 3\n[profile.release]\nlto = true\n[dependencies]\nspin = "1"\n'
  expect(profileSections(text)).toBe('[profile.dev]\npanic = "abort"\n\n[profile.release]\nlto = true\n')
})

it("cargo's configuration is looked for in every folder up to the root, then in cargo's own", () => {
  expect(configFiles('/a/b', { CARGO_HOME: '/home/cargo' }).map((path) => path.replaceAll('\\', '/'))).toEqual([
    '/a/b/.cargo/config.toml',
    '/a/b/.cargo/config',
    '/a/.cargo/config.toml',
    '/a/.cargo/config',
    '/.cargo/config.toml',
    '/.cargo/config',
    '/home/cargo/config.toml',
    '/home/cargo/config',
  ])
})

describe('an answer that is remembered', () => {
  it('holds until a file that it was made from changes, appears or goes', async () => {
    await ownCache()
    const dir = await temporaryFolder()
    const [file, folder, absent] = [await put(join(dir, 'file'), 'a'), join(dir, 'folder'), join(dir, 'absent')]
    await mkdir(folder)
    let asked = 0
    const ask = (key = 'k'): Promise<number> => remember({ kind: 'test', key: [key], schema: z.number(), inputs: () => [file, folder, absent], ask: async () => ++asked })
    expect([await ask(), await ask()]).toEqual([1, 1])
    await utimes(file, new Date(0), new Date(0))
    expect(await ask()).toBe(1)
    await writeFile(file, 'b')
    expect([await ask(), await ask()]).toEqual([2, 2])
    await put(join(folder, 'new'), '')
    expect([await ask(), await ask()]).toEqual([3, 3])
    await put(absent, '')
    expect([await ask(), await ask()]).toEqual([4, 4])
    await rm(file)
    expect([await ask(), await ask()]).toEqual([5, 5])
    expect(await ask('other')).toBe(6)
  })

  it('is asked anew when it was kept in another shape, and not kept when asking failed', async () => {
    await ownCache()
    const question = { kind: 'test', key: ['k'], inputs: () => [] }
    expect(await remember({ ...question, schema: z.number(), ask: async () => 1 })).toBe(1)
    await expect(remember({ ...question, schema: z.string(), ask: () => Promise.reject(new Error('no')) })).rejects.toThrow('no')
    expect(await remember({ ...question, schema: z.string(), ask: async () => 'two' })).toBe('two')
  })
})
