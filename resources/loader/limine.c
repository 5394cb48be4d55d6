/*
 * The Limine boot protocol, base revisions 0 to 6. Source: limine-protocol, PROTOCOL.md. This file is the course of it; each step has a
 * file of its own.
 */
#include "limine.h"

struct limine limine;

/* The whole kernel in one piece, at whatever place; gaps between segments are cleared. */
static void place(void) {
  uint64_t first = UINT64_MAX, end = 0;
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    uint64_t last = segment->virtual_address + segment->memory_bytes - 1;
    if (segment->virtual_address < LIMINE_LOWEST_ADDRESS || last < segment->virtual_address || last >= UINT64_MAX - PAGE_BYTES)
      fail("the kernel's segment at %X to %X does not lie from %X up, where the Limine protocol wants it. Check its linker script.",
           segment->virtual_address, last, LIMINE_LOWEST_ADDRESS);
    if (segment->virtual_address < first) first = segment->virtual_address;
    if (last + 1 > end) end = last + 1;
  }
  first &= ~(uint64_t)(PAGE_BYTES - 1);
  end = align_up(end, PAGE_BYTES);
  limine.base = first;
  limine.bytes = end - first;
  limine.frames = allocate(limine.bytes, TWO_MIB, RESERVED_KERNEL, "the kernel");
  memset(at_address(limine.frames), 0, (uint32_t)limine.bytes);
  for (uint32_t i = 0; i < program.count; i++)
    program.segments[i].physical_address = program.segments[i].virtual_address - limine.base + limine.frames;
}

void boot_limine(const struct boot_entry *boot) {
  limine.boot = boot;
  long_mode_require();
  elf_read(boot, 1u << ELF_CLASS_64);
  program_physical(program.entry); /* fails when the entry lies nowhere */
  limine.entry = program.entry;
  place();
  program_load(boot);
  limine_find_requests();
  handoff_start();
  modules_load(boot);
  limine_prepare();
  limine_page_make();
  uint32_t root = limine_map();
  struct limine_start *start = limine_allocate(sizeof *start);
  *start = limine_start_state(root);
  /* The page at its own address, and the lower half with it. */
  if (limine.revision > 0) start->obsolete = LIMINE_DIRECT_MAP + root;
  limine_quiet();
  limine_answer(root);
  firmware_finish();
  limine_switch(start);
}
