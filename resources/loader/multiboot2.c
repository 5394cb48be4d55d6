/* Multiboot 2. Source: Multiboot2 Specification 2.0, 3.1 "OS image format", 3.3 "I386 machine state", 3.6 "Boot information format". */
#include "loader.h"

#define HEADER_MAGIC 0xe85250d6u
#define BOOT_MAGIC 0x36d76289u
#define ARCHITECTURE_I386 0
#define HEADER_BYTES 16

enum header_tag {
  HEADER_END,
  HEADER_INFORMATION_REQUEST,
  HEADER_ADDRESSES,
  HEADER_ENTRY,
  HEADER_CONSOLE,
  HEADER_FRAMEBUFFER,
  HEADER_MODULE_ALIGNMENT,
  HEADER_EFI_BOOT_SERVICES,
  HEADER_EFI32_ENTRY,
  HEADER_EFI64_ENTRY,
  HEADER_RELOCATABLE,
};
#define HEADER_OPTIONAL 1u

enum tag {
  TAG_END,
  TAG_COMMAND_LINE,
  TAG_LOADER_NAME,
  TAG_MODULE,
  TAG_MEMORY_SIZES,
  TAG_BOOT_DEVICE,
  TAG_MEMORY_MAP,
  TAG_VBE,
  TAG_FRAMEBUFFER,
  TAG_ELF_SECTIONS,
  TAG_APM,
  TAG_EFI32_SYSTEM_TABLE,
  TAG_EFI64_SYSTEM_TABLE,
  TAG_SMBIOS,
  TAG_ACPI_OLD,
  TAG_ACPI_NEW,
  TAG_EFI_MEMORY_MAP = 17,
  TAG_EFI_BOOT_SERVICES,
  TAG_EFI32_IMAGE_HANDLE,
  TAG_EFI64_IMAGE_HANDLE,
  TAG_LOAD_BASE,
};

#define FRAMEBUFFER_COLOUR 1
#define FRAMEBUFFER_TEXT 2
/* Console flags: text mode is supported. */
#define CONSOLE_TEXT 2u
#define ACPI_VERSION_1_BYTES 20

static uint32_t u16_at(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8; }

static const uint8_t *find_header(uint32_t length) {
  const uint8_t *start = loader_scratch();
  for (uint32_t offset = 0; offset + HEADER_BYTES <= length; offset += 8) {
    const uint8_t *at = start + offset;
    uint32_t bytes = read_u32(at + 8);
    if (read_u32(at) != HEADER_MAGIC || read_u32(at) + read_u32(at + 4) + bytes + read_u32(at + 12) != 0) continue;
    if (read_u32(at + 4) == ARCHITECTURE_I386 && bytes >= HEADER_BYTES && bytes <= length - offset) return at;
  }
  fail("the kernel has no Multiboot 2 header in its first %u bytes. Build the image again.", (uint32_t)MULTIBOOT2_SEARCH_BYTES);
}

/* The tag after this one; a null pointer at the end of the header. */
static const uint8_t *next_tag(const uint8_t *header, const uint8_t *tag) {
  const uint8_t *end = header + read_u32(header + 8);
  const uint8_t *next = tag ? tag + align_up(read_u32(tag + 4), 8) : header + HEADER_BYTES;
  if (next + 8 > end || next < header || u16_at(next) == HEADER_END) return NULL;
  if (read_u32(next + 4) < 8 || next + read_u32(next + 4) > end)
    fail("the kernel's Multiboot 2 header is damaged: tag %u has %u bytes.", u16_at(next), read_u32(next + 4));
  return next;
}

static const uint8_t *find_tag(const uint8_t *header, enum header_tag type) {
  const uint8_t *tag = NULL;
  while ((tag = next_tag(header, tag)))
    if (u16_at(tag) == type) return tag;
  return NULL;
}

/* What is required must be known, and given "if it is available" (3.1.5): what only another firmware has is not. */
static void check_request(const uint8_t *tag) {
  static const uint32_t offered = 1u << TAG_COMMAND_LINE | 1u << TAG_LOADER_NAME | 1u << TAG_MODULE | 1u << TAG_MEMORY_SIZES |
                                  1u << TAG_BOOT_DEVICE | 1u << TAG_MEMORY_MAP | 1u << TAG_FRAMEBUFFER | 1u << TAG_ELF_SECTIONS |
                                  1u << TAG_EFI32_SYSTEM_TABLE | 1u << TAG_EFI64_SYSTEM_TABLE | 1u << TAG_SMBIOS | 1u << TAG_ACPI_OLD |
                                  1u << TAG_ACPI_NEW | 1u << TAG_EFI_MEMORY_MAP | 1u << TAG_EFI_BOOT_SERVICES | 1u << TAG_EFI32_IMAGE_HANDLE |
                                  1u << TAG_EFI64_IMAGE_HANDLE | 1u << TAG_LOAD_BASE;
  for (uint32_t at = 8; at + 4 <= read_u32(tag + 4); at += 4) {
    uint32_t wanted = read_u32(tag + at);
    if (wanted >= 32 || !(offered >> wanted & 1))
      fail("the kernel's Multiboot 2 header requires information of type %u, which this loader does not have.", wanted);
  }
}

/* Every tag that is not marked optional must be one that this loader obeys, or that has no meaning under this firmware. */
static void check_tags(const uint8_t *header) {
  const uint8_t *tag = NULL;
  while ((tag = next_tag(header, tag))) {
    uint32_t type = u16_at(tag);
    if (u16_at(tag + 2) & HEADER_OPTIONAL) continue;
    if (type > HEADER_RELOCATABLE) fail("the kernel's Multiboot 2 header requires tag %u, which this loader does not know.", type);
    if (type == HEADER_INFORMATION_REQUEST) check_request(tag);
    /* The tags of EFI entries mean something only together with this one (3.1.12, 3.1.13). */
    if (type == HEADER_EFI_BOOT_SERVICES && firmware_facts()->is_uefi)
      fail("the kernel's Multiboot 2 header requires UEFI's boot services to go on (tag 7), but this loader ends them before it loads a kernel. Mark the "
           "tag optional.");
  }
}

static void read_by_tag(const struct boot_entry *boot, const uint8_t *header, const uint8_t *tag, const uint8_t *entry) {
  if (!entry) fail("the kernel's Multiboot 2 header has addresses (tag 2), but no entry address (tag 3).");
  uint32_t offset = (uint32_t)(header - loader_scratch()), header_address = read_u32(tag + 8), load_address = read_u32(tag + 12);
  if (load_address == UINT32_MAX) load_address = header_address - offset; /* the file from its start */
  multiboot_read_by_addresses(boot, offset, header_address, load_address, read_u32(tag + 16), read_u32(tag + 20), read_u32(entry + 8));
}

static uint64_t load_base(void) {
  uint64_t lowest = UINT64_MAX;
  for (uint32_t i = 0; i < program.count; i++)
    if (program.segments[i].physical_address < lowest) lowest = program.segments[i].physical_address;
  return lowest;
}

/* Moves a program that says it can run anywhere between two addresses. */
static void relocate(const uint8_t *tag) {
  uint64_t lowest = load_base(), end = 0, least = read_u32(tag + 8), most = read_u32(tag + 12), alignment = read_u32(tag + 16);
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    if (segment->physical_address + segment->memory_bytes > end) end = segment->physical_address + segment->memory_bytes;
  }
  if (alignment == 0) alignment = 1;
  if (alignment & (alignment - 1)) fail("the kernel's Multiboot 2 header wants to be aligned to %X, which is no power of 2.", alignment);
  if (least < loader_end()) least = loader_end();
  uint64_t base = end - lowest < FOUR_GIB ? try_allocate(end - lowest, alignment, least, RESERVED_KERNEL) : 0;
  if (!base || base + (end - lowest) - 1 > most)
    fail("no free memory from %X to %X is large enough for the kernel, which has %X bytes. Give the machine more memory.", least, most,
         end - lowest);
  for (uint32_t i = 0; i < program.count; i++) program.segments[i].physical_address += base - lowest;
}

/* A tag of the information: type, size, content. Tags follow each other without a hole, so nothing else is allocated meanwhile. */
static uint8_t *add_tag(enum tag type, uint32_t content_bytes) {
  uint32_t *tag = handoff_allocate(8 + content_bytes, 8);
  tag[0] = type;
  tag[1] = 8 + content_bytes;
  return (uint8_t *)(tag + 2);
}

static void put_u32(uint8_t *at, uint32_t value) { __builtin_memcpy(at, &value, sizeof value); }
static void put_u64(uint8_t *at, uint64_t value) { __builtin_memcpy(at, &value, sizeof value); }

static uint32_t text_bytes(const char *text) {
  uint32_t length = 1;
  while (*text++) length++;
  return length;
}

static void add_text(enum tag type, const char *text) {
  uint32_t length = text_bytes(text);
  memcpy(add_tag(type, length), text, length);
}

static void add_modules(void) {
  uint32_t count;
  const struct loaded_module *from = modules(&count);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t length = text_bytes(from[i].command_line);
    uint8_t *content = add_tag(TAG_MODULE, 8 + length);
    put_u32(content, from[i].start);
    put_u32(content + 4, from[i].end);
    memcpy(content + 8, from[i].command_line, length);
  }
}

static void add_memory(void) {
  uint8_t *sizes = add_tag(TAG_MEMORY_SIZES, 8);
  put_u32(sizes, memory_lower_kib());
  put_u32(sizes + 4, memory_upper_kib());
  struct memory_map map = memory_map();
  uint8_t *entry = add_tag(TAG_MEMORY_MAP, 8 + map.count * 24);
  put_u32(entry, 24); /* bytes an entry; then version 0 */
  for (uint32_t i = 0; i < map.count; i++) {
    put_u64(entry + 8 + 24 * i, map.regions[i].base);
    put_u64(entry + 16 + 24 * i, map.regions[i].length);
    put_u32(entry + 24 + 24 * i, map.regions[i].type);
  }
}

static void add_screen(void) {
  const struct screen *screen = current_screen();
  if (!screen->width) return; /* UEFI without a framebuffer */
  uint8_t *content = add_tag(TAG_FRAMEBUFFER, screen->graphics ? 24 + sizeof screen->colours : 24);
  put_u64(content, screen->address);
  put_u32(content + 8, screen->pitch);
  put_u32(content + 12, screen->width);
  put_u32(content + 16, screen->height);
  content[20] = screen->bits;
  content[21] = screen->graphics ? FRAMEBUFFER_COLOUR : FRAMEBUFFER_TEXT;
  if (screen->graphics) memcpy(content + 24, screen->colours, sizeof screen->colours);
}

/* A framebuffer that is asked for without the flag "optional", by a kernel that does not say that text mode will do, is a condition. */
static void choose_screen(const uint8_t *header) {
  const uint8_t *wish = find_tag(header, HEADER_FRAMEBUFFER), *console = find_tag(header, HEADER_CONSOLE);
  if (!wish || graphics_start(read_u32(wish + 8), read_u32(wish + 12), read_u32(wish + 16))) return;
  if ((u16_at(wish + 2) & HEADER_OPTIONAL) || (console && (read_u32(console + 8) & CONSOLE_TEXT))) return;
  fail("the kernel's Multiboot 2 header requires a graphics mode (tag 5), and this machine's firmware has none with a linear framebuffer. Mark the tag "
       "optional, or boot the image in QEMU.");
}

static void add_firmware_tables(void) {
  struct management_tables management = find_management_tables();
  if (management.bytes) {
    uint8_t *content = add_tag(TAG_SMBIOS, 8 + management.bytes);
    content[0] = management.major;
    content[1] = management.minor;
    memcpy(content + 8, at_address(management.address), management.bytes);
  }
  const uint8_t *root = find_acpi_root();
  if (!root) return;
  memcpy(add_tag(TAG_ACPI_OLD, ACPI_VERSION_1_BYTES), root, ACPI_VERSION_1_BYTES);
  uint32_t bytes = read_u32(root + 20);
  if (root[15] >= 2 && bytes >= ACPI_VERSION_1_BYTES && bytes < 256) memcpy(add_tag(TAG_ACPI_NEW, bytes), root, bytes);
}

/* BIOS: which drive and partition. */
static void add_boot_device(void) {
  uint8_t *device = add_tag(TAG_BOOT_DEVICE, 12);
  put_u32(device, firmware_facts()->boot_drive);
  put_u32(device + 4, firmware_facts()->boot_partition);
  put_u32(device + 8, UINT32_MAX); /* no sub-partition */
}

/* UEFI: pointers of the firmware's own size, and its memory map. */
static void add_efi(const struct firmware_facts *facts) {
  if (facts->is_64bit) {
    put_u64(add_tag(TAG_EFI64_SYSTEM_TABLE, 8), facts->system_table);
    put_u64(add_tag(TAG_EFI64_IMAGE_HANDLE, 8), facts->image_handle);
  } else {
    put_u32(add_tag(TAG_EFI32_SYSTEM_TABLE, 4), (uint32_t)facts->system_table);
    put_u32(add_tag(TAG_EFI32_IMAGE_HANDLE, 4), (uint32_t)facts->image_handle);
  }
  uint8_t *content = add_tag(TAG_EFI_MEMORY_MAP, 8 + facts->efi_map_bytes);
  put_u32(content, facts->efi_descriptor_bytes);
  put_u32(content + 4, facts->efi_descriptor_version);
  memcpy(content + 8, at_address(facts->efi_map), facts->efi_map_bytes);
}

static void add_sections(const struct boot_entry *boot) {
  uint32_t length = elf_section_table_bytes();
  if (length == 0) return;
  uint8_t *content = add_tag(TAG_ELF_SECTIONS, 12 + length);
  put_u32(content, program.section_count);
  put_u32(content + 4, program.section_bytes);
  put_u32(content + 8, program.section_names);
  elf_load_sections(boot, content + 12);
}

static uint32_t make_information(const struct boot_entry *boot) {
  /* The tags follow these two words: the total size, and a reserved one. */
  uint32_t *start = handoff_allocate(8, 8);
  add_text(TAG_COMMAND_LINE, boot->command_line);
  add_text(TAG_LOADER_NAME, LOADER_NAME);
  add_modules();
  add_memory();
  if (firmware_facts()->is_uefi) add_efi(firmware_facts());
  else add_boot_device();
  add_screen();
  add_sections(boot);
  add_firmware_tables();
  put_u32(add_tag(TAG_LOAD_BASE, 4), (uint32_t)load_base());
  uint8_t *end = add_tag(TAG_END, 0);
  start[0] = (uint32_t)(end - (uint8_t *)start);
  return (uint32_t)start;
}

void boot_multiboot2(const struct boot_entry *boot) {
  const uint8_t *header = find_header(multiboot_read_start(boot, MULTIBOOT2_SEARCH_BYTES));
  check_tags(header);
  const uint8_t *addresses = find_tag(header, HEADER_ADDRESSES), *entry_tag = find_tag(header, HEADER_ENTRY);
  const uint8_t *relocatable = find_tag(header, HEADER_RELOCATABLE);
  if (addresses) read_by_tag(boot, header, addresses, entry_tag);
  else elf_read(boot, 1u << ELF_CLASS_32 | 1u << ELF_CLASS_64);
  /* The entry tag's address is a physical one, an ELF file's a virtual one. */
  uint32_t entry = entry_tag ? read_u32(entry_tag + 8) : program_physical(program.entry);
  if (relocatable && !addresses) {
    uint32_t before = (uint32_t)program.segments[0].physical_address;
    relocate(relocatable);
    entry += (uint32_t)program.segments[0].physical_address - before;
  }
  program_place();
  handoff_start();
  modules_load(boot);
  program_load(boot);
  /* The header's copy in the scratch area is still there. */
  choose_screen(header);
  enter_protected(entry, BOOT_MAGIC, make_information(boot));
}
