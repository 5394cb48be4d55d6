/*
 * The global descriptor table. In long mode, segments have neither base nor limit any more; what is left is the privilege
 * level and "this is 64-bit code". One descriptor still matters: the one of the task state segment, because there the
 * processor looks up which stack to use for an exception (Intel SDM volume 3, sections 3.5.2 and 8.7).
 */
#include "gdt.h"
#include <stdint.h>

struct __attribute__((packed)) task_state {
    uint32_t reserved0;
    uint64_t rsp[3];            /* stacks for privilege levels 0 to 2 */
    uint64_t reserved1;
    uint64_t ist[7];            /* the interrupt stack table; the manual counts from 1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;            /* where the map of allowed ports starts; beyond the end: there is none */
};

static struct task_state task_state;

/* The stack for double faults. Nothing else ever uses it, so it is good whatever happened to the others. */
static uint8_t double_fault_stack[16 * 1024] __attribute__((aligned(16)));

static uint64_t gdt[5] = {
    0,                          /* selector 0 must stay unused */
    0x00209a0000000000,         /* code: present, level 0, 64-bit */
    0x0000920000000000,         /* data: present, level 0, writable */
    0, 0,                       /* the task state segment takes two places, as its base has 64 bits */
};

/* The operand of LGDT and LIDT. */
struct __attribute__((packed)) table_register {
    uint16_t limit;             /* size in bytes, less one */
    uint64_t base;
};

void gdt_init(void)
{
    /* Stacks grow down: the processor gets the address behind the end. */
    task_state.ist[DOUBLE_FAULT_STACK - 1] = (uintptr_t)double_fault_stack + sizeof double_fault_stack;
    task_state.io_map = sizeof task_state;

    uint64_t base = (uintptr_t)&task_state, limit = sizeof task_state - 1;
    /* The base is scattered over the descriptor, as the 286 and the 386 each added a piece; 0x89 is "present, available TSS". */
    gdt[3] = limit | (base & 0xffffff) << 16 | (uint64_t)0x89 << 40 | (base >> 24 & 0xff) << 56;
    gdt[4] = base >> 32;

    struct table_register gdtr = { sizeof gdt - 1, (uintptr_t)gdt };
    __asm__ volatile(
        "lgdt %0\n"
        /* Only a far jump, call or return loads CS: push where to go on, then "return" there. */
        "pushq %1\n"
        "leaq 1f(%%rip), %%rax\n"
        "pushq %%rax\n"
        "lretq\n"
        "1:\n"
        "movw %w2, %%ds\n"
        "movw %w2, %%es\n"
        "movw %w2, %%ss\n"
        "ltr %w3\n"
        : : "m"(gdtr), "i"(KERNEL_CODE), "r"(KERNEL_DATA), "r"(TASK_STATE) : "rax", "memory");
}
