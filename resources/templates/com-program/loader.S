/*
 * A loader of a few instructions, and what is left of DOS when only the necessary is there.
 *
 * A .COM program is nothing but bytes. It is put at offset 0x100 of a segment, all segment registers name that segment, and it starts
 * at its first byte. Before it lies what DOS calls the program segment prefix, 256 bytes, which begin with INT 20h, "end the
 * program": the stack starts with a 0 on it, so that a plain RET at the end of the program goes there.
 */
    .set SEGMENT, 0x1000                /* the program's: physical address 0x10000 */
    .set PREFIX_BYTES, 0x100

    .code16
    .globl _start
_start:
    ljmp $0, $main
main:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $0x7c00, %sp
    cld

    /* Programs end with INT 20h and ask for services with INT 21h: each vector is an offset and a segment. */
    movw $end_program, 0x20 * 4
    movw %ax, 0x20 * 4 + 2
    movw $service, 0x21 * 4
    movw %ax, 0x21 * 4 + 2

    /* The loader itself: read the program from the sectors behind this one (AH = 2, DL is still the drive) … */
    movw $SEGMENT, %ax
    movw %ax, %es
    movw $PREFIX_BYTES, %bx
    movw $(0x0200 + PROGRAM_SECTORS), %ax
    movw $(PROGRAM_LBA + 1), %cx        /* track 0, sectors count from 1 */
    movb $0, %dh
    int $0x13
    jc failed
    movw $0x20cd, %es:0                 /* the prefix begins with the bytes of INT 20h */

    /* … and go there, with a stack at the end of its segment. */
    movw %es, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $0xfffe, %sp
    pushw $0
    ljmp $SEGMENT, $PREFIX_BYTES

/* INT 21h. AH says what: 02h prints the character in DL, 09h prints text at DS:DX up to a dollar sign. */
service:
    pushw %ax
    pushw %bx
    pushw %si
    cmpb $0x09, %ah
    je text
    cmpb $0x02, %ah
    jne served
    movb %dl, %al
    call put
    jmp served
text:
    movw %dx, %si
1:  lodsb
    cmpb $'$', %al
    je served
    call put
    jmp 1b
served:
    popw %si
    popw %bx
    popw %ax
    iret

put:
    movb $0x0e, %ah
    xorw %bx, %bx
    int $0x10
    ret

failed:
    movw $cannot_read, %si
    jmp say
end_program:
    movw $ended, %si
say:
    xorw %ax, %ax
    movw %ax, %ds
2:  lodsb
    testb %al, %al
    jz 3f
    call put
    jmp 2b
3:  hlt
    jmp 3b

ended:
    .asciz "\r\nThe program has ended."
cannot_read:
    .asciz "The program cannot be read from the disk."

    .org 510
    .word 0xaa55
