/* Walking ACPI's tables. Source: ACPI 6.5, 5.2.5 "RSDP", 5.2.6 "System Description Table Header", 5.2.7 RSDT, 5.2.8 XSDT, 5.2.9 FADT. */
#include "acpi.h"

#define HEADER_BYTES 36
#define TABLE_LENGTH 4
/* What is longer is damaged. */
#define MAX_TABLE_BYTES (16u << 20)

#define ROOT_REVISION 15
#define ROOT_RSDT 16
#define ROOT_BYTES_VERSION_1 20
#define ROOT_LENGTH 20
#define ROOT_XSDT 24

/* Fields of the FADT: addresses of the FACS and the DSDT, in 32 and 64 bits. */
#define FADT_FACS 36
#define FADT_DSDT 40
#define FADT_X_FACS 132
#define FADT_X_DSDT 140

/* A table, header and all; a null pointer for what cannot be one or lies beyond this loader's reach. */
static const uint8_t *table_at(uint64_t address) {
  if (address == 0 || address >= FOUR_GIB - HEADER_BYTES) return NULL;
  const uint8_t *table = at_address((uint32_t)address);
  uint32_t bytes = read_u32(table + TABLE_LENGTH);
  return bytes < 8 || bytes > MAX_TABLE_BYTES || bytes > FOUR_GIB - address ? NULL : table;
}

static uint32_t length_of(const uint8_t *table) { return read_u32(table + TABLE_LENGTH); }

/* The table of tables, and the bytes of one of its pointers: the XSDT when there is one. */
static const uint8_t *find_list(uint32_t *pointer_bytes) {
  const uint8_t *root = find_acpi_root();
  if (!root) return NULL;
  const uint8_t *list = root[ROOT_REVISION] >= 2 ? table_at(read_u64(root + ROOT_XSDT)) : NULL;
  *pointer_bytes = list ? 8 : 4;
  return list ? list : table_at(read_u32(root + ROOT_RSDT));
}

static const uint8_t *listed(const uint8_t *list, uint32_t pointer_bytes, uint32_t index) {
  const uint8_t *at = list + HEADER_BYTES + index * pointer_bytes;
  return table_at(pointer_bytes == 8 ? read_u64(at) : read_u32(at));
}

static uint32_t listed_count(const uint8_t *list, uint32_t pointer_bytes) {
  return list && length_of(list) > HEADER_BYTES ? (length_of(list) - HEADER_BYTES) / pointer_bytes : 0;
}

const uint8_t *acpi_table(const char *signature, uint32_t *bytes) {
  uint32_t pointer_bytes = 4;
  const uint8_t *list = find_list(&pointer_bytes);
  for (uint32_t i = 0, count = listed_count(list, pointer_bytes); i < count; i++) {
    const uint8_t *table = listed(list, pointer_bytes, i);
    if (!table || memcmp(table, signature, 4) != 0 || length_of(table) < HEADER_BYTES) continue;
    *bytes = length_of(table);
    return table;
  }
  return NULL;
}

static void visit_table(acpi_visitor *visit, uint64_t address) {
  const uint8_t *table = table_at(address);
  if (table) visit((uint32_t)table, length_of(table));
}

void acpi_each(acpi_visitor *visit) {
  const uint8_t *root = find_acpi_root();
  if (!root) return;
  bool newer = root[ROOT_REVISION] >= 2;
  visit((uint32_t)root, newer ? read_u32(root + ROOT_LENGTH) : ROOT_BYTES_VERSION_1);
  visit_table(visit, read_u32(root + ROOT_RSDT));
  if (newer) visit_table(visit, read_u64(root + ROOT_XSDT));
  uint32_t pointer_bytes = 4;
  const uint8_t *list = find_list(&pointer_bytes);
  for (uint32_t i = 0, count = listed_count(list, pointer_bytes); i < count; i++) {
    const uint8_t *table = listed(list, pointer_bytes, i);
    if (!table) continue;
    visit((uint32_t)table, length_of(table));
    if (memcmp(table, "FACP", 4) != 0) continue;
    if (length_of(table) >= FADT_DSDT + 4) visit_table(visit, read_u32(table + FADT_FACS)), visit_table(visit, read_u32(table + FADT_DSDT));
    if (length_of(table) >= FADT_X_DSDT + 8) visit_table(visit, read_u64(table + FADT_X_FACS)), visit_table(visit, read_u64(table + FADT_X_DSDT));
  }
}
