/* A kernel without memory of its own: "e" on COM1, "Holl" on the screen, then "m" when eax is right, then it sleeps. */
#ifndef HEADER
#define HEADER ""
#endif

__asm__(HEADER
        "  .text\n"
        "  .globl start\n"
        "start:\n"
        "  movl %eax, %esi\n"
        "  movw $0x3f8, %dx\n"
        "  movb $'e', %al\n"
        "  outb %al, %dx\n"
        "  cmpl $0x2badb002, %esi\n"
        "  jne 1f\n"
        "  movb $'m', %al\n"
        "  outb %al, %dx\n"
        "1: movl $0xb8000, %edi\n"
        "  movl $0x1f6f1f48, (%edi)\n"
        "  movl $0x1f6c1f6c, 4(%edi)\n"
        "2: hlt\n"
        "  jmp 2b\n");
