/* Multiboot 1. Source: Multiboot Specification 0.6.96, 3.1 "OS image format", 3.3 "Boot information format". */
#include "loader.h"

#define HEADER_ADDRESSES (1u << 16)
/* Required features, bits 0-15: page-aligned modules (there are none), memory information, video information. */
#define HEADER_UNDERSTOOD 0x00000007u
#define HEADER_REQUIRED 0x0000ffffu

struct header {
  uint32_t magic, flags, checksum;
  uint32_t header_address, load_address, load_end_address, bss_end_address, entry_address;
};

#define INFORMATION_MEMORY (1u << 0)
#define INFORMATION_BOOT_DEVICE (1u << 1)
#define INFORMATION_COMMAND_LINE (1u << 2)
#define INFORMATION_MODULES (1u << 3)
#define INFORMATION_MEMORY_MAP (1u << 6)
#define INFORMATION_LOADER_NAME (1u << 9)
#define INFORMATION_FRAMEBUFFER (1u << 12)
#define FRAMEBUFFER_TEXT 2

struct [[gnu::packed]] information {
  uint32_t flags;
  uint32_t memory_lower_kib, memory_upper_kib;
  uint32_t boot_device;
  uint32_t command_line;
  uint32_t module_count, modules;
  uint32_t symbols[4];
  uint32_t memory_map_bytes, memory_map;
  uint32_t drives_bytes, drives;
  uint32_t configuration_table;
  uint32_t loader_name;
  uint32_t apm_table;
  uint32_t vbe_control, vbe_mode;
  uint16_t vbe_number, vbe_interface_segment, vbe_interface_offset, vbe_interface_bytes;
  uint64_t framebuffer;
  uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
  uint8_t framebuffer_bits_per_pixel, framebuffer_type, framebuffer_colours[6];
};

static_assert(offsetof(struct information, framebuffer) == 88, "Multiboot 0.6.96, 3.3");

uint32_t multiboot_information(const struct descriptor *kernel) {
  static struct information information;
  struct memory_map map = memory_map();
  information = (struct information){
      .flags = INFORMATION_MEMORY | INFORMATION_BOOT_DEVICE | INFORMATION_COMMAND_LINE | INFORMATION_MODULES | INFORMATION_MEMORY_MAP |
               INFORMATION_LOADER_NAME | INFORMATION_FRAMEBUFFER,
      .memory_lower_kib = memory_lower_kib(),
      .memory_upper_kib = memory_upper_kib(),
      .boot_device = (uint32_t)boot_drive << 24 | 0x00ffff, /* drive, first partition, no sub-partitions */
      .command_line = (uint32_t)kernel->command_line,
      .memory_map_bytes = map.count * sizeof(struct memory_region),
      .memory_map = (uint32_t)map.regions,
      .loader_name = (uint32_t) "Bootlab",
      .framebuffer = 0xb8000,
      .framebuffer_pitch = 160,
      .framebuffer_width = 80,
      .framebuffer_height = 25,
      .framebuffer_bits_per_pixel = 16,
      .framebuffer_type = FRAMEBUFFER_TEXT,
  };
  return (uint32_t)&information;
}

/* Offset of the header in the file; the header's words come with it. */
static uint32_t find_header(const struct descriptor *kernel, struct header *header) {
  uint8_t *start = at_address(SCRATCH_ADDRESS);
  uint32_t length = kernel->kernel_bytes < MULTIBOOT1_SEARCH_BYTES ? kernel->kernel_bytes : MULTIBOOT1_SEARCH_BYTES;
  memset(start, 0, MULTIBOOT1_SEARCH_BYTES);
  kernel_read(kernel, 0, length, start);
  for (uint32_t offset = 0; offset + 12 <= length; offset += 4) {
    const uint8_t *at = start + offset;
    uint32_t flags = read_u32(at + 4);
    if (read_u32(at) != MULTIBOOT1_HEADER_MAGIC || MULTIBOOT1_HEADER_MAGIC + flags + read_u32(at + 8) != 0) continue;
    if ((flags & HEADER_ADDRESSES) && offset + sizeof *header > length) continue;
    memcpy(header, at, flags & HEADER_ADDRESSES ? sizeof *header : 12);
    return offset;
  }
  fail("the kernel has no Multiboot header in its first %u bytes. Build the image again.", (uint32_t)MULTIBOOT1_SEARCH_BYTES);
}

/* The header's own addresses instead of ELF program headers (Multiboot 0.6.96, 3.1.3). */
static void read_by_addresses(const struct descriptor *kernel, const struct header *header, uint32_t header_offset,
                              struct program *program) {
  uint32_t before = header->header_address - header->load_address;
  if (header->load_address > header->header_address || before > header_offset)
    fail("the Multiboot header's addresses do not fit the file: load_addr %x, header_addr %x, header at offset %x.",
         header->load_address, header->header_address, header_offset);
  uint32_t offset = header_offset - before;
  uint32_t file_bytes =
      header->load_end_address ? header->load_end_address - header->load_address : kernel->kernel_bytes - offset;
  uint32_t memory_bytes = header->bss_end_address ? header->bss_end_address - header->load_address : file_bytes;
  if (file_bytes > kernel->kernel_bytes - offset || memory_bytes < file_bytes)
    fail("the Multiboot header's addresses do not fit the file: load_addr %x, load_end_addr %x, bss_end_addr %x, %x bytes from "
         "there.",
         header->load_address, header->load_end_address, header->bss_end_address, kernel->kernel_bytes - offset);
  program->count = 1;
  program->entry = header->entry_address;
  program->segments[0] = (struct segment){offset, header->load_address, header->load_address, file_bytes, memory_bytes};
}

void boot_multiboot(const struct descriptor *kernel) {
  static struct program program;
  struct header header;
  uint32_t header_offset = find_header(kernel, &header);
  uint32_t unknown = header.flags & HEADER_REQUIRED & ~HEADER_UNDERSTOOD;
  if (unknown) fail("the kernel's Multiboot header requires features this loader does not have (flags %x).", unknown);
  if (header.flags & HEADER_ADDRESSES) read_by_addresses(kernel, &header, header_offset, &program);
  else elf_read(kernel, 1u << ELF_CLASS_32 | 1u << ELF_CLASS_64, &program);
  program_load(kernel, &program);
  enter_protected(program_physical(&program, program.entry), MULTIBOOT1_BOOT_MAGIC, multiboot_information(kernel));
}
