/* Checks what the loader promises to 64-bit kernels. */
#include "report.h"

__asm__(".text\n.globl start\nstart:\n"
        "  movq %rsp, entry_rsp(%rip)\n  pushfq\n  popq entry_flags(%rip)\n  call kernel\n");

uint64_t entry_rsp = 1, entry_flags = 1;

[[noreturn]] void kernel(uint64_t magic, const struct information *information);

[[noreturn]] void kernel(uint64_t magic, const struct information *information) {
  check("rdi", magic == 0x2badb002, magic);
  uint64_t cr0, cr3, cr4, selector, limit;
  uint32_t low, high;
  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000080));
  check("paging", (cr0 & 0x80000001) == 0x80000001, cr0);
  check("PAE", (cr4 & 0x20) != 0, cr4);
  check("long mode active", (low & 0x500) == 0x500, low);
  check("interrupts off", (entry_flags & 0x200) == 0, entry_flags);
  check("stack aligned", entry_rsp % 16 == 8, entry_rsp);
  check("return address", *(const uint64_t *)entry_rsp == 0, *(const uint64_t *)entry_rsp);
  __asm__ volatile("movq %%cs, %0" : "=r"(selector));
  __asm__ volatile("larq %1, %0" : "=r"(limit) : "r"(selector));
  check("64-bit code segment", (limit & 0x600000) == 0x200000, limit);
  check("code at 0x08", selector == 8, selector);
  struct __attribute__((packed)) {
    uint16_t limit;
    uint64_t base;
  } idt;
  __asm__ volatile("sidt %0" : "=m"(idt));
  check("no IDT", idt.limit == 0, idt.limit);
  /* The tables are in memory mapped to itself: the PML4's first entry is there to be read. */
  check("page tables readable", (*(const volatile uint64_t *)cr3 & 1) == 1, *(const volatile uint64_t *)cr3);
  volatile uint64_t *far = (volatile uint64_t *)0x6000000;
  *far = 0x1122334455667788;
  check("memory at 96 MiB", *far == 0x1122334455667788, *far);
  check("linked address", ((uint64_t)(uintptr_t)kernel >> 20) >= EXPECTED_ADDRESS >> 20, (uint64_t)(uintptr_t)kernel);
  check_information(information);
  check_memory();
  show("the 64-bit kernel was here");
  finish();
}
