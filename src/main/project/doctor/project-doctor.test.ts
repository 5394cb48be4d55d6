import { describe, expect, it } from 'vitest'
import type { CompilerFacts } from './compiler'
import { profilesAbort, tomlLines } from './cargo-files'
import { diagnose } from './project-doctor'

const STABLE: CompilerFacts = { release: 96, nightly: false, date: '2026-05-25', llvm: 22 }
const SPEC = `{
  "llvm-target": "x86_64-unknown-none",
  "data-layout": "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128",
  "arch": "x86_64",
  "target-pointer-width": 64,
  "linker-flavor": "gnu-lld",
  "panic-strategy": "abort",
  "disable-redzone": true,
  "features": "-mmx,-sse,+soft-float",
  "rustc-abi": "softfloat"
}
`
const MAIN = '#![no_std]\n#![no_main]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n#[no_mangle]\npub extern "C" fn _start() -> ! { loop {} }\n'
const CARGO = '[package]\nname = "k"\nversion = "0.1.0"\nedition = "2021"\n'

const examine = (files: Readonly<Record<string, string>>) => diagnose({ files: new Map(Object.entries({ 'x.json': SPEC, 'Cargo.toml': CARGO, 'src/main.rs': MAIN, ...files })), specs: ['x.json'], language: 'rust', compiler: STABLE })
const codes = (files: Readonly<Record<string, string>>): string[] => examine(files).findings.map(({ file, line, code }) => `${file}:${line} ${code}`)
const repaired = (files: Readonly<Record<string, string>>, path: string): string | undefined => examine(files).repairs.find((repair) => repair.path === path)?.text

describe('the doctor of a project', () => {
  it('finds nothing in a kernel of today', () => {
    expect(examine({})).toEqual({ compiler: 'rustc 1.96', files: ['x.json', 'Cargo.toml', 'src/main.rs'], findings: [], repairs: [] })
  })

  it('lists errors first, then by file and line', () => {
    expect(codes({ 'x.json': SPEC.replace('"abort"', '"unwind"').replace('"disable-redzone": true', '"disable-redzone": false'), 'Cargo.toml': CARGO.replace('edition = "2021"\n', '') })).toEqual([
      'x.json:7 panic-strategy',
      'Cargo.toml:1 edition-missing',
      'x.json:8 redzone',
    ])
  })

  it('knows that profiles which abort make up for a specification that does not', () => {
    const unwinding = SPEC.replace('  "panic-strategy": "abort",\n', '')
    const severity = (manifest: string) => examine({ 'x.json': unwinding, 'Cargo.toml': manifest }).findings.map((finding) => finding.severity)
    expect(severity(CARGO)).toEqual(['error'])
    expect(severity(`${CARGO}[profile.dev]\npanic = "abort"\n[profile.release]\npanic = 'abort' # both\n`)).toEqual(['warning'])
  })

  it('adds the edition at the end of its table, whatever follows', () => {
    expect(repaired({ 'Cargo.toml': '[package]\nname = "k"\n\n[dependencies]\nspin = "0.9"\n' }, 'Cargo.toml')).toBe('[package]\nname = "k"\nedition = "2015"\n\n[dependencies]\nspin = "0.9"\n')
    expect(codes({ 'Cargo.toml': '[package]\nname = "k"\nedition.workspace = true\n[workspace.package]\nedition = "2024"\n' })).toEqual(['src/main.rs:5 unsafe-attribute'])
    expect(codes({ 'Cargo.toml': '[workspace]\nmembers = ["a"]\n' })).toEqual([])
  })

  it('applies the edition of the package that a source belongs to', () => {
    const files = { 'Cargo.toml': '[workspace]\nmembers = ["a", "b"]\n', 'a/Cargo.toml': CARGO, 'a/src/main.rs': MAIN, 'b/Cargo.toml': CARGO.replace('2021', '2024'), 'b/src/lib.rs': MAIN }
    expect(codes(files)).toEqual(['b/src/lib.rs:5 unsafe-attribute'])
    expect(repaired(files, 'b/src/lib.rs')).toContain('#[unsafe(no_mangle)]')
  })

  it('takes out a bootloader crate that cargo cannot read, when nothing uses it', () => {
    const manifest = `${CARGO}\n[dependencies]\nbootloader = "0.3.4" # as in the post\nspin = "0.4"\n`
    expect(codes({ 'Cargo.toml': manifest })).toEqual(['Cargo.toml:7 bootloader-too-old'])
    expect(repaired({ 'Cargo.toml': manifest }, 'Cargo.toml')).toBe(`${CARGO}\n[dependencies]\nspin = "0.4"\n`)
    const used = { 'Cargo.toml': manifest, 'src/main.rs': `${MAIN}use bootloader::BootInfo;\n` }
    expect(examine(used).findings).toMatchObject([{ code: 'bootloader-too-old', next: expect.stringContaining('0.9') }])
    expect(examine(used).repairs).toEqual([])
    expect(codes({ 'Cargo.toml': manifest.replace('"0.3.4"', '{ version = "0.9.23", features = ["map_physical_memory"] }') })).toEqual([])
  })

  it('speaks of what older tools left behind', () => {
    expect(codes({ '.cargo/config': '', 'Xargo.toml': '', 'rust-toolchain': 'nightly-2018-05-01\n', 'Cargo.toml': `${CARGO}[package.metadata.cargo-xbuild]\nmemcpy = true\n` })).toEqual([
      'rust-toolchain:1 toolchain-too-old',
      '.cargo/config:1 cargo-config-name',
      'Cargo.toml:5 old-build-tool',
      'Xargo.toml:1 xargo',
    ])
    expect(repaired({ 'rust-toolchain': 'nightly-2018-05-01\n' }, 'rust-toolchain')).toBe('nightly\n')
    expect(codes({ 'rust-toolchain.toml': '[toolchain]\nchannel = "nightly-2026-01-01"\n' })).toEqual([])
  })

  it('mends several files until nothing is left', () => {
    const files = { 'src/main.rs': `#![feature(lang_items)]\n${MAIN}`, 'src/panic.rs': '#[lang = "panic_fmt"]\nextern fn p(_a: core::fmt::Arguments, _b: &str, _c: u32) -> ! { loop {} }\n' }
    const { repairs } = examine(files)
    expect(codes({ ...files, ...Object.fromEntries(repairs.map(({ path, text }) => [path, text])) })).toEqual([])
    expect(repairs.map(({ path }) => path)).toEqual(['src/main.rs', 'src/panic.rs'])
  })

  it('does not stumble over files that are no such files', () => {
    const noise = String.fromCharCode(...Array.from({ length: 2000 }, (_, index) => (index * 7919) % 256))
    for (const path of ['x.json', 'Cargo.toml', 'src/main.rs', 'rust-toolchain']) expect(() => examine({ [path]: noise }), path).not.toThrow()
    expect(() => examine({ 'src/main.rs': `#[lang = "panic_fmt"]\nfn f(${'('.repeat(3000)}` })).not.toThrow()
  })
})

describe('lines of TOML', () => {
  it('are keys with their tables', () => {
    expect(tomlLines('a = 1 # one\n[t."x y"] # two\n"b" = "#no"\r\n[[bin]]\nc.d = [1,\n 2]\n').map(({ table, key, value }) => [table, key, value])).toEqual([
      ['', 'a', '1'],
      ['t.xy', 'b', '#no'],
      ['bin', 'c.d', '[1,'],
    ])
    expect(profilesAbort('[profile.dev]\npanic = "abort"\n')).toBe(false)
  })
})
