/*
 * Workloads in real mode, at 0000:8000, and what runs them: as kernel.c does it, with the lines of workloads.h. Each returns a checksum in EAX. DL is the
 * drive. The stack lies under 0x7c00, on the page of the boot sector.
 */
    .code16
    .globl _start
_start:
    cld
    mov %dl, drive
    movl $0x7d10, 0x60 * 4

    .macro run work, name, units
    mov $9f, %si
    call print
    mov $\units, %cx
    mov $'S', %al
    call put
8:  push %cx
    call \work
    pop %cx
    dec %cx
    jnz 8b
    call finish
    jmp 8f
9:  .asciz "\name"
8:
    .endm
#define WORKLOAD(name, units) run name, #name, units
#include "workloads.h"
    mov $0xf4, %dx
    out %al, %dx
1:  cli
    hlt
    jmp 1b

/* The byte in AL, to COM1. */
put:
    mov $0x3f8, %dx
    out %al, %dx
    ret
/* The text at SI. */
1:  call put
print:
    lodsb
    test %al, %al
    jnz 1b
    ret
/* E, the checksum in EAX, and the end of the line. */
finish:
    mov %eax, %ebx
    mov $'E', %al
    call put
    mov $8, %cx
1:  rol $4, %ebx
    mov %bx, %si
    and $15, %si
    mov digits(%si), %al
    call put
    dec %cx
    jnz 1b
    mov $'\n', %al
    jmp put
digits:
    .ascii "0123456789abcdef"

/* CRC-16, bit by bit, over 2 KiB of this code. */
real_crc:
    mov $0x8000, %si
    mov $2048, %di
    mov $0xffff, %bx
1:  lodsb
    xor %al, %bl
    mov $8, %cx
2:  shr %bx
    jnc 3f
    xor $0xa001, %bx
3:  dec %cx
    jnz 2b
    dec %di
    jnz 1b
    movzwl %bx, %eax
    ret

/* Sorts 256 words by insertion. */
real_sort:
    mov $0x1000, %ax
    mov %ax, %es
    xor %di, %di
    mov $256, %cx
    mov $1, %ax
1:  imul $25173, %ax, %ax
    add $13849, %ax
    stosw
    dec %cx
    jnz 1b
    mov $2, %si
2:  mov %es:(%si), %ax
    mov %si, %di
3:  mov %es:-2(%di), %bx
    cmp %ax, %bx
    jbe 4f
    mov %bx, %es:(%di)
    sub $2, %di
    jnz 3b
4:  mov %ax, %es:(%di)
    add $2, %si
    cmp $512, %si
    jb 2b
    movl %es:254, %eax
    ret

/* Fibonacci by recursion. */
real_fib:
    mov $18, %ax
    call fib
    movzwl %ax, %eax
    ret
fib:
    cmp $2, %ax
    jb 1f
    push %ax
    dec %ax
    call fib
    pop %bx
    push %ax
    lea -2(%bx), %ax
    call fib
    pop %bx
    add %bx, %ax
1:  ret

/* 32 KiB from segment to segment, and then 1 to 8 bytes at a time. */
real_rep:
    push %ds
    mov $0x1000, %ax
    mov %ax, %ds
    mov $0x2000, %ax
    mov %ax, %es
    xor %si, %si
    xor %di, %di
    mov $0x4000, %cx
    rep movsw
    mov $500, %dx
1:  mov %dx, %cx
    and $7, %cx
    inc %cx
    xor %di, %di
    rep stosb
    dec %dx
    jnz 1b
    pop %ds
    mov $8, %eax
    ret

/* 1000: INT and IRET, with the stack on the page of their code, and elsewhere. */
int_code_page:
    mov $1000, %cx
    mov $0x7d00, %bx
    call *%bx
    mov $9, %eax
    ret
int_elsewhere:
    mov %sp, %bp
    mov $0x6f00, %sp
    mov $1000, %cx
    mov $0x7d00, %bx
    call *%bx
    mov %bp, %sp
    mov $10, %eax
    ret

/* 80: a line of the screen by teletype, which scrolls. */
teletype:
    mov $80, %di
1:  mov $0x0e2e, %ax
    xor %bx, %bx
    int $0x10
    dec %di
    jnz 1b
    mov $11, %eax
    ret

/* 16: the first sector of the drive. */
read_sector:
    mov $16, %di
1:  mov $0x42, %ah
    mov drive, %dl
    mov $packet, %si
    int $0x13
    dec %di
    jnz 1b
    movzwl 0x3000 + 510, %eax
    ret
    .balign 4
packet:
    .byte 16, 0
    .word 1
    .word 0x3000, 0
    .quad 0
drive:
    .byte 0
