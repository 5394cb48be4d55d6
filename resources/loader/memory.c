/* The memory map, and questions about it. */
#include "loader.h"

static struct memory_region regions[MAX_REGIONS];
static uint32_t region_count;

void memory_add(uint64_t base, uint64_t length, uint32_t type) {
  if (length == 0) return;
  if (base + length < base) length = UINT64_MAX - base; /* nothing wraps round */
  /* Neighbours of one kind, as some firmwares have them by the hundred, are one region. */
  struct memory_region *last = region_count ? &regions[region_count - 1] : NULL;
  if (last && last->type == type && last->base + last->length == base) {
    last->length += length;
    return;
  }
  if (region_count == MAX_REGIONS)
    fail("the memory map of this machine has more than %u regions, and what lies in the others would be taken for free. Look for a firmware update.",
         (uint32_t)MAX_REGIONS);
  regions[region_count++] = (struct memory_region){sizeof(struct memory_region) - sizeof(uint32_t), base, length, type};
}

struct memory_map memory_map(void) { return (struct memory_map){regions, region_count}; }

static bool contains(const struct memory_region *region, uint64_t address) {
  return address >= region->base && address - region->base < region->length;
}

/* The end of the usable memory without a hole that starts at base; base itself when it is not usable. */
static uint64_t usable_end(uint64_t base) {
  uint64_t end = base;
  for (bool moved = true; moved;) {
    moved = false;
    for (uint32_t i = 0; i < region_count; i++) {
      if (regions[i].type != MEMORY_USABLE || !contains(&regions[i], end)) continue;
      end = regions[i].base + regions[i].length;
      moved = true;
    }
  }
  /* Maps may overlap; then the reserved region wins. */
  for (uint32_t i = 0; i < region_count; i++) {
    if (regions[i].type == MEMORY_USABLE) continue;
    if (contains(&regions[i], base)) return base;
    if (regions[i].base > base && regions[i].base < end) end = regions[i].base;
  }
  return end;
}

bool memory_is_usable(uint64_t base, uint64_t length) {
  return base + length >= base && usable_end(base) >= base + length;
}

uint32_t memory_upper_kib(void) {
  uint64_t end = usable_end(ONE_MIB);
  if (end > FOUR_GIB) end = FOUR_GIB;
  return (uint32_t)((end - ONE_MIB) >> 10);
}
