/* What the firmware tells in its configuration tables, and its clock. Source: UEFI 2.10, 4.6 "EFI Configuration Table", 8.3 "Time Services". */
#include "program.h"

static const EFI_GUID acpi_2 = {0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
static const EFI_GUID acpi_1 = {0xeb9d2d30, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
static const EFI_GUID smbios_3 = {0xf2fd1544, 0x9794, 0x4a2c, {0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94}};
static const EFI_GUID smbios = {0xeb9d2d31, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};

#define ACPI_1_BYTES 20
#define ACPI_2_BYTES 36
#define SMBIOS_BYTES 31
#define SMBIOS_3_BYTES 24

/* A table's address, or that of a copy when the 32-bit part could not reach it; 0 when it is not there. */
static uint32_t find_table(const EFI_GUID *guid, size_t bytes) {
  for (size_t i = 0; i < system_table->NumberOfTableEntries; i++) {
    const EFI_CONFIGURATION_TABLE *entry = &system_table->ConfigurationTable[i];
    if (!same_guid(&entry->VendorGuid, guid)) continue;
    if ((uint64_t)(uintptr_t)entry->VendorTable + bytes <= UINT32_MAX) return low_address(entry->VendorTable);
    return low_address(memcpy(low_allocate(bytes, EfiACPIReclaimMemory, "a table of the firmware"), entry->VendorTable, bytes));
  }
  return 0;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar, counted in years that begin in March. */
static uint32_t days_since_1970(uint32_t year, uint32_t month, uint32_t day) {
  if (month < 3) year--, month += 12;
  return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

static uint64_t read_clock(void) {
  EFI_TIME time;
  if (system_table->RuntimeServices->GetTime(&time, NULL) != EFI_SUCCESS) return 0;
  if (time.Year < 1970 || time.Month < 1 || time.Month > 12 || time.Day < 1 || time.Day > 31) return 0;
  uint64_t seconds = (uint64_t)days_since_1970(time.Year, time.Month, time.Day) * 86400 + time.Hour * 3600u + time.Minute * 60u + time.Second;
  /* Local time is UTC less that many minutes. */
  return time.TimeZone == EFI_UNSPECIFIED_TIMEZONE ? seconds : (uint64_t)((int64_t)seconds + time.TimeZone * 60);
}

void tables_hand_over(struct hand_over *to) {
  to->acpi_root = find_table(&acpi_2, ACPI_2_BYTES);
  if (!to->acpi_root) to->acpi_root = find_table(&acpi_1, ACPI_1_BYTES);
  to->management_entry_32 = find_table(&smbios, SMBIOS_BYTES);
  to->management_entry_64 = find_table(&smbios_3, SMBIOS_3_BYTES);
  to->seconds = read_clock();
}
