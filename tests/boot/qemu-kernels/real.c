/*
 * Checks what a program in 16-bit real mode finds: as a flat binary that the loader has put at EXPECTED_ADDRESS, or as a boot sector
 * (SECTOR) that a BIOS has loaded. One line a check on COM1, as in report.h; then isa-debug-exit.
 */
#define TEXT(x) #x
#define EXPANDED(x) TEXT(x)

__asm__(".text\n.code16\n.globl start\nstart:\n"
        "  pushfw\n  popw %di\n" /* flags at entry */
        "  movw %cs, %ax\n  movzwl %ax, %esi\n  shll $4, %esi\n  call 1f\n1: popw %ax\n  subw $(1b - start), %ax\n  movzwl %ax, %eax\n  addl %eax, %esi\n"
        /* From here on CS = DS = 0 and offsets are addresses. */
        "  movw %ds, %bx\n  movw %es, %cx\n  orw %cx, %bx\n"
        "  ljmpw $0, $2f\n2: xorw %ax, %ax\n  movw %ax, %ds\n"
        "  movb %dl, drive\n"
        "  cmpl $" EXPANDED(EXPECTED_ADDRESS) ", %esi\n  movw $place, %si\n  call report\n"
        "  movw drive, %ax\n  cmpb $" EXPANDED(EXPECTED_DRIVE) ", %al\n  movw $drive_name, %si\n  call report\n"
        "  movl %cr0, %eax\n  testb $1, %al\n  movw $real_mode, %si\n  call report\n"
#ifndef SECTOR
        "  testw %bx, %bx\n  movw $segments, %si\n  call report\n"
        "  andw $0x0600, %di\n  cmpw $0x0200, %di\n  movw $flags, %si\n  call report\n"
        /* The words behind the code. */
        "  movw $pattern, %bx\n  movw $4096, %cx\n  xorl %eax, %eax\n3: addl $0x9e3779b1, %eax\n  cmpl (%bx), %eax\n  jne 3f\n  addw $4, %bx\n  loop 3b\n  cmpw %ax, %ax\n"
        "3: movw $data, %si\n  call report\n"
        /* Reads the drive's first sector to 0x6000, as a program would that loads its own rest. */
        "  movb drive, %dl\n  movw $packet, %si\n  movb $0x42, %ah\n  int $0x13\n  jnc 4f\n"
        "  movb drive, %dl\n  xorb %dh, %dh\n  movw $1, %cx\n  movw $0x6000, %bx\n  movw $0x0201, %ax\n  int $0x13\n"
        "4: sbbb %al, %al\n  testb %al, %al\n  movw $reads, %si\n  call report\n"
#else
        "  cmpw $0xaa55, 0x7dfe\n  movw $data, %si\n  call report\n"
#endif
        "  int $0x12\n  subw $500, %ax\n  cmpw $141, %ax\n  sbbw %ax, %ax\n  incw %ax\n  movw $bios, %si\n  call report\n"
        /* The timer's interrupts arrive. */
        "  sti\n  movw 0x46c, %bx\n  movl $0x4000000, %ecx\n4: movw 0x46c, %ax\n  cmpw %ax, %bx\n  jne 5f\n  decl %ecx\n  jnz 4b\n5: cmpl $1, %ecx\n  sbbw %ax, %ax\n  testw %ax, %ax\n"
        "  movw $timer, %si\n  call report\n"
        "  movw $0xf4, %dx\n  movb result, %al\n  outb %al, %dx\n6: hlt\n  jmp 6b\n"
        /* ZF: good; SI: name */
        "report:\n  pushw %si\n  movw $good, %si\n  jz 7f\n  movw $bad, %si\n  movb $0x11, result\n7: call print\n  popw %si\n  call print\n  movw $line, %si\n"
        "print:\n  movw $0x3f8, %dx\n8: lodsb\n  testb %al, %al\n  jz 9f\n  outb %al, %dx\n  jmp 8b\n9: ret\n"
        "good: .asciz \"good \"\nbad: .asciz \"BAD \"\nline: .asciz \"\\n\"\nresult: .byte 0x10\ndrive: .word 0\n"
        "place: .asciz \"address\"\ndrive_name: .asciz \"drive in DL\"\nreal_mode: .asciz \"real mode\"\nbios: .asciz \"BIOS services\"\ntimer: .asciz \"timer\"\ndata: .asciz \"data is exact\"\n"
#ifdef SECTOR
        ".org start + 510\n.short 0xaa55\n"
#else
        "segments: .asciz \"segments\"\nflags: .asciz \"interrupts on\"\nreads: .asciz \"the boot drive reads\"\n"
        ".balign 4\npacket: .short 16, 1, 0x6000, 0\n.long 0, 0\n"
        ".balign 4\npattern:\n.set i, 1\n.rept 4096\n.long (i * 0x9e3779b1) & 0xffffffff\n.set i, i + 1\n.endr\n"
#endif
        );
