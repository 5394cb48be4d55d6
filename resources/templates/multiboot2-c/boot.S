/*
 * A Multiboot 2 header, and a stack (Multiboot2 Specification 2.0, section 3.1).
 *
 * The second version has nothing in common with the first but the idea. The header has a length and a list of tags, each with its own
 * length, so that loaders can pass over those they do not know; the information comes back in the same way.
 */
    .set MAGIC, 0xe85250d6
    .set ARCHITECTURE_I386, 0           /* start in 32-bit protected mode */
    .set TAG_INFORMATION_REQUEST, 1
    .set TAG_END, 0
    .set COMMAND_LINE, 1                /* types of what we ask for */
    .set LOADER_NAME, 2
    .set MEMORY_MAP, 6

    .section .multiboot, "a"
    .balign 8
header:
    .long MAGIC
    .long ARCHITECTURE_I386
    .long header_end - header
    .long -(MAGIC + ARCHITECTURE_I386 + (header_end - header))

    /* "Do not start me unless you can tell me these." Each tag begins at a multiple of 8. */
    .balign 8
request:
    .word TAG_INFORMATION_REQUEST, 0
    .long request_end - request
    .long COMMAND_LINE, LOADER_NAME, MEMORY_MAP
request_end:

    .balign 8
    .word TAG_END, 0
    .long 8
header_end:

    .text
    .globl _start
_start:
    movl $stack_end, %esp               /* the loader promises no stack */
    pushl %ebx                          /* where the information is */
    pushl %eax                          /* a magic number: who called us */
    call kernel_main
1:  cli
    hlt
    jmp 1b

    .bss
    .balign 16
    .skip 16384
stack_end:
