/** Programs with one mistake each: the problem list leads to its file and line, with a sentence that helps. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rustForTests, rustTestCache } from '../../../tests/support/rust'
import { requireTool } from '../../../tests/support/tools'
import type { Problem, TextEdit } from '../../shared/problems'
import { createProject } from '../project'
import { Builder } from './builder'
import { locate } from './locations'

const builder = new Builder()
const START = 'void start_entry(void) { for (;;); }\n'
const manifest = (more: Readonly<Record<string, unknown>>): string => JSON.stringify({ name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: ['kernel.c'], ...more })

async function project(template: string, files: Readonly<Record<string, string>>): Promise<string> {
  const dir = join(await mkdtemp(join(tmpdir(), 'bootlab-test-')), 'project')
  onTestFinished(() => rm(dirname(dir), { recursive: true, force: true }))
  await createProject({ templatesDir: join(locate().resources, 'templates'), template, dir })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return dir
}

interface Broken {
  name: string
  files: Readonly<Record<string, string>>
  /** Of the problem that the list begins with, or of the one whose message fits. */
  file: string
  line: number
  message: RegExp
  /** Helps: what to do. */
  next?: RegExp
  /** The text after the fix that is offered. */
  fixed?: string
  severity?: Problem['severity']
}

const C: readonly Broken[] = [
  {
    name: 'a semicolon that is missing',
    files: { 'kernel.c': 'int counter\nvoid start_entry(void) { for (;;); }\n' },
    file: 'kernel.c', line: 1, message: /expected ';' after top level declarator/, fixed: 'int counter;\nvoid start_entry(void) { for (;;); }\n',
  },
  {
    name: 'a name that is misspelt',
    files: { 'kernel.c': '/* é */ static int counter;\nvoid start_entry(void) {\n  /* é */ countr = 1;\n}\n' },
    file: 'kernel.c', line: 3, message: /did you mean 'counter'/, fixed: '/* é */ static int counter;\nvoid start_entry(void) {\n  /* é */ counter = 1;\n}\n',
  },
  { name: 'a header of a C library', files: { 'kernel.c': `#include <stdint.h>\n#include <stdio.h>\n${START}` }, file: 'kernel.c', line: 2, message: /'stdio.h' file not found/, next: /no C library.*stdint\.h/ },
  { name: 'a header in another folder', files: { 'kernel.c': `#include "vga.h"\n${START}`, 'drivers/vga.h': '' }, file: 'kernel.c', line: 1, message: /'vga.h' file not found/, next: /"includeDirs"/ },
  { name: 'an address without a cast', files: { 'kernel.c': 'void start_entry(void) {\n  char *screen = 0xb8000;\n  *screen = 1;\n}\n' }, file: 'kernel.c', line: 2, message: /integer to pointer/, next: /\(volatile char \*\)0xb8000/ },
  { name: 'a function that nobody declared', files: { 'kernel.c': '\n\nvoid start_entry(void) { print("x"); }\n' }, file: 'kernel.c', line: 3, message: /undeclared function 'print'/, next: /Declare it/ },
  { name: 'an instruction that does not exist, inside C', files: { 'kernel.c': 'void start_entry(void) {\n  __asm__("cli; hltt");\n}\n' }, file: 'kernel.c', line: 2, message: /mnemonic 'hltt'/, next: /spelling/ },
]

const ASSEMBLY: readonly Broken[] = [
  { name: 'an instruction that does not exist', files: { 'a.S': '.text\n  movv %eax, %ebx\n' }, file: 'a.S', line: 2, message: /mnemonic 'movv'/, next: /spelling/ },
  { name: 'a size that is not said', files: { 'a.S': '.text\n\n  mov $1, (%eax)\n' }, file: 'a.S', line: 3, message: /explicit suffix/, next: /b for 8 bits/ },
  { name: 'a register of another mode', files: { 'a.S': '.text\n  mov %rax, %rbx\n' }, file: 'a.S', line: 2, message: /only available in 64-bit mode/, next: /x86_64 target specification/ },
  { name: "another assembler's syntax", files: { 'a.S': 'section .text\nx: mov eax, [ebx]\n' }, file: 'a.S', line: 1, message: /mnemonic 'section'/, next: /\.asm/ },
].map((broken) => ({ ...broken, files: { 'kernel.c': START, 'bootlab.json': manifest({ sources: ['kernel.c', 'a.S'] }), ...broken.files } }))

const NASM: readonly Broken[] = [
  { name: 'a label that nobody defines', files: { 'a.asm': 'section .text\n  mov eax, missing\n' }, file: 'a.asm', line: 2, message: /symbol `missing' not defined/, next: /extern/ },
  { name: 'a size that is not said', files: { 'a.asm': 'section .text\n  mov [eax], 1\n' }, file: 'a.asm', line: 2, message: /operation size not specified/, next: /dword/ },
  {
    name: 'a boot sector that is too long',
    files: { 'bootlab.json': manifest({ kind: 'boot-sector', sources: ['a.asm'] }), 'a.asm': 'org 0x7c00\ntimes 600 nop\ntimes 510-($-$$) db 0\ndw 0xaa55\n' },
    file: 'a.asm', line: 3, message: /TIMES value -90 is negative/, next: /shorten/,
  },
].map((broken) => ({ ...broken, files: { 'kernel.c': START, 'bootlab.json': manifest({ sources: ['kernel.c', 'a.asm'] }), ...broken.files } }))

const LOOP = 'int data[64] = {1};\nvoid start_entry(void) { for (;;) *(volatile int *)data = 1; }\n'

const LINKING: readonly Broken[] = [
  { name: 'a function that nobody defines', files: { 'kernel.c': 'void print(void);\nvoid start_entry(void) {\n  print();\n}\n' }, file: 'kernel.c', line: 3, message: /undefined symbol: print/, next: /"sources"/ },
  {
    name: 'a function whose name is misspelt',
    files: { 'bootlab.json': manifest({ sources: ['kernel.c', 'b.c'] }), 'b.c': 'void print_line(void) {}\n', 'kernel.c': 'void print_lin(void);\nvoid start_entry(void) {\n  print_lin();\n}\n' },
    file: 'kernel.c', line: 3, message: /undefined symbol: print_lin$/, next: /Did you mean print_line\?/,
  },
  {
    name: 'a function that is there twice',
    files: { 'bootlab.json': manifest({ sources: ['kernel.c', 'b.c'] }), 'kernel.c': `int f(void) { return 1; }\n${START}`, 'b.c': '\nint f(void) { return 2; }\n' },
    file: 'kernel.c', line: 1, message: /duplicate symbol: f/, next: /Keep one/,
  },
  { name: 'a division that needs the runtime', files: { 'bootlab.json': manifest({ runtime: false }), 'kernel.c': 'volatile unsigned long long a, b;\nvoid start_entry(void) {\n  a = a / b;\n}\n' }, file: 'kernel.c', line: 3, message: /__udivdi3/, next: /"runtime": true/ },
  { name: 'a linker script with a mistake', files: { 'bootlab.json': manifest({ linkerScript: 'k.ld' }), 'kernel.c': START, 'k.ld': 'SECTIONS\n{\n  . = ;\n}\n' }, file: 'k.ld', line: 3, message: /malformed number/ },
  { name: 'a linker script that is not finished', files: { 'bootlab.json': manifest({ linkerScript: 'k.ld' }), 'kernel.c': START, 'k.ld': 'SECTIONS\n{\n  .text : { *(.text)\n' }, file: 'k.ld', line: 3, message: /unexpected EOF/ },
  {
    name: 'sections that overlap',
    files: { 'bootlab.json': manifest({ linkerScript: 'k.ld' }), 'kernel.c': LOOP, 'k.ld': 'SECTIONS\n{\n  .data 0x100000 : { *(.data*) }\n  .text 0x100010 : { *(.text*) }\n}\n' },
    file: 'k.ld', line: 3, message: /overlaps with \.text/, next: /same addresses/,
  },
  {
    name: 'a section that does not fit',
    files: { 'bootlab.json': manifest({ linkerScript: 'k.ld' }), 'kernel.c': LOOP, 'k.ld': 'MEMORY { low : ORIGIN = 0x10000, LENGTH = 64 }\nSECTIONS\n{\n  .text : { *(.text*) } > low\n  .data : { *(.data*) } > low\n}\n' },
    file: 'k.ld', line: 5, message: /will not fit in region 'low'/, next: /Make the region/,
  },
  {
    name: 'a Multiboot header behind the first 8 KiB',
    files: {
      'bootlab.json': manifest({ linkerScript: 'k.ld' }),
      'kernel.c': `int data[4096] = {1};\n__attribute__((section(".mb"), used)) const unsigned header[] = {\n  0x1BADB002, 0, -0x1BADB002 };\nvoid start_entry(void) { for (;;) *(volatile int *)data = 1; }\n`,
      'k.ld': 'SECTIONS { . = 0x100000; .text : { *(.text*) } .data : { *(.data*) } .mb : { KEEP(*(.mb)) } }\n',
    },
    file: 'kernel.c', line: 3, message: /outside the first 8192 bytes.*Put its section first/, severity: 'warning',
  },
]

const RUST: readonly Broken[] = [
  { name: 'a type that does not fit', files: { 'src/main.rs': '#![no_std]\n#![no_main]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n#[unsafe(no_mangle)]\npub extern "C" fn _start() -> ! {\n    let x: u8 = "a";\n    loop {}\n}\n' }, file: 'src/main.rs', line: 7, message: /mismatched types/ },
  { name: 'no panic handler', files: { 'src/main.rs': '#![no_std]\n#![no_main]\n#[unsafe(no_mangle)]\npub extern "C" fn _start() -> ! { loop {} }\n' }, file: '', line: 0, message: /`#\[panic_handler\]` function required/ },
  { name: 'the standard library', files: { 'src/main.rs': '#![no_std]\n#![no_main]\nuse std::vec::Vec;\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n#[unsafe(no_mangle)]\npub extern "C" fn _start() -> ! { loop {} }\n' }, file: 'src/main.rs', line: 3, message: /std/ },
]

async function expectFound(template: string, broken: Broken): Promise<void> {
  const dir = await project(template, broken.files)
  const { result } = await builder.build(dir)
  const severity = broken.severity ?? 'error'
  expect(result.ok).toBe(severity !== 'error')
  const found = result.problems.filter((problem) => problem.severity === severity && broken.message.test(problem.message))
  expect(found, JSON.stringify(result.problems, null, 1)).not.toEqual([])
  const [problem] = found
  if (broken.file !== '') expect([problem?.file, problem?.line]).toEqual([broken.file, broken.line])
  if (broken.next) expect(problem?.next).toMatch(broken.next)
  if (broken.fixed !== undefined) expect(await applied(dir, problem?.fix?.edits ?? [])).toBe(broken.fixed)
}

/** The file after a fix of one edit. */
async function applied(dir: string, [edit]: readonly TextEdit[]): Promise<string> {
  if (edit === undefined) return 'no fix'
  const { line, column, endColumn } = edit.range
  const lines = (await readFile(join(dir, edit.file), 'utf8')).split('\n')
  const text = lines[line - 1] ?? ''
  lines[line - 1] = text.slice(0, column - 1) + edit.text + text.slice(endColumn - 1)
  return lines.join('\n')
}

describe('C', () => void it.each(C)('$name', (broken) => expectFound('miniboot-c', broken)))
describe('assembly', () => void it.each(ASSEMBLY)('$name', (broken) => expectFound('miniboot-c', broken)))
describe.skipIf(requireTool('nasm') === undefined)('nasm', () => void it.each(NASM)('$name', (broken) => expectFound('miniboot-c', broken)))
describe('linking', () => void it.each(LINKING)('$name', (broken) => expectFound('miniboot-c', broken)))

const rust = await rustForTests()
describe.skipIf(rust === undefined)('Rust', { timeout: 180_000 }, () => {
  it.each(RUST)('$name', async (broken) => {
    process.env['BOOTLAB_CACHE_DIR'] = rustTestCache
    onTestFinished(() => {
      delete process.env['BOOTLAB_CACHE_DIR']
    })
    await expectFound('blog-os-rust', broken)
  })
})
