/*
 * From 1 MiB to 3 GiB.
 *
 * The loader knows nothing of paging: it puts the kernel at 1 MiB and jumps there. But the kernel is linked to run at 0xC0100000, so
 * the address of every variable and function is 3 GiB too high at first. Until paging makes those addresses true, this code
 * may only use its own section (.boot, linked where it is loaded), and must take 3 GiB off any other symbol.
 */
    .set HIGHER_HALF, 0xC0000000
    .set PRESENT_WRITABLE, 0x3
    .set CR0_PAGING, 0x80000000
    .set CR0_WRITE_PROTECT, 0x00010000

    .section .multiboot, "a"
    .balign 4
    .set FLAGS, 0x2                     /* tell us about memory */
    .long 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)

    .section .boot, "ax"
    .globl _start
_start:
    /*
     * Fill one page table: entry n leads to frame n, 1024 frames, the first 4 MiB of memory. EBX holds the loader's information;
     * it must be kept.
     */
    movl $(page_table - HIGHER_HALF), %edi
    movl $PRESENT_WRITABLE, %eax
    movl $1024, %ecx
    cld
1:  stosl
    addl $4096, %eax
    loop 1b

    /*
     * The page directory has an entry for every 4 MiB. Ours has two, and both lead to that one table:
     *
     *     entry 0     address 0           this very code goes on running when paging is switched on;
     *     entry 768   address 3 GiB       the kernel is where it was linked (768 * 4 MiB = 0xC0000000).
     */
    movl $(page_table - HIGHER_HALF + PRESENT_WRITABLE), %eax
    movl %eax, page_directory - HIGHER_HALF
    movl %eax, page_directory - HIGHER_HALF + 768 * 4

    movl $(page_directory - HIGHER_HALF), %eax
    movl %eax, %cr3
    movl %cr0, %eax
    orl $(CR0_PAGING | CR0_WRITE_PROTECT), %eax
    movl %eax, %cr0

    /*
     * Paging is on, and nothing seems to have happened: EIP still holds a low address, which entry 0 keeps true. A jump to a label
     * by a relative distance would stay down here. An indirect jump takes the label's whole address, and goes up.
     */
    movl $higher_half, %eax
    jmp *%eax

    .text
higher_half:
    /* Nobody is down there any more: take entry 0 away, and with it the chance that a null pointer works. */
    movl $0, page_directory
    movl %cr3, %eax
    movl %eax, %cr3                     /* the processor forgets what it has remembered of the old tables */

    movl $stack_end, %esp
    xorl %ebp, %ebp
    pushl %ebx                          /* the second argument: the loader's information, a physical address */
    pushl $_start                       /* the first one: where we came from */
    call kernel_main
2:  cli
    hlt
    jmp 2b

    .bss
    .balign 4096
page_directory:
    .skip 4096
page_table:
    .skip 4096
    .balign 16
    .skip 16384
stack_end:
