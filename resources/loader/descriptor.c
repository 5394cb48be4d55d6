/* The boot descriptor: what the image builder says about the kernel. */
#include "loader.h"

#define PARTITION_ENTRIES 4
#define PARTITION_ENTRY_BYTES 16
#define PARTITION_ENTRY_STATUS 0
#define PARTITION_ENTRY_TYPE 4
#define PARTITION_ENTRY_LBA 8
#define PARTITION_ACTIVE 0x80

static uint8_t content[DESCRIPTOR_MAX_BYTES];
static uint32_t partition_start;

static uint32_t find_partition(void) {
  /* Stage 1 still lies where the BIOS put it, and the partition table with it. */
  const uint8_t *table = at_address(STAGE1_ADDRESS + MBR_PARTITION_TABLE);
  const uint8_t *entry = table;
  while (entry[PARTITION_ENTRY_STATUS] != PARTITION_ACTIVE || entry[PARTITION_ENTRY_TYPE] != PARTITION_TYPE) {
    entry += PARTITION_ENTRY_BYTES;
    if (entry == table + PARTITION_ENTRIES * PARTITION_ENTRY_BYTES)
      fail("the partition table has no active partition of type %x, so there is no kernel to load. Write the image again.",
           (uint32_t)PARTITION_TYPE);
  }
  return read_u32(entry + PARTITION_ENTRY_LBA);
}

static const char *text_at(uint32_t offset, uint32_t length) {
  if (offset >= length) fail("the boot descriptor in sector %u is damaged. Write the image again.", partition_start);
  return (const char *)content + offset;
}

struct descriptor descriptor_read(void) {
  uint32_t start = partition_start = find_partition();
  disk_read(start, 1, content);
  uint32_t any = 0;
  for (uint32_t i = 0; i < SECTOR_BYTES; i += 4) any |= read_u32(content + i);
  if (!any) fail("there is no kernel on this disk: the boot descriptor in sector %u is empty. Build the image again.", start);
  uint32_t length = read_u32(content + DESCRIPTOR_BYTES), sum = 0;
  bool good = read_u32(content + DESCRIPTOR_MAGIC) == DESCRIPTOR_MAGIC_VALUE;
  if (good && read_u32(content + DESCRIPTOR_VERSION) != DESCRIPTOR_VERSION_VALUE)
    fail("the boot descriptor in sector %u has version %u, this loader knows version %u. Build the image again.", start,
         read_u32(content + DESCRIPTOR_VERSION), (uint32_t)DESCRIPTOR_VERSION_VALUE);
  good = good && length >= SECTOR_BYTES && length <= sizeof content && length % SECTOR_BYTES == 0;
  if (good && length > SECTOR_BYTES) disk_read(start + 1, length / SECTOR_BYTES - 1, content + SECTOR_BYTES);
  for (uint32_t i = 0; good && i < length; i += 4) sum += read_u32(content + i);
  uint32_t modules = read_u32(content + DESCRIPTOR_MODULE_COUNT), table = read_u32(content + DESCRIPTOR_MODULE_TABLE);
  good = good && modules <= MAX_MODULES && table <= length && modules * MODULE_ENTRY_BYTES <= length - table;
  if (!good || sum != 0 || content[length - 1] != 0)
    fail("the boot descriptor in sector %u is damaged. Write the image again.", start);
  return (struct descriptor){
      .protocol = read_u32(content + DESCRIPTOR_PROTOCOL),
      .kernel = {start + read_u32(content + DESCRIPTOR_KERNEL_SECTOR), read_u32(content + DESCRIPTOR_KERNEL_BYTES)},
      .command_line = text_at(read_u32(content + DESCRIPTOR_COMMAND_LINE), length),
      .module_count = modules,
      .module_table = content + table,
      .parameters = content + DESCRIPTOR_PARAMETERS,
  };
}

struct module descriptor_module(const struct descriptor *kernel, uint32_t index) {
  const uint8_t *entry = kernel->module_table + index * MODULE_ENTRY_BYTES;
  return (struct module){
      .file = {partition_start + read_u32(entry + MODULE_ENTRY_SECTOR), read_u32(entry + MODULE_ENTRY_FILE_BYTES)},
      .command_line = text_at(read_u32(entry + MODULE_ENTRY_COMMAND_LINE), read_u32(content + DESCRIPTOR_BYTES)),
  };
}
