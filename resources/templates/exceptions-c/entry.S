/*
 * The way into a handler and back.
 *
 * The processor pushes SS, RSP, RFLAGS, CS and RIP, for some exceptions an error code as well, and comes here. It does not say
 * which vector it was, so each has an entry of its own, which pushes the number. C functions may change most registers, and the
 * interrupted code knows nothing of its interruption: so all of them are saved here, and brought back at the end.
 */
    .text

    /* An entry for a vector; where the processor pushes no error code, a zero stands in, so that all frames look the same. */
    .macro entry vector
entry_\vector:
    .if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30)
    .else
    pushq $0
    .endif
    pushq $\vector
    jmp common
    .endm

    .altmacro
    .set i, 0
    .rept 48
    entry %i
    .set i, i + 1
    .endr

common:
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld                         /* C relies on the direction flag being clear */
    movq %rsp, %rdi             /* the first argument: struct frame * */
    call dispatch
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rbp
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    addq $16, %rsp              /* vector and error code */
    iretq

    /* The addresses of all entries, for interrupts.c. */
    .macro address vector
    .quad entry_\vector
    .endm

    .section .rodata
    .balign 8
    .globl entry_points
entry_points:
    .set i, 0
    .rept 48
    address %i
    .set i, i + 1
    .endr
