import { describe, expect, it } from 'vitest'
import { compilerCommands, isSource, sourceFacts } from './source-facts'

describe('what a source says about itself', () => {
  it('finds a Multiboot header and the functions of C on a single line', () => {
    const text = 'asm(".long 0x1BADB002, 0, -(0x1badb002 + 0)"); static int helper(void) { return 1; } int start_entry(void) { if (helper()) { } while (1) { } }'
    expect(sourceFacts('k.c', text)).toMatchObject({ language: 'c', multiboot: 1, bootSector: false, defines: ['start_entry'] })
  })

  it.each([
    ['section .text\nglobal _start\n_start:\n  mov eax, 0x1badb002 ; not in a comment\n', 'nasm', 1],
    ['%define MAGIC 0xe85250d6\nSECTION .multiboot_header\n  dd MAGIC\n', 'nasm', 2],
    ['    .section .text\n    .globl _start\n_start:\n    movl %eax, %ebx\n', 'gnu', undefined],
    ['# 0x1badb002 stands in a comment\n    .text\n    .globl start\nstart: hlt\n', 'gnu', undefined],
    ['; 0x1badb002 stands in a comment\nbits 32\nglobal start\nstart: hlt\n', 'nasm', undefined],
  ])('tells the two assemblers apart by the text: %j', (text, language, multiboot) => {
    expect(sourceFacts('boot.s', text)).toMatchObject({ language, multiboot })
  })

  it.each([
    ['[org 0x7c00]\nmov ah, 0x0e\ntimes 510-($-$$) db 0\ndw 0xaa55\n', 0x7c00],
    ['mov ah, 0x0e\njmp $\ntimes 510-($-$$) db 0\ndw 0xaa55\n', undefined],
    ['ORG 7C00h\nmov ah, 0x0e\ndb 0x55, 0xAA\n', 0x7c00],
    ['    .code16\n    .globl _start\n_start: hlt\n    .org 510\n    .word 0xaa55\n', undefined],
  ])('knows a boot sector: %j', (text, origin) => {
    expect(sourceFacts('boot.s', text)).toMatchObject({ bootSector: true, origin })
  })

  it('takes a kernel that mentions the boot signature for a kernel', () => {
    expect(sourceFacts('disk.c', 'int check(unsigned short *s) { return s[255] == 0xaa55; }')).toMatchObject({ bootSector: false })
  })

  it.each([
    ['k.c', 'void f(void) { asm volatile("movq %%rax, %%rbx"); }', 64],
    ['k.c', 'void f(void) { asm volatile("movl %%eax, %%ebx"); }', 32],
    ['k.S', '.code32\nmovl %eax, %cr3\n.code64\nmovq %rax, %rbx', 32],
    ['k.asm', 'mov rax, 1\n', 64],
    ['k.c', 'int main;', undefined],
  ])('sees the width of %s %j', (path, text, bits) => {
    expect(sourceFacts(path, text)?.bits).toBe(bits)
  })

  it('names what it includes', () => {
    expect(sourceFacts('a.c', '#include <stdint.h>\n#include "b.h"\n  # include "d/e.h"\n')?.includes).toEqual(['b.h', 'd/e.h'])
    expect(sourceFacts('a.asm', '%include "print.asm"\nincbin "font.bin"\n')?.includes).toContain('print.asm')
    expect(sourceFacts('a.rs', 'mod vga;\npub(crate) mod heap;\nmod here { }\n')?.includes).toEqual(['vga.rs', 'vga/mod.rs', 'heap.rs', 'heap/mod.rs'])
  })

  it('reads command lines from comments and READMEs', () => {
    const text = '/*\n$ gcc -m32 -c a.c -o a.o\n i686-elf-ld -Ttext 0x100000 a.o -o a.elf */\nUse `nasm -f elf32 boot.asm -o boot.o` first. gcc is a compiler.\n'
    expect(compilerCommands(text)).toEqual(['gcc -m32 -c a.c -o a.o', 'i686-elf-ld -Ttext 0x100000 a.o -o a.elf', 'nasm -f elf32 boot.asm -o boot.o'])
  })

  it('knows the suffixes that a manifest takes', () => {
    expect(['a.c', 'a.S', 'a.s', 'a.asm', 'a.rs'].every(isSource)).toBe(true)
    expect(['a.h', 'a.cpp', 'a.o', 'Makefile', 'a.json'].some(isSource)).toBe(false)
  })
})
