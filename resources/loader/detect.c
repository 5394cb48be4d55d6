/* Which protocol a kernel is for, when the boot configuration leaves it open; the image builder decides in the same way (src/main/image/kernel.ts). */
#include "loader.h"

#define ELF_MAGIC 0x464c457fu
#define ELF_CLASS_AT 4
#define MULTIBOOT1_ADDRESSES (1u << 16)

uint32_t detect_protocol(const struct boot_entry *boot) {
  const uint8_t *start = loader_scratch();
  uint32_t length = multiboot_read_start(boot, SCRATCH_BYTES);
  bool is_elf = length > ELF_CLASS_AT && read_u32(start) == ELF_MAGIC;
  for (uint32_t at = 0; at + 12 <= length && at + 12 <= MULTIBOOT1_SEARCH_BYTES; at += 4) {
    uint32_t flags = read_u32(start + at + 4);
    if (read_u32(start + at) == MULTIBOOT1_HEADER_MAGIC && MULTIBOOT1_HEADER_MAGIC + flags + read_u32(start + at + 8) == 0 && (is_elf || (flags & MULTIBOOT1_ADDRESSES)))
      return PROTOCOL_MULTIBOOT1;
  }
  for (uint32_t at = 0; at + 16 <= length && at + 16 <= MULTIBOOT2_SEARCH_BYTES; at += 8)
    if (read_u32(start + at) == MULTIBOOT2_HEADER_MAGIC && read_u32(start + at) + read_u32(start + at + 4) + read_u32(start + at + 8) + read_u32(start + at + 12) == 0)
      return PROTOCOL_MULTIBOOT2;
  if (is_elf) return start[ELF_CLASS_AT] == ELF_CLASS_64 ? PROTOCOL_ELF64 : PROTOCOL_ELF32;
  fail("the kernel %s is neither an ELF file nor one with a Multiboot header. Say how it is booted, with a line such as \"protocol flat32\" in the boot configuration.",
       boot->kernel_path);
}
