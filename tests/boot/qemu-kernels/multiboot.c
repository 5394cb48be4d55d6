/* Checks what Multiboot 0.6.96, 3.2 and 3.3 promise. */
#include "report.h"

#ifndef HEADER_FLAGS
#define HEADER_FLAGS 3
#endif
#define TEXT(x) #x
#define EXPANDED(x) TEXT(x)

__asm__(".section .multiboot,\"a\"\n.balign 4\n.long 0x1badb002, " EXPANDED(HEADER_FLAGS) ", -(0x1badb002 + " EXPANDED(HEADER_FLAGS) ")\n"
        ".text\n.globl start\nstart:\n"
        "  movl %esp, entry_esp\n  pushfl\n  popl entry_flags\n  pushl %ebx\n  pushl %eax\n  call kernel\n");

uint32_t entry_esp = 1, entry_flags = 1;

[[noreturn]] void kernel(uint32_t magic, const struct information *information);

[[noreturn]] void kernel(uint32_t magic, const struct information *information) {
  check("eax", magic == 0x2badb002, magic);
  uint32_t cr0, limit, selector;
  __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
  check("protected mode", (cr0 & 0x80000001) == 1, cr0);
  check("interrupts off", (entry_flags & 0x20200) == 0, entry_flags);
  check("stack aligned", entry_esp % 16 == 12, entry_esp);
  __asm__ volatile("movl %%cs, %0" : "=r"(selector));
  __asm__ volatile("lsll %1, %0" : "=r"(limit) : "r"(selector));
  check("code limit", limit == 0xffffffff, limit);
  check("code at 0x08", selector == 8, selector);
  __asm__ volatile("movl %%ds, %0" : "=r"(selector));
  __asm__ volatile("lsll %1, %0" : "=r"(limit) : "r"(selector));
  check("data limit", limit == 0xffffffff, limit);
  volatile uint8_t *low = (volatile uint8_t *)0x500, *high = (volatile uint8_t *)0x100500;
  uint8_t kept = *high;
  *low = 1, *high = 2;
  check("A20", *low == 1, *low);
  *high = kept;
  check_information(information);
  check_memory();
  show("the multiboot kernel was here");
  finish();
}
