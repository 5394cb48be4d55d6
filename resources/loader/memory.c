/* The memory map, and questions about it. Source: ACPI 6.5, 15.1 "INT 15H, E820H"; older calls as in Ralf Brown's list. */
#include "loader.h"

#define MAX_REGIONS 128
#define E820_SIGNATURE 0x534d4150 /* "SMAP" */
#define E820_ENTRY_IS_VALID 1u

static struct memory_region regions[MAX_REGIONS];
static uint32_t region_count;

static void add_region(uint64_t base, uint64_t length, uint32_t type) {
  if (length == 0 || region_count == MAX_REGIONS) return;
  if (base + length < base) length = UINT64_MAX - base; /* nothing wraps round */
  regions[region_count++] = (struct memory_region){sizeof(struct memory_region) - sizeof(uint32_t), base, length, type};
}

static bool detect_e820(void) {
  REAL_MODE_DATA static struct [[gnu::packed]] {
    uint64_t base, length;
    uint32_t type, attributes;
  } entry;
  struct bios_registers registers = {.ebx = 0};
  do {
    entry.attributes = E820_ENTRY_IS_VALID; /* for a BIOS that stores 20 bytes only */
    registers.eax = 0xe820;
    registers.ecx = sizeof entry;
    registers.edx = E820_SIGNATURE;
    registers.edi = (uint32_t)&entry;
    bios_call(0x15, &registers);
    if ((registers.flags & FLAG_CARRY) || registers.eax != E820_SIGNATURE) break;
    if (entry.attributes & E820_ENTRY_IS_VALID) add_region(entry.base, entry.length, entry.type);
  } while (registers.ebx != 0 && region_count < MAX_REGIONS);
  return region_count > 0;
}

static bool detect_e801(void) {
  struct bios_registers registers = {.eax = 0xe801};
  bios_call(0x15, &registers);
  if (registers.flags & FLAG_CARRY) return false;
  /* Some BIOSes answer in AX/BX, some in CX/DX. */
  uint32_t below_16_mib_kib = registers.eax & 0xffff, above_16_mib_64_kib = registers.ebx & 0xffff;
  if (!below_16_mib_kib && !above_16_mib_64_kib) {
    below_16_mib_kib = registers.ecx & 0xffff;
    above_16_mib_64_kib = registers.edx & 0xffff;
  }
  if (!below_16_mib_kib) return false;
  add_region(ONE_MIB, (uint64_t)below_16_mib_kib << 10, MEMORY_USABLE);
  add_region(16 * ONE_MIB, (uint64_t)above_16_mib_64_kib << 16, MEMORY_USABLE);
  return true;
}

static bool detect_88(void) {
  struct bios_registers registers = {.eax = 0x8800};
  bios_call(0x15, &registers);
  if ((registers.flags & FLAG_CARRY) || !(registers.eax & 0xffff)) return false;
  add_region(ONE_MIB, (uint64_t)(registers.eax & 0xffff) << 10, MEMORY_USABLE);
  return true;
}

uint32_t memory_lower_kib(void) {
  struct bios_registers registers = {0};
  bios_call(0x12, &registers);
  return registers.eax & 0xffff;
}

void memory_detect(void) {
  if (detect_e820()) return;
  add_region(0, (uint64_t)memory_lower_kib() << 10, MEMORY_USABLE);
  if (detect_e801() || detect_88()) return;
  fail("the BIOS does not say how much memory there is (INT 15h E820h, E801h and 88h all failed).");
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
