/*
 * Linux kernels (bzImage), and programs that come as one, such as memtest86+. Source: Linux, Documentation/arch/x86/boot.rst ("The Real-Mode Kernel
 * Header", "32-bit Boot Protocol") and zero-page.rst; the setup code itself is not run.
 */
#include "loader.h"

#define HEADER_AT 0x1f1u
#define HEADER_MAGIC_AT 0x202u
#define HEADER_MAGIC 0x53726448u /* "HdrS" */
#define HEADER_JUMP_OFFSET_AT 0x201u
#define VERSION_LEAST 0x206u
#define VERSION_WITH_PLACE 0x20au /* pref_address, init_size */
#define USUAL_SETUP_SECTORS 4u
#define LOADED_HIGH 1u
#define LOADER_UNDEFINED 0xff

#define USUAL_ADDRESS 0x100000u
#define ZERO_PAGE_REGIONS 128u

/* screen_info.orig_video_isVGA */
#define VIDEO_TEXT 1
#define VIDEO_VESA 0x23
#define VIDEO_EFI 0x70
#define TEXT_MODE 3
#define TEXT_POINTS 16

/* VBE's numbers for modes of 15, 16 and 24 bits, as "vga=" counts them (Documentation/fb/vesafb.rst). */
#define FIRST_VIDEO_MODE 0x310u
#define LAST_VIDEO_MODE 0x31bu

struct [[gnu::packed]] screen_information {
  uint8_t column, row;
  uint16_t memory_kib, page;
  uint8_t mode, columns;
  uint16_t flags, ega;
  uint16_t padding;
  uint8_t lines, kind;
  uint16_t points;
  uint16_t width, height, depth;
  uint32_t base, bytes;
  uint16_t arguments[2];
  uint16_t pitch;
  uint8_t colours[8]; /* size and position of red, green, blue, reserved */
  uint16_t interface[2], pages, attributes;
  uint32_t capabilities, base_high;
  uint8_t padding2[2];
};

struct [[gnu::packed]] region {
  uint64_t base, length;
  uint32_t type;
};

struct [[gnu::packed]] setup_header {
  uint8_t setup_sectors;
  uint16_t root_flags;
  uint32_t paragraphs;
  uint16_t ram_size, video_mode, root_device, boot_flag;
  uint16_t jump;
  uint32_t magic;
  uint16_t version;
  uint32_t switch_code;
  uint16_t start_segment, name;
  uint8_t loader, flags;
  uint16_t move_bytes;
  uint32_t entry, ramdisk, ramdisk_bytes, bootsect;
  uint16_t heap_end;
  uint8_t loader_version, loader_type;
  uint32_t command_line, ramdisk_last, alignment;
  uint8_t relocatable, least_alignment;
  uint16_t more_flags;
  uint32_t command_line_bytes, hardware;
  uint64_t hardware_data;
  uint32_t payload, payload_bytes;
  uint64_t setup_data, preferred_address;
  uint32_t run_bytes, handover;
};

static_assert(offsetof(struct setup_header, command_line_bytes) + HEADER_AT == 0x238 && offsetof(struct setup_header, run_bytes) + HEADER_AT == 0x260,
              "boot.rst");

struct [[gnu::packed]] zero_page {
  struct screen_information screen; /* 0x000 */
  uint8_t before_acpi[0x070 - 0x040];
  uint64_t acpi_root;
  uint8_t before_efi[0x1c0 - 0x078];
  uint32_t efi[8];
  uint32_t memory_kib; /* 0x1e0 */
  uint32_t scratch;
  uint8_t region_count;
  uint8_t before_header[HEADER_AT - 0x1e9];
  struct setup_header header;
  uint8_t before_regions[0x2d0 - 0x268];
  struct region regions[ZERO_PAGE_REGIONS];
  uint8_t rest[PAGE_BYTES - 0xcd0];
};

static_assert(offsetof(struct zero_page, efi) == 0x1c0 && offsetof(struct zero_page, header) == HEADER_AT && sizeof(struct zero_page) == PAGE_BYTES,
              "zero-page.rst");

#define SETUP_DATA_MORE_REGIONS 1

struct [[gnu::packed]] setup_data {
  uint64_t next;
  uint32_t type, bytes;
  struct region regions[];
};

/* The descriptor table that Linux counts on: code at 0x10, data at 0x18 ("32-bit Boot Protocol"). */
struct [[gnu::packed]] entry_record {
  uint16_t limit;
  uint32_t table;
  uint16_t padding;
  uint32_t zero_page, entry;
  uint64_t descriptors[4];
};

/* Runs wherever it is copied to; EBX: the entry record. */
__asm__(".text\n"
        ".globl linux_enter, linux_enter_end\n"
        "linux_enter:\n"
        "  lgdtl (%ebx)\n"
        "  movl $0x18, %eax\n"
        "  movw %ax, %ds\n  movw %ax, %es\n  movw %ax, %fs\n  movw %ax, %gs\n  movw %ax, %ss\n"
        "  movl 8(%ebx), %esi\n"
        "  pushl $0x10\n"
        "  pushl 12(%ebx)\n"
        "  xorl %eax, %eax\n  xorl %ebx, %ebx\n  xorl %ecx, %ecx\n  xorl %edx, %edx\n  xorl %edi, %edi\n  xorl %ebp, %ebp\n"
        "  lret\n"
        "linux_enter_end:\n");
extern const uint8_t linux_enter[], linux_enter_end[];

static void read_header(const struct boot_entry *boot, struct setup_header *header) {
  uint8_t start[HEADER_MAGIC_AT + 4];
  if (boot->kernel.bytes < HEADER_MAGIC_AT + 4) fail("the kernel file has only %u bytes, too few for a Linux kernel.", boot->kernel.bytes);
  file_read(&boot->kernel, "the kernel file", 0, sizeof start, start);
  if (read_u32(start + HEADER_MAGIC_AT) != HEADER_MAGIC)
    fail("the kernel is no Linux kernel (bzImage): \"HdrS\" is not at offset %x. Give arch/x86/boot/bzImage, not vmlinux.", HEADER_MAGIC_AT);
  /* The header ends where its first instruction jumps to; what an older one does not have stays 0. */
  uint32_t end = HEADER_MAGIC_AT + start[HEADER_JUMP_OFFSET_AT], bytes = end - HEADER_AT;
  if (bytes > sizeof *header) bytes = sizeof *header;
  memset(header, 0, sizeof *header);
  file_read(&boot->kernel, "the kernel file", HEADER_AT, bytes, header);
  if (header->version < VERSION_LEAST)
    fail("the kernel speaks version %u.%u of the Linux boot protocol; 2.6 (Linux 2.6.22) is the oldest that this loader knows.",
         (uint32_t)header->version >> 8, (uint32_t)header->version & 0xff);
  if (!(header->flags & LOADED_HIGH)) fail("the kernel is a zImage, which is loaded below 1 MiB. Build a bzImage.");
}

/* Where the protected-mode part goes; its memory is reserved. */
static uint32_t place_kernel(struct setup_header *header, uint32_t file_bytes) {
  bool says_place = header->version >= VERSION_WITH_PLACE;
  uint64_t preferred = says_place ? header->preferred_address : USUAL_ADDRESS, bytes = says_place ? header->run_bytes : 0;
  if (bytes < file_bytes) bytes = file_bytes;
  if (preferred >= ONE_MIB && preferred < FOUR_GIB && memory_is_usable(preferred, bytes) && !reserved_in(preferred, bytes)) {
    reserve(preferred, bytes, RESERVED_KERNEL);
    return (uint32_t)preferred;
  }
  uint32_t least = says_place && header->least_alignment < 32 ? 1u << header->least_alignment : header->alignment;
  if (header->relocatable && header->alignment && !(header->alignment & (header->alignment - 1)))
    for (uint32_t alignment = header->alignment; alignment >= least && alignment >= PAGE_BYTES; alignment >>= 1) {
      uint32_t found = try_allocate(bytes, alignment, ONE_MIB, RESERVED_KERNEL);
      if (!found) continue;
      header->alignment = alignment;
      return found;
    }
  fail("there is no room for the Linux kernel: it wants %X bytes at %X%s, and this machine has %u MiB from 1 MiB up. Give the machine more memory.", bytes,
       preferred, header->relocatable ? " or elsewhere" : "", memory_upper_kib() >> 10);
}

/* All modules, one after the other, as Linux takes several archives. */
static void load_ramdisk(const struct boot_entry *boot, struct setup_header *header) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < boot->module_count; i++) bytes = align_up(bytes, 4) + boot->modules[i].file.bytes;
  if (bytes == 0) return;
  uint32_t start = allocate(bytes, PAGE_BYTES, RESERVED_MODULE, "the initial RAM disk");
  if (start + bytes - 1 > header->ramdisk_last)
    fail("the initial RAM disk would end at %X, but the kernel finds it only up to %x. Make it smaller.", start + bytes - 1, header->ramdisk_last);
  uint8_t *to = at_address(start);
  memset(to, 0, (size_t)bytes);
  uint64_t at = 0;
  for (uint32_t i = 0; i < boot->module_count; i++) {
    const struct boot_module *module = &boot->modules[i];
    at = align_up(at, 4);
    file_read(&module->file, "the initial RAM disk", 0, module->file.bytes, to + at);
    at += module->file.bytes;
  }
  header->ramdisk = start;
  header->ramdisk_bytes = (uint32_t)bytes;
}

static uint32_t length_of(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  return length;
}

/* The mode that "vga=" names in the command line; 0: none. */
static uint32_t video_wish(const char *line) {
  static const char name[] = "vga=";
  for (bool begins = true; *line; begins = *line++ == ' ') {
    uint32_t same = 0, value = 0;
    while (begins && same < sizeof name - 1 && line[same] == name[same]) same++;
    if (same < sizeof name - 1) continue;
    const char *at = line + same;
    bool hexadecimal = at[0] == '0' && (at[1] | 32) == 'x';
    for (at += hexadecimal ? 2 : 0;; at++) {
      uint32_t letter = (uint8_t)*at | 32u, digit = (uint32_t)*at - '0' < 10 ? (uint32_t)*at - '0' : hexadecimal && letter - 'a' < 6 ? letter - 'a' + 10 : 16;
      if (digit > 15) return value;
      value = value * (hexadecimal ? 16 : 10) + digit;
    }
  }
  return 0;
}

static void start_video(const char *command_line) {
  static const uint16_t sizes[][2] = {{640, 480}, {800, 600}, {1024, 768}, {1280, 1024}};
  static const uint8_t depths[] = {15, 16, 24};
  uint32_t mode = video_wish(command_line) - FIRST_VIDEO_MODE;
  if (mode <= LAST_VIDEO_MODE - FIRST_VIDEO_MODE) graphics_start(sizes[mode / 3][0], sizes[mode / 3][1], depths[mode % 3]);
}

static void describe_screen(struct screen_information *to) {
  const struct screen *screen = current_screen();
  if (!screen->graphics) {
    *to = (struct screen_information){.mode = TEXT_MODE, .columns = (uint8_t)screen->width, .lines = (uint8_t)screen->height, .kind = VIDEO_TEXT, .points = TEXT_POINTS};
    return;
  }
  bool efi = firmware_facts()->is_uefi;
  uint32_t bytes = screen->pitch * screen->height;
  *to = (struct screen_information){
      .kind = efi ? VIDEO_EFI : VIDEO_VESA,
      .width = (uint16_t)screen->width,
      .height = (uint16_t)screen->height,
      .depth = screen->bits,
      .base = screen->address,
      /* vesafb counts 64 KiB, efifb bytes. */
      .bytes = efi ? bytes : (bytes + 0xffff) >> 16,
      .pitch = (uint16_t)screen->pitch,
      .pages = 1,
  };
  for (uint32_t i = 0; i < 3; i++) to->colours[2 * i] = screen->colours[2 * i + 1], to->colours[2 * i + 1] = screen->colours[2 * i];
}

static void describe_memory(struct zero_page *page) {
  struct memory_map map = memory_map();
  struct setup_data *more = NULL;
  if (map.count > ZERO_PAGE_REGIONS) {
    uint32_t bytes = (map.count - ZERO_PAGE_REGIONS) * sizeof(struct region);
    more = handoff_allocate(sizeof *more + bytes, 16);
    *more = (struct setup_data){.next = page->header.setup_data, .type = SETUP_DATA_MORE_REGIONS, .bytes = bytes};
    page->header.setup_data = (uint32_t)more;
  }
  for (uint32_t i = 0; i < map.count; i++) {
    struct region region = {map.regions[i].base, map.regions[i].length, map.regions[i].type};
    if (i < ZERO_PAGE_REGIONS) page->regions[i] = region;
    else more->regions[i - ZERO_PAGE_REGIONS] = region;
  }
  page->region_count = (uint8_t)(map.count < ZERO_PAGE_REGIONS ? map.count : ZERO_PAGE_REGIONS);
  page->memory_kib = memory_upper_kib();
  page->screen.memory_kib = (uint16_t)(memory_upper_kib() < 0xfc00 ? memory_upper_kib() : 0xfc00);
}

/* "Zero Page", efi_info: signature, system table, descriptors' size and version, memory map and its length, upper halves of both addresses. */
static void describe_efi(uint32_t to[8]) {
  const struct firmware_facts *facts = firmware_facts();
  if (!facts->is_uefi) return;
  memcpy(&to[0], facts->is_64bit ? "EL64" : "EL32", sizeof to[0]);
  to[1] = (uint32_t)facts->system_table;
  to[2] = facts->efi_descriptor_bytes;
  to[3] = facts->efi_descriptor_version;
  to[4] = facts->efi_map;
  to[5] = facts->efi_map_bytes;
  to[6] = (uint32_t)(facts->system_table >> 32);
}

void boot_linux(const struct boot_entry *boot) {
  struct setup_header header;
  read_header(boot, &header);
  uint32_t start = (header.setup_sectors ? header.setup_sectors : USUAL_SETUP_SECTORS) * SECTOR_BYTES + SECTOR_BYTES;
  if (start >= boot->kernel.bytes) fail("the kernel file is cut short: it has %u bytes, and its protected-mode part begins at %u.", boot->kernel.bytes, start);
  uint32_t bytes = boot->kernel.bytes - start, line_bytes = length_of(boot->command_line);
  if (line_bytes > header.command_line_bytes)
    fail("the command line has %u bytes; this kernel takes %u. Shorten it.", line_bytes, header.command_line_bytes);
  uint32_t address = place_kernel(&header, bytes);
  handoff_start();
  struct zero_page *page = handoff_allocate(sizeof *page, PAGE_BYTES);
  file_read(&boot->kernel, "the kernel file", start, bytes, at_address(address));
  load_ramdisk(boot, &header);
  start_video(boot->command_line);

  header.loader = LOADER_UNDEFINED;
  header.entry = address;
  header.command_line = (uint32_t)handoff_text(boot->command_line);
  page->header = header;
  describe_screen(&page->screen);
  describe_memory(page);
  page->acpi_root = (uint32_t)find_acpi_root();
  describe_efi(page->efi);

  struct entry_record *record = handoff_allocate(sizeof *record, 16);
  *record = (struct entry_record){
      .limit = sizeof record->descriptors - 1,
      .table = (uint32_t)record->descriptors,
      .zero_page = (uint32_t)page,
      .entry = address,
      .descriptors = {0, 0, 0x00cf9b000000ffff, 0x00cf93000000ffff},
  };
  uint32_t code_bytes = (uint32_t)(linux_enter_end - linux_enter);
  uint8_t *code = handoff_allocate(code_bytes, 16);
  memcpy(code, linux_enter, code_bytes);
  enter_protected((uint32_t)code, 0, (uint32_t)record);
}
