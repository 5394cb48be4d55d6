/* The boot sector of the real-mode workloads: loads the rest to 0x8000. Its own page, with the stack under 0x7c00, is where interrupts are tried. */
    .code16
    .globl _start
_start:
    ljmp $0, $main
main:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    mov $0x42, %ah
    mov $packet, %si
    int $0x13
    jc failed
    jmp *rest
failed:
    hlt
    jmp failed

rest:
    .word 0x8000
    .balign 4
packet:
    .byte 16, 0
    .word REST_SECTORS
    .word 0x8000, 0
    .quad REST_LBA

/* At 0x7d00: CX times INT 60h; at 0x7d10: its handler. */
    .org 0x100
interrupts:
    int $0x60
    dec %cx
    jnz interrupts
    ret
    .org 0x110
handler:
    iret

    .org 510
    .word 0xaa55
