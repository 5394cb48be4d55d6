/*
 * From the BIOS to 64-bit code, in one sector.
 *
 * Long mode cannot be had without paging, and paging not without page tables. So the way is: tables, PAE, "long mode enable",
 * then protected mode and paging at once, and a far jump into a 64-bit code segment. No 32-bit code is needed in between
 * (Intel SDM volume 3, section 10.8.5).
 */
    .set CR0_PROTECTED, 1 << 0
    .set CR0_PAGING, 1 << 31
    .set CR4_PAE, 1 << 5
    .set EFER, 0xc0000080
    .set EFER_LONG_MODE, 1 << 8
    .set PRESENT_WRITABLE, 0x3
    .set LARGE, 0x80

    /* Three tables of 4 KiB, in memory that nobody uses. */
    .set LEVEL_4, 0x1000
    .set LEVEL_3, 0x2000
    .set LEVEL_2, 0x3000

    .set CODE_64, 0x08                  /* selectors: byte offsets into the GDT below */
    .set DATA, 0x10

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
    cld

    /* Can this processor do it? The answer is bit 29 of EDX, if the question is known at all. */
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb too_old
    movl $0x80000001, %eax
    cpuid
    btl $29, %edx
    jnc too_old

    /* A20: without it, odd megabytes cannot be reached. The BIOS knows how to switch it on. */
    movw $0x2401, %ax
    int $0x15

    /*
     * Page tables, as short as they can be: one entry in each. Level 4 leads to level 3, that to level 2, and there one large page
     * maps the first 2 MiB to themselves. This sector and the screen lie in it.
     */
    movw $LEVEL_4, %di
    movw $(3 * 4096 / 4), %cx
    xorl %eax, %eax
    rep stosl
    movw $(LEVEL_3 | PRESENT_WRITABLE), LEVEL_4
    movw $(LEVEL_2 | PRESENT_WRITABLE), LEVEL_3
    movw $(LARGE | PRESENT_WRITABLE), LEVEL_2

    movl $LEVEL_4, %eax
    movl %eax, %cr3
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $EFER, %ecx
    rdmsr
    orl $EFER_LONG_MODE, %eax
    wrmsr
    lgdt gdt_register
    movl $(CR0_PAGING | CR0_PROTECTED), %eax
    movl %eax, %cr0
    /* In long mode now, but still in a 16-bit segment: the descriptor that CS is loaded from decides. */
    ljmp $CODE_64, $long_mode

too_old:
    movw $complaint, %si
1:  lodsb
    testb %al, %al
    jz 2f
    movb $0x0e, %ah
    xorw %bx, %bx
    int $0x10
    jmp 1b
2:  hlt
    jmp 2b

    .code64
long_mode:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss

    movl $0xb8000, %edi                 /* blanks, four cells at a time: white on blue */
    movabsq $0x1f201f201f201f20, %rax
    movl $(80 * 25 / 4), %ecx
    rep stosq

    movl $0xb8000, %edi
    movl $greeting, %esi
    movb $0x1f, %ah
3:  lodsb
    testb %al, %al
    jz 4f
    stosw
    jmp 3b

    /* A number that needs 64 bits, digit by digit from the left: it is rotated so that the next digit comes lowest. */
4:  movabsq $0x123456789abcdef0, %rdx
    movl $16, %ecx
5:  rolq $4, %rdx
    movl %edx, %ebx
    andl $15, %ebx
    movb digits(%rbx), %al
    stosw
    loop 5b
6:  hlt
    jmp 6b

greeting:
    .asciz "Long mode: RDX = 0x"
digits:
    .ascii "0123456789abcdef"
complaint:
    .asciz "This processor has no long mode."

    .balign 8
gdt:
    .quad 0
    .quad 0x00209a0000000000            /* code: present, level 0, 64-bit */
    .quad 0x0000920000000000            /* data: present, level 0, writable */
gdt_register:
    .word gdt_register - gdt - 1
    .long gdt

    .org 510
    .word 0xaa55
