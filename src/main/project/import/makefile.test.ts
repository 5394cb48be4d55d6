import { describe, expect, it } from 'vitest'
import { commandFacts } from './command-lines'
import { readMakefile, stem } from './makefile'

describe('command lines', () => {
  it.each([
    ['gcc -m32 -O2 -Iinc -I other -DDEBUG -DN=3 -std=gnu99 -c a.c -o a.o', { tool: 'gcc', bits: 32, optimize: '2', includeDirs: ['inc', 'other'], defines: { DEBUG: '1', N: '3' }, standard: 'gnu99', files: ['a.c'], output: 'a.o' }],
    ['i686-elf-ld -m elf_i386 -T linker.ld -e start -o kernel.bin a.o b.o --oformat binary', { tool: 'ld', bits: 32, linkerScript: 'linker.ld', entry: 'start', output: 'kernel.bin', files: ['a.o', 'b.o'], flat: true }],
    ['ld -melf_x86_64 -Ttext-seg=0x200000 -z max-page-size=4096 a.o', { bits: 64, textAddress: 0x200000, files: ['a.o'] }],
    ['ld -Ttext 100000 a.o', { textAddress: 0x100000 }],
    ['nasm -felf64 boot.asm -o boot.o', { tool: 'nasm', bits: 64, files: ['boot.asm'] }],
    ['@nasm -f bin boot.asm -o "boot sector.bin"', { flat: true, output: 'boot sector.bin' }],
    ['gcc -ffreestanding -fno-builtin -nostdlib -Wl,-T,link.ld,--entry=main a.c', { linkerScript: 'link.ld', entry: 'main', files: ['a.c'] }],
    ['/usr/local/cross/bin/x86_64-elf-gcc-13.2 a.c', { tool: 'gcc' }],
  ])('%s', (line, expected) => {
    expect(commandFacts(line)).toMatchObject(expected)
  })

  it.each(['mkdir -p build', 'echo gcc', '', 'gccx -c a.c'])('of other programs are passed over: %j', (line) => {
    expect(commandFacts(line)).toBeUndefined()
  })
})

describe('Makefiles', () => {
  const files = ['Makefile', 'boot.s', 'src/a.c', 'src/b.c', 'src/deep/c.c', 'lib/d.c']

  it('expand variables and functions', () => {
    const { recipes } = readMakefile(
      `SRC := src
FILES = $(wildcard $(SRC)/*.c) \\
        lib/d.c  # and one more
OBJECTS = $(FILES:.c=.o)
DEEP = $(shell find $(SRC) -name '*.c')
CC ?= gcc
CFLAGS += -m32
CFLAGS += -O2
kernel: $(OBJECTS) $(patsubst %.s,out/%.o,boot.s)
\tld -o $@ $^
deep: $(addprefix x/, $(notdir $(DEEP)))
%.o: %.c
\t$(CC) $(CFLAGS) -c $< -o $@
`,
      files,
    )
    expect(recipes).toEqual([
      { targets: ['kernel'], prerequisites: ['src/a.o', 'src/b.o', 'lib/d.o', 'out/boot.o'], lines: ['ld -o $@ $^'] },
      { targets: ['deep'], prerequisites: ['x/a.c', 'x/b.c', 'x/c.c'], lines: [] },
      { targets: ['%.o'], prerequisites: ['%.c'], lines: ['gcc -m32 -O2 -c $< -o $@'] },
    ])
  })

  it('include others, and read the first branch of a condition', () => {
    const { recipes, variables } = readMakefile('ARCH = x86\ninclude $(ARCH)/rules.mk\nifeq ($(X),1)\nA = 1\nelse\nA = 2\nendif\nall: $(A) $(B)\n', files, new Map([['x86/rules.mk', 'B = from-there\n']]))
    expect(recipes).toEqual([{ targets: ['all'], prerequisites: ['1', 'from-there'], lines: [] }])
    expect(variables).toEqual(expect.arrayContaining(['ARCH', 'A', 'B']))
  })

  it('that refer to themselves, or never close a reference, come to an end', () => {
    for (const text of ['A = $(A) $(A)\nall: $(A)\n', 'A = $(B)\nB = $(A)$(A)\nall: $(A)\n', 'all: $(wildcard $(A\n', 'include Makefile\n']) {
      expect(() => readMakefile(text, files, new Map([['Makefile', text]]))).not.toThrow()
    }
  })

  it('run no program', () => {
    expect(readMakefile('V := $(shell touch /tmp/never)\nall: $(V)\n', files).recipes).toEqual([{ targets: ['all'], prerequisites: [], lines: [] }])
  })

  it.each([
    ['%.o', 'a.o', 'a'],
    ['out/%.o', 'out/x/a.o', 'x/a'],
    ['%.o', 'a.c', undefined],
    ['a.o', 'a.o', ''],
  ])('pattern %s against %s', (pattern, word, expected) => {
    expect(stem(pattern, word)).toBe(expected)
  })
})
