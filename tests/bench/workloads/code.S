/*
 * Code that is itself the load: 4096 functions, immediates that are patched before each use, and data beside code.
 * Registers of addresses are called rax and the like, and are those of the mode.
 */
#if defined(__x86_64__)
#define rax %rax
#define rbx %rbx
#define rcx %rcx
#define rdx %rdx
#else
#define rax %eax
#define rbx %ebx
#define rcx %ecx
#define rdx %edx
#endif

    .text
/* 4096 functions of 64 bytes, each a little different, called in an order that jumps about. EAX is what they hand on. */
    .globl functions
functions:
    push rbx
    xor %eax, %eax
    xor %ebx, %ebx
1:  mov %ebx, %edx
    shl $6, %edx
    add $first, rdx
    call *rdx
    add $1237, %ebx
    and $4095, %ebx
    jnz 1b
    pop rbx
    ret

    .balign 64
first:
    .set number, 0
    .rept 4096
    .balign 64
    add $(number * 2654435761 & 0x7fffffff), %eax
    mov %eax, %ecx
    shr $(number % 13 + 3), %ecx
    xor %ecx, %eax
    test $(1 << (number % 7)), %al
    jz 1f
    lea 1(rax, rax, 4), %eax
    not %ecx
1:  sub %ecx, %eax
    rol $(number % 5 + 1), %eax
    imul $(number * 2 + 1), %eax, %eax
    ret
    .set number, number + 1
    .endr

    .section .patched, "awx"
/* The immediate operand of an instruction is written, and the instruction executed. */
    .globl patched
    .balign 4096
patched:
    xor %eax, %eax
    mov $1000, %ecx
1:  mov %ecx, (patch + 1)
    jmp patch
    .balign 128
patch:
    .byte 0x05                          /* add $imm32, %eax */
    .long 0
    rol $3, %eax
    dec %ecx
    jnz 1b
    ret

/* Data 256 bytes behind the code that counts in it. */
    .globl beside_code
    .balign 4096
beside_code:
    mov $20000, %ecx
    xor %edx, %edx
1:  mov %ecx, %eax
    and $7, %eax
    add %ecx, counters(, rax, 4)
    add counters(, rax, 4), %edx
    dec %ecx
    jnz 1b
    mov $8, %ecx
2:  movl $0, counters - 4(, rcx, 4)
    dec %ecx
    jnz 2b
    mov %edx, %eax
    ret
    .balign 256
counters:
    .fill 8, 4, 0
