/* Tables that a firmware leaves below 1 MiB. Sources: ACPI 6.5, 5.2.5 "Root System Description Pointer"; SMBIOS 3.7, 5.2 "Table entry point". */
#include "loader.h"

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
    /* The 32-bit entry point, or the 64-bit one of version 3. */
    if (starts_with(at, "_SM_") && sums_to_zero(at, at[5]))
      return (struct management_tables){at[6], at[7], read_u32(at + 24), (uint32_t)at[22] | (uint32_t)at[23] << 8};
    if (starts_with(at, "_SM3_") && sums_to_zero(at, at[6]) && read_u32(at + 20) == 0)
      found = (struct management_tables){at[7], at[8], read_u32(at + 16), read_u32(at + 12)};
  }
  return found;
}
