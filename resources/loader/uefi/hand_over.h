/*
 * What the UEFI program tells its 32-bit part, which enters the kernel after boot services are gone. One is compiled for Windows's
 * calling convention with 32 or 64 bits, the other for 32-bit ELF: every field has a fixed size and place. All addresses are
 * physical ones below 4 GiB unless a field has 64 bits.
 */
#ifndef BOOTLAB_HAND_OVER_H
#define BOOTLAB_HAND_OVER_H

#include <stddef.h>
#include <stdint.h>

/* The 32-bit part's first words: what it needs, and where it starts. */
struct blob_header {
  /* With its cleared data and its stack */
  uint32_t memory_bytes;
  /* Offsets: from long mode with the hand-over block's address in ecx, from protected mode with it on the stack */
  uint32_t enter_from_long, enter_from_protected;
};

/* A file that lies in memory. */
struct hand_over_file {
  uint32_t address, bytes;
};

struct hand_over_module {
  struct hand_over_file file;
  uint32_t path, command_line;
};

/* A linear framebuffer with 32 bits a pixel; no width when there is none below 4 GiB. */
struct hand_over_screen {
  uint32_t address, pitch, width, height;
  /* Position and size of red, green and blue in a pixel */
  uint8_t colours[6];
  uint8_t padding[2];
};

struct hand_over {
  /* The blocks that are the loader's own: this one with its texts, and the 32-bit part */
  uint32_t address, bytes;
  uint32_t blob_address, blob_bytes;
  /* The firmware */
  uint32_t is_64bit;
  uint32_t efi_map, efi_map_bytes, efi_descriptor_bytes, efi_descriptor_version;
  /* 0: not there */
  uint32_t acpi_root, management_entry_32, management_entry_64;
  struct hand_over_screen screen;
  uint64_t system_table, image_handle;
  uint64_t seconds;
  /* The boot entry */
  uint64_t parameters[PARAMETER_COUNT];
  uint32_t protocol;
  struct hand_over_file kernel;
  uint32_t kernel_path, command_line;
  uint32_t module_count;
  struct hand_over_module modules[MAX_MODULES];
};

static_assert(offsetof(struct hand_over, system_table) == 72 && offsetof(struct hand_over, protocol) == 96 + 8 * PARAMETER_COUNT,
              "both sides agree");

#endif
