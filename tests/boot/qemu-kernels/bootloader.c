/* Checks what the crate bootloader promises its kernels: BootInfo, address space, processor state. The defines say how it was "built". */
#include "report.h"

#ifndef RECURSIVE
#define RECURSIVE 0
#endif
#ifndef PHYSICAL
#define PHYSICAL 0
#endif
#ifndef CALLED
#define CALLED 1
#endif
#ifndef THREAD_LOCAL
#define THREAD_LOCAL 1
#endif
#ifndef GUARD
#define GUARD 1
#endif
#ifndef STACK_PAGES
#define STACK_PAGES 512
#endif

__asm__(".text\n.globl start\nstart:\n"
        "  movq %rsp, entry_rsp(%rip)\n  movq %rdi, entry_rdi(%rip)\n  pushfq\n  popq entry_flags(%rip)\n"
        "  movw %ss, entry_ss(%rip)\n  andq $-16, %rsp\n  call kernel\n"
        ".globl page_fault\npage_fault:\n  addq $8, %rsp\n"
        "  incq faults(%rip)\n  movq resume(%rip), %rax\n  movq %rax, (%rsp)\n  iretq\n"
        ".globl probe\nprobe:\n  leaq 1f(%rip), %rax\n  movq %rax, resume(%rip)\n  cmpl $0, %esi\n  jne 2f\n"
        "  movb (%rdi), %al\n  jmp 1f\n2: movb (%rdi), %al\n  movb %al, (%rdi)\n1: ret\n");

uint64_t entry_rsp = 1, entry_rdi = 1, entry_flags = 1, faults, resume;
uint16_t entry_ss = 1;
extern void page_fault(void);
extern void probe(const void *address, uint32_t write);

struct region {
  uint64_t first, end;
  uint32_t type;
};

struct boot_info {
  struct region regions[64];
  uint64_t count;
  uint64_t fields[7];
};

/* Whether reading (or writing back) a byte there faults. */
static bool faults_at(uint64_t address, bool write) {
  uint64_t before = faults;
  probe((const void *)(uintptr_t)address, write);
  return faults != before;
}

static struct {
  uint16_t low, selector, flags, middle;
  uint32_t high, reserved;
} idt[15];

static void catch_page_faults(void) {
  uint64_t handler = (uint64_t)(uintptr_t)page_fault;
  idt[14].low = (uint16_t)handler, idt[14].selector = 8, idt[14].flags = 0x8e00, idt[14].middle = (uint16_t)(handler >> 16), idt[14].high = handler >> 32;
  struct __attribute__((packed)) {
    uint16_t limit;
    uint64_t base;
  } pointer = {sizeof idt - 1, (uint64_t)(uintptr_t)idt};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

/* Types 0 to 13; usable and taken ones apart, in order. */
static void check_map(const struct boot_info *info) {
  bool sane = info->count > 3 && info->count <= 64;
  uint32_t seen = 0;
  uint64_t stack_frames = 0;
  for (uint64_t i = 0; sane && i < info->count; i++) {
    const struct region *region = &info->regions[i];
    sane = sane && region->first < region->end && region->type <= 13 && (i == 0 || region->first >= region[-1].end);
    if (region->type < 32) seen |= 1u << region->type;
    if (region->type == 7) stack_frames += region->end - region->first;
  }
  check("memory map is sorted and sane", sane, info->count);
  check("usable memory", (seen & 1) != 0, seen);
  check("frame zero", info->regions[0].type == 10 && info->regions[0].first == 0 && info->regions[0].end == 1, info->regions[0].end);
  check("kernel, stack, tables, boot info", (seen & 0x11c0) == 0x11c0, seen);
  check("the loader is marked", (seen & 0x200) != 0, seen);
  check("stack frames", stack_frames == STACK_PAGES, stack_frames);
}

/* Where an address on a page of 4096 bytes is, as the page tables say that are seen from offset on. */
static uint64_t physical_of(uint64_t address, uint64_t cr3, uint64_t offset) {
  uint64_t table = cr3;
  for (int level = 3; level >= 0; level--)
    table = ((const volatile uint64_t *)(uintptr_t)(offset + (table & 0x000ffffffffff000)))[address >> (12 + 9 * level) & 511];
  return (table & 0x000ffffffffff000) | (address & 0xfff);
}

static uint32_t thread_local_size;

[[noreturn]] void kernel(void);
[[noreturn]] void kernel(void) {
  const struct boot_info *info = (const struct boot_info *)(uintptr_t)entry_rdi;
  uint64_t cr0, cr3, cr4;
  uint32_t low, high;
  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000080));
  check("paging and write protection", (cr0 & 0x80010001) == 0x80010001, cr0);
  check("PAE", (cr4 & 0x20) != 0, cr4);
  check("no-execute", (low & 0xd00) == 0xd00, low);
  check("interrupts off", (entry_flags & 0x200) == 0, entry_flags);
  check("SS", entry_ss == 0, entry_ss);
  check("stack alignment", entry_rsp % 16 == (CALLED ? 8 : 0), entry_rsp);
#ifdef STACK_ADDRESS
  check("stack address", entry_rsp + 8 * CALLED == STACK_ADDRESS + (STACK_PAGES + GUARD) * 4096ull, entry_rsp);
#endif
#ifdef BOOT_INFO_ADDRESS
  check("boot information address", entry_rdi == BOOT_INFO_ADDRESS, entry_rdi);
#endif
  check("boot information in a page of its own", entry_rdi % 4096 == 0, entry_rdi);
  check_map(info);

  catch_page_faults();
  uint64_t stack_end = entry_rsp + 8 * CALLED, stack_start = stack_end - STACK_PAGES * 4096ull;
  check("whole stack", !faults_at(stack_start, true) && !faults_at(stack_end - 1, true), stack_start);
  if (GUARD) check("guard page", faults_at(stack_start - 1, false), stack_start);
  check("null faults", faults_at(0, false), faults);
  check("screen", !faults_at(0xb8000, true), faults);
  check("text is read-only", faults_at((uint64_t)(uintptr_t)kernel, true), (uint64_t)(uintptr_t)kernel);
  check("data is writable", !faults_at((uint64_t)(uintptr_t)&thread_local_size, true), (uint64_t)(uintptr_t)&thread_local_size);
  check("memory is not mapped elsewhere", PHYSICAL || faults_at(0x6000000, false), faults);

  const uint64_t *field = info->fields;
  if (RECURSIVE) {
    uint64_t recursive = *field++, index = recursive >> 12 & 511;
    check("recursive address", (recursive >> 39 & 511) == index && (recursive >> 21 & 511) == index, recursive);
    check("recursive entry", (((const volatile uint64_t *)(uintptr_t)recursive)[index] & 0x000ffffffffff003) == (cr3 | 3), recursive);
  }
  if (PHYSICAL) {
    uint64_t offset = *field++;
#ifdef PHYSICAL_OFFSET
    check("physical memory offset", offset == PHYSICAL_OFFSET, offset);
#endif
    static volatile uint32_t seen_twice;
    seen_twice = 0x1f21;
    check("physical memory", *(const volatile uint32_t *)(uintptr_t)(offset + physical_of((uint64_t)(uintptr_t)&seen_twice, cr3, offset)) == 0x1f21, offset);
    check("page tables through it", (*(const volatile uint64_t *)(uintptr_t)(offset + cr3) & 1) == 1, cr3);
    uint64_t last = 0;
    for (uint64_t i = 0; i < info->count; i++)
      if (info->regions[i].type == 0) last = info->regions[i].end * 4096 - 8;
    volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)(offset + last);
    *word = 0x1122334455667788;
    check("last usable frame", *word == 0x1122334455667788, last);
    bool taken = true;
    for (uint64_t i = 0; i < info->count; i++)
      if (info->regions[i].type == 8 && info->regions[i].first <= cr3 >> 12 && cr3 >> 12 < info->regions[i].end) taken = false;
    check("the root table is a page table of the map", !taken, cr3);
  }
  if (THREAD_LOCAL) check("no TLS template", field[0] == 0 && field[1] == 0 && field[2] == 0, field[2]);
  check_memory();
  show("the crate's kernel was here");
  finish();
}
