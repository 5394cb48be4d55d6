/** The kernel that checks what the Limine protocol promises, in all its variants. */
import type { BootModule } from '../../src/shared/boot'
import { linkKernel } from '../support/link-kernel'
import { checkedModules } from './checked-modules'
import source from './qemu-kernels/limine.c?raw'

export interface LimineCase {
  defines?: Record<string, string | number>
  pie?: boolean
  /** How many. */
  modules?: number
  commandLine?: string
}

/** Every variant makes so many checks. */
export const LIMINE_CHECKS = 76

const linkerScript = (base: string): string => `
ENTRY(start)
PHDRS { text PT_LOAD FLAGS(5); rodata PT_LOAD FLAGS(4); data PT_LOAD FLAGS(6); dynamic PT_DYNAMIC FLAGS(6); }
SECTIONS {
  . = ${base};
  .text : { *(.text .text.*) } :text
  . = ALIGN(4096);
  .rodata : { *(.rodata .rodata.*) } :rodata
  .rela.dyn : { *(.rela.dyn) } :rodata
  .dynsym : { *(.dynsym) } :rodata
  .dynstr : { *(.dynstr) } :rodata
  .hash : { *(.hash) } :rodata
  .gnu.hash : { *(.gnu.hash) } :rodata
  . = ALIGN(4096);
  .data : { *(.requests_start) KEEP(*(.requests)) *(.requests_end) *(.data .data.*) } :data
  .limine_reqs : { KEEP(*(.limine_reqs)) } :data
  .dynamic : { *(.dynamic) } :data :dynamic
  .bss : { *(.bss .bss.*) } :data
}`

export async function limineKernel({ defines, pie = false, modules: count = 0, commandLine = '' }: LimineCase): Promise<{ file: Uint8Array; modules: BootModule[] }> {
  const { modules, defines: expected } = checkedModules(count)
  const file = await linkKernel({
    bits: 64,
    source,
    pie,
    defines: { EXPECTED_BASE: 'LOWEST', EXPECTED_COMMAND_LINE: JSON.stringify(commandLine), ...expected, ...defines },
    linkerScript: linkerScript(pie ? '0' : '0xffffffff80000000'),
  })
  return { file, modules }
}
