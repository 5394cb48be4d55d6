/*
 * A boot sector that does its worst. In 16-, 32- or 64-bit code (BITS) it fills 64 KiB with random bytes, prefixes or instructions that
 * write over code, and jumps into them with random registers; every exception leads to the next jump. With paging (32 and 64) all but the
 * lowest memory is mapped by random entries. SEED stands at offset 504.
 */
#define AREA 0x20000
#define STACK 0x7c00
#define TABLES 0x10000
#define IDT 0x1000
#define TSS 0x2000
#if BITS == 64
#define KERNEL_CODE 0x28
#else
#define KERNEL_CODE 8
#endif
/* Jumps before the area is filled anew. */
#define JUMPS 200

  .macro random
  call next
  .endm

  .text
  .code16
  .globl start
start:
  cli
  xorw %ax, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movw $STACK, %sp
  cld
#if BITS == 16
  /* Vectors 0 to 31. */
  xorw %di, %di
  movw $32, %cx
1: movw $again, %ax
  stosw
  xorw %ax, %ax
  stosw
  loop 1b
#else
  inb $0x92, %al
  orb $2, %al
  outb %al, $0x92
  lgdt gdtr
  movl %cr0, %eax
  orb $1, %al
  movl %eax, %cr0
  ljmp $8, $protected
  .code32
protected:
  movw $16, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movl $STACK, %esp
  /* Page tables, in memory that is zero: the first entries are identity, the rest random at each filling. */
#if BITS == 64
  movl $TABLES + 0x1007, TABLES
  movl $TABLES + 0x2007, TABLES + 0x1000
  movb $0x87, TABLES + 0x2000
  movl $0x30, %eax
  movl %eax, %cr4
  movl $0xc0000080, %ecx
  rdmsr
  orl $0x901, %eax
  wrmsr
#else
  movb $0x87, TABLES
  movl $0x10, %eax
  movl %eax, %cr4
#endif
  movl $TABLES, %eax
  movl %eax, %cr3
  movl %cr0, %eax
  orl $0x80010000, %eax
  movl %eax, %cr0
  /* Gates 0 to 31; in 64-bit mode all on their own stack. */
  movl $IDT, %edi
  movl $32, %ecx
1: movl $again + (KERNEL_CODE << 16), %eax
  stosl
#if BITS == 64
  movl $0x8e01, %eax
  stosl
  xorl %eax, %eax
  stosl
#else
  movl $0x8e00, %eax
#endif
  stosl
  loop 1b
  lidt idtr
#if BITS == 64
  movl $STACK, TSS + 0x24
  movw $0x18, %ax
  ltr %ax
  ljmp $KERNEL_CODE, $again
  .code64
#endif
#endif

again:
#if BITS == 16
  xorw %ax, %ax
  movw %ax, %ds
  movw %ax, %ss
  movw $STACK, %sp
  pushw $0
  popfw
#else
#if BITS == 32
  movw $16, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
#endif
  movl $STACK, %esp
#if BITS == 64
  pushq $2
  popfq
#else
  pushl $2
  popfl
#endif
  /* Forgets all translations. */
#if BITS == 64
  movq %cr3, %rax
  movq %rax, %cr3
#else
  movl %cr3, %eax
  movl %eax, %cr3
#endif
#endif
  cld
  decl jumps
  jns jump

  movl $JUMPS, jumps
  random
  movl %eax, %ebx
#if BITS == 16
  movw $AREA >> 4, %cx
  movw %cx, %es
  xorw %di, %di
#else
  /* A random byte of an entry of the tables, behind the identity: mostly bytes that keep entries present. */
  movl $TABLES + 8, %edi
  movl $0x2ff0, %ecx
1: random
  movl %edi, %edx
  andl $0xff8, %edx
  jz 2f
  movb %al, (%edi)
2: incl %edi
  loop 1b
  movl $AREA, %edi
#endif
  movl $0x10000, %ecx
fill:
  random
  testb $1, %bl
  jz 3f
  andl $15, %eax
  testb $2, %bl
  jz 1f
  addl $16, %eax
1: movb bytes(%eax), %al
3: cmpb $0xf4, %al
  jne 4f
  movb $0x90, %al
4: stosb
  decl %ecx
  jnz fill

jump:
  random
  movl %eax, %ebx
  random
  movl %eax, %ecx
  random
  movl %eax, %esi
  random
  movl %eax, %edi
  movzwl %di, %ebp
  addl $AREA, %ebp
  random
  movzwl %ax, %edx
#if BITS == 16
  movw $AREA >> 4, %ax
  movw %ax, %ds
  movw %ax, %es
  pushw %ax
  pushw %dx
  lretw
#elif BITS == 32
  addl $AREA, %edx
  movl %ebp, %edi
  jmp *%edx
#else
  addl $AREA, %edx
  movq %rbp, %rdi
  jmp *%rdx
#endif

/* EAX: the next of Marsaglia's xorshift numbers; EDX is lost. */
next:
  movl seed, %eax
  movl %eax, %edx
  shll $13, %edx
  xorl %edx, %eax
  movl %eax, %edx
  shrl $17, %edx
  xorl %edx, %eax
  movl %eax, %edx
  shll $5, %edx
  xorl %edx, %eax
  movl %eax, seed
  ret

  .balign 4
bytes:
  /* Prefixes only, then stores and short jumps. */
  .byte 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf3, 0x66, 0x2e
  .byte 0xaa, 0xab, 0xaa, 0xab, 0xaa, 0xab, 0xfd, 0xfc, 0x40, 0x93, 0xeb, 0x75, 0xf3, 0x88, 0x07, 0xe2
#if BITS != 16
gdt:
  .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
  .quad 0x0000890020000067, 0, 0x00af9b000000ffff
gdtr:
  .word gdtr - gdt - 1
  .long gdt
idtr:
  .word 0x1ff
  .long IDT
#endif
jumps:
  .long 0
  .org 504
seed:
  .long 0x12345678
  .org 510
  .word 0xaa55
