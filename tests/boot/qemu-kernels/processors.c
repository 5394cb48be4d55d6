/*
 * Starts all other processors (INIT, start-up, start-up: Intel SDM vol. 3A, 9.4.4) and has them work together: locks, LOCK-prefixed instructions, interrupts
 * of one to another, translations that one changes for all, code that one changes for all. A Multiboot kernel; PROCESSORS says how many there must be.
 */
#include "report.h"

#define ROUNDS 1000
#define STACK 4096
#define TRAMPOLINE 0x8000
#define APIC 0xfee00000u
#define IPI_VECTOR 0x40
#define FLUSH_VECTOR 0x41
#define SPURIOUS_VECTOR 0xff
/* Counts of the timer. */
#define DELAY_10_MS 11932

#define TEXT(x) #x
#define EXPANDED(x) TEXT(x)

__asm__(".section .multiboot,\"a\"\n.balign 4\n.long 0x1badb002, 2, -(0x1badb002 + 2)\n"
        ".text\n.globl start\nstart:\n"
        "  movl $stacks + " EXPANDED(STACK) ", %esp\n  lgdt gdt_register\n  ljmp $8, $1f\n"
        "1: movw $16, %ax\n  movw %ax, %ds\n  movw %ax, %es\n  movw %ax, %ss\n  call kernel\n"
        /* What the others begin with, copied to TRAMPOLINE: protected mode, a number of its own, a stack, C. */
        ".code16\n.globl trampoline, trampoline_end\ntrampoline:\n"
        "  cli\n  xorw %ax, %ax\n  movw %ax, %ds\n  lgdtl (gdt_copy - trampoline + " EXPANDED(TRAMPOLINE) ")\n"
        "  movl %cr0, %eax\n  orb $1, %al\n  movl %eax, %cr0\n  ljmpl $8, $joining\n"
        "gdt_copy: .word 23\n  .long gdt\ntrampoline_end:\n"
        ".code32\njoining:\n  movw $16, %ax\n  movw %ax, %ds\n  movw %ax, %es\n  movw %ax, %ss\n"
        "  movl $1, %eax\n  lock xaddl %eax, joined\n  movl %eax, %ecx\n  incl %ecx\n  imull $" EXPANDED(STACK) ", %ecx, %esp\n  addl $stacks, %esp\n"
        "  pushl %eax\n  call other\n"
        ".globl on_ipi, on_flush, on_nmi, on_spurious\n"
        "on_ipi: pusha\n  call ipi\n  popa\n  iret\non_flush: pusha\n  call flush\n  popa\n  iret\non_nmi: pusha\n  call nmi\n  popa\n  iret\non_spurious: iret\n"
        /* Returns 1, until somebody writes another number into it. */
        ".globl changing, changing_value\n.balign 16\nchanging: .byte 0xb8\nchanging_value: .long 1\n  ret\n"
        ".data\n.balign 8\ngdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff\ngdt_register: .word 23\n  .long gdt\n");

extern const uint8_t trampoline[], trampoline_end[], on_ipi[], on_flush[], on_nmi[], on_spurious[];
extern volatile uint32_t changing_value;
uint32_t changing(void);

uint8_t stacks[PROCESSORS * STACK];
/* Number of the next one to join; the first processor is 0. */
volatile uint32_t joined = 1;

static volatile uint32_t lock, under_lock, together, exchanged, step[8], ipis[PROCESSORS], nmis, flushed, seen[PROCESSORS], arrived, mask, lowest;
static uint64_t idt[256];
static uint32_t directory[1024] __attribute__((aligned(4096))), table[1024] __attribute__((aligned(4096))), devices[1024] __attribute__((aligned(4096)));
static volatile uint32_t pages[2][1024] __attribute__((aligned(4096)));
/* A page that shows one of `pages`. */
static volatile uint32_t *const window = (volatile uint32_t *)0x3ff000;

static volatile uint32_t *apic(uint32_t offset) { return (volatile uint32_t *)(APIC + offset); }
static uint32_t id(void) { return *apic(0x20) >> 24; }
static inline uint8_t inb(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static void pause(void) { __asm__ volatile("pause" ::: "memory"); }
static void add(volatile uint32_t *to, uint32_t value) { __asm__ volatile("lock addl %1, %0" : "+m"(*to) : "r"(value) : "cc"); }
static uint32_t exchange(volatile uint32_t *with, uint32_t value) {
  __asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*with)::"memory");
  return value;
}

static void send(uint32_t to, uint32_t command) {
  *apic(0x310) = to << 24;
  *apic(0x300) = command;
  while (*apic(0x300) & 0x1000) pause();
}

static void wait_until(volatile uint32_t *what, uint32_t value) {
  while (*what != value) pause();
}

/* Channel 2 of the timer, polled: 10 ms. */
static void delay(void) {
  outb(0x61, (inb(0x61) & ~2) | 1);
  outb(0x43, 0xb0);
  outb(0x42, DELAY_10_MS & 0xff);
  outb(0x42, DELAY_10_MS >> 8);
  while (!(inb(0x61) & 0x20)) pause();
}

static void set_up(void) {
  struct __attribute__((packed)) { uint16_t limit; uint32_t base; } idtr = {sizeof idt - 1, (uint32_t)idt};
  __asm__ volatile("lidt %0" : : "m"(idtr));
  *apic(0xf0) = 0x100 | SPURIOUS_VECTOR;
  __asm__ volatile("movl %0, %%cr3; movl %%cr0, %%eax; orl $0x80000000, %%eax; movl %%eax, %%cr0" : : "r"(directory) : "eax", "memory");
}

static void gate(uint32_t vector, const uint8_t *handler) {
  uint32_t at = (uint32_t)handler;
  idt[vector] = (uint64_t)(at & 0xffff0000 | 0x8e00) << 32 | 0x80000 | (at & 0xffff);
}

void ipi(void), flush(void), nmi(void);
void ipi(void) {
  add(&ipis[id()], 1);
  add(&lowest, 1);
  *apic(0xb0) = 0;
}
void flush(void) {
  __asm__ volatile("invlpg %0" : : "m"(*window) : "memory");
  add(&flushed, 1);
  *apic(0xb0) = 0;
}
void nmi(void) { add(&nmis, 1); }

/* What all do. */
static void work(void) {
  add(&step[0], 1);
  wait_until(&step[0], PROCESSORS);
  for (uint32_t i = 0; i < ROUNDS; i++) {
    while (exchange(&lock, 1)) pause();
    under_lock++;
    lock = 0;
    add(&together, 1);
    /* Nobody lets another's number get lost: what is taken out is put back in. */
    uint32_t was = exchange(&exchanged, 0);
    add(&exchanged, was + 1);
  }
  add(&step[1], 1);
}

[[noreturn]] void other(uint32_t number), kernel(void);

void other(uint32_t number) {
  set_up();
  add(&mask, 1u << id());
  add(&arrived, 1);
  work();
  __asm__ volatile("sti");
  seen[number] = *window + changing();
  add(&step[2], 1);
  wait_until(&step[3], 1);
  seen[number] = *window + changing();
  add(&step[4], 1);
  for (;;) __asm__ volatile("hlt");
}

void kernel(void) {
  /* The timer's interrupts have no handler here. */
  outb(0x21, 0xff);
  outb(0xa1, 0xff);
  for (uint32_t i = 0; i < 1024; i++) {
    table[i] = i << 12 | 3;
    devices[i] = (APIC & 0xffc00000) | i << 12 | 0x1b;
  }
  for (uint32_t i = 0; i < 4; i++) directory[i] = i << 22 | 0x83;
  directory[0] = (uint32_t)table | 3;
  directory[APIC >> 22] = (uint32_t)devices | 3;
  table[(uint32_t)window >> 12 & 1023] = (uint32_t)pages[0] | 3;
  pages[0][0] = 100;
  pages[1][0] = 200;
  gate(IPI_VECTOR, on_ipi);
  gate(FLUSH_VECTOR, on_flush);
  gate(2, on_nmi);
  gate(SPURIOUS_VECTOR, on_spurious);
  set_up();
  uint32_t eax = 1, ebx, ecx = 0, edx;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  check("initial identifier", ebx >> 24 == id(), ebx >> 24);
  check("logical processors", PROCESSORS == 1 || ((edx >> 28 & 1) && (ebx >> 16 & 0xff) == PROCESSORS), ebx >> 16 & 0xff);
  uint32_t base_low, base_high;
  __asm__("rdmsr" : "=a"(base_low), "=d"(base_high) : "c"(0x1b));
  check("bootstrap processor", (base_low & 0x900) == 0x900, base_low);

  for (const uint8_t *from = trampoline; from < trampoline_end; from++) ((uint8_t *)TRAMPOLINE)[from - trampoline] = *from;
  send(0, 0xc4500);
  delay();
  send(0, 0xc4600 | TRAMPOLINE >> 12);
  delay();
  send(0, 0xc4600 | TRAMPOLINE >> 12);
  add(&mask, 1u << id());
  add(&arrived, 1);
  wait_until(&arrived, PROCESSORS);
  check("all have come", joined == PROCESSORS, joined);
  check("each has its identifier", mask == (1u << PROCESSORS) - 1, mask);
  work();
  wait_until(&step[1], PROCESSORS);
  check("under a lock", under_lock == PROCESSORS * ROUNDS, under_lock);
  check("LOCK ADD", together == PROCESSORS * ROUNDS, together);
  check("XCHG", exchanged == PROCESSORS * ROUNDS, exchanged);

  wait_until(&step[2], PROCESSORS - 1);
  uint32_t sum = 0;
  for (uint32_t i = 1; i < PROCESSORS; i++) sum += seen[i];
  check("the old page and the old code", sum == 101 * (PROCESSORS - 1), sum);
  table[(uint32_t)window >> 12 & 1023] = (uint32_t)pages[1] | 3;
  changing_value = 2;
  flush();
  send(0, 0xc4000 | FLUSH_VECTOR);
  wait_until(&flushed, PROCESSORS);
  add(&step[3], 1);
  wait_until(&step[4], PROCESSORS - 1);
  sum = 0;
  for (uint32_t i = 1; i < PROCESSORS; i++) sum += seen[i];
  check("the new page and the new code", sum == 202 * (PROCESSORS - 1), sum);

  __asm__ volatile("sti");
  sum = 0;
  for (uint32_t i = 0; i < PROCESSORS; i++) {
    send(i, 0x4000 | IPI_VECTOR);
    while (!ipis[i]) pause();
    sum += ipis[i];
  }
  check("an interrupt to each", sum == PROCESSORS, sum);
  send(0, 0x84000 | IPI_VECTOR);
  wait_until(&lowest, 2 * PROCESSORS);
  sum = 0;
  for (uint32_t i = 0; i < PROCESSORS; i++) sum += ipis[i];
  check("one to all", sum == 2 * PROCESSORS, sum);
  send(0, 0xc4400);
  wait_until(&nmis, PROCESSORS - 1);
  check("an NMI to all others", nmis == PROCESSORS - 1, nmis);
  /* Logical destinations, flat model: the last one alone is meant. */
  *apic(0xe0) = 0xffffffff;
  *apic(0xd0) = 1u << 24;
  uint32_t before = ipis[0];
  send(1, 0x4900 | IPI_VECTOR);
  while (ipis[0] == before) pause();
  check("lowest priority", ipis[0] == before + 1, ipis[0]);
  finish();
}
