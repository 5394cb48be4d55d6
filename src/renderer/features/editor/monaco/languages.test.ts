import { expect, test } from 'vitest'
import { languageOf } from './languages'

test.each([
  ['kernel.c', '', 'c'],
  ['include/vga.h', 'namespace vga {}', 'cpp'],
  ['boot.S', '', 'gas-x86'],
  ['boot.asm', '', 'nasm'],
  ['boot.asm', '.section .text\nmov %eax, %ebx\n', 'gas-x86'],
  ['boot.s', 'bits 16\norg 0x7c00\nmsg db "hi", 0\n', 'nasm'],
  ['boot.s', '.intel_syntax noprefix\n.code16\nmov ax, 1\n', 'gas-x86'],
  ['macros.inc', '%macro out 1\n%endmacro', 'nasm'],
  ['linker.ld', '', 'linker-script'],
  ['Makefile', '', 'makefile'],
  ['rules.mk', '', 'makefile'],
  ['Cargo.toml', '', 'toml'],
  ['Cargo.lock', '', 'toml'],
  ['x86_64-blog_os.json', '', 'json'],
  ['src/main.rs', '', 'rust'],
  ['build', '#!/bin/sh\nset -e', 'shell'],
  ['LICENSE', 'MIT', 'plaintext'],
])('%s with %j is %s', (path, text, language) => expect(languageOf(path, text)).toBe(language))
