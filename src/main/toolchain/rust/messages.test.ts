import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../shared/problems'
import { brokenRustc, installHostLinker, installRust } from './advice'
import { problemsOfCargoText } from './cargo-text'
import { blameCrate } from './known'
import { parseCargoLine, problemsOfDiagnostic } from './messages'

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, '../../../../tests/fixtures/cargo-output', name), 'utf8')
const SYSROOT = '/home/ada/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu'
const MANIFEST = '[package]\nname = "k"\nedition = "2039"\n\n[dependencies]\nspin = "0.5.2"\nspin-that-is-not-there-bootlab = "0.5.2"\n'
const read = (path: string): string | undefined => (path === join('/home/ada/k', 'Cargo.toml') ? MANIFEST : undefined)
const text = (stderr: string, sysroot = SYSROOT): Problem[] => problemsOfCargoText(stderr, { targetFile: 't.json', sysroot, read })

function compiled(lines: string): Problem[] {
  return lines.split('\n').flatMap((line) => {
    const message = parseCargoLine(line)
    return message?.reason === 'compiler-message' ? problemsOfDiagnostic(message.message, SYSROOT) : []
  })
}

interface Expected {
  message?: RegExp | string
  file?: string
  line?: number
  next: RegExp
}

describe("cargo's text", () => {
  const manifest = join('/home/ada/k', 'Cargo.toml')
  it.each<[string, Expected]>([
    ['no-nightly-flag', { message: /^the option `Z` is only accepted on the nightly compiler$/, next: /RUSTC_BOOTSTRAP=1.*rustup override set nightly$/ }],
    ['no-json-flag', { next: /json-target-spec = true/ }],
    ['lock-too-new', { file: '/home/ada/k/Cargo.lock', next: /rustup update nightly$/ }],
    ['rust-version', { message: 'rustc 1.96.0 is not supported by the following package: k@0.1.0 requires rustc 1.200', next: /^Take versions .* cargo update --config/ }],
    ['offline', { file: manifest, line: 6, next: /cargo fetch$/ }],
    ['no-network', { file: manifest, line: 6, message: /^failed to get `spin` as a dependency.*: \[7\] Couldn't connect to server/, next: /cargo fetch$/ }],
    ['no-such-crate', { file: manifest, line: 7, next: /cargo search spin-that-is-not-there-bootlab$/ }],
    ['no-such-version', { file: manifest, line: 6, next: /cargo info spin$/ }],
    ['edition', { file: '/home/ada/k/Cargo.toml', line: 3, message: /only supports/, next: /rustup update nightly$/ }],
    ['disk-full', { message: 'could not compile `blog_os` (bin "blog_os"): No space left on device (os error 28)', next: /^Make room/ }],
    ['read-only', { message: /cargo-build-lock: Read-only file system/, next: /^Copy the project/ }],
    ['project-gone', { next: /deleted or renamed/ }],
    ['no-rust-src', { next: /rustup component add rust-src$/ }],
  ])('%s is one problem, with the one command that mends it', (name, { message, next, ...place }) => {
    const problems = text(recorded(`${name}.txt`))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ severity: 'error', source: 'cargo', ...place })
    expect(problems[0]?.next).toMatch(next)
    if (message !== undefined) expect(problems[0]?.message).toMatch(message)
  })

  it('has other advice for a Rust that is not of rustup', () => {
    expect(text(recorded('lock-too-new.txt'), '/usr')[0]?.next).toBe(`Cargo.lock is from a newer cargo. Update Rust with: ${installRust()}`)
  })

  it('of rustup names the toolchain to install', () => {
    expect(brokenRustc(recorded('no-toolchain.txt'))).toBe('Install it with: rustup toolchain install nightly-2020-02-03-x86_64-unknown-linux-gnu --component rust-src')
  })

  it.each([
    ['error: could not compile `k` (bin "k") due to 2 previous errors', undefined, undefined],
    ['error: error loading target specification: target-pointer-width: invalid type: string "64", expected u16 at line 5 column 30', /^target-pointer-width: invalid type/, /without quotes/],
    ['error: expected a value\n --> Cargo.toml:7:5\n  |\n7 | x = = 3\n', /^expected a value$/, undefined],
  ])('%s', (stderr, message, next) => {
    const problems = text(stderr)
    expect(problems).toHaveLength(message === undefined ? 0 : 1)
    if (message !== undefined) expect(problems[0]?.message).toMatch(message)
    if (next !== undefined) expect(problems[0]).toMatchObject({ source: 'target', file: 't.json', line: 5, next: expect.stringMatching(next) })
  })
})

describe("the compiler's messages", () => {
  it.each([
    ['no-panic-handler', undefined, undefined, /#\[panic_handler\]/],
    ['println', 'src/main.rs', 6, /println! belongs to std/],
    ['uses-std', 'src/main.rs', 1, /#!\[no_std\] at the top of src\/main\.rs/],
    ['no-alloc', 'src/main.rs', 3, /"buildStd"/],
    ['no-allocator', undefined, undefined, /#\[global_allocator\]/],
    ['no-main', 'src/main.rs', 5, /#!\[no_main\]/],
    ['unwinding', undefined, undefined, /"panic-strategy": "abort"/],
    ['crate-needs-std', '/home/ada/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/memchr-2.8.3/src/lib.rs', 198, /default-features = false/],
  ])('%s says what to do', (name, file, line, next) => {
    const [problem] = compiled(recorded(`${name}.jsonl`))
    expect({ file: problem?.file, line: problem?.line }).toEqual({ file, line })
    expect(problem?.next).toMatch(next)
  })

  it('name the linker of build scripts', () => {
    expect(compiled(recorded('no-cc.jsonl'))).toMatchObject([{ message: 'linker `cc` not found', next: expect.stringContaining(installHostLinker()) }])
  })

  it('bring the change that rustc is sure of, in all its parts', () => {
    const [problem] = compiled(recorded('no-mangle-2024.jsonl'))
    expect(problem).toMatchObject({ file: 'src/main.rs', line: 5, column: 3, endColumn: 12, message: 'unsafe attribute used without unsafe: usage of unsafe attribute', next: 'wrap the attribute in `unsafe(...)`' })
    expect(problem?.fix).toEqual({
      title: 'Wrap the attribute in `unsafe(...)`',
      edits: [
        { file: 'src/main.rs', range: { line: 5, column: 3, endLine: 5, endColumn: 3 }, text: 'unsafe(' },
        { file: 'src/main.rs', range: { line: 5, column: 12, endLine: 5, endColumn: 12 }, text: ')' },
      ],
    })
  })

  it('offer removals, too, and nothing for what is merely likely', () => {
    const fixes = compiled(recorded('stable-feature.jsonl')).filter(({ message }) => message.startsWith('variable does not need')).map(({ fix }) => fix?.edits[0]?.text)
    expect(fixes).toEqual(['', ''])
    const typos = compiled(recorded('typo.jsonl')).filter(({ message }) => message.startsWith('cannot find macro'))
    expect(typos.map(({ fix }) => fix)).toEqual([undefined, undefined])
    expect(typos[0]?.next).toBe('a macro with a similar name exists')
  })

  it('keep what they say about other places, and why, but not which lint it was', () => {
    const mismatch = compiled(recorded('typo.jsonl')).find(({ code }) => code === 'E0308')
    expect(mismatch).toMatchObject({ line: 4, message: 'mismatched types: expected `!`, found `()`' })
    expect(mismatch?.notes?.map(({ message, line }) => [message.split('\n')[0], line])).toEqual([
      ['implicitly returns `()` as its body has no tail or `return` expression', 4],
      ['  expected type `!`', undefined],
    ])
    expect(compiled(recorded('stable-feature.jsonl')).flatMap(({ notes }) => notes ?? [])).toEqual([])
  })

  it('blame a crate, with the version, for a mistake inside it', () => {
    const inside = (file: string, message = 'not all trait items implemented'): string | undefined => blameCrate({ severity: 'error', source: 'rustc', message, file }, 'rustc 1.101.0-nightly (92b5b8c87 2026-10-29)').next
    const blamed = 'The crate x86_64 0.14.13 does not fit rustc 1.101.0-nightly. Take a newer one (cargo update x86_64), or a Rust of its time (rustup override set …).'
    expect(inside('/home/a/.cache/bootlab/crate-sources/547328607bf772e284ed46dbc8eb405e/x86_64-0.14.13/src/addr.rs')).toBe(blamed)
    expect(inside('C:\\Users\\a\\.cargo\\registry\\src\\index.crates.io-1949cf8c6b5b557f\\x86_64-0.14.13\\src\\addr.rs')).toBe(blamed)
    expect(inside('/home/a/k/src/main.rs')).toBeUndefined()
    expect(inside('/a/.cargo/registry/src/index-1/memchr-2.8.3/src/lib.rs', "can't find crate for `std`")).toBeUndefined()
  })

  it('are passed over when they are none', () => {
    for (const line of ['', '{', '{"reason":"build-script-executed"}', '{"reason":"compiler-message"}', 'hello']) expect(parseCargoLine(line)).toBeUndefined()
  })
})
