/* Reading the disk, the boot descriptor and the kernel file. Source: Enhanced Disk Drive Specification 3.0, INT 13h AH = 42h. */
#include "loader.h"

#define ATTEMPTS 3
#define PARTITION_ENTRIES 4
#define PARTITION_ENTRY_BYTES 16
#define PARTITION_ENTRY_STATUS 0
#define PARTITION_ENTRY_TYPE 4
#define PARTITION_ENTRY_LBA 8
#define PARTITION_ACTIVE 0x80

struct [[gnu::packed]] address_packet {
  uint8_t size, reserved;
  uint16_t count;
  uint16_t offset, segment;
  uint64_t sector;
};

static void read_to_bounce_buffer(uint32_t sector, uint32_t count) {
  static struct address_packet packet;
  uint32_t status = 0;
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    packet = (struct address_packet){sizeof packet, 0, (uint16_t)count, 0, BOUNCE_ADDRESS >> 4, sector};
    struct bios_registers registers = {.eax = 0x4200, .edx = boot_drive, .esi = (uint32_t)&packet};
    bios_call(0x13, &registers);
    if (!(registers.flags & FLAG_CARRY)) return;
    status = registers.eax >> 8 & 0xff;
    struct bios_registers reset = {.edx = boot_drive};
    bios_call(0x13, &reset);
  }
  fail("the BIOS could not read sectors %u to %u of drive %x (status %x). The medium may be damaged, cut short or unplugged: "
       "write the image again.",
       sector, sector + count - 1, (uint32_t)boot_drive, status);
}

struct descriptor descriptor_read(void) {
  /* Stage 1 still lies where the BIOS put it, and the partition table with it. */
  const uint8_t *table = at_address(STAGE1_ADDRESS + MBR_PARTITION_TABLE);
  const uint8_t *entry = table;
  while (entry[PARTITION_ENTRY_STATUS] != PARTITION_ACTIVE || entry[PARTITION_ENTRY_TYPE] != PARTITION_TYPE) {
    entry += PARTITION_ENTRY_BYTES;
    if (entry == table + PARTITION_ENTRIES * PARTITION_ENTRY_BYTES)
      fail("the partition table has no active partition of type %x, so there is no kernel to load. Write the image again.",
           (uint32_t)PARTITION_TYPE);
  }
  uint32_t start = read_u32(entry + PARTITION_ENTRY_LBA);

  static uint8_t sector[SECTOR_BYTES];
  read_to_bounce_buffer(start, 1);
  memcpy(sector, at_address(BOUNCE_ADDRESS), sizeof sector);
  uint32_t sum = 0, any = 0;
  for (uint32_t i = 0; i < SECTOR_BYTES; i += 4) {
    sum += read_u32(sector + i);
    any |= read_u32(sector + i);
  }
  if (!any) fail("there is no kernel on this disk: the boot descriptor in sector %u is empty. Build the image again.", start);
  if (read_u32(sector + DESCRIPTOR_MAGIC) != DESCRIPTOR_MAGIC_VALUE || sum != 0 || sector[SECTOR_BYTES - 1] != 0)
    fail("the boot descriptor in sector %u is damaged. Write the image again.", start);
  if (read_u32(sector + DESCRIPTOR_VERSION) != DESCRIPTOR_VERSION_VALUE)
    fail("the boot descriptor in sector %u has version %u, this loader knows version %u. Build the image again.", start,
         read_u32(sector + DESCRIPTOR_VERSION), (uint32_t)DESCRIPTOR_VERSION_VALUE);
  return (struct descriptor){
      .protocol = read_u32(sector + DESCRIPTOR_PROTOCOL),
      .kernel_sector = start + read_u32(sector + DESCRIPTOR_KERNEL_SECTOR),
      .kernel_bytes = read_u32(sector + DESCRIPTOR_KERNEL_BYTES),
      .command_line = (const char *)sector + DESCRIPTOR_COMMAND_LINE,
  };
}

void kernel_read(const struct descriptor *kernel, uint64_t offset, uint32_t bytes, void *destination) {
  if (offset > kernel->kernel_bytes || bytes > kernel->kernel_bytes - offset)
    fail("the kernel file is cut short: bytes %X to %X are wanted, it has %x. Build it again.", offset, offset + bytes,
         kernel->kernel_bytes);
  uint8_t *to = destination;
  uint32_t position = (uint32_t)offset;
  while (bytes > 0) {
    uint32_t skip = position % SECTOR_BYTES;
    uint32_t sectors = (skip + bytes + SECTOR_BYTES - 1) / SECTOR_BYTES;
    if (sectors > BOUNCE_SECTORS) sectors = BOUNCE_SECTORS;
    uint32_t length = sectors * SECTOR_BYTES - skip;
    if (length > bytes) length = bytes;
    read_to_bounce_buffer(kernel->kernel_sector + position / SECTOR_BYTES, sectors);
    memcpy(to, (const uint8_t *)at_address(BOUNCE_ADDRESS) + skip, length);
    to += length;
    position += length;
    bytes -= length;
  }
}
