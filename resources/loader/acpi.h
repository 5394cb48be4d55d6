/* Walking ACPI's tables, as far as they lie below 4 GiB. */
#ifndef BOOTLAB_ACPI_H
#define BOOTLAB_ACPI_H

#include "loader.h"

/** The first table with this signature of four characters, header and all; a null pointer when there is none. */
const uint8_t *acpi_table(const char *signature, uint32_t *bytes);

typedef void acpi_visitor(uint32_t address, uint32_t bytes);
/** Every table: root pointer, RSDT, XSDT, what they list, FACS and DSDT. Some come twice. */
void acpi_each(acpi_visitor *visit);

#endif
