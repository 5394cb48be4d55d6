/* Who owns which memory while the loader works, and finding room for more. */
#include "loader.h"

#define MAX_RESERVATIONS 512

static struct reservation reserved[MAX_RESERVATIONS];
static uint32_t reserved_count;

static bool overlap(uint64_t base_a, uint64_t length_a, uint64_t base_b, uint64_t length_b) {
  return base_a < base_b + length_b && base_b < base_a + length_a;
}

void reserve(uint64_t base, uint64_t length, enum reserved_kind kind) {
  if (length == 0) return;
  /* Neighbours of one kind grow together: page tables come one frame at a time. */
  for (uint32_t i = 0; i < reserved_count; i++)
    if (reserved[i].kind == kind && reserved[i].base + reserved[i].length == base) {
      reserved[i].length += length;
      return;
    }
  if (reserved_count == MAX_RESERVATIONS) fail("the kernel and its modules are in more than %u pieces. Link it with fewer.", MAX_RESERVATIONS);
  reserved[reserved_count++] = (struct reservation){base, length, kind};
}

const struct reservation *reserved_in(uint64_t base, uint64_t length) {
  for (uint32_t i = 0; i < reserved_count; i++)
    if (overlap(base, length, reserved[i].base, reserved[i].length)) return &reserved[i];
  return NULL;
}

const struct reservation *reservations(uint32_t *count) {
  *count = reserved_count;
  return reserved;
}

uint32_t try_allocate(uint64_t length, uint64_t alignment, uint64_t lowest, enum reserved_kind kind) {
  struct memory_map map = memory_map();
  uint64_t found = FOUR_GIB;
  /* A lowest free range begins at lowest, where usable memory begins, or where a reservation ends. */
  for (uint32_t i = 0; i < 1 + map.count + reserved_count; i++) {
    uint64_t base = i == 0                 ? lowest
                    : i < 1 + map.count    ? map.regions[i - 1].base
                                           : reserved[i - 1 - map.count].base + reserved[i - 1 - map.count].length;
    if (base < lowest) continue;
    base = align_up(base, alignment);
    if (base >= found || length > FOUR_GIB - base || !memory_is_usable(base, length) || reserved_in(base, length)) continue;
    found = base;
  }
  if (found == FOUR_GIB) return 0;
  reserve(found, length, kind);
  return (uint32_t)found;
}

uint32_t allocate(uint64_t length, uint64_t alignment, enum reserved_kind kind, const char *purpose) {
  uint32_t found = try_allocate(length, alignment, ONE_MIB, kind);
  if (!found)
    fail("there is no room for %s: %X bytes are wanted, and this machine has %u MiB from 1 MiB up. Give the machine more memory.",
         purpose, length, memory_upper_kib() >> 10);
  return found;
}
