/* Asking a BIOS for the memory map. Source: ACPI 6.5, 15.1 "INT 15H, E820H"; older calls as in Ralf Brown's list. */
#include "bios.h"

#define E820_SIGNATURE 0x534d4150 /* "SMAP" */
#define E820_ENTRY_IS_VALID 1u

static bool detect_e820(void) {
  REAL_MODE_DATA static struct [[gnu::packed]] {
    uint64_t base, length;
    uint32_t type, attributes;
  } entry;
  struct bios_registers registers = {.ebx = 0};
  do {
    entry.attributes = E820_ENTRY_IS_VALID; /* for a BIOS that stores 20 bytes only */
    registers.eax = 0xe820;
    registers.ecx = sizeof entry;
    registers.edx = E820_SIGNATURE;
    registers.edi = (uint32_t)&entry;
    bios_call(0x15, &registers);
    if ((registers.flags & FLAG_CARRY) || registers.eax != E820_SIGNATURE) break;
    if (entry.attributes & E820_ENTRY_IS_VALID) memory_add(entry.base, entry.length, entry.type);
  } while (registers.ebx != 0);
  return memory_map().count > 0;
}

static bool detect_e801(void) {
  struct bios_registers registers = {.eax = 0xe801};
  bios_call(0x15, &registers);
  if (registers.flags & FLAG_CARRY) return false;
  /* Some BIOSes answer in AX/BX, some in CX/DX. */
  uint32_t below_16_mib_kib = registers.eax & 0xffff, above_16_mib_64_kib = registers.ebx & 0xffff;
  if (!below_16_mib_kib && !above_16_mib_64_kib) {
    below_16_mib_kib = registers.ecx & 0xffff;
    above_16_mib_64_kib = registers.edx & 0xffff;
  }
  if (!below_16_mib_kib) return false;
  memory_add(ONE_MIB, (uint64_t)below_16_mib_kib << 10, MEMORY_USABLE);
  memory_add(16 * ONE_MIB, (uint64_t)above_16_mib_64_kib << 16, MEMORY_USABLE);
  return true;
}

static bool detect_88(void) {
  struct bios_registers registers = {.eax = 0x8800};
  bios_call(0x15, &registers);
  if ((registers.flags & FLAG_CARRY) || !(registers.eax & 0xffff)) return false;
  memory_add(ONE_MIB, (uint64_t)(registers.eax & 0xffff) << 10, MEMORY_USABLE);
  return true;
}

uint32_t memory_lower_kib(void) {
  struct bios_registers registers = {0};
  bios_call(0x12, &registers);
  return registers.eax & 0xffff;
}

void memory_detect(void) {
  if (detect_e820()) return;
  memory_add(0, (uint64_t)memory_lower_kib() << 10, MEMORY_USABLE);
  if (detect_e801() || detect_88()) return;
  fail("the BIOS does not say how much memory there is (INT 15h E820h, E801h and 88h all failed).");
}
