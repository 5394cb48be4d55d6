/** Kernels that check for themselves what the loader promised them, booted in QEMU. */
import { describe, expect, test } from 'vitest'
import { findQemu } from '../support/qemu'
import { bootImage, imageOf } from './qemu-judge'
import elf64 from './qemu-kernels/elf64.c?raw'
import multiboot from './qemu-kernels/multiboot.c?raw'
import tiny from './qemu-kernels/tiny.c?raw'
import { linkKernel, type TestKernel } from './qemu-zig'

const SUCCESS = { reason: 'debug-exit', code: 33 }
const COMMAND_LINE = 'root=/dev/hda1 verbose "two words"'
/** 128 MiB less the first MiB and what SeaBIOS keeps at the top. */
const DEFINES = { EXPECTED_UPPER_KIB: 130_944 - 1024, EXPECTED_COMMAND_LINE: JSON.stringify(COMMAND_LINE) }

const script = (virtualAddress: string, offset: string): string => `
ENTRY(start)
SECTIONS {
  . = ${virtualAddress};
  .text : AT(ADDR(.text) - ${offset}) { *(.multiboot) *(.text .text.*) }
  .rodata ALIGN(4096) : AT(ADDR(.rodata) - ${offset}) { *(.rodata .rodata.*) }
  .data ALIGN(4096) : AT(ADDR(.data) - ${offset}) { *(.data .data.*) }
  .bss ALIGN(4096) : AT(ADDR(.bss) - ${offset}) { *(.bss .bss.*) }
}`

const kernels: Record<string, TestKernel> = {
  'Multiboot, linked at 1 MiB': { bits: 32, source: multiboot, linkArguments: ['--image-base=0x100000'] },
  'Multiboot, required video information': { bits: 32, source: multiboot, linkArguments: ['--image-base=0x100000'], defines: { HEADER_FLAGS: 7 } },
  '64-bit at the linker’s default address': { bits: 64, source: elf64, defines: { EXPECTED_ADDRESS: 0x200000 } },
  '64-bit, higher half with physical addresses': {
    bits: 64,
    source: elf64,
    defines: { EXPECTED_ADDRESS: '0xffffffff80000000' },
    linkerScript: script('0xffffffff80400000', '0xffffffff80000000'),
  },
  '64-bit, higher half with unaligned frames': {
    bits: 64,
    source: elf64,
    defines: { EXPECTED_ADDRESS: '0xffffffff80000000' },
    linkerScript: script('0xffffffff80403000', '0xffffffff80002000'),
  },
  '64-bit, higher half, frames left to the loader': {
    bits: 64,
    source: elf64,
    defines: { EXPECTED_ADDRESS: '0xffffffff80000000' },
    linkArguments: ['--image-base=0xffffffff80000000'],
  },
}

/** How many checks each source makes: fewer lines mean that one was never reached. */
const CHECKS = { 32: 19, 64: 24 }

/** A Multiboot header for tiny.c, as assembly in a C string. */
const header = (flags: number, addresses = ''): string =>
  JSON.stringify(`.section .multiboot,"a"
.balign 4
.long 0x1badb002, ${flags}, -(0x1badb002 + ${flags})${addresses}
`)

describe.skipIf(findQemu() === undefined)('kernels in QEMU', () => {
  test.each(Object.entries(kernels))('%s', async (_name, kernel) => {
    const file = await linkKernel({ ...kernel, defines: { ...DEFINES, ...kernel.defines } })
    const run = await bootImage(await imageOf(file, COMMAND_LINE), { timeoutMs: 20_000 })
    expect(run.serial).not.toContain('BAD')
    expect(run.serial.split('\n').filter((line) => line.startsWith('good '))).toHaveLength(CHECKS[kernel.bits])
    expect(run.exit).toEqual(SUCCESS)
  })

  test.each<[string, Record<string, string>, Partial<TestKernel>]>([
    ['a 32-bit ELF without a Multiboot header', {}, { linkArguments: ['--image-base=0x200000'] }],
    ['Multiboot, linked high with low physical addresses', { HEADER: header(0) }, { linkerScript: script('0xc0100000', '0xc0000000') }],
    [
      'a flat Multiboot file with addresses of its own',
      { HEADER: header(0x10000, ', 0x100000, 0x100000, 0, 0x102000, start') },
      { linkerScript: script('0x100000', '0'), linkArguments: ['--oformat', 'binary'] },
    ],
  ])('%s', async (_name, defines, kernel) => {
    const file = await linkKernel({ bits: 32, source: tiny, defines, ...kernel })
    const run = await bootImage(await imageOf(file), { timeoutMs: 20_000, untilText: 'Holl' })
    expect(run.exit).toEqual({ reason: 'text' })
    expect(run.serial).toBe('em')
    expect(run.screenCells[0]).toBe(0x1f48)
  })

  test.each<[string, number[]]>([
    ['enters with a drive number in DL that is wrong', [0xb2, 0x9f, 0xeb, 0x52]],
    ['enters at 07C0:0000 instead of 0000:7C00', [0xea, 0x5a, 0x00, 0xc0, 0x07]],
    ['has rewritten the BIOS parameter block', []],
  ])('boots when the BIOS %s', async (_name, code) => {
    const image = await imageOf(await linkKernel({ bits: 32, source: tiny, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] }))
    // The parameter block's area is free for a BIOS to change, so the test puts its code there: jmp to offset 4, then on to 0x5a.
    image.fill(0xcc, 3, 0x5a)
    if (code.length > 0) {
      image.set([0xeb, 0x02], 0)
      image.set(code, 4)
    }
    const run = await bootImage(image, { timeoutMs: 20_000, untilText: 'Holl' })
    expect(run.exit).toEqual({ reason: 'text' })
  })
})
