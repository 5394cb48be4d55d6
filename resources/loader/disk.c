/*
 * Reading the disk. Sources: Enhanced Disk Drive Specification 3.0, INT 13h AH = 41h, 42h; for BIOSes without extensions the IBM PS/2
 * and PC BIOS Interface Technical Reference, INT 13h AH = 02h, 08h.
 */
#include "bios.h"

#define ATTEMPTS 4
/* The last of them read as little as can be: a BIOS may refuse more at once. */
#define CAUTIOUS_ATTEMPTS 2
#define MAX_CYLINDERS 1024
#define FIRST_HARD_DISK 0x80

/* In a boot sector with a FAT file system (FAT specification 1.03, 3.1). */
#define BPB_SECTORS_PER_TRACK 24
#define BPB_HEADS 26

struct [[gnu::packed]] address_packet {
  uint8_t size, reserved;
  uint16_t count;
  uint16_t offset, segment;
  uint64_t sector;
};

/* 0 sectors per track: the drive takes linear addresses. */
static struct {
  uint32_t heads, sectors_per_track;
} geometry;

/* Sectors of SECTOR_BYTES for one call */
static uint32_t most_at_once;

static bool has_extensions(void) {
  struct bios_registers registers = {.eax = 0x4100, .ebx = 0x55aa, .edx = boot_drive};
  bios_call(0x13, &registers);
  return !(registers.flags & FLAG_CARRY) && (registers.ebx & 0xffff) == 0xaa55 && (registers.ecx & 1);
}

/* Of a diskette, its boot sector knows more than the drive, which may take others, too. */
static bool geometry_of_diskette(void) {
  const uint8_t *sector = at_address(STAGE1_ADDRESS);
  uint32_t sectors = read_u16(sector + BPB_SECTORS_PER_TRACK), heads = read_u16(sector + BPB_HEADS);
  if (boot_drive >= FIRST_HARD_DISK || stage2_volume_lba != 0 || sectors == 0 || sectors > 63 || heads == 0 || heads > 255) return false;
  geometry.sectors_per_track = sectors;
  geometry.heads = heads;
  return true;
}

void disk_start(void) {
  most_at_once = BOUNCE_SECTORS >> stage2_sector_shift << stage2_sector_shift;
  if (has_extensions() || geometry_of_diskette()) return;
  struct bios_registers registers = {.eax = 0x0800, .edx = boot_drive};
  bios_call(0x13, &registers);
  geometry.heads = (registers.edx >> 8 & 0xff) + 1;
  geometry.sectors_per_track = registers.ecx & 0x3f;
  if ((registers.flags & FLAG_CARRY) || geometry.sectors_per_track == 0)
    fail("the BIOS has neither LBA disk access (INT 13h 42h) nor a geometry for drive %x.", (uint32_t)boot_drive);
}

/* A drive with larger sectors reads whole ones: skip is what comes before the one that is wanted. */
static uint32_t read_linear(uint32_t sector, uint32_t count, uint32_t *skip, struct bios_registers *registers) {
  REAL_MODE_DATA static struct address_packet packet;
  uint32_t shift = stage2_sector_shift, first = sector >> shift;
  *skip = sector - (first << shift);
  if (count > most_at_once - *skip) count = most_at_once - *skip;
  uint32_t end = (sector + count + (1u << shift) - 1) >> shift;
  packet = (struct address_packet){sizeof packet, 0, (uint16_t)(end - first), 0, BOUNCE_ADDRESS >> 4, first};
  *registers = (struct bios_registers){.eax = 0x4200, .edx = boot_drive, .esi = (uint32_t)&packet};
  return count;
}

/* At most to the end of the track: not every BIOS reads on. */
static uint32_t read_by_geometry(uint32_t sector, uint32_t count, struct bios_registers *registers) {
  uint32_t track = sector / geometry.sectors_per_track, first = sector % geometry.sectors_per_track;
  uint32_t cylinder = track / geometry.heads, head = track % geometry.heads;
  if (cylinder >= MAX_CYLINDERS)
    fail("sector %u is out of reach: this BIOS has no LBA disk access (INT 13h 42h), and without it a disk ends after %u cylinders.", sector,
         MAX_CYLINDERS);
  if (count > geometry.sectors_per_track - first) count = geometry.sectors_per_track - first;
  *registers = (struct bios_registers){
      .eax = 0x0200 | count,
      .ecx = (cylinder & 0xff) << 8 | (cylinder >> 2 & 0xc0) | (first + 1),
      .edx = head << 8 | boot_drive,
      .es = BOUNCE_ADDRESS >> 4,
  };
  return count;
}

/* Reads some of the sectors, and returns how many: at least one. */
static uint32_t read_some(uint32_t sector, uint32_t count, void *destination) {
  uint32_t status = 0, done = 0, least = 1u << stage2_sector_shift;
  if (count > most_at_once) count = most_at_once;
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    struct bios_registers registers;
    uint32_t skip = 0;
    if (attempt >= ATTEMPTS - CAUTIOUS_ATTEMPTS && count > least) count = least;
    done = geometry.sectors_per_track == 0 ? read_linear(sector, count, &skip, &registers) : read_by_geometry(sector, count, &registers);
    bios_call(0x13, &registers);
    if (!(registers.flags & FLAG_CARRY)) {
      memcpy(destination, at_address(BOUNCE_ADDRESS + skip * SECTOR_BYTES), done * SECTOR_BYTES);
      /* Where less could be read, half as much may do next time. */
      if (attempt >= ATTEMPTS - CAUTIOUS_ATTEMPTS && most_at_once > least) most_at_once = align_up(most_at_once / 2, least);
      return done;
    }
    status = registers.eax >> 8 & 0xff;
    struct bios_registers reset = {.edx = boot_drive};
    bios_call(0x13, &reset);
  }
  fail("the BIOS could not read sectors %u to %u of drive %x (status %x). The medium may be damaged, cut short or unplugged: "
       "write the image again.",
       sector, sector + done - 1, (uint32_t)boot_drive, status);
}

void disk_read(uint32_t sector, uint32_t count, void *destination) {
  uint8_t *to = destination;
  sector += stage2_volume_lba;
  while (count > 0) {
    uint32_t done = read_some(sector, count, to);
    sector += done;
    count -= done;
    to += done * SECTOR_BYTES;
  }
}
