/*
 * Stage 2's assembly part: from real to protected mode, and BIOS calls from protected mode.
 * The logic is in the C files. Both modes share one stack and one flat view of memory (all bases 0).
 *
 * Source for the mode switches: Intel SDM volume 3, 10.9 "Mode Switching".
 */
#define CR0_PE 0x00000001
#define BIOS_FRAME_BYTES 36

    .section .header, "ax"
    .globl stage2_volume_lba, stage2_sector_shift
    .long STAGE2_MAGIC
    .long 0                           /* image identity, written by the image builder */
stage2_volume_lba:
    .long 0                           /* the boot volume's first sector, too */
stage2_sector_shift:
    .long 0                           /* stage 1 of a CD has another */
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

    .section .real.text, "ax"         /* below 64 KiB, where real mode reaches it */
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
1:  movw $SELECTOR_DATA, %ax
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
 * void real_mode_call(uint32_t far_pointer, struct bios_registers *registers);
 * The same for any code that returns by IRET.
 */
    .globl bios_call, real_mode_call
bios_call:
    movl 4(%esp), %eax
    movl (,%eax,4), %eax              /* the vector's far pointer from the interrupt table at 0 */
    jmp 1f
real_mode_call:
    movl 4(%esp), %eax
1:  pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %eax, bios_target
    movl 24(%esp), %esi
    movl $bios_frame, %edi
    movl $BIOS_FRAME_BYTES / 4, %ecx
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
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movw bios_frame + 32, %es
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
    movw %es, %cs:bios_frame + 32
    xorw %ax, %ax
    movw %ax, %ds
    call to_protected
    .code32
    movl 24(%esp), %edi
    movl $bios_frame, %esi
    movl $BIOS_FRAME_BYTES / 4, %ecx
    cld
    rep movsl
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* For real_mode_call: sleeps until an interrupt comes, and lets the BIOS have it. */
    .globl sleep_code
    .code16
sleep_code:
    sti
    hlt
    iretw
    .code32

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

    .section .real.data, "aw"
    .balign 8
gdt_pointer:
    .word GDT_ENTRIES * 8 - 1
    .long gdt
bios_idt:
    .word 0x3ff
    .long 0
no_idt:                               /* an exception finds no gate: it ends in a triple fault, not in stray code */
    .word 0
    .long 0, 0

    .balign 4
bios_target:
    .long 0
bios_frame:                           /* struct bios_registers */
    .skip BIOS_FRAME_BYTES
    .globl boot_drive
boot_drive:
    .byte 0
