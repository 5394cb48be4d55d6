/*
 * The kernel's entry: the last instructions of the loader, which run wherever they are copied to. The logic is in handoff.c.
 *
 * Source for the mode switches: Intel SDM volume 3, 10.9 "Mode Switching" and 10.8.5 "Initializing IA-32e Mode".
 */
#define CR0_PE 0x00000001
#define MSR_EFER 0xc0000080

/*
 * void leave(uint32_t code, const struct entry_state *state, uint32_t stack, const void *gdt_pointer)
 * Goes on in the copy of leave_code at the address code, with the GDT and the stack that are kept.
 */
    .code32
    .text
    .globl leave
leave:
    movl 4(%esp), %edx
    movl 8(%esp), %ebx
    movl 12(%esp), %ecx
    movl 16(%esp), %eax
    lgdtl (%eax)
    movl %ecx, %esp
    movw $SELECTOR_DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    pushl $SELECTOR_CODE32
    pushl %edx
    lret

/* EBX = struct entry_state. Runs wherever it is copied to; nothing else of the loader may be left by now. */
    .globl leave_code, leave_idle, leave_code_end
leave_code:
    cld
    movl STATE_MOVE_COUNT(%ebx), %ebp
    movl STATE_MOVES(%ebx), %edx
1:  decl %ebp
    js 2f
    movl 0(%edx), %esi
    movl 4(%edx), %edi
    movl 8(%edx), %ecx
    movl %ecx, %eax
    shrl $2, %ecx
    rep movsl
    movl %eax, %ecx
    andl $3, %ecx
    rep movsb
    addl $12, %edx
    jmp 1b
2:  cmpl $MODE_LONG, STATE_MODE(%ebx)
    je leave_to_long
    cmpl $MODE_REAL, STATE_MODE(%ebx)
    je leave_to_real

    movl STATE_STACK(%ebx), %esp      /* Multiboot 0.6.96, 3.2 "Machine state" */
    pushl $SELECTOR_CODE
    pushl STATE_ENTRY(%ebx)
    movl STATE_FIRST(%ebx), %eax
    movl STATE_SECOND(%ebx), %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    lret

leave_to_long:                        /* Intel SDM volume 3, 10.8.5 */
    movl STATE_CR3(%ebx), %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl STATE_CR4(%ebx), %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    rdmsr
    orl STATE_EFER(%ebx), %eax
    wrmsr
    movl %cr0, %eax
    orl STATE_CR0(%ebx), %eax
    movl %ebx, %esp                   /* of the stacks, only the page's end is sure to be mapped at its own address */
    orl $0xfff, %esp
    incl %esp
    movl %eax, %cr0
    pushl $SELECTOR_CODE
    call 3f
3:  addl $leave_long_mode - 3b, (%esp)
    lret
    .code64
leave_long_mode:
    movl %ebx, %ebx                   /* the switch leaves the upper halves undefined */
    movl STATE_DATA_SELECTOR(%rbx), %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movl STATE_STACK_SELECTOR(%rbx), %eax
    movw %ax, %ss
    movq STATE_STACK(%rbx), %rsp
    pushq STATE_ENTRY(%rbx)
    movq STATE_FIRST(%rbx), %rdi
    movq STATE_SECOND(%rbx), %rsi
    xorl %eax, %eax
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %ebp, %ebp
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    ret
    .code32
leave_idle:
    hlt                               /* the same instructions in every mode */
    jmp leave_idle

leave_to_real:                        /* Intel SDM volume 3, 10.9.2; the page's own 16-bit segments have its base */
    call 4f
4:  popl %ebp
    subl $4b - leave_code, %ebp       /* where the copy is */
    movl STATE_STACK(%ebx), %edx
    movl STATE_ENTRY(%ebx), %esi
    movl STATE_FIRST(%ebx), %edi
    lidt leave_bios_idt - leave_code(%ebp)
    movl %ebp, %eax
    andl $0xfff, %eax                 /* the copy's offset in its page */
    movl %ebp, %ecx
    shrl $4, %ecx
    andl $0xff00, %ecx                /* the page's real-mode segment */
    pushl $SELECTOR_CODE16_PAGE
    leal leave_16_bit - leave_code(%eax), %ebx
    pushl %ebx
    lret
    .code16
leave_16_bit:
    movw $SELECTOR_DATA16_PAGE, %bx
    movw %bx, %ss
    movw %bx, %ds
    movw %bx, %es
    movw %bx, %fs
    movw %bx, %gs
    movl $0x1000, %esp                /* the page's end */
    movl %cr0, %ebx
    andl $~CR0_PE, %ebx
    movl %ebx, %cr0
    pushw %cx
    addl $leave_real_mode - leave_code, %eax
    pushw %ax
    movw %cx, %ss
    lretw
leave_real_mode:
    xorl %eax, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movl %edx, %ebx                   /* the stack: in segment 0, or just below its top */
    xorw %cx, %cx
    cmpl $0x10000, %ebx
    jb 5f
    subl $0x10000, %ebx
    shrl $4, %ebx
    movw %bx, %cx
    xorl %ebx, %ebx
5:  movw %cx, %ss
    movl %ebx, %esp
    movl %esi, %ebx                   /* the entry: in segment 0, or at its own segment's start */
    xorw %cx, %cx
    cmpl $0x10000, %ebx
    jb 6f
    andw $15, %bx
    shrl $4, %esi
    movw %si, %cx
6:  pushw $0x0002                     /* flags: interrupts off until the program has a stack of its own */
    popfw
    pushw %cx
    pushw %bx
    movl %edi, %edx
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    sti
    lretw
    .code32
leave_bios_idt:
    .word 0x3ff
    .long 0
leave_code_end:

    .data
    .balign 8
    .globl gdt
gdt:                                  /* Intel SDM volume 3, 3.4.5; bases 0, ring 0; handoff.c gives the page's segments their base */
    .quad 0
    .quad 0x00cf9b000000ffff          /* SELECTOR_CODE; in long mode handoff.c puts the 64-bit one here */
    .quad 0x00cf93000000ffff          /* SELECTOR_DATA: 4 GiB, read and write */
    .quad 0x00cf9b000000ffff          /* SELECTOR_CODE32: 4 GiB, execute and read */
    .quad 0x00009b000000ffff          /* SELECTOR_CODE16 */
    .quad 0x000093000000ffff          /* SELECTOR_DATA16 */
    .quad 0x00009b000000ffff          /* SELECTOR_CODE16_PAGE */
    .quad 0x000093000000ffff          /* SELECTOR_DATA16_PAGE */
    .quad 0x00af9b000000ffff          /* SELECTOR_CODE64 */
