/*
 * What a BIOS knows of its machine. Sources: ACPI 6.5, 5.2.5 "Root System Description Pointer"; SMBIOS 3.7, 5.2 "Table entry point"; the IBM
 * PS/2 and PC BIOS Interface Technical Reference, INT 13h AH = 08h, INT 1Ah AH = 02h, 04h.
 */
#include "bios.h"

#define BIOS_EBDA_SEGMENT 0x40e
#define EBDA_SEARCH_BYTES 1024
#define ACPI_AREA 0xe0000u
#define MANAGEMENT_AREA 0xf0000u
#define AREA_END 0x100000u
#define STEP 16

#define ACPI_VERSION_1_BYTES 20

static bool sums_to_zero(const uint8_t *at, uint32_t bytes) {
  uint8_t sum = 0;
  for (uint32_t i = 0; i < bytes; i++) sum = (uint8_t)(sum + at[i]);
  return sum == 0;
}

static bool starts_with(const uint8_t *at, const char *text) {
  while (*text)
    if (*at++ != (uint8_t)*text++) return false;
  return true;
}

static const uint8_t *find_root_in(uint32_t start, uint32_t end) {
  for (uint32_t address = start; address + STEP <= end; address += STEP) {
    const uint8_t *at = at_address(address);
    if (starts_with(at, "RSD PTR ") && sums_to_zero(at, ACPI_VERSION_1_BYTES)) return at;
  }
  return NULL;
}

const uint8_t *find_acpi_root(void) {
  const volatile uint16_t *segment = at_address(BIOS_EBDA_SEGMENT);
  uint32_t ebda = (uint32_t)*segment << 4;
  const uint8_t *found = ebda >= 0x80000 && ebda < 0xa0000 ? find_root_in(ebda, ebda + EBDA_SEARCH_BYTES) : NULL;
  return found ? found : find_root_in(ACPI_AREA, AREA_END);
}

struct management_tables find_management_tables(void) {
  struct management_tables found = {0};
  for (uint32_t address = MANAGEMENT_AREA; address < AREA_END; address += STEP) {
    const uint8_t *at = at_address(address);
    if (!found.entry_32 && starts_with(at, "_SM_") && sums_to_zero(at, at[5])) found.entry_32 = address;
    if (!found.entry_64 && starts_with(at, "_SM3_") && sums_to_zero(at, at[6])) found.entry_64 = address;
  }
  const uint8_t *at = at_address(found.entry_32), *newer = at_address(found.entry_64);
  if (found.entry_32) {
    found.major = at[6], found.minor = at[7];
    found.address = read_u32(at + 24), found.bytes = read_u16(at + 22);
  } else if (found.entry_64 && read_u32(newer + 20) == 0) {
    found.major = newer[7], found.minor = newer[8];
    found.address = read_u32(newer + 16), found.bytes = read_u32(newer + 12);
  }
  return found;
}

#define BIOS_HARD_DISK_COUNT 0x475
#define FIRST_HARD_DISK 0x80u

uint32_t firmware_drives(struct firmware_drive drives[MAX_DRIVES]) {
  uint32_t disks = *(const volatile uint8_t *)at_address(BIOS_HARD_DISK_COUNT), count = 0;
  for (uint32_t drive = FIRST_HARD_DISK; drive < FIRST_HARD_DISK + disks && count < MAX_DRIVES; drive++) {
    struct bios_registers geometry = {.eax = 0x0800, .edx = drive};
    bios_call(0x13, &geometry);
    if (geometry.flags & FLAG_CARRY) continue;
    struct bios_registers extensions = {.eax = 0x4100, .ebx = 0x55aa, .edx = drive};
    bios_call(0x13, &extensions);
    drives[count++] = (struct firmware_drive){
        .number = (uint8_t)drive,
        .linear = !(extensions.flags & FLAG_CARRY) && (extensions.ebx & 0xffff) == 0xaa55 && (extensions.ecx & 1),
        .cylinders = (uint16_t)(((geometry.ecx >> 8 & 0xff) | (geometry.ecx << 2 & 0x300)) + 1),
        .heads = (uint16_t)((geometry.edx >> 8 & 0xff) + 1),
        .sectors = (uint16_t)(geometry.ecx & 0x3f),
    };
  }
  return count;
}

void firmware_finish(void) {
  if (!current_screen()->graphics) console_progress("");
}

uint8_t *loader_scratch(void) { return at_address(SCRATCH_ADDRESS); }

uint32_t loader_end(void) { return LOADER_END; }

static uint32_t from_bcd(uint32_t value) { return (value >> 4 & 15) * 10 + (value & 15); }

/* Days since 1970-01-01 of a date in the Gregorian calendar, counted in years that begin in March. */
static uint32_t days_since_1970(uint32_t year, uint32_t month, uint32_t day) {
  if (month < 3) year--, month += 12;
  return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

static uint64_t read_clock(void) {
  struct bios_registers date = {.eax = 0x0400}, time = {.eax = 0x0200}, later = {.eax = 0x0400};
  bios_call(0x1a, &date);
  bios_call(0x1a, &time);
  bios_call(0x1a, &later);
  /* Midnight has passed between the two: the new day's time is right for the new day. */
  if (later.edx != date.edx) {
    time = (struct bios_registers){.eax = 0x0200};
    bios_call(0x1a, &time);
  }
  if ((later.flags | time.flags) & FLAG_CARRY) return 0;
  uint32_t year = from_bcd(later.ecx >> 8 & 0xff) * 100 + from_bcd(later.ecx & 0xff), month = from_bcd(later.edx >> 8 & 0xff), day = from_bcd(later.edx & 0xff);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) return 0;
  uint32_t seconds = (from_bcd(time.ecx >> 8 & 0xff) * 60 + from_bcd(time.ecx & 0xff)) * 60 + from_bcd(time.edx >> 8 & 0xff);
  return (uint64_t)days_since_1970(year, month, day) * 86400 + seconds;
}

const struct firmware_facts *firmware_facts(void) {
  static struct firmware_facts facts;
  static bool known;
  if (!known) {
    known = true;
    facts.boot_drive = boot_drive;
    /* The image builder makes the boot volume the first partition, or the whole disk. */
    facts.boot_partition = stage2_volume_lba == 0 ? NO_PARTITION : 0;
    facts.seconds = read_clock();
  }
  return &facts;
}
