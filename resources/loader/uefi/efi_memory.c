/* The memory map after boot services. Sources: UEFI 2.10, 7.2 "Memory Allocation Services" (what each type is once they are gone); ACPI 6.5, 15.3 "E820 Assumptions" and table 15.7 (its E820 type). */
#include "enter.h"

#define EFI_PAGE_SHIFT 12

enum { MEMORY_RESERVED = 2, MEMORY_ACPI_RECLAIM = 3, MEMORY_ACPI_NVS = 4, MEMORY_UNUSABLE = 5 };

/* Of EFI_MEMORY_DESCRIPTOR; the firmware says how long one is. */
struct descriptor {
  uint32_t type, padding;
  uint64_t start, virtual_start, pages, attributes;
};

/* By EFI_MEMORY_TYPE; what is not listed is reserved. Code and data of the loader and of boot services are free now. */
static const uint8_t types[] = {
    MEMORY_RESERVED, MEMORY_USABLE,  MEMORY_USABLE,    MEMORY_USABLE,       MEMORY_USABLE,   MEMORY_RESERVED,
    MEMORY_RESERVED, MEMORY_USABLE,  MEMORY_UNUSABLE,  MEMORY_ACPI_RECLAIM, MEMORY_ACPI_NVS,
};

static const struct descriptor *descriptor_at(uint32_t offset) { return at_address(hand_over->efi_map + offset); }

/* The descriptor with the lowest start from this one on: the map need not be in order. */
static const struct descriptor *lowest_from(uint64_t start) {
  const struct descriptor *found = NULL;
  for (uint32_t at = 0; at + sizeof(struct descriptor) <= hand_over->efi_map_bytes; at += hand_over->efi_descriptor_bytes) {
    const struct descriptor *descriptor = descriptor_at(at);
    if (descriptor->pages && descriptor->start >= start && (!found || descriptor->start < found->start)) found = descriptor;
  }
  return found;
}

static uint32_t type_of(const struct descriptor *descriptor) {
  return descriptor->type < sizeof types ? types[descriptor->type] : MEMORY_RESERVED;
}

void memory_start(void) {
  uint64_t base = 0, end = 0;
  uint32_t type = 0;
  for (const struct descriptor *next; (next = lowest_from(end));) {
    /* Neighbours of one type become one region. */
    if (type_of(next) != type || next->start != end) {
      memory_add(base, end - base, type);
      base = next->start;
      type = type_of(next);
    }
    end = next->start + (next->pages << EFI_PAGE_SHIFT);
  }
  memory_add(base, end - base, type);
  reserve(hand_over->address, hand_over->bytes, RESERVED_UNTIL_ENTRY);
  reserve(hand_over->blob_address, hand_over->blob_bytes, RESERVED_UNTIL_ENTRY);
  reserve(hand_over->efi_map, hand_over->efi_map_bytes, RESERVED_UNTIL_ENTRY);
  reserve(hand_over->kernel.address, hand_over->kernel.bytes, RESERVED_UNTIL_ENTRY);
  for (uint32_t i = 0; i < hand_over->module_count; i++)
    reserve(hand_over->modules[i].file.address, hand_over->modules[i].file.bytes, RESERVED_UNTIL_ENTRY);
}

uint32_t memory_lower_kib(void) {
  uint32_t kib = 640;
  while (kib && !memory_is_usable(0, (uint64_t)kib << 10)) kib--;
  return kib;
}
