/*
 * A Limine kernel's memory map and page tables. Source: limine-protocol, PROTOCOL.md, "Memory Layout at Entry", "Caching", "Memory Map
 * Feature"; UEFI 2.10, 7.2 "Memory Allocation Services" for the types of UEFI's own map; Intel SDM volume 3, 4.9 for page attributes.
 */
#include "acpi.h"
#include "limine.h"

enum region_type {
  USABLE = 0,
  RESERVED = 1,
  ACPI_RECLAIMABLE = 2,
  ACPI_NVS = 3,
  BAD_MEMORY = 4,
  BOOTLOADER_RECLAIMABLE = 5,
  KERNEL_AND_MODULES = 6,
  FRAMEBUFFER = 7,
  RESERVED_MAPPED = 8,
  /** What nothing is said about. */
  NOTHING = 31,
};

#define BIT(type) (1u << (type))
#define ANYTHING UINT32_MAX

enum firmware_type { FIRMWARE_RESERVED = 2, FIRMWARE_ACPI = 3, FIRMWARE_NVS = 4, FIRMWARE_BAD = 5 };
enum efi_type { EFI_LOADER_CODE = 1, EFI_BOOT_DATA = 4, EFI_RUNTIME_CODE = 5, EFI_RUNTIME_DATA = 6 };
#define EFI_DESCRIPTOR_TYPE 0
#define EFI_DESCRIPTOR_START 8
#define EFI_DESCRIPTOR_PAGES 24

/* 4-level paging has room for so much between the direct map's beginning and the kernel. */
#define DIRECT_MAP_BYTES (1ull << 46)

#define PAGE_WRITE_THROUGH 0x8ull
#define PAGE_ATTRIBUTE 0x80ull /* in a page of 4096 bytes */

static struct limine_region *regions, *others;
static uint32_t region_count;

static void append(uint64_t first, uint64_t end, uint32_t type) {
  if (first >= end || type == NOTHING) return;
  struct limine_region *last = region_count ? &regions[region_count - 1] : NULL;
  if (last && last->end == first && last->type == type) {
    last->end = end;
    return;
  }
  if (region_count == LIMINE_MAX_REGIONS) fail("the memory map has more than %u regions. Use fewer modules.", (uint32_t)LIMINE_MAX_REGIONS);
  regions[region_count++] = (struct limine_region){first, end, type};
}

static uint64_t clamp(uint64_t value, uint64_t least, uint64_t most) { return value < least ? least : value > most ? most : value; }

static void append_painted(struct limine_region old, struct limine_region brush, uint32_t over) {
  uint64_t first = old.end, end = old.end;
  if (over & BIT(old.type)) first = clamp(brush.first, old.first, old.end), end = clamp(brush.end, old.first, old.end);
  append(old.first, first, old.type);
  append(first, end, brush.type);
  append(end, old.end, old.type);
}

/* Gives [first, end) a type where it now has one of those in over. */
static void paint(uint64_t first, uint64_t end, uint32_t type, uint32_t over) {
  if (first >= end) return;
  struct limine_region *old = regions;
  uint32_t old_count = region_count;
  regions = others, others = old, region_count = 0;
  uint64_t at = 0;
  const struct limine_region brush = {first, end, type};
  for (uint32_t i = 0; i < old_count; i++) {
    append_painted((struct limine_region){at, old[i].first, NOTHING}, brush, over);
    append_painted(old[i], brush, over);
    at = old[i].end;
  }
  append_painted((struct limine_region){at, UINT64_MAX, NOTHING}, brush, over);
}

static uint64_t page_of(uint64_t address) { return address & ~(uint64_t)(PAGE_BYTES - 1); }

static uint64_t page_behind(uint64_t first, uint64_t length) {
  uint64_t end = first + length;
  return end < first || end > UINT64_MAX - PAGE_BYTES ? page_of(UINT64_MAX) : align_up(end, PAGE_BYTES);
}

static void paint_bytes(uint64_t first, uint64_t length, uint32_t type, uint32_t over) {
  if (length) paint(page_of(first), page_behind(first, length), type, over);
}

static uint32_t type_of_firmware(uint32_t type) {
  return type == FIRMWARE_ACPI ? ACPI_RECLAIMABLE : type == FIRMWARE_NVS ? ACPI_NVS : type == FIRMWARE_BAD ? BAD_MEMORY : RESERVED;
}

static void paint_firmware(void) {
  struct memory_map map = memory_map();
  /* Usable memory in whole pages, everything else rounded outwards. */
  for (uint32_t i = 0; i < map.count; i++)
    if (map.regions[i].type == MEMORY_USABLE)
      paint(align_up(map.regions[i].base, PAGE_BYTES), page_of(map.regions[i].base + map.regions[i].length), USABLE, BIT(NOTHING));
  for (uint32_t i = 0; i < map.count; i++)
    if (map.regions[i].type != MEMORY_USABLE)
      paint_bytes(map.regions[i].base, map.regions[i].length, type_of_firmware(map.regions[i].type), BIT(NOTHING) | BIT(USABLE));
  /* The first page is the BIOS's; up to base revision 2 it may not be usable anyway. */
  paint(0, PAGE_BYTES, RESERVED, BIT(USABLE));
}

static void paint_efi(void) {
  const struct firmware_facts *facts = firmware_facts();
  for (uint32_t at = 0; facts->efi_map && at + facts->efi_descriptor_bytes <= facts->efi_map_bytes; at += facts->efi_descriptor_bytes) {
    const uint8_t *descriptor = at_address(facts->efi_map + at);
    uint32_t type = read_u32(descriptor + EFI_DESCRIPTOR_TYPE);
    uint64_t first = read_u64(descriptor + EFI_DESCRIPTOR_START), bytes = read_u64(descriptor + EFI_DESCRIPTOR_PAGES) * PAGE_BYTES;
    if (type >= EFI_LOADER_CODE && type <= EFI_BOOT_DATA) paint_bytes(first, bytes, BOOTLOADER_RECLAIMABLE, BIT(USABLE));
    if (limine.revision >= 5 && (type == EFI_RUNTIME_CODE || type == EFI_RUNTIME_DATA)) paint_bytes(first, bytes, RESERVED_MAPPED, BIT(RESERVED) | BIT(NOTHING));
  }
}

static void paint_reservations(void) {
  uint32_t count;
  const struct reservation *reservation = reservations(&count);
  for (uint32_t i = 0; i < count; i++, reservation++) {
    bool content = reservation->kind == RESERVED_KERNEL || reservation->kind == RESERVED_MODULE;
    if (reservation->kind == RESERVED_UNTIL_ENTRY) continue;
    paint_bytes(reservation->base, reservation->length, content ? KERNEL_AND_MODULES : BOOTLOADER_RECLAIMABLE,
                BIT(USABLE) | BIT(BOOTLOADER_RECLAIMABLE));
  }
}

/* Tables that the kernel reads: not in usable memory, and mapped. */
static void paint_table(uint32_t address, uint32_t bytes) {
  paint_bytes(address, bytes, RESERVED_MAPPED, BIT(NOTHING) | BIT(RESERVED) | BIT(USABLE) | BIT(BOOTLOADER_RECLAIMABLE));
}

/* UEFI 2.10, 4.3 "EFI System Table": in 64 and in 32 bits. */
static void paint_system_table(void) {
  const struct firmware_facts *facts = firmware_facts();
  if (!facts->system_table || facts->system_table >= FOUR_GIB) return;
  const uint8_t *table = at_address((uint32_t)facts->system_table);
  bool wide = facts->is_64bit;
  uint64_t vendor = wide ? read_u64(table + 24) : read_u32(table + 24), services = wide ? read_u64(table + 88) : read_u32(table + 56);
  uint64_t count = wide ? read_u64(table + 104) : read_u32(table + 64), list = wide ? read_u64(table + 112) : read_u32(table + 68);
  paint_table((uint32_t)facts->system_table, read_u32(table + 12));
  if (services && services < FOUR_GIB) paint_table((uint32_t)services, read_u32((const uint8_t *)at_address((uint32_t)services) + 12));
  if (count < 1024 && list < FOUR_GIB) paint_table((uint32_t)list, (uint32_t)count * (wide ? 24 : 20));
  if (!vendor || vendor >= FOUR_GIB) return;
  uint32_t length = 0;
  while (length < PAGE_BYTES && read_u16((const uint8_t *)at_address((uint32_t)vendor) + length)) length += 2;
  paint_table((uint32_t)vendor, length + 2);
}

static void paint_tables(void) {
  if (limine.revision >= 4) acpi_each(paint_table);
  if (limine.revision < 5) return;
  struct management_tables management = find_management_tables();
  if (management.bytes) paint_table(management.address, management.bytes);
  if (management.entry_32) paint_table(management.entry_32, 31);
  if (management.entry_64) paint_table(management.entry_64, 24);
  paint_system_table();
}

const struct limine_region *limine_memory_map(uint32_t *count) {
  if (!regions) {
    uint32_t room = (uint32_t)align_up(LIMINE_MAX_REGIONS * sizeof *regions, PAGE_BYTES);
    regions = at_address(allocate(room, PAGE_BYTES, RESERVED_UNTIL_ENTRY, "the memory map"));
    others = at_address(allocate(room, PAGE_BYTES, RESERVED_UNTIL_ENTRY, "the memory map"));
  }
  region_count = 0;
  paint_firmware();
  paint_efi();
  paint_reservations();
  paint_tables();
  const struct screen *screen = current_screen();
  if (screen->graphics) paint_bytes(screen->address, (uint64_t)screen->pitch * screen->height, FRAMEBUFFER, ANYTHING);
  *count = region_count;
  return regions;
}

/* Page tables */

static uint64_t *new_table(void) {
  return memset(at_address(allocate(PAGE_BYTES, PAGE_BYTES, RESERVED_PAGE_TABLE, "page tables")), 0, PAGE_BYTES);
}

static bool is_mapped(uint32_t type) {
  if (limine.revision == 0) return true;
  if (limine.revision < 3) return type != RESERVED && type != BAD_MEMORY;
  uint32_t types = BIT(USABLE) | BIT(BOOTLOADER_RECLAIMABLE) | BIT(KERNEL_AND_MODULES) | BIT(FRAMEBUFFER);
  if (limine.revision >= 4) types |= BIT(RESERVED_MAPPED) | BIT(ACPI_RECLAIMABLE) | BIT(ACPI_NVS);
  return types & BIT(type);
}

static void map_memory(uint64_t offset, uint64_t lowest) {
  uint64_t first = lowest, end = lowest;
  if (limine.revision < 3) end = FOUR_GIB;
  uint32_t count;
  const struct limine_region *region = limine_memory_map(&count);
  /* Neighbours together, for the sake of large pages. */
  for (uint32_t i = 0; i <= count; i++, region++) {
    if (i < count && !is_mapped(region->type)) continue;
    uint64_t region_first = i < count ? clamp(region->first, lowest, DIRECT_MAP_BYTES) : UINT64_MAX;
    uint64_t region_end = i < count ? clamp(region->end, lowest, DIRECT_MAP_BYTES) : UINT64_MAX;
    if (region_first <= end && i < count) {
      if (region_end > end) end = region_end;
      continue;
    }
    /* Up to a boundary of large pages, those, the rest. */
    uint64_t large_first = clamp(align_up(first, TWO_MIB), first, end), large_end = clamp(end & ~(TWO_MIB - 1), large_first, end);
    paging_map(offset + first, first, large_first - first, PAGE_WRITABLE);
    paging_map(offset + large_first, large_first, large_end - large_first, PAGE_WRITABLE | PAGE_LARGE);
    paging_map(offset + large_end, large_end, end - large_end, PAGE_WRITABLE);
    first = region_first, end = region_end;
  }
}

/* Page attributes 5, write-combining: the processor gathers pixels before it sends them. */
static void map_screen(void) {
  const struct screen *screen = current_screen();
  if (!screen->graphics) return;
  uint64_t first = page_of(screen->address), end = page_behind(screen->address, (uint64_t)screen->pitch * screen->height);
  paging_map(LIMINE_DIRECT_MAP + first, first, end - first, PAGE_WRITABLE);
  if (!has_page_attributes()) return;
  for (uint64_t page = first; page < end; page += PAGE_BYTES)
    *paging_entry(LIMINE_DIRECT_MAP + page) |= PAGE_ATTRIBUTE | PAGE_WRITE_THROUGH;
}

static void map_segment(const struct segment *segment) {
  uint64_t first = page_of(segment->virtual_address), last = page_of(segment->virtual_address + segment->memory_bytes - 1);
  uint64_t flags = (segment->flags & SEGMENT_WRITABLE ? PAGE_WRITABLE : 0) |
                   (segment->flags & SEGMENT_EXECUTABLE || !has_no_execute() ? 0 : PAGE_NO_EXECUTE);
  for (uint64_t page = first; page <= last && page >= first; page += PAGE_BYTES) {
    uint64_t *shared = paging_entry(page);
    if (!shared) {
      paging_map(page, page - limine.base + limine.frames, PAGE_BYTES, flags);
      continue;
    }
    /* Two segments on one page: it gets the rights of both. */
    if (!(flags & PAGE_NO_EXECUTE)) *shared &= ~PAGE_NO_EXECUTE;
    *shared |= flags & PAGE_WRITABLE;
  }
}

/* A level above: both halves of the map as with 4 levels. */
static uint32_t add_level(void) {
  uint64_t *root = new_table(), *lower = new_table(), *upper = at_address(paging_root());
  for (uint32_t i = 0; i < 256; i++) lower[i] = upper[i], upper[i] = 0;
  root[0] = (uint32_t)lower | PAGE_PRESENT | PAGE_WRITABLE;
  root[511] = (uint32_t)upper | PAGE_PRESENT | PAGE_WRITABLE;
  return (uint32_t)root;
}

uint32_t limine_map(void) {
  paging_start(new_table);
  map_memory(LIMINE_DIRECT_MAP, 0);
  map_screen();
  if (limine.revision == 0) map_memory(0, PAGE_BYTES);
  /* While paging is switched on. */
  else paging_map(limine_page(), limine_page(), PAGE_BYTES, PAGE_WRITABLE);
  for (uint32_t i = 0; i < program.count; i++) map_segment(&program.segments[i]);
  return limine.five_levels ? add_level() : paging_root();
}
