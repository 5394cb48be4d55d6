/* Multiboot 1, and 32-bit ELF files without any header. Source: Multiboot Specification 0.6.96, 3.1 "OS image format", 3.3 "Boot information format". */
#include "loader.h"

#define HEADER_VIDEO (1u << 2)
#define HEADER_ADDRESSES (1u << 16)
#define HEADER_MODE_LINEAR 0
/* Required features, bits 0-15: page-aligned modules (they always are), memory information, video information. */
#define HEADER_UNDERSTOOD 0x00000007u
#define HEADER_REQUIRED 0x0000ffffu

struct header {
  uint32_t magic, flags, checksum;
  uint32_t header_address, load_address, load_end_address, bss_end_address, entry_address;
  uint32_t mode_type, width, height, depth;
};

#define INFORMATION_MEMORY (1u << 0)
#define INFORMATION_BOOT_DEVICE (1u << 1)
#define INFORMATION_COMMAND_LINE (1u << 2)
#define INFORMATION_MODULES (1u << 3)
#define INFORMATION_ELF_SECTIONS (1u << 5)
#define INFORMATION_MEMORY_MAP (1u << 6)
#define INFORMATION_DRIVES (1u << 7)
#define INFORMATION_LOADER_NAME (1u << 9)
#define INFORMATION_FRAMEBUFFER (1u << 12)
#define FRAMEBUFFER_COLOUR 1
#define FRAMEBUFFER_TEXT 2

struct [[gnu::packed]] information {
  uint32_t flags;
  uint32_t memory_lower_kib, memory_upper_kib;
  uint32_t boot_device;
  uint32_t command_line;
  uint32_t module_count, modules;
  uint32_t section_count, section_bytes, sections, section_names;
  uint32_t memory_map_bytes, memory_map;
  uint32_t drives_bytes, drives;
  uint32_t configuration_table;
  uint32_t loader_name;
  uint32_t apm_table;
  uint32_t vbe_control, vbe_mode;
  uint16_t vbe_number, vbe_interface_segment, vbe_interface_offset, vbe_interface_bytes;
  uint64_t framebuffer;
  uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
  uint8_t framebuffer_bits_per_pixel, framebuffer_type;
  /* The table in 3.3 has the colours at 110, the header multiboot.h in chapter 4 at 112, and so have GRUB and the kernels. */
  uint16_t padding;
  uint8_t framebuffer_colours[6];
};

static_assert(offsetof(struct information, framebuffer) == 88, "Multiboot 0.6.96, 3.3");

struct module_entry {
  uint32_t start, end, command_line, reserved;
};

struct [[gnu::packed]] drive_entry {
  uint32_t size;
  uint8_t number, mode; /* mode 0: by geometry, 1: by linear address */
  uint16_t cylinders;
  uint8_t heads, sectors;
  uint16_t ports_end;
};

/* UEFI has no drive numbers. */
static void add_boot_device(struct information *information) {
  const struct firmware_facts *facts = firmware_facts();
  if (facts->is_uefi) return;
  information->flags |= INFORMATION_BOOT_DEVICE;
  information->boot_device = (uint32_t)facts->boot_drive << 24 | (facts->boot_partition & 0xff) << 16 | 0xffff; /* no sub-partitions */
}

static void add_screen(struct information *information) {
  const struct screen *screen = current_screen();
  if (!screen->width) return; /* UEFI without a framebuffer */
  information->flags |= INFORMATION_FRAMEBUFFER;
  information->framebuffer = screen->address;
  information->framebuffer_pitch = screen->pitch;
  information->framebuffer_width = screen->width;
  information->framebuffer_height = screen->height;
  information->framebuffer_bits_per_pixel = screen->bits;
  information->framebuffer_type = screen->graphics ? FRAMEBUFFER_COLOUR : FRAMEBUFFER_TEXT;
  memcpy(information->framebuffer_colours, screen->colours, sizeof screen->colours);
}

static void add_modules(struct information *information) {
  uint32_t count;
  const struct loaded_module *from = modules(&count);
  struct module_entry *to = handoff_allocate(count * sizeof *to, 16);
  for (uint32_t i = 0; i < count; i++)
    to[i] = (struct module_entry){from[i].start, from[i].end, (uint32_t)from[i].command_line, 0};
  information->module_count = count;
  information->modules = (uint32_t)to;
}

static void add_memory_map(struct information *information) {
  struct memory_map map = memory_map();
  information->memory_map_bytes = map.count * sizeof *map.regions;
  information->memory_map = (uint32_t)memcpy(handoff_allocate(information->memory_map_bytes, 4), map.regions, information->memory_map_bytes);
}

static void add_drives(struct information *information) {
  struct firmware_drive drives[MAX_DRIVES];
  uint32_t count = firmware_drives(drives);
  struct drive_entry *entries = handoff_allocate(count * sizeof *entries, 4);
  for (uint32_t i = 0; i < count; i++)
    entries[i] = (struct drive_entry){
        .size = sizeof *entries,
        .number = drives[i].number,
        .mode = drives[i].linear,
        .cylinders = drives[i].cylinders,
        .heads = (uint8_t)drives[i].heads,
        .sectors = (uint8_t)drives[i].sectors,
    };
  information->drives = (uint32_t)entries;
  information->drives_bytes = count * sizeof *entries;
}

static void add_sections(const struct boot_entry *boot, struct information *information) {
  uint32_t length = elf_section_table_bytes();
  if (boot->protocol != PROTOCOL_MULTIBOOT1 || length == 0) return;
  void *table = handoff_allocate(length, 16);
  elf_load_sections(boot, table);
  information->flags |= INFORMATION_ELF_SECTIONS;
  information->section_count = program.section_count;
  information->section_bytes = program.section_bytes;
  information->section_names = program.section_names;
  information->sections = (uint32_t)table;
}

uint32_t multiboot1_information(const struct boot_entry *boot) {
  struct information *information = handoff_allocate(sizeof *information, 16);
  *information = (struct information){
      .flags = INFORMATION_MEMORY | INFORMATION_COMMAND_LINE | INFORMATION_MODULES | INFORMATION_MEMORY_MAP |
               INFORMATION_DRIVES | INFORMATION_LOADER_NAME,
      .memory_lower_kib = memory_lower_kib(),
      .memory_upper_kib = memory_upper_kib(),
      .command_line = (uint32_t)handoff_text(boot->command_line),
      .loader_name = (uint32_t)handoff_text(LOADER_NAME),
  };
  add_boot_device(information);
  add_screen(information);
  add_modules(information);
  add_memory_map(information);
  add_drives(information);
  add_sections(boot, information);
  return (uint32_t)information;
}

/* Offset of the header in the file; the header's words come with it. */
static uint32_t find_header(const struct boot_entry *boot, struct header *header) {
  const uint8_t *start = loader_scratch();
  uint32_t length = multiboot_read_start(boot, MULTIBOOT1_SEARCH_BYTES);
  for (uint32_t offset = 0; offset + 12 <= length; offset += 4) {
    const uint8_t *at = start + offset;
    uint32_t flags = read_u32(at + 4);
    if (read_u32(at) != MULTIBOOT1_HEADER_MAGIC || MULTIBOOT1_HEADER_MAGIC + flags + read_u32(at + 8) != 0) continue;
    uint32_t bytes = flags & HEADER_ADDRESSES ? offsetof(struct header, mode_type) : offsetof(struct header, header_address);
    if (offset + bytes > length) continue;
    /* Where the video fields would be beyond the window there is no wish. */
    if ((flags & HEADER_VIDEO) && offset + sizeof *header <= length) bytes = sizeof *header;
    *header = (struct header){.mode_type = UINT32_MAX};
    memcpy(header, at, bytes);
    return offset;
  }
  fail("the kernel has no Multiboot header in its first %u bytes. Build the image again.", (uint32_t)MULTIBOOT1_SEARCH_BYTES);
}

[[noreturn]] static void boot_protected(const struct boot_entry *boot, const struct header *header) {
  uint32_t entry = program_physical(program.entry);
  program_place();
  handoff_start();
  modules_load(boot);
  program_load(boot);
  /* A wish, not a condition: the information says what became of it. */
  if (header && (header->flags & HEADER_VIDEO) && header->mode_type == HEADER_MODE_LINEAR) graphics_start(header->width, header->height, header->depth);
  enter_protected(entry, MULTIBOOT1_BOOT_MAGIC, multiboot1_information(boot));
}

void boot_multiboot1(const struct boot_entry *boot) {
  struct header header;
  uint32_t offset = find_header(boot, &header);
  uint32_t unknown = header.flags & HEADER_REQUIRED & ~HEADER_UNDERSTOOD;
  if (unknown) fail("the kernel's Multiboot header requires features this loader does not have (flags %x).", unknown);
  if (header.flags & HEADER_ADDRESSES)
    multiboot_read_by_addresses(boot, offset, header.header_address, header.load_address, header.load_end_address,
                                header.bss_end_address, header.entry_address);
  else elf_read(boot, 1u << ELF_CLASS_32 | 1u << ELF_CLASS_64);
  boot_protected(boot, &header);
}

void boot_elf32(const struct boot_entry *boot) {
  elf_read(boot, 1u << ELF_CLASS_32);
  boot_protected(boot, NULL);
}
