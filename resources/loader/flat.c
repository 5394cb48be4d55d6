/* Flat binaries: a file that is put at an address as it is and started there, in 16-, 32- or 64-bit mode. */
#include "loader.h"

#define REAL_MODE_END 0x100000u
/* Where the BIOS's own boot code has its stack; a program there gets another one. */
#define REAL_MODE_STACK 0x7c00u

[[noreturn]] static void enter_real(uint32_t entry, const struct segment *segment) {
  if (handoff_page() >= REAL_MODE_END || segment->physical_address + segment->memory_bytes > REAL_MODE_END)
    fail("the 16-bit program at %X to %X leaves the loader no room below 1 MiB: it must stay below %x, or be shorter.",
         segment->physical_address, segment->physical_address + segment->memory_bytes - 1, (uint32_t)HANDOFF_ADDRESS);
  handoff_enter((struct entry_state){
      .mode = ENTRY_REAL,
      .entry = entry,
      .stack = segment->physical_address >= REAL_MODE_STACK ? REAL_MODE_STACK : handoff_stack_top(),
      .first = boot_drive,
  });
}

void boot_flat(const struct descriptor *kernel) {
  uint32_t bits = read_u32(kernel->parameters + FLAT_BITS), address = read_u32(kernel->parameters + FLAT_ADDRESS);
  uint32_t entry = read_u32(kernel->parameters + FLAT_ENTRY);
  if (bits == 64) long_mode_require();
  program = (struct program){.entry = entry, .count = 1};
  program.segments[0] = (struct segment){0, address, address, kernel->kernel.bytes, kernel->kernel.bytes, SEGMENT_EXECUTABLE | SEGMENT_WRITABLE};
  program_physical(entry);
  program_place();
  handoff_start();
  modules_load(kernel);
  if (bits == 64) map_identically();
  program_load(kernel);
  if (bits == 16) enter_real(entry, &program.segments[0]);
  if (bits == 32) enter_protected(entry, MULTIBOOT1_BOOT_MAGIC, multiboot1_information(kernel));
  if (bits == 64) enter_long(kernel, entry);
  fail("the boot descriptor asks for a flat program of %u bits; 16, 32 and 64 are known. Build the image again.", bits);
}
