import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { parseCompilerVersion, type CompilerFacts } from './compiler'
import { findingsOf, fixAll } from './examine'
import { FEATURE_FATES } from './rust-features'
import { rustExamination } from './rust-source'
import { codeOf } from './rust-text'

const STABLE: CompilerFacts = { release: 96, nightly: false, date: '2026-05-25', llvm: 22 }
const rust = (edition = 2015, elsewhere = '') => rustExamination({ compiler: STABLE, edition, elsewhere })
const codes = (text: string, edition?: number): string[] => findingsOf(rust(edition), text, 'main.rs').map(({ line, code }) => `${line} ${code}`)

const FEBRUARY_2018 = join(import.meta.dirname, '../../../../tests/fixtures/blog-os-2018/src/main.rs')

describe('the doctor of Rust sources', () => {
  it('makes the panic function of early 2018 one of today', async () => {
    const text = await readFile(FEBRUARY_2018, 'utf8')
    expect(codes(text)).toEqual(['25 panic-fmt'])
    const fixed = fixAll(rust(), text)
    expect(fixed).not.toContain('lang_items')
    expect(fixed.slice(fixed.indexOf('#[panic_handler]'))).toBe(`#[panic_handler] // define a function that should be called on panic
fn panic(_info: &core::panic::PanicInfo) -> ! {
    loop {}
}
`)
    expect(codes(fixed)).toEqual([])
  })

  it('leaves a panic function to the person that looks at its arguments', () => {
    const text = '#[lang = "panic_fmt"]\nextern fn panic_fmt(msg: core::fmt::Arguments, file: &str, line: u32) -> ! { print(msg); loop {} }\n'
    expect(findingsOf(rust(), text, 'main.rs')).toMatchObject([{ code: 'panic-fmt', next: expect.stringContaining('info.message()') }])
    expect(fixAll(rust(), text)).toBe(text)
  })

  it('knows the name that the attribute had in the summer of 2018', () => {
    const text = '#![feature(panic_implementation, abi_x86_interrupt)] // both\n#[panic_implementation]\n#[no_mangle]\npub fn panic(_info: &PanicInfo) -> ! { loop {} }\n'
    expect(codes(text)).toEqual(['2 panic-implementation', '1 feature-gone'])
    expect(fixAll(rust(), text)).toBe('#![feature(abi_x86_interrupt)] // both\n#[panic_handler]\n#[no_mangle]\npub fn panic(_info: &PanicInfo) -> ! { loop {} }\n')
  })

  it('translates inline assembly without operands, and points at the rest', () => {
    const text = [
      '#![feature(asm)]',
      'fn halt() { unsafe { asm!("hlt" :::: "volatile") } }',
      'fn zero() { unsafe { llvm_asm!("mov $$0, %eax" : : : "memory") } }',
      'fn read() -> u64 { let x: u64; unsafe { asm!("mov %cr2, $0" : "=r"(x)) }; x }',
      'fn nop() { unsafe { asm!("nop") } }',
      '// asm!("" ::: "memory")',
      '',
    ].join('\n')
    expect(codes(text)).toEqual(['1 feature-stable', '2 old-assembly', '3 old-assembly', '4 old-assembly', '2 assembly-import'])
    const fixed = fixAll(rust(), text)
    expect(fixed).toContain('core::arch::asm!("hlt")')
    expect(fixed).toContain('core::arch::asm!("mov $$0, %eax", options(att_syntax))')
    expect(fixed).toContain('core::arch::asm!("nop")')
    expect(findingsOf(rust(), fixed, 'main.rs')).toMatchObject([{ code: 'old-assembly', next: expect.stringContaining('core::arch::asm!') }])
  })

  it('marks what edition 2024 wants marked, and only there', () => {
    const text = '#[no_mangle] // named by the linker\npub extern "C" fn _start() -> ! { loop {} }\nextern "C" {\n    static end: u8;\n}\n#[link_section = ".boot"]\nstatic A: u8 = 0;\n'
    expect(codes(text, 2021)).toEqual([])
    expect(codes(text, 2024)).toEqual(['1 unsafe-attribute', '6 unsafe-attribute', '3 unsafe-extern'])
    expect(fixAll(rust(2024), text)).toBe(
      '#[unsafe(no_mangle)] // named by the linker\npub extern "C" fn _start() -> ! { loop {} }\nunsafe extern "C" {\n    static end: u8;\n}\n#[unsafe(link_section = ".boot")]\nstatic A: u8 = 0;\n',
    )
  })

  it('sees what other files of the package use', () => {
    const text = '#![feature(lang_items)]\nmod unwind;\n'
    expect(findingsOf(rust(2015, '#[lang = "eh_personality"] fn f() {}'), text, 'main.rs')).toEqual([])
    expect(codes(text)).toEqual(['1 feature-unused'])
  })

  it('reads no code in comments and strings', () => {
    expect(codeOf(`a // b\n/* c /* d */ e */ "f // g" 'h' r#"/* i"#`, 'keep')).toBe(`a     \n${' '.repeat(17)} "f // g" 'h' r#"/* i"#`)
    expect(codeOf(`x = "asm!(" ; 'a; b`, 'blank')).toBe(`x =         ; 'a; b`)
    expect(codes('// #[panic_implementation]\n/* asm!("" :: ) */\nconst S: &str = "#![feature(asm)] llvm_asm!()";\n')).toEqual([])
  })
})

describe('rustc, as the judge of features', () => {
  const rustc = requireTool('rustc')

  it.skipIf(rustc === undefined)('says of each what the table says', async (context) => {
    const compiler = parseCompilerVersion(spawnSync(rustc ?? '', ['-vV'], { encoding: 'utf8' }).stdout)
    if (compiler === undefined || compiler.release < 90) return context.skip('the table is that of a rustc of 2025 or later')
    const dir = await mkdtemp(join(tmpdir(), 'bootlab-features-'))
    const source = join(dir, 'features.rs')
    await writeFile(source, `${Object.keys(FEATURE_FATES).map((name) => `#![feature(${name})]\n`).join('')}#![crate_type = "lib"]\n#![no_std]\nextern crate alloc;\n`)
    const run = spawnSync(rustc ?? '', ['--error-format=json', '--emit=metadata', '-o', join(dir, 'x.rmeta'), source], { env: { ...process.env, RUSTC_BOOTSTRAP: '1' }, encoding: 'utf8' })
    const said = new Map<number, string>()
    for (const line of run.stderr.split('\n').filter((text) => text.startsWith('{'))) {
      const found = /"line_start":(\d+)/.exec(line)
      const gone = /unknown feature|feature has been removed/.test(line)
      const stable = /has been stable since/.test(line)
      if (found && (gone || stable)) said.set(Number(found[1]), gone ? 'gone' : 'stable')
    }
    const ours = Object.entries(FEATURE_FATES).map(([name, fate]) => [name, 'gone' in fate ? 'gone' : 'stable'])
    // Unknown and removed features keep rustc from looking at stable ones of the library in some releases: what it says must fit.
    for (const [index, [name, fate]] of ours.entries()) expect([name, said.get(index + 1) ?? fate]).toEqual([name, fate])
    expect(said.size).toBeGreaterThan(ours.length / 2)
    await rm(dir, { recursive: true })
  })
})
