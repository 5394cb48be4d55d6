/* The memory map of the crate bootloader 0.11. Source: crate bootloader-x86_64-common, src/legacy_memory_region.rs; for UEFI uefi/src/memory_descriptor.rs. */
#include "bootloader11.h"

enum region_kind { REGION_USABLE = 0, REGION_BOOTLOADER = 1, REGION_UNKNOWN_UEFI = 2, REGION_UNKNOWN_BIOS = 3 };

/* UEFI 2.10, 7.2 "Memory Allocation Services": EFI_MEMORY_DESCRIPTOR, EfiReservedMemoryType */
struct efi_descriptor {
  uint32_t type, padding;
  uint64_t start, virtual_start, pages, attributes;
};
#define EFI_RESERVED 0

/* The part of a reservation in [start, end) that comes first; false when there is none. */
static bool first_taken(uint64_t start, uint64_t end, uint64_t *from, uint64_t *to) {
  uint32_t count;
  const struct reservation *reserved = reservations(&count);
  bool any = false;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t first = reserved[i].base & ~(uint64_t)(PAGE_BYTES - 1), last = pages(reserved[i].base + reserved[i].length);
    if (first < start) first = start;
    if (last > end) last = end;
    if (reserved[i].kind == RESERVED_UNTIL_ENTRY || first >= last || (any && first >= *from)) continue;
    *from = first, *to = last, any = true;
  }
  return any;
}

uint32_t crate_region_limit(void) {
  uint32_t count;
  reservations(&count);
  const struct firmware_facts *facts = firmware_facts();
  uint32_t descriptors = facts->is_uefi ? facts->efi_map_bytes / facts->efi_descriptor_bytes : 0;
  /* Each reservation may split a region in three. */
  return memory_map().count + descriptors + 2 * (count + 16);
}

/* UEFI's descriptor of the memory at an address, or a null pointer. */
static const struct efi_descriptor *descriptor_of(uint64_t address) {
  const struct firmware_facts *facts = firmware_facts();
  for (uint32_t at = 0; at + sizeof(struct efi_descriptor) <= facts->efi_map_bytes; at += facts->efi_descriptor_bytes) {
    const struct efi_descriptor *descriptor = at_address(facts->efi_map + at);
    if (address >= descriptor->start && address - descriptor->start < descriptor->pages * PAGE_BYTES) return descriptor;
  }
  return NULL;
}

/* What is not usable, with the firmware's own types. Returns how many regions it became. */
static uint32_t fill_unknown(struct crate_region *to, uint64_t start, uint64_t end, uint32_t type) {
  uint32_t count = 0;
  if (!firmware_facts()->is_uefi) {
    *to = (struct crate_region){start, end, REGION_UNKNOWN_BIOS, type};
    return 1;
  }
  for (uint64_t at = start, until; at < end; at = until) {
    const struct efi_descriptor *descriptor = descriptor_of(at);
    until = descriptor ? descriptor->start + descriptor->pages * PAGE_BYTES : end;
    if (until > end) until = end;
    to[count++] = (struct crate_region){at, until, REGION_UNKNOWN_UEFI, descriptor ? descriptor->type : EFI_RESERVED};
  }
  return count;
}

uint32_t crate_regions_fill(struct crate_region *to) {
  struct memory_map map = memory_map();
  uint32_t count = 0;
  uint64_t done = 0;
  /* By address. Regions of one start come in the order of the firmware's map. */
  for (bool first = true;; first = false) {
    uint64_t start = UINT64_MAX;
    for (uint32_t i = 0; i < map.count; i++)
      if ((first || map.regions[i].base > done) && map.regions[i].base < start) start = map.regions[i].base;
    if (start == UINT64_MAX) return count;
    done = start;
    for (uint32_t i = 0; i < map.count; i++) {
      const struct memory_region *region = &map.regions[i];
      if (region->base != start) continue;
      uint64_t at = start, end = start + region->length, from, until;
      if (region->type != MEMORY_USABLE) {
        count += fill_unknown(to + count, at, end, region->type);
        continue;
      }
      for (; first_taken(at, end, &from, &until); at = until) {
        if (from > at) to[count++] = (struct crate_region){at, from, REGION_USABLE, 0};
        to[count++] = (struct crate_region){from, until, REGION_BOOTLOADER, 0};
      }
      if (end > at) to[count++] = (struct crate_region){at, end, REGION_USABLE, 0};
    }
  }
}
