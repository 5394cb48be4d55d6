/** Where a kernel may lie: low memory where the loader itself runs, far apart, in many pieces, anywhere its relocations allow, without an ELF header at all. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { ImageOptions } from '../../src/main/image/disk-content'
import { sampleElf } from '../../src/main/image/elf-sample'
import { MEMORY, SECTOR_BYTES } from '../../src/main/image/layout'
import { screenLines } from '../../src/shared/screen-text'
import { assembleFlat } from '../../src/main/toolchain/assemble-flat'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel, type TestKernel } from '../support/link-kernel'
import { findQemu } from '../support/qemu'
import { header, readReport, script } from './kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'
import anywhere from './qemu-kernels/anywhere.c?raw'
import tiny from './qemu-kernels/tiny.c?raw'

const hasQemu = findQemu() !== undefined
const GOOD = 4

/** Data of 240 KB and cleared memory of 1.6 MB are too much below 640 KiB: these kernels have less. */
const SMALL = { DATA_WORDS: 60000, CLEARED_WORDS: 8 }

const CASES: Record<string, TestKernel> = {
  'at 0x7e00, over the loader': { bits: 32, source: anywhere, defines: { ...SMALL, EXPECTED_ADDRESS: 0x7e00 }, linkerScript: script('0x7e00', '0') },
  'at 0x10000, over the rest of the loader': { bits: 32, source: anywhere, defines: { ...SMALL, EXPECTED_ADDRESS: 0x10000 }, linkerScript: script('0x10000', '0') },
  'at 0x500, the lowest place': { bits: 32, source: anywhere, defines: { ...SMALL, EXPECTED_ADDRESS: 0x500 }, linkerScript: script('0x500', '0'), linkArguments: ['--nmagic'] },
  'at 0x50000, where the boot information usually is': { bits: 32, source: anywhere, defines: { ...SMALL, EXPECTED_ADDRESS: 0x50000 }, linkerScript: script('0x50000', '0') },
  'at 0x8000, 64-bit': { bits: 64, source: anywhere, defines: { ...SMALL, EXPECTED_ADDRESS: 0x8000 }, linkerScript: script('0x8000', '0') },
  'Multiboot at 0x8000': { bits: 32, source: anywhere, defines: { ...SMALL, EXPECTED_ADDRESS: 0x8000, HEADER: header(0) }, linkerScript: script('0x8000', '0') },
  'position independent, 64-bit': { bits: 64, source: anywhere, defines: { EXPECTED_ADDRESS: 0x100000 }, pie: true },
  'position independent with packed relocations': { bits: 64, source: anywhere, defines: { EXPECTED_ADDRESS: 0x100000 }, pie: true, linkArguments: ['-z', 'pack-relative-relocs'] },
  'position independent, 32-bit': { bits: 32, source: anywhere, defines: { EXPECTED_ADDRESS: 0x100000 }, pie: true },
  'position independent, linked to 64 MiB': { bits: 64, source: anywhere, defines: { EXPECTED_ADDRESS: 0x4000000 }, pie: true, linkArguments: ['--image-base=0x4000000'] },
}

describe.skipIf(!hasQemu)('a kernel in QEMU', () => {
  test.each(Object.entries(CASES))('%s', async (_name, kernel) => {
    const run = await bootImage(await imageOf(await linkKernel(kernel)), { timeoutMs: 20_000 })
    expect(readReport(run.serial)).toEqual({ good: GOOD, bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  })
})

describe('a kernel in Bootlab’s own PC', () => {
  test.each(Object.entries(CASES))('%s', async (_name, kernel) => {
    const run = runInOwnPc(await imageOf(await linkKernel(kernel)), { backend: DEFAULT_BACKEND, seconds: 5 })
    expect(readReport(run.serial)).toEqual({ good: GOOD, bad: [] })
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })
})

/** Says on COM1 how many bits its mode has, what the stack is good for, and the boot drive in 16-bit mode. */
const FLAT = {
  16: '.code16\nstart: pushw $0x1234\n popw %ax\n cmpw $0x1234, %ax\n jne 1f\n pushw %dx\n movw $0x3f8, %dx\n movb $\'6\', %al\n outb %al, %dx\n popw %ax\n outb %al, %dx\n movb $0x10, %al\n movw $0xf4, %dx\n outb %al, %dx\n1: jmp 1b\n',
  32: '.code32\nstart: call 2f\n2: popl %ebx\n cmpl $0x2badb002, %eax\n jne 1f\n movw $0x3f8, %dx\n movb $\'2\', %al\n outb %al, %dx\n movb $0x10, %al\n movw $0xf4, %dx\n outb %al, %dx\n1: jmp 1b\n',
  64: '.code64\nstart: pushq $4\n popq %r9\n cmpq $0x2badb002, %rdi\n jne 1f\n movw $0x3f8, %dx\n movb $\'4\', %al\n outb %al, %dx\n movb $0x10, %al\n movw $0xf4, %dx\n outb %al, %dx\n1: jmp 1b\n',
} as const

describe('a flat binary', () => {
  test.each<[16 | 32 | 64, number, string]>([
    [16, 0x7e00, '6\x80'],
    [16, 0x600, '6\x80'],
    [16, 0x90000, '6\x80'],
    [32, 0x100000, '2'],
    [32, 0x8000, '2'],
    [64, 0x200000, '4'],
    [64, 0x50000, '4'],
  ])('of %i bits at %i', async (bits, address, says) => {
    const code = await assembleFlat({ sources: [{ name: 'flat.S', text: FLAT[bits] }], linkerScript: `SECTIONS { . = ${address}; .text : { *(.text) } }`, defines: {} })
    const image = await imageOf(code, '', { protocol: `flat${bits}`, address })
    const own = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 2 })
    expect([own.serial, own.outcome]).toEqual([says, { reason: 'debug-exit', value: 0x10 }])
    if (!hasQemu) return
    const judged = await bootImage(image, { timeoutMs: 20_000 })
    expect([judged.serial, judged.exit]).toEqual([says, { reason: 'debug-exit', code: (0x10 << 1) | 1 }])
  })
})

const VOLUMES: [string, Partial<ImageOptions>][] = [
  ['a raw partition', {}],
  ['FAT16', { layout: 'mbr', fileSystem: 'fat16' }],
  ['FAT32', { layout: 'gpt', fileSystem: 'fat32' }],
]

test.each(VOLUMES)('100 segments are loaded, each to its place, from %s', async (_name, image) => {
  // The first segment is code that sums the others.
  const places = Array.from({ length: 100 }, (_, index) => BigInt(0x200000 + index * 0x3000))
  const sum = '.code32\nstart: movl $0x200000, %esi\n movl $99, %ecx\n xorl %eax, %eax\n1: addl $0x3000, %esi\n addl (%esi), %eax\n decl %ecx\n jnz 1b\n movw $0x3f8, %dx\n cmpl $4950, %eax\n jne 2f\n movb $\'s\', %al\n outb %al, %dx\n movb $0x10, %al\n movw $0xf4, %dx\n outb %al, %dx\n2: jmp 2b\n'
  const code = await assembleFlat({ sources: [{ name: 'sum.S', text: sum }], linkerScript: 'SECTIONS { . = 0x200000; .text : { *(.text) } }', defines: {} })
  const kernel = sampleElf({ bits: 32, segments: places.map((virtualAddress, index) => ({ virtualAddress, content: index === 0 ? code : Uint8Array.of(index, 0, 0, 0) })) })
  const run = runInOwnPc(await imageOf(kernel, '', { image }), { backend: DEFAULT_BACKEND, seconds: 2 })
  expect([run.serial, run.outcome]).toEqual(['s', { reason: 'debug-exit', value: 0x10 }])
})

describe('a kernel of 40 MiB with 256 MiB of cleared memory', () => {
  const source = `#include "report.h"
__asm__(".text\\n.globl start\\nstart: call kernel\\n.section .rodata\\n.globl big\\nbig: .set i, 0\\n.rept 40\\n.long i\\n.skip 1048572, i + 1\\n.set i, i + 1\\n.endr\\n");
extern const uint8_t big[];
static uint8_t huge[256 << 20];
[[noreturn]] void kernel(void);
[[noreturn]] void kernel(void) {
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < 40; i++) wrong += *(const uint32_t *)(big + (i << 20)) != i || big[(i << 20) + 1048575] != (uint8_t)(i + 1);
  check("40 MiB", wrong == 0, wrong);
  for (uint32_t at = 0; at < sizeof huge; at += 4096) wrong += ((volatile uint8_t *)huge)[at] != 0;
  check("256 MiB", wrong == 0, wrong);
  check_memory();
  finish();
}`
  let kernel: Uint8Array
  beforeAll(async () => {
    kernel = await linkKernel({ bits: 32, source, linkArguments: ['--image-base=0x100000'] })
  })
  // On a chipset whose disk the BIOS reads by DMA: it would take half a minute by port.
  test.skipIf(!hasQemu).each(VOLUMES)('is loaded from %s in QEMU', async (_name, image) => {
    const run = await bootImage(await imageOf(kernel, '', { image }), { timeoutMs: 28_000, memory: '512M', args: ['-machine', 'q35'] })
    expect(readReport(run.serial)).toEqual({ good: 4, bad: [] })
  })
  test.each(VOLUMES)('is loaded from %s in Bootlab’s own PC, which shows how far it is', async (_name, image) => {
    let seen = ''
    const run = runInOwnPc(await imageOf(kernel, '', { image }), {
      backend: DEFAULT_BACKEND,
      seconds: 60,
      memoryMib: 512,
      until: (screen) => {
        if (screen.mode === 'text') seen = screenLines(screen)[0]?.trim() || seen
        return false
      },
    })
    expect(readReport(run.serial)).toEqual({ good: 4, bad: [] })
    expect(seen).toMatch(/^Loading: [1-4]?[0-9] of 41 MiB$/)
    expect(run.screenFlow.trim()).toBe('')
  })
})

/** Takes the LBA services (AH = 41h to 48h) out of INT 13h, from the area of sector 0 that is free for a BIOS. */
const WITHOUT_LBA = `.code16
start: xorw %ax, %ax
  movw %ax, %ds
  movl 0x4c, %eax
  movl %eax, old
  movl $handler, 0x4c
  jmp start - 4 + ${0x5a}
handler: cmpb $0x41, %ah
  jb 1f
  pushw %bp
  movw %sp, %bp
  orw $1, 6(%bp)
  popw %bp
  movb $1, %ah
  iretw
1: .byte 0xea
old: .long 0
`

describe('a BIOS without LBA disk access', () => {
  const image = async (): Promise<Uint8Array> => {
    const disk = await imageOf(await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] }))
    const code = await assembleFlat({ sources: [{ name: 'hook.S', text: WITHOUT_LBA }], linkerScript: 'SECTIONS { . = 0x7c04; .text : { *(.text) } }', defines: {} })
    if (code.length > 0x5a - 4) throw new Error(`The hook has ${code.length} bytes.`)
    disk.set([0xeb, 0x02], 0)
    disk.set(code, 4)
    return disk
  }
  test.skipIf(!hasQemu)('is served by geometry in QEMU', async () => {
    const run = await bootImage(await image(), { timeoutMs: 20_000, untilText: 'Holl' })
    expect([run.exit, run.serial]).toEqual([{ reason: 'text' }, 'em'])
  })
  test('is served by geometry in Bootlab’s own PC', async () => {
    const run = runInOwnPc(await image(), { backend: DEFAULT_BACKEND, seconds: 3, untilText: 'Holl' })
    expect([run.screenFlow.includes('Holl'), run.serial]).toEqual([true, 'em'])
  })
  test('is told when the disk is too large for geometry', async () => {
    const disk = await image()
    // The volume's place moves out of reach: 1024 cylinders are at most 8 GiB.
    new DataView(disk.buffer).setUint32(SECTOR_BYTES + MEMORY.STAGE2_VOLUME_LBA, 0x7000_0000, true)
    const run = runInOwnPc(disk, { backend: DEFAULT_BACKEND, seconds: 3, untilText: 'cylinders.' })
    expect(run.serial).toContain('sector 1879048192 is out of reach: this BIOS has no LBA disk access (INT 13h 42h), and without it a disk ends after 1024 cylinders.')
  })
})
