/*
 * The 32-bit part's entry: from the firmware's long or protected mode with paging to protected mode without, with the state that stage 2 has
 * under a BIOS. Whatever maps, it is mapped identically, and this lies below 4 GiB.
 *
 * Source: Intel SDM volume 3, 10.8.5.4 "Switching Out of IA-32e Mode Operation"; UEFI 2.10, 2.3.2 and 2.3.4 on the state that UEFI programs run in.
 */
#define CR0_KEPT 0x00000031           /* PE, ET, NE */
#define CR4_PCIDE 0x00020000
#define CR4_CET 0x00800000
#define MSR_EFER 0xc0000080
#define EFER_OFF 0x00000901           /* SCE, LME, NXE */
#define CPUID_HAS_EFER 0x20100000     /* no-execute, long mode */

    .section .header, "ax"
header:
    .long blob_memory_bytes
    .long enter_from_long - header
    .long enter_from_protected - header

    .code64
enter_from_long:                      /* ECX = hand-over block (Microsoft's x64 convention, as UEFI 2.10, 2.3.4.2 has it) */
    cli
    movl %ecx, %ebx
    movq %cr4, %rax                   /* with these two on, paging must not be turned off */
    andl $~(CR4_PCIDE | CR4_CET), %eax
    movq %rax, %cr4
    movl $blob_stack_top, %esp
    movl $long_gdt_pointer, %eax
    lgdt (%rax)
    pushq $SELECTOR_CODE32
    movl $enter_32_bit, %eax
    pushq %rax
    lretq

    .code32
enter_from_protected:
    cli
    movl 4(%esp), %ebx
    movl $blob_stack_top, %esp
    lgdtl long_gdt_pointer
    ljmpl $SELECTOR_CODE32, $enter_32_bit

enter_32_bit:                         /* still paged, unless the firmware is a 32-bit one without paging */
    movw $SELECTOR_DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl %ebx, %ebp
    movl %cr0, %eax
    andl $CR0_KEPT, %eax
    movl %eax, %cr0
    jmp 1f
1:  movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb 2f
    movl $0x80000001, %eax
    cpuid
    testl $CPUID_HAS_EFER, %edx
    jz 2f
    movl $MSR_EFER, %ecx
    rdmsr
    andl $~EFER_OFF, %eax
    wrmsr
2:  xorl %eax, %eax
    movl %eax, %cr3
    movl %eax, %cr4
    lidt no_idt
    cld
    pushl $0
    popfl
    movl %ebp, %eax
    xorl %ebp, %ebp
    pushl %eax
    call enter_main
3:  cli                               /* not reached */
    hlt
    jmp 3b

    .globl stop
stop:                                 /* there is no firmware to go back to */
    cli
    hlt
    jmp stop

    .data
    .balign 4
    .word 0
long_gdt_pointer:
    .word GDT_ENTRIES * 8 - 1
    .long gdt, 0
no_idt:
    .word 0
    .long 0, 0
