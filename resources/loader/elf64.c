/*
 * 64-bit kernels without a protocol of their own, in long mode. Source: Intel SDM volume 3, 10.8.5 "Initializing IA-32e Mode".
 *
 * The map: the first 4 GiB identically in 2 MiB pages (so 0xb8000 works), and each segment whose addresses differ at its
 * virtual one. All pages are writable and executable: a kernel that wants protection sets up its own tables.
 */
#include "loader.h"

static uint64_t first_page(const struct segment *segment) { return segment->virtual_address & ~(uint64_t)(PAGE_BYTES - 1); }

static uint64_t last_page(const struct segment *segment) {
  return (segment->virtual_address + segment->memory_bytes - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

/* Two segments may share a page only when they mean the same frame by it. */
static void check_shared_pages(const struct segment *segment) {
  for (const struct segment *other = program.segments; other < segment; other++) {
    bool apart = first_page(segment) > last_page(other) || first_page(other) > last_page(segment);
    bool same_frames = segment->virtual_address - segment->physical_address == other->virtual_address - other->physical_address;
    if (!apart && !same_frames)
      fail("the kernel's segments at virtual addresses %X and %X share a page, but their physical addresses %X and %X do not agree "
           "on it. Align them to 4096 bytes.",
           other->virtual_address, segment->virtual_address, other->physical_address, segment->physical_address);
  }
}

static void map_segment(const struct segment *segment) {
  uint64_t address = segment->virtual_address, frame = segment->physical_address;
  paging_check_canonical(address, address + segment->memory_bytes - 1);
  if (address == frame) return; /* in the identity map */
  if ((address ^ frame) & (PAGE_BYTES - 1))
    fail("the kernel's segment at virtual address %X has physical address %X: they must agree in the lowest 12 bits.", address, frame);
  uint32_t page = handoff_page();
  if (first_page(segment) <= page && last_page(segment) >= page)
    fail("the kernel's segment at virtual address %X covers %x, which the loader keeps identical to its physical address until the "
         "kernel runs. Link it from 0x100000 up.",
         address, page);
  check_shared_pages(segment);
  paging_map(first_page(segment), first_page(segment) - address + frame, last_page(segment) - first_page(segment) + PAGE_BYTES,
             PAGE_WRITABLE | PAGE_LARGE);
}

/* With the information, as long as there is room; a kernel with many small pages gets more above 1 MiB. */
static uint64_t *new_table(void) {
  static uint32_t low_tables = 0;
  if (low_tables++ < LOW_PAGE_TABLES) return handoff_allocate(PAGE_BYTES, PAGE_BYTES);
  uint64_t *table = at_address(allocate(PAGE_BYTES, PAGE_BYTES, RESERVED_PAGE_TABLE, "page tables"));
  return memset(table, 0, PAGE_BYTES);
}

void map_identically(void) {
  paging_start(new_table);
  paging_map(0, 0, FOUR_GIB, PAGE_WRITABLE | PAGE_LARGE);
}

void enter_long(const struct boot_entry *boot, uint64_t entry) {
  handoff_enter((struct entry_state){
      .mode = ENTRY_LONG,
      .entry = entry,
      .stack = handoff_stack_top() - 8, /* rsp % 16 == 8, as after a call (System V AMD64 ABI, 3.4.1) */
      .first = MULTIBOOT1_BOOT_MAGIC,
      .second = multiboot1_information(boot),
      .cr3 = paging_root(),
      .cr0_bits = CR0_PG,
      .cr4_bits = CR4_PAE,
      .efer_bits = EFER_LME,
      .data_selector = SELECTOR_DATA,
      .stack_selector = SELECTOR_DATA,
  });
}

void boot_elf64(const struct boot_entry *boot) {
  long_mode_require();
  elf_read(boot, 1u << ELF_CLASS_64);
  program_physical(program.entry); /* fails when the entry lies nowhere */
  program_choose_frames();
  program_place();
  handoff_start();
  modules_load(boot);

  map_identically();
  for (uint32_t i = 0; i < program.count; i++) map_segment(&program.segments[i]);
  program_load(boot);
  enter_long(boot, program.entry);
}
