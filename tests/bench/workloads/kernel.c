/*
 * Runs the workloads of `workloads.h`, which the benchmark writes: a line WORKLOAD(name, units) for each; and does so TIMES times. What COM1 is told of each: its name, S when it
 * starts, E when it ended, the checksum of its last unit, and the end of the line.
 */
#include "kernel.h"
#include "times.h"

__attribute__((aligned(4096))) unsigned char arena[ARENA_BYTES];
__attribute__((aligned(16))) unsigned char stack[65536];

static inline void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static void put(char c) { outb(0x3f8, (uint8_t)c); }

static void run_one(const char *name, workload *work, uint32_t units)
{
    uint32_t sum = 0;
    while (*name)
        put(*name++);
    put('S');
    while (units--)
        sum = work();
    put('E');
    for (int shift = 28; shift >= 0; shift -= 4)
        put("0123456789abcdef"[(sum >> shift) & 15]);
    put('\n');
}

#define WORKLOAD(name, units) workload name;
#include "workloads.h"
#undef WORKLOAD

__attribute__((used)) void run(void)
{
#define WORKLOAD(name, units) run_one(#name, name, units);
    for (uint32_t times = TIMES; times; times--) {
#include "workloads.h"
    }
    outb(0xf4, 0);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* SSE is switched on: CR0.EM off, CR0.MP on, CR4.OSFXSR and OSXMMEXCPT on. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start: lea stack+65536(%rip), %rsp\n"
        "mov %cr0, %rax\n and $-5, %rax\n or $2, %rax\n mov %rax, %cr0\n mov %cr4, %rax\n or $0x600, %rax\n mov %rax, %cr4\n fninit\n call run\n");
#else
__asm__(".section .multiboot, \"a\"\n"
        ".balign 4\n"
        ".long 0x1badb002, 0, -(0x1badb002)\n"
        ".text\n");
__asm__(".globl _start\n_start: mov $stack+65536, %esp\n"
        "mov %cr0, %eax\n and $-5, %eax\n or $2, %eax\n mov %eax, %cr0\n mov %cr4, %eax\n or $0x600, %eax\n mov %eax, %cr4\n fninit\n call run\n");
#endif
