/* Page tables and the way to long mode. Sources: Intel SDM volume 3, 4.5 "4-Level Paging"; AMD APM volume 3, CPUID function 8000_0001h. */
#include "loader.h"

#define LARGE_PAGE_BYTES 0x200000ull
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define ENTRIES 512

static table_source *new_table;
static uint64_t *root;

/* Index of an address in the table of a level: 3 is the PML4, 0 a page table. */
static uint32_t table_index(uint64_t address, int level) { return (uint32_t)(address >> (12 + 9 * level)) & (ENTRIES - 1); }

static uint64_t *table_at(uint64_t entry) { return at_address((uint32_t)(entry & ENTRY_ADDRESS)); }

static uint64_t *table_below(uint64_t *entry) {
  if (!(*entry & PAGE_PRESENT)) *entry = (uint32_t)new_table() | PAGE_PRESENT | PAGE_WRITABLE;
  else if (*entry & PAGE_LARGE) {
    /* A large page gives way to 512 small ones with the same content. */
    uint64_t *table = new_table();
    uint64_t first = *entry & ~PAGE_LARGE;
    for (uint32_t i = 0; i < ENTRIES; i++) table[i] = first + i * PAGE_BYTES;
    *entry = (uint32_t)table | PAGE_PRESENT | PAGE_WRITABLE;
  }
  return table_at(*entry);
}

void paging_start(table_source *source) {
  new_table = source;
  root = source();
}

uint32_t paging_root(void) { return (uint32_t)root; }

uint64_t *paging_entry(uint64_t virtual_address) {
  uint64_t *table = root;
  for (int level = 3; level > 0; level--) {
    uint64_t entry = table[table_index(virtual_address, level)];
    if (!(entry & PAGE_PRESENT) || (entry & PAGE_LARGE)) return NULL;
    table = table_at(entry);
  }
  uint64_t *entry = &table[table_index(virtual_address, 0)];
  return *entry & PAGE_PRESENT ? entry : NULL;
}

/* Fills entries of one page directory with large pages, as far as they go. Returns the bytes that are mapped then. */
static uint64_t map_large(uint64_t *directory, uint64_t virtual_address, uint64_t physical_address, uint64_t length, uint64_t flags) {
  if (!(flags & PAGE_LARGE) || ((virtual_address | physical_address) & (LARGE_PAGE_BYTES - 1))) return 0;
  uint32_t first = table_index(virtual_address, 1), count = ENTRIES - first;
  if (length / LARGE_PAGE_BYTES < count) count = (uint32_t)(length / LARGE_PAGE_BYTES);
  uint64_t entry = physical_address | flags | PAGE_PRESENT;
  for (uint32_t i = 0; i < count; i++, entry += LARGE_PAGE_BYTES) directory[first + i] = entry;
  return count * LARGE_PAGE_BYTES;
}

void paging_map(uint64_t virtual_address, uint64_t physical_address, uint64_t length, uint64_t flags) {
  while (length > 0) {
    uint64_t *pdpt = table_below(&root[table_index(virtual_address, 3)]);
    uint64_t *directory = table_below(&pdpt[table_index(virtual_address, 2)]);
    uint64_t step = map_large(directory, virtual_address, physical_address, length, flags);
    if (step == 0) {
      uint64_t *table = table_below(&directory[table_index(virtual_address, 1)]);
      table[table_index(virtual_address, 0)] = physical_address | (flags & ~PAGE_LARGE) | PAGE_PRESENT;
      step = PAGE_BYTES;
    }
    virtual_address += step;
    physical_address += step;
    length -= step;
  }
}

void paging_check_canonical(uint64_t first, uint64_t last) {
  uint64_t sign = first >> 47;
  if (last < first || (sign != 0 && sign != 0x1ffff) || last >> 47 != sign)
    fail("the kernel's segment at %X to %X is not in canonical addresses (below 0x800000000000 or from 0xffff800000000000).", first,
         last);
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

void long_mode_require(void) {
  if (!has_long_mode())
    fail("the kernel is a 64-bit program, but this processor has no long mode. Use a 64-bit processor or build a 32-bit kernel.");
}
