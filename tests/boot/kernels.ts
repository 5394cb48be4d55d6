/** Kernels that check for themselves what the loader promised them, in all the ways a kernel can be linked. */
import type { DiskImageInput } from '../../src/main/image/index'
import { imageOf } from './qemu-judge'
import elf64 from './qemu-kernels/elf64.c?raw'
import multiboot from './qemu-kernels/multiboot.c?raw'
import { linkKernel, type TestKernel } from '../support/link-kernel'

export const COMMAND_LINE = 'root=/dev/hda1 verbose "two words"'
export const script = (virtualAddress: string, offset: string): string => `
ENTRY(start)
SECTIONS {
  . = ${virtualAddress};
  .text : AT(ADDR(.text) - ${offset}) { *(.multiboot) *(.text .text.*) }
  .rodata ALIGN(4096) : AT(ADDR(.rodata) - ${offset}) { *(.rodata .rodata.*) }
  .data ALIGN(4096) : AT(ADDR(.data) - ${offset}) { *(.data .data.*) }
  .bss ALIGN(4096) : AT(ADDR(.bss) - ${offset}) { *(.bss .bss.*) }
}`

export const CHECKING_KERNELS: Record<string, TestKernel> = {
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
export const CHECKS = { 32: 20, 64: 25 }

/** A Multiboot header for tiny.c, as assembly in a C string. */
export const header = (flags: number, addresses = ''): string =>
  JSON.stringify(`.section .multiboot,"a"
.balign 4
.long 0x1badb002, ${flags}, -(0x1badb002 + ${flags})${addresses}
`)

/** Memory from 1 MiB up that our own firmware leaves to programs, in KiB: the last 64 KiB are ACPI's. */
export const ownUpperKib = (memoryKib: number): number => memoryKib - 1024 - 64
/** The same of a machine with 128 MiB. */
export const OWN_UPPER_KIB = ownUpperKib(131_072)

/** An image of such a kernel. @param upperKib memory without a hole from 1 MiB, which depends on the firmware. */
export async function checkingImage(kernel: TestKernel, upperKib: number, image?: DiskImageInput['image']): Promise<Uint8Array> {
  const defines = { EXPECTED_UPPER_KIB: upperKib, EXPECTED_COMMAND_LINE: JSON.stringify(COMMAND_LINE), ...kernel.defines }
  return imageOf(await linkKernel({ ...kernel, defines }), COMMAND_LINE, { image })
}

/** What a firmware sends to a serial terminal to move its cursor (ECMA-48, 5.4 "Control sequences"); the kernel's first line may follow. */
// oxlint-disable-next-line no-control-regex
const CONTROL_SEQUENCE = /\x1b\[[0-9;=]*[A-Za-z]/g

/** What went well and what did not, from a kernel's report on COM1. */
export function readReport(serial: string): { good: number; bad: string[] } {
  const lines = serial.replaceAll(CONTROL_SEQUENCE, '\n').split('\n')
  return { good: lines.filter((line) => line.startsWith('good ')).length, bad: lines.filter((line) => line.startsWith('BAD ')) }
}
