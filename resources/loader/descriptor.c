/* The boot descriptor: what the image builder says about the kernel. */
#include "finding.h"

static uint8_t content[DESCRIPTOR_MAX_BYTES];
static struct boot_module module_list[MAX_MODULES];

static const char *text_at(uint32_t offset, uint32_t length) {
  if (offset >= length) fail("the boot descriptor is damaged. Write the image again.");
  return (const char *)content + offset;
}

void config_read(struct boot_entry *entry) {
  disk_read(0, 1, content);
  uint32_t any = 0;
  for (uint32_t i = 0; i < SECTOR_BYTES; i += 4) any |= read_u32(content + i);
  if (!any) fail("there is no kernel on this disk: the boot descriptor is empty. Build the image again.");
  uint32_t length = read_u32(content + DESCRIPTOR_BYTES), sum = 0;
  bool good = read_u32(content + DESCRIPTOR_MAGIC) == DESCRIPTOR_MAGIC_VALUE;
  if (good && read_u32(content + DESCRIPTOR_VERSION) != DESCRIPTOR_VERSION_VALUE)
    fail("the boot descriptor has version %u, this loader knows version %u. Build the image again.",
         read_u32(content + DESCRIPTOR_VERSION), (uint32_t)DESCRIPTOR_VERSION_VALUE);
  good = good && length >= SECTOR_BYTES && length <= sizeof content && length % SECTOR_BYTES == 0;
  if (good && length > SECTOR_BYTES) disk_read(1, length / SECTOR_BYTES - 1, content + SECTOR_BYTES);
  for (uint32_t i = 0; good && i < length; i += 4) sum += read_u32(content + i);
  uint32_t modules = read_u32(content + DESCRIPTOR_MODULE_COUNT), table = read_u32(content + DESCRIPTOR_MODULE_TABLE);
  good = good && modules <= MAX_MODULES && table <= length && modules * MODULE_ENTRY_BYTES <= length - table;
  if (!good || sum != 0 || content[length - 1] != 0)
    fail("the boot descriptor is damaged. Write the image again.");
  *entry = (struct boot_entry){
      .protocol = read_u32(content + DESCRIPTOR_PROTOCOL),
      .kernel = {.start = read_u32(content + DESCRIPTOR_KERNEL_SECTOR), .bytes = read_u32(content + DESCRIPTOR_KERNEL_BYTES)},
      .kernel_path = "kernel",
      .command_line = text_at(read_u32(content + DESCRIPTOR_COMMAND_LINE), length),
      .module_count = modules,
      .modules = module_list,
  };
  memcpy(entry->parameters, content + DESCRIPTOR_PARAMETERS, sizeof entry->parameters);
  for (uint32_t i = 0; i < modules; i++) {
    const uint8_t *at = content + table + i * MODULE_ENTRY_BYTES;
    module_list[i] = (struct boot_module){
        .file = {.start = read_u32(at + MODULE_ENTRY_SECTOR), .bytes = read_u32(at + MODULE_ENTRY_FILE_BYTES)},
        .path = "module",
        .command_line = text_at(read_u32(at + MODULE_ENTRY_COMMAND_LINE), length),
    };
  }
}
