/*
 * The address space of kernels for the Rust crate `bootloader`: who takes which addresses, and the kernel's segments in it. The first three
 * functions are what that crate calls UsedLevel4Entries: it looks for free addresses by whole entries of the PML4.
 */
#ifndef BOOTLAB_CRATE_SPACE_H
#define BOOTLAB_CRATE_SPACE_H

#include "loader.h"

#define CR0_WP 0x00010000u
#define EFER_NXE 0x00000800u
#define TOP_ENTRY_BYTES (1ull << 39)
#define TOP_ENTRIES 512u

/** Nothing is looked for in the entries of [first, last] any more. */
void space_use(uint64_t first, uint64_t last);
/**
 * Takes free entries for so many bytes, and returns the address of the first, or, with space_shuffle, one in free entries that is a multiple of
 * the alignment, a power of 2.
 */
uint64_t space_find(uint64_t bytes, uint64_t alignment);
/** From now on entries and offsets are chosen at random. */
void space_shuffle(void);
/** A cleared page table of its own frame. */
uint64_t *space_new_table(void);
/** Sets the sign of an address of 48 bits. */
uint64_t sign_extended(uint64_t address);
/** The end of what the memory map tells of, a whole page. */
uint64_t memory_end(void);
/** Maps a segment of the kernel to frames of its own with the rights that its flags give, and fills it. */
void space_map_segment(const struct boot_entry *boot, const struct segment *segment);

#endif
