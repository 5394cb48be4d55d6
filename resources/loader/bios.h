/* What only a BIOS machine has. Whoever includes this is not part of a UEFI program. */
#ifndef BOOTLAB_BIOS_H
#define BOOTLAB_BIOS_H

#include "loader.h"

/* stage2.S */

/** Data that real-mode code or the BIOS touches: it must lie below 64 KiB. */
#define REAL_MODE_DATA [[gnu::section(".real.data")]]

/** Registers for a BIOS call and after it; DS is 0. stage2.S knows this order. */
struct bios_registers {
  uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
  uint32_t flags;
  uint32_t es;
};

#define FLAG_CARRY 1u

extern uint8_t boot_drive;
/** The first sector of the boot volume on that drive; the image builder writes it. */
extern const uint32_t stage2_volume_lba;
/** The drive's sectors have SECTOR_BYTES << this. */
extern const uint32_t stage2_sector_shift;
void bios_call(uint32_t vector, struct bios_registers *registers);
/** The same for real-mode code that returns by IRET: segment << 16 | offset. */
void real_mode_call(uint32_t far_pointer, struct bios_registers *registers);
/** Such code: sleeps until an interrupt comes. In segment 0. */
extern const uint8_t sleep_code[];
[[noreturn]] void stop(void);

/* console.c */

/** Text mode 80x25, serial line 115200 8N1. */
void console_start(void);

/* a20.c */

/** Makes memory above 1 MiB reachable, or fails. */
void a20_enable(void);

/* memory.c */

/** Asks the BIOS for the memory map. */
void memory_detect(void);

/* disk.c */

/** Asks how the drive wants to be read. */
void disk_start(void);

#endif
