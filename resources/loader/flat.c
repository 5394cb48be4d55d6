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
      .first = firmware_facts()->boot_drive,
  });
}

void boot_flat(const struct boot_entry *boot) {
  uint32_t bits = boot->protocol == PROTOCOL_FLAT16 ? 16 : boot->protocol == PROTOCOL_FLAT32 ? 32 : 64;
  if (bits == 16 && firmware_facts()->is_uefi)
    fail("the kernel is a 16-bit program, which needs a BIOS; this machine was started by UEFI. Boot it in BIOS mode (CSM), or build a 32- or 64-bit kernel.");
  if (boot->parameters[PARAMETER_ADDRESS] >= FOUR_GIB)
    fail("the boot configuration gives a flat kernel no address below 4 GiB (the line \"address\"). Build the image again.");
  uint32_t address = (uint32_t)boot->parameters[PARAMETER_ADDRESS], entry = address;
  if (bits == 64) long_mode_require();
  program = (struct program){.entry = entry, .count = 1};
  program.segments[0] = (struct segment){0, address, address, boot->kernel.bytes, boot->kernel.bytes, SEGMENT_EXECUTABLE | SEGMENT_WRITABLE};
  program_physical(entry);
  program_place();
  handoff_start();
  modules_load(boot);
  if (bits == 64) map_identically();
  program_load(boot);
  if (bits == 16) enter_real(entry, &program.segments[0]);
  if (bits == 32) enter_protected(entry, MULTIBOOT1_BOOT_MAGIC, multiboot1_information(boot));
  enter_long(boot, entry);
}
