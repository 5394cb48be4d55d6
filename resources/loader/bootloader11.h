/* What the parts of the crate bootloader 0.11's hand-off know of each other. */
#ifndef BOOTLAB_BOOTLOADER11_H
#define BOOTLAB_BOOTLOADER11_H

#include "crate_space.h"

/** An address or number of the kernel's own choice; not given, the loader chooses. */
struct wish {
  bool given;
  uint64_t value;
};

struct optional_wish {
  bool wanted;
  struct wish address;
};

/** The section .bootloader-config. */
struct crate_configuration {
  /** The 0.11.x that the kernel is built with. */
  uint32_t patch;
  /** The version as BootInfo has it: three u16, and a byte for pre-releases. */
  uint64_t version;
  uint64_t stack_bytes;
  struct wish stack, base, boot_info, framebuffer, ramdisk;
  struct optional_wish physical, recursive;
  bool random;
  struct wish range_start, range_end, least_height, least_width;
};

/** bootloader11_config.c: reads the section, or fails. */
struct crate_configuration crate_configuration_read(const struct boot_entry *boot);

/** A region of memory in BootInfo. */
struct crate_region {
  uint64_t start, end;
  uint32_t kind, firmware_type;
};

/** bootloader11_regions.c: most regions there can be now; what is reserved afterwards may add 32. */
uint32_t crate_region_limit(void);
/** Writes the regions by address: what is reserved by now is the loader's. Returns how many. */
uint32_t crate_regions_fill(struct crate_region *to);

/** Whole pages for so many bytes. */
static inline uint64_t pages(uint64_t bytes) { return align_up(bytes, PAGE_BYTES); }

/**
 * relocate.c: moves the program's addresses up by base: segments, entry, thread-local template. The program's segments need to be mapped only for
 * relocate_apply.
 */
void relocate_move(uint64_t base);
/** Writes the values of all relocations into the mapped segments; only R_X86_64_RELATIVE is known. */
void relocate_apply(uint64_t base);
/** Takes away the right to write from what the linker marked as read-only after relocation (PT_GNU_RELRO). */
void relocate_protect(void);

#endif
