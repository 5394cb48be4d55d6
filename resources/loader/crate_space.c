/* Source: the crate bootloader, src/level4_entries.rs and src/page_table.rs of 0.9; common/src/level_4_entries.rs and entropy.rs of 0.11. */
#include "crate_space.h"

#define CPUID_FEATURES 1
#define CPUID_RDRAND (1u << 30)
#define PIT_COUNTER_0 0x40

/* Entries of the PML4 that are taken. */
static bool used[TOP_ENTRIES];
static bool shuffled;
static uint64_t random_state;

void space_use(uint64_t first, uint64_t last) {
  for (uint32_t i = first >> 39 & 511; i <= (last >> 39 & 511); i++) used[i] = true;
}

uint64_t sign_extended(uint64_t address) { return address >> 47 & 1 ? address | 0xffff000000000000ull : address; }

/* Clock, counter and, where there is one, the processor's generator: in an emulator with virtual time the same in every run. */
void space_shuffle(void) {
  uint32_t eax = CPUID_FEATURES, ebx, ecx, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
  uint32_t low, high, random = 0;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  if (ecx & CPUID_RDRAND) __asm__ volatile("rdrand %0" : "+r"(random) : : "cc");
  random_state = ((uint64_t)high << 32 | low) ^ (uint64_t)random << 16 ^ inb(PIT_COUNTER_0);
  shuffled = true;
}

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, figure 17): [0, count). */
static uint64_t choose(uint64_t count) {
  random_state += 0x9e3779b97f4a7c15ull;
  uint64_t value = random_state;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
  value = (value ^ value >> 27) * 0x94d049bb133111ebull;
  return (value >> 32) * count >> 32;
}

static bool is_free(uint32_t start, uint32_t entries) {
  for (uint32_t i = 0; i < entries; i++)
    if (used[start + i]) return false;
  return true;
}

uint64_t space_find(uint64_t bytes, uint64_t alignment) {
  uint32_t entries = (uint32_t)((bytes + TOP_ENTRY_BYTES - 1) >> 39), places = 0;
  if (entries == 0) entries = 1;
  for (uint32_t start = 0; start + entries <= TOP_ENTRIES; start++) places += is_free(start, entries);
  if (places == 0) fail("the kernel leaves no free part of the address space for its boot information. Link it into one half.");
  uint32_t skip = shuffled ? (uint32_t)choose(places) : 0, start = 0;
  for (; !is_free(start, entries) || skip > 0; start++) skip -= is_free(start, entries);
  for (uint32_t i = 0; i < entries; i++) used[start + i] = true;
  uint64_t address = sign_extended((uint64_t)start << 39);
  if (!shuffled) return address;
  /* The first page as far up as what is behind it still fits; fewer than 2^27 places. */
  uint64_t step = alignment > PAGE_BYTES ? alignment : PAGE_BYTES, room = (uint64_t)entries * TOP_ENTRY_BYTES - align_up(bytes, step);
  uint32_t shift = (uint32_t)__builtin_ctzll(step);
  return address + (choose(room >> shift) << shift);
}

uint64_t *space_new_table(void) {
  return memset(at_address(allocate(PAGE_BYTES, PAGE_BYTES, RESERVED_PAGE_TABLE, "page tables")), 0, PAGE_BYTES);
}

uint64_t memory_end(void) {
  struct memory_map map = memory_map();
  uint64_t end = 0;
  for (uint32_t i = 0; i < map.count; i++)
    if (map.regions[i].base + map.regions[i].length > end) end = map.regions[i].base + map.regions[i].length;
  return align_up(end, PAGE_BYTES);
}

static uint64_t segment_flags(const struct segment *segment) {
  return (segment->flags & SEGMENT_WRITABLE ? PAGE_WRITABLE : 0) | (segment->flags & SEGMENT_EXECUTABLE ? 0 : PAGE_NO_EXECUTE);
}

/* Copies that part of the segment's content that belongs to [page, page + length) to the frame. */
static void read_part(const struct boot_entry *boot, const struct segment *segment, uint64_t page, uint64_t length, uint32_t frame) {
  uint64_t start = segment->virtual_address > page ? segment->virtual_address : page;
  uint64_t file_end = segment->virtual_address + segment->file_bytes, end = file_end < page + length ? file_end : page + length;
  if (start >= end) return;
  file_read(&boot->kernel, "the kernel file", segment->offset + (start - segment->virtual_address), (uint32_t)(end - start),
            at_address(frame + (uint32_t)(start - page)));
}

void space_map_segment(const struct boot_entry *boot, const struct segment *segment) {
  uint64_t first = segment->virtual_address & ~(uint64_t)(PAGE_BYTES - 1), last = segment->virtual_address + segment->memory_bytes - 1;
  uint64_t flags = segment_flags(segment);
  paging_check_canonical(segment->virtual_address, last);
  if (first < ONE_MIB)
    fail("the kernel's segment at virtual address %X lies where the loader and the screen are mapped. Link it at 0x100000 or above.", first);
  for (uint64_t page = first, length; page <= last && page >= first; page += length) {
    uint64_t *shared = paging_entry(page);
    length = PAGE_BYTES;
    if (shared) {
      /* Two segments on one page: it gets the rights of both. */
      if (!(flags & PAGE_NO_EXECUTE)) *shared &= ~PAGE_NO_EXECUTE;
      *shared |= flags & PAGE_WRITABLE;
      read_part(boot, segment, page, length, (uint32_t)(*shared & 0xfffff000));
      continue;
    }
    while (page + length <= last && !paging_entry(page + length)) length += PAGE_BYTES;
    uint32_t frame = allocate(length, PAGE_BYTES, RESERVED_KERNEL, "the kernel");
    memset(at_address(frame), 0, (uint32_t)length);
    read_part(boot, segment, page, length, frame);
    paging_map(page, frame, length, flags);
  }
}
