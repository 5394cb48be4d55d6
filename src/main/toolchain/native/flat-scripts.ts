/** The linker script of flat code that brings none: everything in one piece from `address` on. */
export function flatScript(address: number): string {
  return `SECTIONS {
  . = 0x${address.toString(16)};
  .text : { *(.text .text.*) }
  .rodata : { *(.rodata .rodata.*) }
  .data : { *(.data .data.*) }
  .bss (NOLOAD) : { *(.bss .bss.* COMMON) }
  /DISCARD/ : { *(.eh_frame .comment .note.*) }
}
`
}
