/*
 * What the loader tells: Multiboot's information structure (Multiboot Specification 0.6.96, section 3.3), with the parts that this
 * kernel reads. Bootlab's loader hands it to 64-bit kernels, too: magic number in RDI, address in RSI, as C passes arguments.
 */
#pragma once
#include <stdint.h>

enum { BOOT_MAGIC = 0x2badb002, HAS_MEMORY_MAP = 1 << 6, USABLE = 1 };

struct __attribute__((packed)) boot_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length;       /* bytes */
    uint32_t mmap_addr;
};

/* An entry of the memory map. `size` counts what follows it, so the next entry is size + 4 bytes further. */
struct __attribute__((packed)) memory_region {
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
};
