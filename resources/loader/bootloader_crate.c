/*
 * The hand-off of the Rust crate `bootloader`, versions 0.6 to 0.9, for kernels that were written for it. Source: that crate, as published
 * on crates.io: src/main.rs (the map, the entry), src/page_table.rs (segments, stack), src/level4_entries.rs (the choice of addresses),
 * src/bootinfo (the structures). What differs between versions comes as flags from the image builder.
 */
#include "crate_space.h"

#define CR0_MP 0x00000002u
#define CR4_SSE 0x00000600u /* OSFXSR, OSXMMEXCPT */

#define VGA_START 0xa0000u
#define VGA_END 0xc0000u

enum region_type { REGION_USABLE = 0, REGION_RESERVED = 2, REGION_BAD = 5, REGION_FRAME_ZERO = 10, REGION_EMPTY = 11 };

#define BOOT_INFO_REGIONS 64

struct region {
  uint64_t first_frame, end_frame;
  uint32_t type, padding;
};

struct memory_list {
  struct region regions[BOOT_INFO_REGIONS];
  uint64_t count;
};

static_assert(sizeof(struct memory_list) == 1544, "bootinfo/memory_map.rs");

static void add_region(struct memory_list *list, uint64_t first, uint64_t end, uint32_t type) {
  if (first >= end) return;
  if (list->count == BOOT_INFO_REGIONS)
    fail("the memory map has more than the %u regions that the bootloader crate's BootInfo holds.", (uint32_t)BOOT_INFO_REGIONS);
  list->regions[list->count++] = (struct region){first, end, type, 0};
}

/* Takes [first, end) out of the usable regions. Whether any of it was in them. */
static bool cut(struct memory_list *list, uint64_t first, uint64_t end) {
  bool any = false;
  for (uint64_t i = 0, count = list->count; i < count; i++) {
    struct region *region = &list->regions[i];
    uint64_t from = first > region->first_frame ? first : region->first_frame, to = end < region->end_frame ? end : region->end_frame;
    if (region->type != REGION_USABLE || from >= to) continue;
    uint64_t behind = region->end_frame;
    region->end_frame = from;
    add_region(list, to, behind, REGION_USABLE);
    any = true;
  }
  return any;
}

/* By address; empty ones vanish, neighbours of one type become one. */
static void sort_regions(struct memory_list *list) {
  struct region *regions = list->regions;
  uint64_t count = 0;
  for (uint64_t i = 0; i < list->count; i++) {
    struct region moving = regions[i];
    if (moving.first_frame >= moving.end_frame) continue;
    uint64_t at = count++;
    for (; at > 0 && regions[at - 1].first_frame > moving.first_frame; at--) regions[at] = regions[at - 1];
    regions[at] = moving;
  }
  list->count = 0;
  for (uint64_t i = 0; i < count; i++) {
    struct region *last = list->count ? &regions[list->count - 1] : NULL;
    if (last && last->type == regions[i].type && last->end_frame == regions[i].first_frame) last->end_frame = regions[i].end_frame;
    else regions[list->count++] = regions[i];
  }
  for (uint64_t i = list->count; i < BOOT_INFO_REGIONS; i++) regions[i] = (struct region){0, 0, REGION_EMPTY, 0};
}

/* Usable memory in whole frames, everything else rounded outwards, so that no frame is usable in part. */
static void fill_memory_list(struct memory_list *list) {
  struct memory_map map = memory_map();
  for (uint32_t i = 0; i < map.count; i++)
    if (map.regions[i].type == MEMORY_USABLE)
      add_region(list, align_up(map.regions[i].base, PAGE_BYTES) / PAGE_BYTES, (map.regions[i].base + map.regions[i].length) / PAGE_BYTES,
                 REGION_USABLE);
  for (uint32_t i = 0; i < map.count; i++) {
    uint64_t first = map.regions[i].base / PAGE_BYTES, end = align_up(map.regions[i].base + map.regions[i].length, PAGE_BYTES) / PAGE_BYTES;
    uint32_t type = map.regions[i].type;
    if (type == MEMORY_USABLE) continue;
    cut(list, first, end);
    add_region(list, first, end, type <= REGION_BAD ? type : REGION_RESERVED);
  }
  if (cut(list, 0, 1)) add_region(list, 0, 1, REGION_FRAME_ZERO);
  uint32_t count;
  const struct reservation *reservation = reservations(&count);
  for (uint32_t i = 0; i < count; i++, reservation++) {
    uint64_t first = reservation->base / PAGE_BYTES, end = align_up(reservation->base + reservation->length, PAGE_BYTES) / PAGE_BYTES;
    if (reservation->kind != RESERVED_UNTIL_ENTRY && cut(list, first, end)) add_region(list, first, end, reservation->kind);
  }
  sort_regions(list);
}

static void use_if_given(uint64_t address, uint64_t bytes) {
  if (address != PARAMETER_ABSENT) space_use(address, address + bytes - 1);
}

void boot_bootloader_crate(const struct boot_entry *boot) {
  const uint64_t *parameters = boot->parameters;
  if (parameters[PARAMETER_CRATE_FLAGS] == PARAMETER_ABSENT || parameters[PARAMETER_STACK_PAGES] > FOUR_GIB / PAGE_BYTES)
    fail("the boot configuration does not say what the kernel's crate bootloader is like (the lines \"crate-flags\" and \"stack-pages\"). Build the image again.");
  /* Addresses from the kernel's Cargo.toml; those that are absent are chosen. */
  uint32_t flags = (uint32_t)parameters[PARAMETER_CRATE_FLAGS];
  uint64_t stack_bytes = parameters[PARAMETER_STACK_PAGES] * PAGE_BYTES;
  uint64_t stack = parameters[PARAMETER_STACK_ADDRESS], boot_info = parameters[PARAMETER_BOOT_INFO_ADDRESS];
  uint64_t physical = parameters[PARAMETER_PHYSICAL_OFFSET], recursive = parameters[PARAMETER_RECURSIVE_ADDRESS];
  uint64_t end_of_memory = memory_end();

  long_mode_require();
  elf_read(boot, 1u << ELF_CLASS_64);
  program_physical(program.entry); /* fails when the entry lies nowhere */
  handoff_start();

  space_use(0, 0);
  for (uint32_t i = 0; i < program.count; i++)
    space_use(program.segments[i].virtual_address, program.segments[i].virtual_address + program.segments[i].memory_bytes);
  use_if_given(stack, stack_bytes + PAGE_BYTES);
  use_if_given(boot_info, PAGE_BYTES);
  use_if_given(physical, end_of_memory);
  if (recursive == PARAMETER_ABSENT) {
    uint64_t entry = space_find(1, PAGE_BYTES) >> 39 & 511;
    recursive = sign_extended(entry << 39 | entry << 30 | entry << 21 | entry << 12);
  }
  if (boot_info == PARAMETER_ABSENT) boot_info = space_find(1, PAGE_BYTES);
  if (stack == PARAMETER_ABSENT) stack = boot_info + PAGE_BYTES;
  if (flags & CRATE_GUARD_PAGE) stack += PAGE_BYTES;

  paging_start(space_new_table);
  paging_map(handoff_page(), handoff_page(), PAGE_BYTES, PAGE_WRITABLE);
  paging_map(VGA_START, VGA_START, VGA_END - VGA_START, PAGE_WRITABLE);
  uint32_t information = allocate(PAGE_BYTES, PAGE_BYTES, RESERVED_BOOT_INFORMATION, "the boot information");
  paging_map(boot_info, information, PAGE_BYTES, PAGE_WRITABLE);
  for (uint32_t i = 0; i < program.count; i++) space_map_segment(boot, &program.segments[i]);
  uint32_t stack_frames = allocate(stack_bytes, PAGE_BYTES, RESERVED_STACK, "the kernel's stack");
  memset(at_address(stack_frames), 0, (uint32_t)stack_bytes);
  paging_map(stack, stack_frames, stack_bytes, PAGE_WRITABLE);
  if (flags & CRATE_MAP_PHYSICAL_MEMORY) {
    if (physical == PARAMETER_ABSENT) physical = space_find(end_of_memory, TWO_MIB);
    paging_map(physical, 0, (end_of_memory & ~(TWO_MIB - 1)) + TWO_MIB, PAGE_WRITABLE | PAGE_LARGE);
  }
  if (flags & CRATE_RECURSIVE_PAGE_TABLE) {
    uint64_t *root = at_address(paging_root());
    root[recursive >> 39 & 511] = paging_root() | PAGE_PRESENT | PAGE_WRITABLE;
  }

  memset(at_address(information), 0, PAGE_BYTES);
  fill_memory_list(at_address(information));
  uint64_t *field = at_address(information + sizeof(struct memory_list));
  if (flags & CRATE_RECURSIVE_PAGE_TABLE) *field++ = recursive;
  if (flags & CRATE_MAP_PHYSICAL_MEMORY) *field++ = physical;
  if (flags & CRATE_THREAD_LOCAL) memcpy(field, &program.thread_local_template, sizeof program.thread_local_template);

  if ((flags & CRATE_VGA_320X200) && !graphics_start_vga())
    fail("the kernel wants the VGA's mode of 320x200 (feature vga_320x200 of the crate bootloader), which needs a BIOS. Boot it in BIOS mode (CSM).");
  uint64_t stack_top = stack + stack_bytes;
  if (flags & CRATE_CALLED) {
    *(uint64_t *)at_address(stack_frames + (uint32_t)stack_bytes - 8) = handoff_idle();
    stack_top -= 8;
  }
  bool sse = flags & CRATE_SSE;
  handoff_enter((struct entry_state){
      .mode = ENTRY_LONG,
      .entry = program.entry,
      .stack = stack_top,
      .first = boot_info,
      .cr3 = paging_root(),
      .cr0_bits = CR0_PG | CR0_WP | (sse ? CR0_MP : 0),
      .cr4_bits = CR4_PAE | (sse ? CR4_SSE : 0),
      .efer_bits = EFER_LME | EFER_NXE,
      .data_selector = SELECTOR_DATA,
      .stack_selector = 0,
  });
}
