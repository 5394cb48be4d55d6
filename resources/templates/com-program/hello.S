/*
 * A .COM program, as it would run under DOS. The manifest links it at 0x100, where such programs start; every address in it is an
 * offset into its one segment.
 */
    .code16
    .globl _start
_start:
    movb $0x09, %ah                     /* print the text at DS:DX, which ends with a dollar sign */
    movw $greeting, %dx
    int $0x21

    movb $'0', %dl
1:  movb $0x02, %ah                     /* print the character in DL */
    int $0x21
    incb %dl
    cmpb $'9', %dl
    jbe 1b
    ret                                 /* to offset 0 of the segment, where INT 20h stands */

greeting:
    .ascii "Hello from a .COM program!\r\nDigits: $"
