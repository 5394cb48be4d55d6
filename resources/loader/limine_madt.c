#include "limine_madt.h"
#include "acpi.h"

#define MADT_FIRST 44
#define PROCESSOR_ENABLED 1u

/* Bytes of an entry, by type; 2 for those that nobody here looks into. */
static uint32_t least_bytes(uint8_t type) {
  switch (type) {
  case MADT_PROCESSOR: return 8;
  case MADT_IO_APIC: return 12;
  case MADT_NMI: return 6;
  case MADT_X2APIC: return 16;
  case MADT_X2APIC_NMI: return 12;
  default: return 2;
  }
}

const uint8_t *madt_next(const uint8_t *entry) {
  uint32_t bytes;
  const uint8_t *table = acpi_table("APIC", &bytes);
  if (!table) return NULL;
  const uint8_t *next = entry ? entry + entry[1] : table + MADT_FIRST;
  uint32_t left = next < table + bytes ? (uint32_t)(table + bytes - next) : 0;
  return left < 2 || next[1] > left || next[1] < least_bytes(next[0]) ? NULL : next;
}

bool madt_read_processor(const uint8_t *entry, struct madt_processor *processor) {
  if (entry[0] == MADT_PROCESSOR) *processor = (struct madt_processor){entry[2], entry[3]};
  else if (entry[0] == MADT_X2APIC) *processor = (struct madt_processor){read_u32(entry + 12), read_u32(entry + 4)};
  else return false;
  return read_u32(entry + (entry[0] == MADT_PROCESSOR ? 4 : 8)) & PROCESSOR_ENABLED;
}
