/*
 * Stage 2: reads the kernel's ELF file while the BIOS can still be asked, goes to protected mode, puts the kernel's segments in their
 * places, and jumps into it.
 */
#include "layout.h"

    .if KERNEL_SECTORS > FILE_MAX_SECTORS
    .error "The kernel is too large for the place where stage 2 reads it to."
    .endif

    .set CODE_32, 0x08
    .set DATA_32, 0x10
    .set SECTORS_AT_ONCE, 32            /* 16 KiB: it never crosses a boundary of 64 KiB, which some BIOSes cannot do */

    .code16
    .globl _start
_start:
    movb %dl, drive
    cld

    /* The kernel, piece by piece. Only the segment goes up: 32 sectors are 0x400 paragraphs of 16 bytes. */
read:
    movw left, %ax
    cmpw $SECTORS_AT_ONCE, %ax
    jbe 1f
    movw $SECTORS_AT_ONCE, %ax
1:  movw %ax, packet_count
    movb drive, %dl
    movb $0x42, %ah
    movw $packet, %si
    int $0x13
    jc failed
    movw packet_count, %ax
    subw %ax, left
    jz loaded
    movzwl %ax, %eax
    addl %eax, packet_lba
    addw $(SECTORS_AT_ONCE * 512 / 16), packet_segment
    jmp read

failed:
    movw $message, %si
2:  lodsb
    testb %al, %al
    jz 3f
    movb $0x0e, %ah
    xorw %bx, %bx
    int $0x10
    jmp 2b
3:  hlt
    jmp 3b

loaded:
    /* A20: for the sake of programs from 1981, address line 20 may be held at 0, and the kernel would land in the wrong place. */
    movw $0x2401, %ax
    int $0x15
    inb $0x92, %al                      /* where the BIOS does not know the call: the "fast" gate of the PS/2 */
    orb $0x02, %al
    andb $0xfe, %al                     /* bit 0 would reset the machine */
    outb %al, $0x92

    /* Protected mode: a table of segments, one bit, and a far jump that loads CS from the table. */
    cli
    lgdt gdt_register
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmp $CODE_32, $protected

    .code32
protected:
    movl $DATA_32, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $0x7c00, %esp

    /*
     * The ELF header (ELF specification, book I): at 0 the magic number, at 24 the entry point, at 28 the offset of the program
     * headers, at 42 the size of one, at 44 their number.
     */
    cmpl $0x464c457f, FILE_ADDRESS      /* 7f 45 4c 46: "\x7fELF" */
    jne not_elf
    movl FILE_ADDRESS + 28, %ebx
    addl $FILE_ADDRESS, %ebx
    movzwl FILE_ADDRESS + 44, %edx

    /* A program header: at 0 the type (1: load it), at 4 the offset in the file, 12 the physical address, 16 and 20 how many bytes
     * the file and the memory have of it. What the file has not is cleared: that is .bss. */
segment:
    testl %edx, %edx
    jz start
    cmpl $1, (%ebx)
    jne next
    movl 4(%ebx), %esi
    addl $FILE_ADDRESS, %esi
    movl 12(%ebx), %edi
    movl 16(%ebx), %ecx
    rep movsb
    movl 20(%ebx), %ecx
    subl 16(%ebx), %ecx
    xorl %eax, %eax
    rep stosb
next:
    movzwl FILE_ADDRESS + 42, %eax
    addl %eax, %ebx
    decl %edx
    jmp segment

start:
    jmp *FILE_ADDRESS + 24

not_elf:
    movl $0x4f214f21, 0xb8000           /* two exclamation marks, white on red: the BIOS cannot be asked any more */
    hlt
    jmp not_elf

    .balign 4
packet:
    .byte 16, 0
packet_count:
    .word 0
    .word 0                             /* offset */
packet_segment:
    .word FILE_SEGMENT
packet_lba:
    .quad KERNEL_LBA
left:
    .word KERNEL_SECTORS
drive:
    .byte 0
message:
    .asciz "The kernel cannot be read."

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff            /* code: from 0, 4 GiB, 32-bit */
    .quad 0x00cf92000000ffff            /* data: from 0, 4 GiB */
gdt_register:
    .word gdt_register - gdt - 1
    .long gdt
