/*
 * A boot sector: the BIOS loads the first 512 bytes of the disk to address 0x7c00 and jumps there, in 16-bit real mode.
 * The last two bytes must be 0x55 0xaa, or it takes the disk for one that cannot be started.
 *
 * The BIOS also offers services, called by software interrupts with the wish in AH:
 *   INT 10h, AH=0Eh   print the character in AL and move the cursor on
 *   INT 16h, AH=00h   wait for a key; its character comes back in AL, 0 for keys that have none
 */
    .code16
    .globl _start

_start:
    ljmp $0, $main              /* some BIOSes start us as 07C0:0000: agree on 0000:7C00 */

main:
    xorw %ax, %ax               /* segment registers hold anything: point them at the lowest 64 KiB */
    movw %ax, %ds
    movw %ax, %es
    cli                         /* no interrupt may come between these two, it would use half a stack pointer */
    movw %ax, %ss
    movw $0x7c00, %sp           /* the stack grows down from below this sector */
    sti
    cld

    movw $greeting, %si
print:
    lodsb
    testb %al, %al
    jz echo
    call put
    jmp print

echo:
    xorb %ah, %ah
    int $0x16
    testb %al, %al              /* a cursor or function key: nothing to show */
    jz echo
    call put
    cmpb $'\r', %al             /* Enter only moves to the line's start; a line feed moves down */
    jne echo
    movb $'\n', %al
    call put
    jmp echo

/* Print the character in AL. */
put:
    movb $0x0e, %ah
    xorw %bx, %bx               /* page 0 */
    int $0x10
    ret

greeting:
    .asciz "Type, and I shall repeat: "

    .org 510                    /* fill up to the end of the sector; too much code above is an error here */
    .word 0xaa55
