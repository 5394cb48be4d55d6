/* Which protocol a kernel is for, when the boot configuration leaves it open; the image builder decides in the same way (src/main/image/kernel.ts). */
#include "limine.h"

#define ELF_MAGIC 0x464c457fu
#define ELF_CLASS_AT 4
#define MULTIBOOT1_ADDRESSES (1u << 16)
#define CRATE_SECTION ".bootloader-config"
/* Linux boot protocol, "The Real-Mode Kernel Header" */
#define LINUX_MAGIC_AT 0x202u
#define LINUX_MAGIC 0x53726448u

static bool has_multiboot1(const uint8_t *start, uint32_t length, bool is_elf) {
  for (uint32_t at = 0; at + 12 <= length && at + 12 <= MULTIBOOT1_SEARCH_BYTES; at += 4) {
    uint32_t flags = read_u32(start + at + 4);
    if (read_u32(start + at) == MULTIBOOT1_HEADER_MAGIC && MULTIBOOT1_HEADER_MAGIC + flags + read_u32(start + at + 8) == 0 && (is_elf || (flags & MULTIBOOT1_ADDRESSES)))
      return true;
  }
  return false;
}

static bool has_multiboot2(const uint8_t *start, uint32_t length) {
  for (uint32_t at = 0; at + 16 <= length && at + 16 <= MULTIBOOT2_SEARCH_BYTES; at += 8)
    if (read_u32(start + at) == MULTIBOOT2_HEADER_MAGIC && read_u32(start + at) + read_u32(start + at + 4) + read_u32(start + at + 8) + read_u32(start + at + 12) == 0) return true;
  return false;
}

/* Requests may be anywhere in the file. */
static bool has_limine_request(const struct boot_entry *boot) {
  static const uint64_t common[] = {LIMINE_COMMON};
  uint8_t *piece = loader_scratch();
  for (uint32_t offset = 0; offset < boot->kernel.bytes; offset += SCRATCH_BYTES) {
    uint32_t length = boot->kernel.bytes - offset < SCRATCH_BYTES ? boot->kernel.bytes - offset : SCRATCH_BYTES;
    file_read(&boot->kernel, "the kernel file", offset, length, piece);
    /* 32 bytes are an identity: one that begins in the piece's last 8 is seen by its first half only, which suffices. */
    for (uint32_t at = 0; at + 8 <= length; at += 8)
      if (read_u64(piece + at) == common[0] && (at + 16 > length || read_u64(piece + at + 8) == common[1])) return true;
  }
  return false;
}

uint32_t detect_protocol(const struct boot_entry *boot) {
  const uint8_t *start = loader_scratch();
  uint32_t length = multiboot_read_start(boot, SCRATCH_BYTES);
  bool is_elf = length > ELF_CLASS_AT && read_u32(start) == ELF_MAGIC, is64 = is_elf && start[ELF_CLASS_AT] == ELF_CLASS_64;
  if (length >= LINUX_MAGIC_AT + 4 && read_u32(start + LINUX_MAGIC_AT) == LINUX_MAGIC) return PROTOCOL_LINUX;
  bool multiboot1 = has_multiboot1(start, length, is_elf), multiboot2 = has_multiboot2(start, length);
  uint64_t offset, bytes;
  if (is64) elf_read(boot, 1u << ELF_CLASS_64 | ELF_MAY_MOVE);
  if (is64 && elf_find_section(boot, CRATE_SECTION, &offset, &bytes)) return PROTOCOL_BOOTLOADER11;
  if (multiboot1) return PROTOCOL_MULTIBOOT1;
  if (multiboot2) return PROTOCOL_MULTIBOOT2;
  if (is64) return has_limine_request(boot) ? PROTOCOL_LIMINE : PROTOCOL_ELF64;
  if (is_elf) return PROTOCOL_ELF32;
  fail("the kernel %s is neither an ELF file nor a Linux kernel, and has no Multiboot header. Say how it is booted, with a line such as \"protocol flat32\" in the boot "
       "configuration.",
       boot->kernel_path);
}
