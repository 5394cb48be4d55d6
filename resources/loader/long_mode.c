/*
 * 64-bit kernels: page tables, then long mode. Sources: Intel SDM volume 3, 4.5 "4-Level Paging" and 10.8.5; AMD APM volume 3,
 * CPUID function 8000_0001h.
 *
 * The map: the first 4 GiB identically in 2 MiB pages (so 0xb8000 works), and each segment whose addresses differ at its
 * virtual one. All pages are writable and executable: a kernel that wants protection sets up its own tables.
 */
#include "loader.h"

#define PAGE_BYTES 0x1000ull
#define LARGE_PAGE_BYTES 0x200000ull
#define ENTRY_PRESENT 1u
#define ENTRY_WRITABLE 2u
#define ENTRY_LARGE 0x80u
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define ENTRIES 512

/* Index of an address in the table of a level: 3 is the PML4, 0 a page table. */
static uint32_t table_index(uint64_t address, int level) { return (uint32_t)(address >> (12 + 9 * level)) & (ENTRIES - 1); }

static uint32_t next_table = PAGE_TABLES_ADDRESS;

static uint64_t *new_table(void) {
  if (next_table == PAGE_TABLES_END)
    fail("the kernel's segments need more page tables than the loader has room for. Align their addresses to 2 MiB or make them "
         "smaller.");
  uint64_t *table = at_address(next_table);
  next_table += PAGE_BYTES;
  memset(table, 0, PAGE_BYTES);
  return table;
}

static uint64_t *table_below(uint64_t *entry) {
  if (!(*entry & ENTRY_PRESENT)) *entry = (uint32_t)new_table() | ENTRY_PRESENT | ENTRY_WRITABLE;
  else if (*entry & ENTRY_LARGE) {
    /* A large page gives way to 512 small ones with the same content. */
    uint64_t *table = new_table();
    uint64_t first = *entry & ENTRY_ADDRESS & ~(LARGE_PAGE_BYTES - 1);
    for (uint32_t i = 0; i < ENTRIES; i++) table[i] = (first + i * PAGE_BYTES) | ENTRY_PRESENT | ENTRY_WRITABLE;
    *entry = (uint32_t)table | ENTRY_PRESENT | ENTRY_WRITABLE;
  }
  return at_address((uint32_t)(*entry & ENTRY_ADDRESS));
}

/* Maps whole pages; all three are page-aligned. */
static void map(uint64_t *pml4, uint64_t virtual_address, uint64_t physical_address, uint64_t length) {
  while (length > 0) {
    uint64_t *pdpt = table_below(&pml4[table_index(virtual_address, 3)]);
    uint64_t *directory = table_below(&pdpt[table_index(virtual_address, 2)]);
    uint64_t *entry = &directory[table_index(virtual_address, 1)];
    uint64_t step = LARGE_PAGE_BYTES;
    if (((virtual_address | physical_address) & (LARGE_PAGE_BYTES - 1)) == 0 && length >= LARGE_PAGE_BYTES) {
      *entry = physical_address | ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_LARGE;
    } else {
      table_below(entry)[table_index(virtual_address, 0)] = physical_address | ENTRY_PRESENT | ENTRY_WRITABLE;
      step = PAGE_BYTES;
    }
    virtual_address += step;
    physical_address += step;
    length -= step;
  }
}

static uint64_t first_page(const struct segment *segment) { return segment->virtual_address & ~(PAGE_BYTES - 1); }

static uint64_t last_page(const struct segment *segment) {
  return (segment->virtual_address + segment->memory_bytes - 1) & ~(PAGE_BYTES - 1);
}

/* Two segments may share a page only when they mean the same frame by it. */
static void check_shared_pages(const struct program *program, const struct segment *segment) {
  for (const struct segment *other = program->segments; other < segment; other++) {
    bool apart = first_page(segment) > last_page(other) || first_page(other) > last_page(segment);
    bool same_frames = segment->virtual_address - segment->physical_address == other->virtual_address - other->physical_address;
    if (!apart && !same_frames)
      fail("the kernel's segments at virtual addresses %X and %X share a page, but their physical addresses %X and %X do not agree "
           "on it. Align them to 4096 bytes.",
           other->virtual_address, segment->virtual_address, other->physical_address, segment->physical_address);
  }
}

static void map_segment(uint64_t *pml4, const struct program *program, const struct segment *segment) {
  uint64_t address = segment->virtual_address, frame = segment->physical_address;
  uint64_t last = address + segment->memory_bytes - 1;
  uint64_t sign = address >> 47;
  if (last < address || (sign != 0 && sign != 0x1ffff) || last >> 47 != sign)
    fail("the kernel's segment at %X to %X is not in canonical addresses (below 0x800000000000 or from 0xffff800000000000).", address,
         last);
  if (address == frame) return; /* in the identity map */
  if ((address ^ frame) & (PAGE_BYTES - 1))
    fail("the kernel's segment at virtual address %X has physical address %X: they must agree in the lowest 12 bits.", address, frame);
  if (address < LOADER_END)
    fail("the kernel's segment at virtual address %X covers addresses below %x, which the loader keeps identical to physical ones.",
         address, (uint32_t)LOADER_END);
  check_shared_pages(program, segment);
  map(pml4, first_page(segment), frame & ~(PAGE_BYTES - 1), last_page(segment) - first_page(segment) + PAGE_BYTES);
}

/* The first 4 GiB at their own addresses: one table of directories, four directories of 512 large pages. */
static void map_identically(uint64_t *pml4) {
  uint64_t *pdpt = table_below(&pml4[0]);
  uint32_t frame = 0;
  for (uint32_t gib = 0; gib < 4; gib++) {
    uint64_t *directory = table_below(&pdpt[gib]);
    for (uint32_t i = 0; i < ENTRIES; i++, frame += LARGE_PAGE_BYTES) directory[i] = frame | ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_LARGE;
  }
}

#define EFLAGS_ID (1u << 21)
#define CPUID_EXTENDED 0x80000000u
#define CPUID_EXTENDED_FEATURES 0x80000001u
#define CPUID_LONG_MODE (1u << 29)

static bool has_cpuid(void) {
  uint32_t before, after;
  __asm__ volatile("pushfl\n\tpopl %0\n\tmovl %0, %1\n\txorl %2, %1\n\tpushl %1\n\tpopfl\n\tpushfl\n\tpopl %1\n\tpushl %0\n\tpopfl"
                   : "=&r"(before), "=&r"(after)
                   : "i"(EFLAGS_ID)
                   : "cc");
  return (before ^ after) & EFLAGS_ID;
}

static bool has_long_mode(void) {
  if (!has_cpuid()) return false;
  uint32_t eax = CPUID_EXTENDED, ebx, ecx, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
  if (eax < CPUID_EXTENDED_FEATURES) return false;
  eax = CPUID_EXTENDED_FEATURES;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
  return edx & CPUID_LONG_MODE;
}

void boot_elf64(const struct descriptor *kernel) {
  static struct program program;
  if (!has_long_mode())
    fail("the kernel is a 64-bit program, but this processor has no long mode. Use a 64-bit processor or build a 32-bit kernel.");
  elf_read(kernel, 1u << ELF_CLASS_64, &program);
  program_physical(&program, program.entry); /* fails when the entry lies nowhere */
  program_choose_frames(&program);
  program_load(kernel, &program);

  uint64_t *pml4 = new_table();
  map_identically(pml4);
  for (uint32_t i = 0; i < program.count; i++) map_segment(pml4, &program, &program.segments[i]);
  enter_long(program.entry, (uint32_t)pml4, MULTIBOOT1_BOOT_MAGIC, multiboot_information(kernel));
}
