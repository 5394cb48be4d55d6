/*
 * Stage 2's assembly part: from real to protected mode, BIOS calls from protected mode, and the kernel's entry.
 * The logic is in the C files. Both modes share one stack and one flat view of memory (all bases 0).
 *
 * Source for the mode switches: Intel SDM volume 3, 10.9 "Mode Switching" and 10.8.5 "Initializing IA-32e Mode".
 */
#define CR0_PE 0x00000001
#define CR0_PG 0x80000000
#define CR4_PAE 0x00000020
#define MSR_EFER 0xc0000080
#define EFER_LME 0x00000100

    .section .header, "ax"
    .long STAGE2_MAGIC
    .long 0                           /* image identity, written by the image builder */
    .code16
    .globl stage2
stage2:                               /* from stage 1: CS = DS = ES = SS = 0, DL = drive */
    cli
    movl $STAGE1_ADDRESS, %esp
    movb %dl, %bl
    call to_protected
    .code32
    movl $bss_start, %edi
    movl $bss_end, %ecx
    subl %edi, %ecx
    xorl %eax, %eax
    cld
    rep stosb
    movb %bl, boot_drive
    call loader_main
1:  hlt                               /* loader_main does not return */
    jmp 1b

    .text
/* Real mode, 16-bit return address on the stack -> protected mode, returning to 32-bit code. Clobbers EAX, DX. */
    .code16
to_protected:
    cli
    popw %dx
    lgdtl gdt_pointer
    movl %cr0, %eax
    orl $CR0_PE, %eax
    movl %eax, %cr0
    ljmpl $SELECTOR_CODE32, $1f
    .code32
1:  movw $SELECTOR_DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    lidt no_idt
    movzwl %dx, %edx
    jmp *%edx

/*
 * void bios_call(uint32_t vector, struct bios_registers *registers);
 * Runs a BIOS service in real mode with the given registers (segments 0) and stores what it returned.
 */
    .globl bios_call
bios_call:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 20(%esp), %eax
    movl (,%eax,4), %eax              /* the vector's far pointer from the interrupt table at 0 */
    movl %eax, bios_target
    movl 24(%esp), %esi
    movl $bios_frame, %edi
    movl $8, %ecx
    cld
    rep movsl
    lidt bios_idt
    ljmp $SELECTOR_CODE16, $1f        /* 64 KiB limits, as real mode wants them */
    .code16
1:  movw $SELECTOR_DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl %cr0, %eax
    andl $~CR0_PE, %eax
    movl %eax, %cr0
    ljmp $0, $2f
2:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl bios_frame + 0, %eax
    movl bios_frame + 4, %ebx
    movl bios_frame + 8, %ecx
    movl bios_frame + 12, %edx
    movl bios_frame + 16, %esi
    movl bios_frame + 20, %edi
    movl bios_frame + 24, %ebp
    sti
    pushfw                            /* what INT does: flags with IF set, IF off, far call */
    cli
    lcallw *bios_target
    pushfw                            /* a service may have changed DS: address through CS */
    cli
    popw %cs:bios_frame + 28
    movl %eax, %cs:bios_frame + 0
    movl %ebx, %cs:bios_frame + 4
    movl %ecx, %cs:bios_frame + 8
    movl %edx, %cs:bios_frame + 12
    movl %esi, %cs:bios_frame + 16
    movl %edi, %cs:bios_frame + 20
    movl %ebp, %cs:bios_frame + 24
    xorw %ax, %ax
    movw %ax, %ds
    call to_protected
    .code32
    movl 24(%esp), %edi
    movl $bios_frame, %esi
    movl $8, %ecx
    cld
    rep movsl
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* void stop(void): real mode, interrupts on, for ever; so that the BIOS still sees Ctrl-Alt-Del. */
    .globl stop
stop:
    lidt bios_idt
    ljmp $SELECTOR_CODE16, $1f
    .code16
1:  movw $SELECTOR_DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl %cr0, %eax
    andl $~CR0_PE, %eax
    movl %eax, %cr0
    ljmp $0, $2f
2:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    sti
3:  hlt
    jmp 3b
    .code32

/* void enter_protected(uint32_t entry, uint32_t eax, uint32_t ebx): Multiboot 0.6.96, 3.2 "Machine state". */
    .globl enter_protected
enter_protected:
    movl 4(%esp), %ecx
    movl 8(%esp), %eax
    movl 12(%esp), %ebx
    movl $KERNEL_STACK_TOP - 4, %esp  /* as if called, so that a C function finds its stack aligned */
    movl $0, (%esp)
    pushl %ecx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    ret

/* void enter_long(uint64_t entry, uint32_t cr3, uint32_t rdi, uint32_t rsi) */
    .globl enter_long
enter_long:
    movl 4(%esp), %ebx
    movl 8(%esp), %ebp
    movl 12(%esp), %eax
    movl 16(%esp), %edi
    movl 20(%esp), %esi
    movl %eax, %cr3
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG, %eax
    movl %eax, %cr0
    ljmp $SELECTOR_CODE64, $1f
    .code64
1:  movw $SELECTOR_DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl %ebx, %eax                   /* 32-bit moves clear the upper halves, which the switch leaves undefined */
    movl %ebp, %ebp
    shlq $32, %rbp
    orq %rbp, %rax
    movl %edi, %edi
    movl %esi, %esi
    movl $KERNEL_STACK_TOP - 8, %esp  /* rsp % 16 == 8, as after a call (System V AMD64 ABI, 3.4.1) */
    movq $0, (%rsp)
    pushq %rax
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

    .section .rodata, "a"
    .balign 8
gdt:                                  /* Intel SDM volume 3, 3.4.5; bases 0, ring 0 */
    .quad 0
    .quad 0x00af9b000000ffff          /* SELECTOR_CODE64 */
    .quad 0x00cf9b000000ffff          /* SELECTOR_CODE32: 4 GiB, execute and read */
    .quad 0x00cf93000000ffff          /* SELECTOR_DATA32: 4 GiB, read and write */
    .quad 0x00009b000000ffff          /* SELECTOR_CODE16 */
    .quad 0x000093000000ffff          /* SELECTOR_DATA16 */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
bios_idt:
    .word 0x3ff
    .long 0
no_idt:                               /* an exception finds no gate: it ends in a triple fault, not in stray code */
    .word 0
    .long 0, 0

    .bss
    .balign 4
bios_target:
    .skip 4
bios_frame:                           /* struct bios_registers */
    .skip 32
    .globl boot_drive
boot_drive:
    .skip 1
