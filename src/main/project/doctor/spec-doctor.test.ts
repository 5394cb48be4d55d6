import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { parseTargetSpec } from '../target/target-spec'
import { parseCompilerVersion, type CompilerFacts } from './compiler'
import { findingsOf, fixAll } from './examine'
import { specExamination } from './spec-doctor'

const FIXTURES = join(import.meta.dirname, '../../../../tests/fixtures')
const STABLE: CompilerFacts = { release: 96, nightly: false, date: '2026-05-25', llvm: 22 }

const specFile = (name: string): string => (name === 'blog-os-2018-02' ? join(FIXTURES, 'blog-os-2018/x86_64-blog_os.json') : join(FIXTURES, 'target-specs', `${name}.json`))
const read = (name: string): Promise<string> => readFile(specFile(name), 'utf8')
const rust = (compiler: CompilerFacts) => specExamination({ compiler, language: 'rust', profilesAbort: false })

/** Of each file: what is found, in order, and where. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'blog-os-2018-02': ['6:27 number-as-string', '7:25 number-as-string', '2:18 hosted-triple', '3:18 data-layout', '12:15 soft-float-abi'],
  'blog-os-2018-11': ['6:27 number-as-string', '7:25 number-as-string', '3:18 data-layout', '14:15 soft-float-abi'],
  'first-listing': [
    '9:24 json-trailing-comma', '6:29 number-as-string', '7:27 number-as-string', '3:20 data-layout', '1:1 vector-units-on', '1:1 redzone', '1:1 panic-strategy', '1:1 linker-flavor-missing',
  ],
  'i686-lld': ['6:26 number-as-string', '7:24 number-as-string', '14:18 stack-probes-shape', '4:17 data-layout', '15:14 soft-float-abi', '11:2 link-args-list'],
  'gcc-linked': [
    '15:3 retired-key', '8:27 number-as-string', '9:25 number-as-string', '3:18 data-layout', '14:15 soft-float-abi', '4:20 linker-flavor-compiler', '6:3 link-args-list',
  ],
  comments: ['1:1 json-bom', '1:2 json-comment', '3:41 json-comment', '12:3 json-comment', '8:38 json-trailing-comma', '8:40 json-trailing-comma', '13:27 json-trailing-comma', '5:3 json-missing-comma'],
  retired: [
    '6:3 retired-key', '7:3 retired-key', '8:3 retired-key', '9:3 retired-key', '10:3 retired-key', '11:3 retired-key', '12:3 retired-key', '13:3 retired-key', '15:3 retired-key',
  ],
  misspelt: [
    '2:3 unknown-key', '3:3 unknown-key', '4:3 unknown-key', '5:3 unknown-key', '6:3 unknown-key', '7:3 unknown-key', '8:3 unknown-key', '9:3 unknown-key', '12:3 unknown-key',
    '11:16 unknown-choice', '11:16 soft-float-abi',
  ],
  quoted: [
    '1:180 number-as-string', '1:208 number-as-string', '1:234 number-as-string', '1:259 boolean-as-string', '1:288 boolean-as-number', '1:403 unknown-choice', '1:428 stack-probes-shape',
    '1:449 boolean-as-string', '1:303 features-spaces',
  ],
  hosted: ['2:18 hosted-triple', '7:9 hosted-os', '8:18 executables', '1:1 vector-units-on', '1:1 redzone', '9:21 panic-strategy', '1:1 linker-flavor-missing'],
  contradictions: [
    '13:3 duplicate-key', '1:1 missing-key', '3:11 arch-mismatch', '5:27 pointer-width-mismatch', '4:20 endian', '15:15 features-shape', '16:16 soft-abi-without-feature', '7:3 link-args-flavor', '12:3 link-args-flavor',
  ],
  'print-of-macos': [
    '9:3 retired-key', '10:3 retired-key', '11:3 retired-key', '24:27 number-as-string', '21:25 number-as-string', '20:19 stack-probes-shape', '13:18 hosted-triple', '14:9 hosted-os',
    '25:13 foreign-likeness', '1:1 vector-units-on', '1:1 redzone', '1:1 panic-strategy', '12:20 linker-flavor-compiler', '15:3 link-args-flavor',
  ],
  unclosed: ['14:38 json-unclosed', '4:27 number-as-string', '5:18 data-layout', '14:15 soft-float-abi', '1:1 panic-strategy'],
  'sse-off': ['10:15 sse-off-without-soft-float', '9:22 redzone', '6:20 linker-flavor-foreign', '7:3 link-args-list'],
}

describe('the doctor', () => {
  it('has an expectation for each specification', async () => {
    const names = (await readdir(join(FIXTURES, 'target-specs'))).map((name) => name.replace('.json', ''))
    expect(Object.keys(EXPECTED).toSorted()).toEqual([...names, 'blog-os-2018-02'].toSorted())
  })

  it.each(Object.keys(EXPECTED))('finds what is wrong with %s', async (name) => {
    const found = findingsOf(rust(STABLE), await read(name), 'x.json')
    expect(found.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual(EXPECTED[name])
    for (const { message, why, fix, next, diff } of found) {
      expect(message).toMatch(/^[^\n]+\.$/)
      expect(why).toMatch(/^[^\n]+\.$/)
      expect(fix === undefined ? next : diff).toMatch(fix === undefined ? /\.$/ : /^--- a\/x\.json\n/)
    }
  })

  it.each(Object.keys(EXPECTED))('leaves nothing to find in %s after all fixes', async (name) => {
    const fixed = fixAll(rust(STABLE), await read(name))
    expect(findingsOf(rust(STABLE), fixed, 'x.json')).toEqual([])
    expect(fixAll(rust(STABLE), fixed)).toBe(fixed)
    expect(parseTargetSpec(fixed, 'x.json')).toMatchObject({ ok: true, problems: [] })
  })

  it('keeps the way a file is written', async () => {
    expect(fixAll(rust(STABLE), await read('i686-lld'))).toBe(`{
	"llvm-target": "i686-unknown-none",
	"arch": "x86",
	"data-layout": "e-m:e-p:32:32-p270:32:32-p271:32:32-p272:64:64-i128:128-f64:32:64-f80:32-n8:16:32-S128",
	"target-endian": "little",
	"target-pointer-width": 32,
	"target-c-int-width": 32,
	"os": "none",
	"linker-flavor": "ld.lld",
	"linker": "rust-lld",
	"pre-link-args": { "ld.lld": ["-m", "elf_i386", "-n"] },
	"panic-strategy": "abort",
	"executables": true,
	"stack-probes": { "kind": "inline" },
	"features": "-mmx,-sse,+soft-float",
	"rustc-abi": "softfloat"
}
`)
    const comments = fixAll(rust(STABLE), await read('comments'))
    expect(comments.split('\r\n')).toHaveLength(13)
    expect(comments).not.toMatch(/[^\r]\n/)
    expect(comments).toContain('"pre-link-args": { "gnu-lld": ["-n"] },\r\n')
  })

  it('has nothing to say about a specification of today', async () => {
    const text = await readFile(join(FIXTURES, '../../resources/templates/blog-os-rust/x86_64-blog_os.json'), 'utf8')
    expect(findingsOf(rust(STABLE), text, 'x.json')).toEqual([])
  })

  it('turns a specification of today back for compilers of yesterday', async () => {
    const text = await readFile(join(FIXTURES, '../../resources/templates/blog-os-rust/x86_64-blog_os.json'), 'utf8')
    const found = (compiler: CompilerFacts): string[] => findingsOf(rust(compiler), text, 'x.json').map(({ code }) => code)
    expect(found({ release: 91, nightly: false, date: '2025-10-28', llvm: 21 })).toEqual(['abi-spelling'])
    expect(found({ release: 91, nightly: true, date: '2025-08-20', llvm: 21 })).toEqual(['string-as-number', 'abi-spelling'])
    expect(found({ release: 85, nightly: false, date: '2025-02-17', llvm: 19 })).toEqual(['key-too-new', 'string-as-number', 'string-as-number'])
    expect(found({ release: 63, nightly: false, date: '2022-08-05', llvm: 14 })).toEqual(['key-too-new', 'string-as-number', 'string-as-number', 'data-layout', 'linker-flavor-too-new', 'link-args-flavor'])
    const old = fixAll(rust({ release: 63, nightly: false, date: '2022-08-05', llvm: 14 }), text)
    expect(old).toContain('"pre-link-args": { "ld.lld": ["--image-base=0x200000", "--entry=_start", "-z", "max-page-size=4096"] }')
    expect(old).toContain('"target-pointer-width": "64",\n  "target-c-int-width": "32"')
    expect(fixAll(rust(STABLE), old)).toContain('"target-pointer-width": 64,\n  "target-c-int-width": 32')
  })

  it('lets UEFI programs be what they are', () => {
    const uefi = {
      'llvm-target': 'x86_64-unknown-windows-msvc', 'data-layout': 'e-m:w-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128', arch: 'x86_64', 'target-pointer-width': 64, os: 'uefi',
      'is-like-windows': true, 'is-like-msvc': true, 'linker-flavor': 'msvc-lld', linker: 'rust-lld', 'pre-link-args': { 'msvc-lld': ['/NOLOGO'], msvc: ['/NOLOGO'] },
      'panic-strategy': 'abort', 'disable-redzone': true, features: '-mmx,-sse,+soft-float', 'rustc-abi': 'softfloat',
    }
    expect(findingsOf(rust(STABLE), JSON.stringify(uefi), 'x.json')).toEqual([])
  })

  it('takes the word of a compiler about its keys', () => {
    const text = '{"llvm-target": "x86_64-unknown-none", "wonder": true}'
    const keys = new Set(['llvm-target', 'wonder'])
    expect(findingsOf(rust({ ...STABLE, keys }), text, 'x.json').map(({ code }) => code)).not.toContain('unknown-key')
  })

  it('asks of a specification for C only what clang and Bootlab read', async () => {
    const c = specExamination({ compiler: STABLE, language: 'c', profilesAbort: false })
    expect(findingsOf(c, await read('blog-os-2018-11'), 'x.json').map(({ code }) => code)).toEqual(['number-as-string', 'number-as-string'])
    expect(findingsOf(c, await read('hosted'), 'x.json').map(({ code }) => code)).toEqual(['hosted-triple', 'hosted-os', 'executables', 'vector-units-on', 'redzone'])
  })

  it.each(['', '{', '[1]', 'null', '{"a": {"b": [1, {}', '{"features": 3, "arch": [], "llvm-target": {}, "pre-link-args": 7, "os": null}', '\u0000\uD800', '"x"'])('does not stumble over %j', (text) => {
    expect(findingsOf(rust(STABLE), text, 'x.json').length).toBeGreaterThan(0)
    expect(() => fixAll(rust(STABLE), text)).not.toThrow()
  })
})

describe('rustc, as the judge', () => {
  const rustc = requireTool('rustc')
  const env = { ...process.env, RUSTC_BOOTSTRAP: '1' }
  /** An empty crate makes rustc read the specification and compare data layouts. */
  const EMPTY = '#![feature(no_core)]\n#![no_core]\n#![crate_type = "lib"]\n'

  it.skipIf(rustc === undefined)('refuses each of the specifications, or warns about it, and takes it mended', async (context) => {
    const dir = await mkdtemp(join(tmpdir(), 'bootlab-doctor-'))
    const compiler = parseCompilerVersion(spawnSync(rustc ?? '', ['-vV'], { encoding: 'utf8' }).stdout)
    if (compiler === undefined) return context.skip('this rustc does not tell its version')
    const source = join(dir, 'empty.rs')
    await writeFile(source, EMPTY)
    const compile = (spec: string) => spawnSync(rustc ?? '', ['-Zunstable-options', '--target', spec, '--emit=obj', '-o', join(dir, 'empty.o'), source], { env, encoding: 'utf8' })
    // What rustc itself does not mind: the linker's flavor, the red zone and the like matter later.
    const tolerated = ['hosted']
    for (const name of Object.keys(EXPECTED)) {
      const text = await read(name)
      const spec = join(dir, `${name}.json`)
      await writeFile(spec, text)
      const before = compile(spec)
      if (!tolerated.includes(name)) expect(before.stderr, name).not.toBe('')
      await writeFile(spec, fixAll(rust(compiler), text))
      const after = compile(spec)
      expect({ name, status: after.status, stderr: after.stderr }).toEqual({ name, status: 0, stderr: '' })
    }
    await rm(dir, { recursive: true })
  })
})
