/* What a kernel for the crate bootloader 0.11 asks for. Source: crate bootloader_api, src/config.rs of 0.11.0, 0.11.1 and 0.11.11 (the three shapes). */
#include "bootloader11.h"

#define SECTION_NAME ".bootloader-config"
/* The section's length tells the shape: the second adds the RAM disk, the third the kernel's base. */
#define BYTES_FIRST 115u
#define BYTES_WITH_RAMDISK 124u
#define BYTES_WITH_BASE 133u
#define API_MINOR 11

static const uint8_t identity[16] = {0x74, 0x3c, 0xa9, 0x61, 0x09, 0x36, 0x46, 0xa0, 0xbb, 0x55, 0x5c, 0x15, 0x89, 0x15, 0x25, 0x3d};

static const uint8_t *next;

[[noreturn]] static void damaged(const char *where) {
  fail("the kernel's section " SECTION_NAME " is damaged at its %s. Build the kernel again.", where);
}

static uint8_t take_flag(const char *where) {
  uint8_t value = *next++;
  if (value > 1) damaged(where);
  return value;
}

static uint64_t take_u64(void) {
  uint64_t value = read_u64(next);
  next += sizeof value;
  return value;
}

static struct wish take_wish(const char *where) {
  bool given = take_flag(where);
  return (struct wish){given, take_u64()};
}

static struct optional_wish take_optional(const char *where) {
  bool wanted = take_flag(where);
  return (struct optional_wish){wanted, take_wish(where)};
}

struct crate_configuration crate_configuration_read(const struct boot_entry *boot) {
  static uint8_t bytes[BYTES_WITH_BASE];
  uint64_t offset, section_bytes;
  if (!elf_find_section(boot, SECTION_NAME, &offset, &section_bytes))
    fail("the kernel has no section " SECTION_NAME ", so it is not one of the crate bootloader 0.11. Build it with bootloader_api's entry_point!.");
  uint32_t length = (uint32_t)section_bytes;
  if (section_bytes > sizeof bytes || (length != BYTES_FIRST && length != BYTES_WITH_RAMDISK && length != BYTES_WITH_BASE))
    fail("the kernel's section " SECTION_NAME " has %X bytes; the versions of the crate bootloader that this loader knows have %u, %u or %u. "
         "Depend on bootloader_api 0.11.",
         section_bytes, BYTES_FIRST, BYTES_WITH_RAMDISK, BYTES_WITH_BASE);
  file_read(&boot->kernel, "the kernel file", offset, length, bytes);
  if (memcmp(bytes, identity, sizeof identity) != 0) damaged("identity");
  uint32_t major = read_u16(bytes + 16), minor = read_u16(bytes + 18), patch = read_u16(bytes + 20);
  if (major != 0 || minor != API_MINOR)
    fail("the kernel is built with version %u.%u.%u of the crate bootloader_api; this loader knows 0.%u. Depend on bootloader_api 0.%u.", major,
         minor, patch, (uint32_t)API_MINOR, (uint32_t)API_MINOR);

  struct crate_configuration to = {.patch = patch, .version = read_u64(bytes + 16) & 0x00ffffffffffffffull};
  next = bytes + 23;
  to.stack_bytes = take_u64();
  to.stack = take_wish("stack");
  if (length >= BYTES_WITH_BASE) to.base = take_wish("kernel base");
  to.boot_info = take_wish("boot information");
  to.framebuffer = take_wish("framebuffer");
  to.physical = take_optional("physical memory");
  to.recursive = take_optional("recursive entry");
  to.random = take_flag("aslr");
  to.range_start = take_wish("dynamic range");
  to.range_end = take_wish("dynamic range");
  if (length >= BYTES_WITH_RAMDISK) to.ramdisk = take_wish("RAM disk");
  to.least_height = take_wish("framebuffer height");
  to.least_width = take_wish("framebuffer width");
  return to;
}
