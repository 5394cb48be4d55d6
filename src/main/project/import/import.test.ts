import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseTargetSpec } from '../target/target-spec'
import { planFile, planFolder } from './import'
import type { ImportPlan } from './plan'

/** A folder with these files, removed when the test ends. */
async function folder(files: Readonly<Record<string, string | Uint8Array>>, name = 'demo'): Promise<string> {
  const above = await mkdtemp(join(tmpdir(), 'bootlab-import-'))
  onTestFinished(() => rm(above, { recursive: true, force: true }))
  const dir = join(above, name)
  await mkdir(dir)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), content)
  }
  return dir
}

const plan = async (files: Readonly<Record<string, string | Uint8Array>>, name?: string): Promise<ImportPlan> => (await planFolder(await folder(files, name))).plan
const said = ({ guesses }: ImportPlan): string => guesses.map(({ what, why }) => `${what}. ${why}`).join('\n')
const fileOf = ({ files }: ImportPlan, path: string): string => files.find((file) => file.path === path)?.text ?? ''

const NASM_HEADER = 'section .multiboot\nalign 4\ndd 0x1BADB002\ndd 0\ndd -0x1BADB002\nsection .text\nglobal start\nextern kmain\nstart: call kmain\n'
const SCRIPT = 'ENTRY(start)\nSECTIONS { . = 1M; .text : { *(.multiboot) *(.text) } }\n'

describe('a folder of C and assembly', () => {
  it('with a Makefile is built from what it links, as it compiles it', async () => {
    const made = await plan({
      Makefile: `CC = i686-elf-gcc
CFLAGS = -m32 -O1 -Iinclude -DVERSION=2
SOURCES = $(wildcard src/*.c)
OBJECTS = obj/boot.o $(patsubst src/%.c,obj/%.o,$(SOURCES))
kernel.elf: $(OBJECTS)
\tld -m elf_i386 -T src/linker.ld -o $@ $^
obj/%.o: src/%.c
\t$(CC) $(CFLAGS) -c $< -o $@
obj/%.o: src/%.s
\tnasm -f elf32 $< -o $@
`,
      'src/boot.s': NASM_HEADER,
      'src/kernel.c': '#include "kernel.h"\nvoid kmain(void) { }\n',
      'src/linker.ld': SCRIPT,
      'include/kernel.h': '',
      'attic/old.c': 'void old(void) { }\n',
    })
    expect(made.manifest).toMatchObject({
      name: 'demo',
      kind: 'c',
      sources: [{ path: 'src/boot.s', assembler: 'nasm' }, 'src/kernel.c'],
      includeDirs: ['include'],
      defines: { VERSION: '2' },
      optimize: '1',
      linkerScript: 'src/linker.ld',
    })
    expect(said(made)).toMatch(/32-bit code\. The commands in Makefile say so\.\nA Multiboot kernel\. src\/boot\.s has the header's magic number\.\nLinked by src\/linker\.ld\. Makefile names it\./)
  })

  it('with a shell script, or commands in a README, is read in the same way', async () => {
    const commands = 'nasm -f elf32 kernel.asm -o kasm.o\ngcc -m32 -c kernel.c -o kc.o\nld -m elf_i386 -T link.ld -o kernel kasm.o kc.o\n'
    const sources = { 'kernel.asm': NASM_HEADER, 'kernel.c': 'void kmain(void) { }\n', 'link.ld': SCRIPT, 'unused.c': 'int unused;\n' }
    for (const name of ['build.sh', 'README.md']) {
      const made = await plan({ ...sources, [name]: commands })
      expect(made.manifest).toMatchObject({ sources: ['kernel.asm', 'kernel.c'], linkerScript: 'link.ld' })
      expect(said(made)).toContain(`The commands in ${name} say so.`)
    }
  })

  it('without any commands takes every source, but not programs, other processors or what is included', async () => {
    const made = await plan({
      'boot.S': '.section .multiboot\n.long 0x1badb002, 0, -0x1badb002\n.text\n.globl _start\n_start: call kernel_main\n',
      'kernel.c': '#include "part.c"\n#include "screen.h"\nvoid kernel_main(void) { }\n',
      'part.c': 'static int part;\n',
      'drivers/screen.c': 'int screen;\n',
      'drivers/screen.h': '',
      'apps/shell.c': 'int main(void) { return 0; }\n',
      'arm/start.s': 'mov r0, r1\n',
    })
    expect(made.manifest).toMatchObject({ sources: ['boot.S', 'drivers/screen.c', 'kernel.c'], includeDirs: ['drivers'], linkerScript: 'kernel.ld' })
    expect(fileOf(made, 'kernel.ld')).toContain('. = 0x100000;')
    expect(fileOf(made, 'i386-kernel.json')).toContain('--entry=_start')
  })

  it('whose sources are in Latin-1 is read all the same', async () => {
    const made = await plan({ 'kernel.c': Buffer.from('/* cañón */ void _start(void) { }\n', 'latin1') })
    expect(made.manifest).toMatchObject({ kind: 'c', sources: ['kernel.c'] })
  })

  it('with a boot loader of its own is left to its Makefile', async () => {
    const made = await plan({
      Makefile: 'CC = i386-elf-gcc\nos.img: boot.bin kernel.bin\n\tcat $^ > os.img\nkernel.bin: kernel.o\n\tld -Ttext 0x1000 --oformat binary -o $@ $^\n%.bin: %.asm\n\tnasm -f bin $< -o $@\n',
      'boot.asm': '[org 0x7c00]\njmp $\ntimes 510-($-$$) db 0\ndw 0xaa55\n',
      'kernel.c': 'void main(void) { }\n',
    })
    expect(made.manifest).toMatchObject({ kind: 'command', command: ['make', expect.stringMatching(/^CC=\{CC\} /), 'os.img'], output: 'os.img' })
    expect(said(made)).toMatch(/Built by Makefile\. boot\.asm is a boot sector of the tree's own/)
  })

  it('in C++ is left to its Makefile, and refused where that does not tell what it makes', async () => {
    const sources = { 'kernel.cpp': 'int main;\n' }
    expect((await plan({ ...sources, Makefile: 'kernel.elf: kernel.o\n\tld -o kernel.elf kernel.o\n' })).manifest).toMatchObject({ kind: 'command', output: 'kernel.elf' })
    await expect(plan({ ...sources, Makefile: 'all:\n\tscons\n' })).rejects.toThrow(/What this tree builds could not be found out.*kernel\.cpp/)
  })

  it('that only calls other builds is answered with the folder to name', async () => {
    await expect(plan({ Makefile: 'all:\n\tmake -C kernel\n', 'kernel/Makefile': 'all:\n', 'kernel/a.c': '' })).rejects.toThrow(/bootlab import kernel/)
  })

  it('makes a specification that is in order, and a name that a manifest takes', async () => {
    const made = await plan({ 'kernel.c': 'void _start(void) { asm("movq %%rax, %%rbx"); }\n' }, 'mein Kérnel (2)')
    expect(made.manifest.name).toBe('mein-Ke-rnel-2')
    expect(parseTargetSpec(fileOf(made, 'x86_64-kernel.json'), 'x86_64-kernel.json')).toMatchObject({ ok: true, problems: [] })
  })
})

describe('a folder that cargo builds', () => {
  const cargo = '[package]\nname = "my_os"\nversion = "0.1.0"\n\n[dependencies]\nbootloader = "0.9.23"\n\n[package.metadata.bootimage]\ntest-timeout = 5\n'
  const spec = '{ "llvm-target": "x86_64-unknown-none" }'

  it('has its target specification found: by the configuration, by bootimage, or by being the only one', async () => {
    const named = { 'a.json': spec, 'b.json': spec, 'Cargo.toml': cargo, 'src/main.rs': '' }
    const configured = await plan({ ...named, '.cargo/config.toml': '[build]\ntarget = "b.json"\n' })
    expect(configured.manifest).toMatchObject({ name: 'my_os', kind: 'rust', target: 'b.json' })
    expect(said(configured)).toMatch(/\.cargo\/config\.toml names it as the target\.\nThe boot protocol of the crate bootloader 0\.9\.23\. Cargo\.toml depends on it\.\nSettings of bootimage/)
    expect((await plan({ ...named, 'Cargo.toml': `${cargo}default-target = "b.json"\n` })).manifest).toMatchObject({ target: 'b.json' })
    expect((await plan({ 'Cargo.toml': cargo, 'src/main.rs': '', 'only.json': spec, 'other.json': '{}' })).manifest).toMatchObject({ target: 'only.json' })
  })

  it('without one is built for a target of rustc', async () => {
    const made = await plan({ 'Cargo.toml': cargo, 'src/main.rs': '' })
    expect(made.files.map(({ path }) => path)).toEqual(['bootlab.json'])
    expect(said(made)).toContain('The built-in target x86_64-unknown-none.')
  })
})

describe('Rust files without Cargo.toml', () => {
  it('get a package around them, with the specification that lies there', async () => {
    const made = await plan({ 'main.rs': '#![feature(lang_items)]\n#![no_std]\nextern crate rlibc;\n', 'x86_64-my_os.json': '{ "llvm-target": "x86_64-unknown-none" }' })
    expect(made.manifest).toMatchObject({ kind: 'rust', target: 'x86_64-my_os.json' })
    expect(made.files.map(({ path }) => path)).toEqual(['bootlab.json', 'Cargo.toml'])
    expect(fileOf(made, 'Cargo.toml')).toMatch(/edition = "2018"[^]*path = "main\.rs"/)
    expect(made.warnings.join()).toContain('the crates rlibc:')
  })
})

describe('what is no kernel', () => {
  it.each([
    ['an empty folder', {}],
    ['a folder of pictures', { 'a.png': '', 'b/c.png': '' }],
  ])('%s is refused, with the way on', async (_name, files) => {
    await expect(plan(files)).rejects.toThrow(/There is no project here.*bootlab new/)
  })

  it('a folder with a manifest is left alone, unless asked for again', async () => {
    const dir = await folder({ 'bootlab.json': '{}', 'kernel.c': 'void _start(void) { }' })
    await expect(planFolder(dir)).rejects.toThrow(/is a project already/)
    expect((await planFolder(dir, { again: true })).plan.manifest).toMatchObject({ sources: ['kernel.c'] })
  })

  it('a folder that is not there is named', async () => {
    await expect(planFolder(join(tmpdir(), 'bootlab-not-there'))).rejects.toThrow(/There is no such file or folder/)
  })
})

describe('a single file', () => {
  const single = async (name: string, text: string | Uint8Array, more: Readonly<Record<string, string>> = {}): Promise<ImportPlan> =>
    (await planFile(join(await folder({ ...more, [name]: text }), name))).plan

  it.each([
    ['k.c', 'void other(void) { }\nvoid kmain(void) { }\n', 'kmain'],
    ['k.c', 'void only(void) { }\n', 'only'],
    ['k.c', '/* ld -e begin k.o */ void begin(void) { } void _start(void) { }\n', 'begin'],
    ['k.S', '    .globl boot_entry\nboot_entry: hlt\n', 'boot_entry'],
  ])('%s starts where it can only start: %j', async (name, text, entry) => {
    const made = await single(name, text)
    expect(JSON.stringify(made.files)).toContain(`--entry=${entry}`)
    expect(said(made)).toContain(`It starts in ${entry}.`)
  })

  it('follows the width and address of the commands in its comments', async () => {
    const made = await single('k.c', 'void start(void) { }\n// gcc -m32 -c k.c\n// ld -m elf_i386 -Ttext 0x200000 k.o\n')
    expect(said(made)).toMatch(/32-bit code\. The commands in its comments say so\.[^]*Linked at 0x200000\./)
  })

  it('in assembly is a boot sector when it ends like one', async () => {
    expect((await single('b.asm', '[org 0x7c00]\njmp $\ntimes 510-($-$$) db 0\ndw 0xaa55\n')).manifest).toMatchObject({ kind: 'boot-sector', sources: ['b.asm'] })
    expect((await single('b.S', '.code16\n.globl _start\n_start: hlt\n.org 510\n.word 0xaa55\n')).manifest).toMatchObject({ kind: 'boot-sector', sources: ['b.S'] })
  })

  it('in Rust gets a package around it; crates that it uses are named', async () => {
    const made = await single('k.rs', '#![no_std]\n#![no_main]\nuse spin::Mutex;\nmod vga;\n#[unsafe(no_mangle)]\npub extern "C" fn _start() -> ! { loop {} }\n')
    expect(made.manifest).toMatchObject({ kind: 'rust', name: 'k' })
    expect(fileOf(made, 'Cargo.toml')).toMatch(/edition = "2024"[^]*path = "k\.rs"/)
    expect(made.warnings.join()).toMatch(/the crates spin:/)
  })

  it('brings the headers that it includes, and those they include, but nothing from elsewhere', async () => {
    const dir = await folder({ 'k.c': '#include "a.h"\n#include "../secret.h"\n', 'a.h': '#include "sub/b.h"\n', 'sub/b.h': '', 'unused.h': '' })
    expect((await planFile(join(dir, 'k.c'))).tree.files).toEqual(['k.c', 'a.h', 'sub/b.h'])
  })

  it.each([
    ['k.c', Uint8Array.of(1, 0, 2)],
    ['k.txt', 'void start(void) { }'],
  ])('that is no source is refused: %s', async (name, content) => {
    await expect(single(name, content)).rejects.toThrow(/This is not a source file/)
  })
})

it('of a workspace whose root makes disk images with the crate bootloader 0.11, the kernel is taken', async () => {
  const image = '[workspace]\nmembers = ["kernel"]\n\n[package]\nname = "os"\nversion = "0.1.0"\n\n[build-dependencies]\nbootloader = "0.11"\nkernel = { path = "kernel", artifact = "bin" }\n'
  const kernel = '[package]\nname = "kernel"\nversion = "0.1.0"\n\n[dependencies.bootloader_api]\nversion = "0.11"\n'
  const made = await plan({ 'Cargo.toml': image, 'build.rs': '', 'kernel/Cargo.toml': kernel, 'kernel/src/main.rs': '', 'src/main.rs': '' })
  expect(made.manifest).toMatchObject({ kind: 'rust', manifestPath: 'kernel/Cargo.toml' })
  expect(said(made)).toMatch(/crate bootloader 0\.11\. kernel\/Cargo\.toml depends on bootloader_api/)
})
