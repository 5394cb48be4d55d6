/*
 * From 32-bit protected mode into a Limine kernel, and the way of further processors from their start to there. Sources: limine-protocol,
 * PROTOCOL.md, "Machine State at Entry" (x86-64); Intel SDM volume 3, 10.8.5 "Initializing IA-32e Mode", 9.4.4 "MP Initialization Example".
 */
#include "limine_numbers.h"

#define MSR_EFER 0xc0000080
#define CR0_AT_ENTRY 0x80010011       /* PG, WP, ET, PE */
#define GDT_BYTES 72
#define CODE32 0x18
#define DATA32 0x20
#define CODE64 0x28
#define DATA64 0x30
#define NO_TASK 0x38
#define PROCESSOR_GOTO 16             /* goto_address in struct limine_mp_info */

/*
 * A page that is copied to where nothing overwrites it, and completed there. While paging is switched on it is at its own address in the
 * map, after that it is in the direct map, and so is everything else here.
 */
    .section .text
    .balign 8
    .globl limine_page_image, limine_page_gdt32, limine_page_gdt64, limine_page_offset, limine_page_far, limine_page_64_bit, limine_page_switch
    .globl limine_page_end
limine_page_image:
limine_page_gdt:
    .quad 0
    .quad 0x00009b000000ffff          /* 16-bit code, 64 KiB */
    .quad 0x000093000000ffff          /* 16-bit data */
    .quad 0x00cf9b000000ffff          /* CODE32: 4 GiB */
    .quad 0x00cf93000000ffff          /* DATA32 */
    .quad 0x00af9b000000ffff          /* CODE64 */
    .quad 0x00cf93000000ffff          /* DATA64 */
limine_page_task:
    .quad 0x0000890000000000, 0       /* NO_TASK: base 0, limit 0 */
limine_page_gdt32:
    .word GDT_BYTES - 1
    .long 0                           /* the GDT's own address */
limine_page_gdt64:
    .word GDT_BYTES - 1
    .quad 0                           /* where it is in the direct map */
limine_page_no_idt:
    .word 0
    .quad 0
limine_page_far:
    .long 0                           /* own address of limine_page_64_bit */
    .word CODE64
    .balign 8
limine_page_offset:
    .quad 0                           /* of the direct map */

/* EBX = struct limine_start, ESI = the page; paging off. */
limine_page_switch:
    lgdt limine_page_gdt32 - limine_page_image(%esi)
    movl START_CR3(%ebx), %eax
    movl %eax, %cr3
    movl START_CR4(%ebx), %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    movl START_EFER(%ebx), %eax
    xorl %edx, %edx
    wrmsr
    movl $CR0_AT_ENTRY, %eax
    movl %eax, %cr0
    ljmpl *limine_page_far - limine_page_image(%esi)

    .code64
limine_page_64_bit:
    movl %ebx, %ebx                   /* the switch leaves upper halves undefined */
    movq limine_page_offset(%rip), %rax
    addq %rax, %rbx
    leaq 1f(%rip), %rcx
    addq %rax, %rcx
    jmp *%rcx
1:  lgdt limine_page_gdt64(%rip)
    lidt limine_page_no_idt(%rip)
    movl $DATA64, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    xorl %eax, %eax
    lldt %ax
    movb $0x89, limine_page_task + 5(%rip)    /* LTR takes only a free one; another processor may have been here */
    movl $NO_TASK, %eax
    ltr %ax
    movq START_PROCESSOR(%rbx), %rdi
    testq %rdi, %rdi
    jz 3f
    movl $1, START_PARKED(%rbx)
2:  pause
    movq PROCESSOR_GOTO(%rdi), %rax
    testq %rax, %rax
    jz 2b
    movq %rax, START_ENTRY(%rbx)
3:  movq START_OBSOLETE(%rbx), %rax
    testq %rax, %rax
    jz 4f
    movq $0, (%rax)
4:  movq START_CR3(%rbx), %rax        /* forgets translations of what was taken out */
    movq %rax, %cr3
    movq START_STACK(%rbx), %rsp
    pushq START_ENTRY(%rbx)
    xorl %eax, %eax
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %ebp, %ebp
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    pushq $2
    popfq
    ret
limine_page_end:

/* A page below 1 MiB where further processors start, in real mode at its first byte. */
    .balign 8
    .globl limine_trampoline_image, limine_trampoline_gdt, limine_trampoline_far, limine_trampoline_32_bit, limine_trampoline_stack
    .globl limine_trampoline_call, limine_trampoline_argument, limine_trampoline_end
    .code16
limine_trampoline_image:
    cli
    cld
    xorl %ebp, %ebp
    movw %cs, %bp
    movw %bp, %ds
    shll $4, %ebp                     /* the page */
    lgdtl limine_trampoline_gdt - limine_trampoline_image
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl *(limine_trampoline_far - limine_trampoline_image)
    .code32
limine_trampoline_32_bit:
    movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    movl limine_trampoline_stack - limine_trampoline_image(%ebp), %esp
    pushl limine_trampoline_argument - limine_trampoline_image(%ebp)
    pushl $0
    jmpl *limine_trampoline_call - limine_trampoline_image(%ebp)
    .balign 4
limine_trampoline_gdt:
    .word GDT_BYTES - 1
    .long 0
limine_trampoline_far:
    .long 0                           /* own address of limine_trampoline_32_bit */
    .word CODE32
    .balign 4
limine_trampoline_stack:
    .long 0
limine_trampoline_call:
    .long 0
limine_trampoline_argument:
    .long 0
limine_trampoline_end:
