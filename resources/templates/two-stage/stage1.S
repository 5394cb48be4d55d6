/*
 * Stage 1: the boot sector. 512 bytes are too few to load a kernel, but enough to load something that is larger.
 */
#include "layout.h"

    .code16
    .globl _start
_start:
    ljmp $0, $main
main:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    cli
    movw %ax, %ss
    movw $0x7c00, %sp
    sti

    /* INT 13h, AH=42h reads sectors by number from drive DL. What to read, and where to, stands in a packet at DS:SI. */
    movb $0x42, %ah
    movw $packet, %si
    int $0x13
    jc failed
    jmp *stage2                         /* still in the same segment; DL goes along */

failed:
    movw $message, %si
1:  lodsb
    testb %al, %al
    jz 2f
    movb $0x0e, %ah
    xorw %bx, %bx
    int $0x10
    jmp 1b
2:  hlt
    jmp 2b

stage2:
    .word STAGE2_ADDRESS
message:
    .asciz "Stage 2 cannot be read."

    /* The build defines STAGE2_LBA and STAGE2_SECTORS: it knows where the part lies, and how long it came to be. */
    .balign 4
packet:
    .byte 16, 0
    .word STAGE2_SECTORS
    .word STAGE2_ADDRESS, 0             /* offset, segment */
    .quad STAGE2_LBA

    .org 510
    .word 0xaa55
