/* The MADT, ACPI's list of processors and interrupt controllers. Source: ACPI 6.5, 5.2.12 "Multiple APIC Description Table". */
#ifndef BOOTLAB_LIMINE_MADT_H
#define BOOTLAB_LIMINE_MADT_H

#include "loader.h"

enum madt_entry { MADT_PROCESSOR = 0, MADT_IO_APIC = 1, MADT_NMI = 4, MADT_X2APIC = 9, MADT_X2APIC_NMI = 10 };

/** The entry behind another, the first one behind a null pointer; a null pointer at the end. Entries are whole: at least as long as their type is. */
const uint8_t *madt_next(const uint8_t *entry);

struct madt_processor {
  /* ACPI's name for it, and its local APIC's */
  uint32_t number, apic;
};

/** Whether the entry is of a processor that can be used. */
bool madt_read_processor(const uint8_t *entry, struct madt_processor *processor);

#endif
