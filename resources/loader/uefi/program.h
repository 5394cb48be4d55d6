/* The UEFI program: what its files know of each other. It runs while there are boot services, with 32 or 64 bits. */
#ifndef BOOTLAB_UEFI_PROGRAM_H
#define BOOTLAB_UEFI_PROGRAM_H

#include "finding.h"
#include "hand_over.h"
#include "uefi.h"

/* efi_main.c */

extern EFI_HANDLE image_handle;
extern EFI_SYSTEM_TABLE *system_table;
extern EFI_BOOT_SERVICES *boot_services;

bool same_guid(const EFI_GUID *a, const EFI_GUID *b);

/* low.c: memory that the 32-bit part can reach */

/** Cleared pages below 4 GiB; fails when there are none, saying what they were for. The memory type is one of EFI_MEMORY_TYPE. */
void *low_allocate(size_t bytes, uint32_t memory_type, const char *purpose);
/** The address of something that lies there. */
uint32_t low_address(const void *at);

/* efi_disk.c: the disk that the program was started from */

/** Finds the places where the boot volume may be. */
void disk_start(void);
/** Goes to the next of them; false when there is none any more. */
bool disk_next_volume(void);

/* efi_tables.c */

/** What the configuration tables and the clock say. */
void tables_hand_over(struct hand_over *to);

/* efi_screen.c */

/** Sets the mode that is nearest to the wish (0: leaves the mode as it is), and says what the screen is. */
void screen_hand_over(uint32_t width, uint32_t height, struct hand_over_screen *to);

/* blob.c, made by the image builder: the 32-bit part */

extern const uint8_t blob[];
extern const uint32_t blob_bytes;
/* Where in it 32-bit words lie that depend on its place */
extern const uint32_t blob_fixups[], blob_fixup_count;

/* leave.c */

/** Leaves the firmware, and starts the 32-bit part. */
[[noreturn]] void leave_firmware(struct hand_over *hand_over);

#endif
