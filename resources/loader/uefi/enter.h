/* The 32-bit part of the UEFI programs: what its files know of each other. */
#ifndef BOOTLAB_ENTER_H
#define BOOTLAB_ENTER_H

#include "loader.h"

#include "hand_over.h"

/** What the UEFI program found. */
extern const struct hand_over *hand_over;

/* enter.S */

/** Sleeps for ever. */
[[noreturn]] void stop(void);

/* efi_memory.c */

/** Makes the memory map of the one that UEFI left, and sets the loader's own places aside. */
void memory_start(void);

/* efi_machine.c */

/** Takes the interrupt controllers' sources away that the firmware used. */
void interrupts_quiet(void);

/* efi_console.c */

/** Shows "Bootlab: " and a sentence on the screen, and nowhere else; knows what fail knows. */
void screen_note(const char *format, ...);

#endif
