/* The interrupt descriptor table: who is called for which exception or interrupt. */
#pragma once
#include <stdint.h>

/* What lies on the stack when a handler runs: pushed by entry.S, then by the processor. Lowest address first. */
struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;            /* which exception or interrupt */
    uint64_t error_code;        /* 0 where the processor pushes none */
    uint64_t rip, cs, rflags, rsp, ss;
};

typedef void (*handler)(struct frame *frame);

enum { BREAKPOINT = 3, DOUBLE_FAULT = 8, PAGE_FAULT = 14 };

/* Load the table. Every vector leads to entry.S; those without a handler of their own stop the kernel with a report. */
void interrupts_init(void);

/* Have `handler` called for a vector. When it returns, the interrupted code goes on. */
void set_handler(int vector, handler handler);
