/* Single operations that reach beyond the code of a program: translation of addresses, exceptions, ports, the screen. 32-bit code only. */
#include "kernel.h"

enum { PRESENT = 1, WRITABLE = 2, LARGE = 0x80, PAGE = 4096 };
enum { WINDOW = 0x40000000, WINDOW_PAGES = 1024 };
#define CR4_PSE 0x10u
#define CR0_PG 0x80000000u

static uint32_t directory[1024] __attribute__((aligned(4096))), table[WINDOW_PAGES] __attribute__((aligned(4096)));
static uint64_t idt[0x81] __attribute__((aligned(8)));

static void set_gate(int vector, void (*handler)(void))
{
    uint16_t selector;
    __asm__("mov %%cs, %0" : "=r"(selector));
    uint32_t address = (uint32_t)handler;
    idt[vector] = (uint64_t)(address & 0xffff0000u) << 32 | 0x8e00ull << 32 | (uint32_t)selector << 16 | (address & 0xffff);
}

static void load_idt(void)
{
    struct { uint16_t limit; void *base; } __attribute__((packed)) descriptor = {sizeof idt - 1, idt};
    __asm__ volatile("lidt %0" : : "m"(descriptor));
}

/* All memory as it is, in pages of 4 MiB, and a window of 4 KiB pages. */
static void paging_on(void)
{
    uint32_t cr4, cr0;
    for (uint32_t i = 0; i < 1024; i++)
        directory[i] = i << 22 | LARGE | WRITABLE | PRESENT;
    for (uint32_t i = 0; i < WINDOW_PAGES; i++)
        table[i] = ((uint32_t)arena + i * PAGE) | WRITABLE | PRESENT;
    directory[WINDOW >> 22] = (uint32_t)table | WRITABLE | PRESENT;
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_PSE));
    __asm__ volatile("mov %0, %%cr3" : : "r"(directory));
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_PG));
}

static void paging_off(void)
{
    uint32_t cr0;
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 & ~CR0_PG));
}

/* Of each unit 1024 × 4: a page is touched that no TLB knows, for CR3 was loaded. */
uint32_t tlb_miss(void)
{
    uint32_t sum = 0;
    paging_on();
    for (int round = 0; round < 4; round++) {
        __asm__ volatile("mov %0, %%cr3" : : "r"(directory) : "memory");
        for (uint32_t i = 0; i < WINDOW_PAGES; i++)
            sum += *(volatile uint8_t *)(WINDOW + i * PAGE) & 0;
    }
    paging_off();
    return sum + 1;
}

/* 4096: an entry of a page table is written, INVLPG, and the page is touched. */
uint32_t remap(void)
{
    uint32_t sum = 0;
    paging_on();
    for (uint32_t i = 0; i < 4096; i++) {
        table[5] = ((uint32_t)arena + (i & 7) * PAGE) | WRITABLE | PRESENT;
        __asm__ volatile("invlpg (%0)" : : "r"(WINDOW + 5 * PAGE) : "memory");
        sum += *(volatile uint8_t *)(WINDOW + 5 * PAGE) & 0;
    }
    paging_off();
    return sum + 2;
}

/* Skips the instruction of two bytes that faulted. */
void skip_fault(void);
__asm__(".globl skip_fault\nskip_fault: addl $4, %esp\n addl $2, (%esp)\n iret\n");
void just_return(void);
__asm__(".globl just_return\njust_return: iret\n");

/* 4096: a page that is not present is touched, and the handler goes on behind the access. */
uint32_t page_fault(void)
{
    set_gate(14, skip_fault);
    load_idt();
    paging_on();
    table[9] = 0;
    for (uint32_t i = 0; i < 4096; i++)
        __asm__ volatile("movb (%0), %%cl" : : "a"(WINDOW + 9 * PAGE) : "ecx", "memory");
    paging_off();
    return 3;
}

/* 4096 */
uint32_t software_interrupt(void)
{
    set_gate(0x80, just_return);
    load_idt();
    for (uint32_t i = 0; i < 4096; i++)
        __asm__ volatile("int $0x80" : : : "memory");
    return 4;
}

/* 4096: the port of POST codes, which delays and does nothing else. */
uint32_t out_80(void)
{
    for (uint32_t i = 0; i < 4096; i++)
        __asm__ volatile("outb %%al, $0x80" : : "a"(i));
    return 5;
}

/* 4096: COM1's line status. */
uint32_t in_3fd(void)
{
    uint8_t value;
    for (uint32_t i = 0; i < 4096; i++)
        __asm__ volatile("inb %1, %0" : "=a"(value) : "d"((uint16_t)0x3fd));
    return 6;
}

/* 4096: a character in text mode's memory. */
uint32_t text_byte(void)
{
    volatile uint8_t *screen = (volatile uint8_t *)0xb8000;
    for (uint32_t i = 0; i < 4096; i++)
        screen[i % 2000 * 2] = (uint8_t)('0' + (i & 63));
    return 7;
}
