/*
 * The state in which a Limine kernel finds the machine: interrupt controllers, IOMMUs, page attributes. Sources: limine-protocol,
 * PROTOCOL.md, "Machine State at Entry" and "Caching" (x86-64); Intel SDM volume 3, 12 "APIC" and 13.12 "PAT"; 82093AA I/O APIC data sheet;
 * ACPI 6.5, 5.2.12 "MADT"; Intel VT-d specification, 8.3 and 11.4.4; AMD I/O Virtualization specification, 3.4.5 and 5.2.
 */
#include "acpi.h"
#include "limine.h"
#include "limine_madt.h"

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK 0xa1

#define MSR_APIC_BASE 0x1b
#define MSR_PAGE_ATTRIBUTES 0x277
#define MSR_X2APIC 0x800
#define APIC_IS_X2 (1u << 10)
#define APIC_ENABLED (1u << 11)
#define APIC_ADDRESS 0xfffff000u
/* WB, WT, UC-, UC, WP, WC, and the processor's own two last ones */
#define PAGE_ATTRIBUTES 0x0007010500070406ull

#define APIC_ID 0x20
#define APIC_VERSION 0x30
#define APIC_TASK_PRIORITY 0x80
#define APIC_SPURIOUS 0xf0
#define APIC_SPURIOUS_AT_ENTRY 0x1ff
#define LVT_MASKED 0x10000u
#define LVT_LEVEL 0x8000u
#define LVT_ACTIVE_LOW 0x2000u
#define LVT_NMI 0x400u
#define LVT_LINT0 0x350

#define IO_APIC_INDEX 0x00
#define IO_APIC_DATA 0x10
#define IO_APIC_VERSION 1
#define IO_APIC_TABLE 0x10

enum delivery_mode { FIXED = 0, LOWEST_PRIORITY = 1, NMI = 4, EXTERNAL = 7 };

/* How often a register is read until something that should happen at once has not. */
#define PATIENCE 1000000

bool has_page_attributes(void) { return cpuid(1).edx & 1u << 16; }
bool has_no_execute(void) { return cpuid(0x80000001).edx & 1u << 20; }
bool has_five_levels(void) { return cpuid(7).ecx & 1u << 16; }
bool has_local_apic(void) { return cpuid(1).edx & 1u << 9; }
static bool has_x2apic(void) { return cpuid(1).ecx & 1u << 21; }

static volatile uint32_t *device_register(uint32_t base, uint32_t offset) { return at_address(base + offset); }

bool local_apic_is_x2(void) { return read_msr(MSR_APIC_BASE) & APIC_IS_X2; }

uint32_t local_apic_read(uint32_t offset) {
  if (local_apic_is_x2()) return (uint32_t)read_msr(MSR_X2APIC + offset / 16);
  return *device_register((uint32_t)read_msr(MSR_APIC_BASE) & APIC_ADDRESS, offset);
}

void local_apic_write(uint32_t offset, uint32_t value) {
  if (local_apic_is_x2()) write_msr(MSR_X2APIC + offset / 16, value);
  else *device_register((uint32_t)read_msr(MSR_APIC_BASE) & APIC_ADDRESS, offset) = value;
}

uint32_t local_apic_id(void) {
  if (!has_local_apic()) return 0;
  return local_apic_is_x2() ? local_apic_read(APIC_ID) : local_apic_read(APIC_ID) >> 24;
}

/* Interrupts of these kinds are held back. */
static bool is_masked_kind(uint32_t entry) {
  uint32_t mode = entry >> 8 & 7;
  return mode == FIXED || mode == LOWEST_PRIORITY || (limine.revision >= 5 && (mode == NMI || mode == EXTERNAL));
}

/* MADT entries 4 and 10: which of a processor's two lines brings NMIs. */
static void configure_nmi_line(const uint8_t *entry, uint32_t processor) {
  bool wide = entry[0] == MADT_X2APIC_NMI;
  uint32_t who = wide ? read_u32(entry + 4) : entry[2], everyone = wide ? UINT32_MAX : 0xff;
  uint16_t flags = read_u16(entry + (wide ? 2 : 3));
  uint32_t line = LVT_LINT0 + 16 * (entry[wide ? 8 : 5] & 1u);
  if ((who != everyone && who != processor) || !is_masked_kind(local_apic_read(line))) return;
  local_apic_write(line, LVT_NMI | LVT_MASKED | ((flags & 3) == 3 ? LVT_ACTIVE_LOW : 0) | ((flags >> 2 & 3) == 3 ? LVT_LEVEL : 0));
}

/* The ACPI name of the processor with this APIC. */
static uint32_t processor_of(uint32_t apic) {
  struct madt_processor processor;
  for (const uint8_t *entry = NULL; (entry = madt_next(entry));)
    if (madt_read_processor(entry, &processor) && processor.apic == apic) return processor.number;
  return 0;
}

/* Kernels that start other processors say which mode they want; the way from one mode to the other leads through off. */
static void choose_mode(void) {
  const struct limine_request *request = limine_request(LIMINE_PROCESSORS);
  if (!request) return;
  uint64_t base = read_msr(MSR_APIC_BASE);
  bool wanted = (request->fields[0] & 1) && has_x2apic(), is = base & APIC_IS_X2;
  if (wanted == is) return;
  base &= ~(uint64_t)(APIC_IS_X2 | APIC_ENABLED);
  if (is) write_msr(MSR_APIC_BASE, base);
  write_msr(MSR_APIC_BASE, base | APIC_ENABLED);
  if (wanted) write_msr(MSR_APIC_BASE, base | APIC_ENABLED | APIC_IS_X2);
}

static void quiet_local_apic(void) {
  /* The place of each entry, and the least number of entries of a processor that has it. */
  static const struct {
    uint16_t offset, entries;
  } lines[] = {{0x320, 1}, {0x350, 2}, {0x360, 3}, {0x370, 4}, {0x340, 5}, {0x330, 6}, {0x2f0, 7}};
  write_msr(MSR_APIC_BASE, read_msr(MSR_APIC_BASE) | APIC_ENABLED);
  choose_mode();
  if (limine.revision < 5) return;
  local_apic_write(APIC_SPURIOUS, APIC_SPURIOUS_AT_ENTRY);
  local_apic_write(APIC_TASK_PRIORITY, 0);
  uint32_t entries = (local_apic_read(APIC_VERSION) >> 16 & 0xff) + 1;
  for (uint32_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    uint32_t entry = entries >= lines[i].entries ? local_apic_read(lines[i].offset) : LVT_MASKED;
    if (entries >= lines[i].entries && is_masked_kind(entry)) local_apic_write(lines[i].offset, entry | LVT_MASKED);
  }
  uint32_t processor = processor_of(local_apic_id());
  for (const uint8_t *entry = NULL; (entry = madt_next(entry));)
    if (entry[0] == MADT_NMI || entry[0] == MADT_X2APIC_NMI) configure_nmi_line(entry, processor);
}

void limine_quiet_processor(void) {
  if (has_page_attributes()) write_msr(MSR_PAGE_ATTRIBUTES, PAGE_ATTRIBUTES);
  if (has_local_apic()) quiet_local_apic();
}

static uint32_t io_apic_read(uint32_t base, uint32_t index) {
  *device_register(base, IO_APIC_INDEX) = index;
  return *device_register(base, IO_APIC_DATA);
}

static void quiet_io_apic(uint32_t base) {
  uint32_t last = io_apic_read(base, IO_APIC_VERSION) >> 16 & 0xff;
  for (uint32_t i = 0; i <= last; i++) {
    uint32_t entry = io_apic_read(base, IO_APIC_TABLE + 2 * i);
    if (is_masked_kind(entry)) *device_register(base, IO_APIC_DATA) = entry | LVT_MASKED;
  }
}

#define DMAR_FIRST 48
#define DMAR_UNIT 0
#define VTD_COMMAND 0x18
#define VTD_STATUS 0x1c
/* Status bits that are commands to stay on; the others act once. */
#define VTD_LASTING 0x96ffffffu
#define VTD_TRANSLATION (1u << 31)
#define VTD_REMAPPING (1u << 25)

#define IVRS_FIRST 48
#define AMD_CONTROL 0x18
#define AMD_ENABLED 1u

static void stop_vtd(uint32_t base, uint32_t what) {
  uint32_t status = *device_register(base, VTD_STATUS);
  if (!(status & what)) return;
  *device_register(base, VTD_COMMAND) = status & VTD_LASTING & ~what;
  for (uint32_t i = 0; i < PATIENCE && *device_register(base, VTD_STATUS) & what; i++) continue;
}

static void stop_iommus(void) {
  uint32_t bytes;
  const uint8_t *table = acpi_table("DMAR", &bytes);
  for (uint32_t at = DMAR_FIRST; table && at + 16 <= bytes && read_u16(table + at + 2) >= 4; at += read_u16(table + at + 2)) {
    uint64_t base = read_u64(table + at + 8);
    if (read_u16(table + at) != DMAR_UNIT || base >= FOUR_GIB) continue;
    stop_vtd((uint32_t)base, VTD_TRANSLATION);
    stop_vtd((uint32_t)base, VTD_REMAPPING);
  }
  table = acpi_table("IVRS", &bytes);
  for (uint32_t at = IVRS_FIRST; table && at + 16 <= bytes && read_u16(table + at + 2) >= 4; at += read_u16(table + at + 2)) {
    uint64_t base = read_u64(table + at + 8);
    if ((table[at] == 0x10 || table[at] == 0x11 || table[at] == 0x40) && base < FOUR_GIB) *device_register((uint32_t)base, AMD_CONTROL) &= ~AMD_ENABLED;
  }
}

void limine_quiet(void) {
  outb(PIC_MASTER_MASK, 0xff);
  outb(PIC_SLAVE_MASK, 0xff);
  for (const uint8_t *entry = NULL; (entry = madt_next(entry));)
    if (entry[0] == MADT_IO_APIC) quiet_io_apic(read_u32(entry + 4));
  if (limine.revision >= 5 && !limine_request(LIMINE_KEEP_IOMMU)) stop_iommus();
  limine_quiet_processor();
}
