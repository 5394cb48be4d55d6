/* What Multiboot 1 and 2 have in common. Sources: Multiboot Specification 0.6.96, 3.1; Multiboot2 Specification 2.0, 3.1. */
#include "loader.h"

uint32_t multiboot_read_start(const struct boot_entry *boot, uint32_t bytes) {
  uint32_t length = boot->kernel.bytes < bytes ? boot->kernel.bytes : bytes;
  file_read(&boot->kernel, "the kernel file", 0, length, loader_scratch());
  return length;
}

void multiboot_read_by_addresses(const struct boot_entry *boot, uint32_t header_offset, uint32_t header_address, uint32_t load_address,
                                 uint32_t load_end_address, uint32_t bss_end_address, uint32_t entry_address) {
  uint32_t before = header_address - load_address;
  if (load_address > header_address || before > header_offset)
    fail("the Multiboot header's addresses do not fit the file: load_addr %x, header_addr %x, header at offset %x.", load_address,
         header_address, header_offset);
  uint32_t offset = header_offset - before, available = boot->kernel.bytes - offset;
  uint32_t file_bytes = load_end_address ? load_end_address - load_address : available;
  uint32_t memory_bytes = bss_end_address ? bss_end_address - load_address : file_bytes;
  if (file_bytes > available || memory_bytes < file_bytes)
    fail("the Multiboot header's addresses do not fit the file: load_addr %x, load_end_addr %x, bss_end_addr %x, %x bytes from "
         "there.",
         load_address, load_end_address, bss_end_address, available);
  program = (struct program){.entry = entry_address, .count = 1};
  program.segments[0] = (struct segment){offset, load_address, load_address, file_bytes, memory_bytes, SEGMENT_EXECUTABLE | SEGMENT_WRITABLE};
}
