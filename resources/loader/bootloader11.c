/*
 * The hand-off of the Rust crate `bootloader` 0.11, for kernels that were written for bootloader_api. Source: crates bootloader_api, src/info.rs, and
 * bootloader-x86_64-common, src/lib.rs (mappings, entry), and src/load_kernel.rs. What changed between versions goes by the version
 * that the kernel's section names.
 */
#include "bootloader11.h"

/* The first versions that do so. */
#define PATCH_KERNEL_FIELDS 5
#define PATCH_NO_EXECUTE_DATA 7
#define PATCH_FOUR_GIB 8
#define PATCH_STACK_FIELDS 14

/* Where there is a choice, the crate's BIOS loader takes the largest mode up to this. */
#define USUAL_WIDTH 1280
#define USUAL_HEIGHT 720
#define USUAL_BITS 32

#define IS_SOME 0u
#define IS_NONE 1u

struct optional_u64 {
  uint32_t tag, padding;
  uint64_t value;
};

struct crate_framebuffer {
  uint64_t address, bytes, width, height;
  uint32_t format;
  uint8_t positions[4];
  uint64_t bytes_per_pixel, stride;
};

enum pixel_format { FORMAT_RGB = 0, FORMAT_BGR = 1, FORMAT_UNKNOWN = 3 };

struct crate_information {
  uint64_t version;
  uint64_t regions, region_count;
  uint32_t framebuffer_tag, padding;
  struct crate_framebuffer framebuffer;
  struct optional_u64 physical_offset;
  uint32_t recursive_tag;
  uint16_t recursive_index, padding2;
  struct optional_u64 acpi_root;
  uint32_t thread_local_tag, padding3;
  struct thread_local_template thread_local_template;
  struct optional_u64 ramdisk;
  uint64_t ramdisk_bytes;
  uint64_t kernel, kernel_bytes, kernel_base;
  uint64_t stack, stack_bytes;
  uint64_t for_its_tests;
};

static_assert(offsetof(struct crate_information, physical_offset) == 88 && offsetof(struct crate_information, thread_local_tag) == 128 &&
                  sizeof(struct crate_information) == 232,
              "bootloader_api, src/info.rs");

/* Ranges of addresses that must not meet. */
#define MAX_CLAIMS (MAX_SEGMENTS + 12)
static struct claim {
  uint64_t first, last;
  const char *what;
} claims[MAX_CLAIMS];
static uint32_t claim_count;

static const char kernel_itself[] = "the kernel";

static void claim(uint64_t first, uint64_t bytes, const char *what) {
  uint64_t last = first + bytes - 1, sign = first >> 47;
  if (bytes == 0) return;
  if (last < first || (sign != 0 && sign != 0x1ffff) || last >> 47 != sign)
    fail("%s would be mapped at %X to %X, which are no canonical addresses (below 0x800000000000 or from 0xffff800000000000). Choose another address in "
         "the kernel's BootloaderConfig.",
         what, first, last);
  for (const struct claim *other = claims; other < claims + claim_count; other++)
    if (first <= other->last && other->first <= last && !(what == kernel_itself && other->what == kernel_itself))
      fail("%s would be mapped at %X to %X, where %s is (%X to %X). Choose another address in the kernel's BootloaderConfig.", what, first, last,
           other->what, other->first, other->last);
  claims[claim_count++] = (struct claim){first, last, what};
}

/* The address that the kernel asks for, or a free one. */
static uint64_t place(struct wish wish, uint64_t bytes, uint64_t alignment, const char *what) {
  uint64_t address = wish.given ? wish.value : space_find(bytes, alignment);
  if (address & (alignment - 1))
    fail("%s is to be mapped at %X, which is no multiple of %X. Choose another address in the kernel's BootloaderConfig.", what, address, alignment);
  uint64_t page = address & ~(uint64_t)(PAGE_BYTES - 1);
  claim(page, pages(address + bytes - page), what);
  return address;
}

static void use_if_given(struct wish wish, uint64_t bytes) {
  if (wish.given) space_use(wish.value, wish.value + bytes - 1);
}

/* What no address is looked for in: where the loader itself works, what the kernel chose, what is outside the range it wants. */
static void use_fixed_addresses(const struct crate_configuration *config, uint64_t end_of_memory, uint64_t program_bytes) {
  space_use(0, end_of_memory - 1);
  const struct screen *screen = current_screen();
  if (screen->graphics) space_use(screen->address, screen->address + (uint64_t)screen->pitch * screen->height - 1);
  use_if_given(config->physical.address, end_of_memory);
  use_if_given(config->recursive.address, 1);
  use_if_given(config->stack, config->stack_bytes + PAGE_BYTES);
  use_if_given(config->base, program_bytes);
  use_if_given(config->boot_info, PAGE_BYTES);
  use_if_given(config->framebuffer, (uint64_t)screen->pitch * screen->height);
  uint64_t start = config->range_start.value & ~(uint64_t)(PAGE_BYTES - 1), end = (config->range_end.value | (PAGE_BYTES - 1)) + 1;
  if (config->range_start.given && start != 0) space_use(0, (start - 1) & 0xffffffffffffull);
  if (config->range_end.given && end != 0) space_use(end & 0xffffffffffffull, 0xffffffffffffull);
}

/* Settles the kernel's addresses. Returns what was added to them. */
static uint64_t place_program(const struct crate_configuration *config, uint64_t end_of_memory) {
  uint64_t lowest = UINT64_MAX, highest = 0;
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    if (segment->virtual_address < lowest) lowest = segment->virtual_address;
    if (segment->virtual_address + segment->memory_bytes > highest) highest = segment->virtual_address + segment->memory_bytes;
  }
  uint64_t base = 0, alignment = program.alignment > PAGE_BYTES ? program.alignment : PAGE_BYTES;
  use_fixed_addresses(config, end_of_memory, highest - lowest);
  if (!program.moves && config->base.given)
    fail("the kernel asks for the base address %X, but it is linked to fixed addresses. Link it as a position-independent executable, or leave "
         "kernel_base out of its BootloaderConfig.",
         config->base.value);
  if (program.moves && config->base.given) base = config->base.value;
  else if (program.moves) base = space_find(highest - lowest, alignment) - (lowest & ~(alignment - 1));
  if (base & (alignment - 1))
    fail("the kernel asks for the base address %X, but its segments are aligned to %X. Choose another one in its BootloaderConfig.", base, alignment);
  relocate_move(base);
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    uint64_t first = segment->virtual_address & ~(uint64_t)(PAGE_BYTES - 1);
    claim(first, pages(segment->virtual_address + segment->memory_bytes - first), kernel_itself);
    space_use(segment->virtual_address, segment->virtual_address + segment->memory_bytes - 1);
  }
  return base;
}

static void describe_screen(struct crate_information *information, uint64_t address) {
  static const uint8_t positions[2][3] = {[FORMAT_RGB] = {0, 8, 16}, [FORMAT_BGR] = {16, 8, 0}};
  const struct screen *screen = current_screen();
  /* Position and size of red, green and blue take turns. */
  const uint8_t found[3] = {screen->colours[0], screen->colours[2], screen->colours[4]};
  uint32_t format = FORMAT_UNKNOWN, bytes_per_pixel = (screen->bits + 7u) / 8;
  for (uint32_t known = FORMAT_RGB; known <= FORMAT_BGR; known++)
    if (memcmp(positions[known], found, sizeof found) == 0) format = known;
  information->framebuffer_tag = IS_SOME;
  information->framebuffer = (struct crate_framebuffer){
      .address = address,
      .bytes = (uint64_t)screen->pitch * screen->height,
      .width = screen->width,
      .height = screen->height,
      .format = format,
      .bytes_per_pixel = bytes_per_pixel,
      .stride = screen->pitch / bytes_per_pixel,
  };
  if (format == FORMAT_UNKNOWN) memcpy(information->framebuffer.positions, found, sizeof found);
}

/* Whole pages of a thing that is there already, or 0 as frame for cleared ones of its own. Returns the first frame. */
static uint32_t map_data(uint64_t address, uint32_t frame, uint64_t bytes, uint64_t flags, enum reserved_kind kind, const char *what) {
  uint64_t page = address & ~(uint64_t)(PAGE_BYTES - 1), length = pages(address + bytes - page);
  if (frame == 0) {
    frame = allocate(length, PAGE_BYTES, kind, what);
    memset(at_address(frame), 0, (uint32_t)length);
  }
  paging_map(page, frame, length, flags);
  return frame;
}

void boot_bootloader11(const struct boot_entry *boot) {
  long_mode_require();
  /* The crate leaves the first MiB to the kernel. */
  reserve(0, ONE_MIB, RESERVED_UNTIL_ENTRY);
  struct boot_entry kept = *boot;
  uint32_t file = allocate(pages(boot->kernel.bytes), PAGE_BYTES, RESERVED_LOADER, "the kernel file");
  file_read(&boot->kernel, "the kernel file", 0, boot->kernel.bytes, at_address(file));
  kept.kernel.memory = file;
  elf_read(&kept, 1u << ELF_CLASS_64 | ELF_MAY_MOVE);
  program_physical(program.entry); /* fails when the entry lies nowhere */
  struct crate_configuration config = crate_configuration_read(&kept);
  uint64_t stack_bytes = config.stack_bytes, end_of_memory = memory_end();
  if (stack_bytes < PAGE_BYTES || stack_bytes >= FOUR_GIB)
    fail("the kernel asks for a stack of %X bytes. Give kernel_stack_size in its BootloaderConfig at least 4096 bytes, and fewer than there is memory.",
         stack_bytes);
  if (config.patch >= PATCH_FOUR_GIB && end_of_memory < FOUR_GIB) end_of_memory = FOUR_GIB;
  graphics_start(config.least_width.given ? (uint32_t)config.least_width.value : USUAL_WIDTH,
                 config.least_height.given ? (uint32_t)config.least_height.value : USUAL_HEIGHT, USUAL_BITS);
  handoff_start();
  if (config.random) space_shuffle();

  paging_start(space_new_table);
  paging_map(handoff_page(), handoff_page(), PAGE_BYTES, PAGE_WRITABLE);
  claim(handoff_page(), PAGE_BYTES, "the loader's last page");
  uint64_t base = place_program(&config, end_of_memory);
  for (uint32_t i = 0; i < program.count; i++) space_map_segment(&kept, &program.segments[i]);
  relocate_apply(base);
  relocate_protect();

  uint64_t data = PAGE_WRITABLE | (config.patch >= PATCH_NO_EXECUTE_DATA ? PAGE_NO_EXECUTE : 0);
  /* The page below stays unmapped. */
  uint64_t stack = place(config.stack, stack_bytes + PAGE_BYTES, PAGE_BYTES, "the stack") + PAGE_BYTES;
  map_data(stack, 0, stack_bytes, data, RESERVED_STACK, "the kernel's stack");
  const struct screen *screen = current_screen();
  uint64_t framebuffer = 0, screen_bytes = (uint64_t)screen->pitch * screen->height;
  if (screen->graphics) {
    framebuffer = place(config.framebuffer, screen_bytes, PAGE_BYTES, "the framebuffer");
    map_data(framebuffer, screen->address & ~(PAGE_BYTES - 1), screen_bytes, data, RESERVED_LOADER, "the framebuffer");
  }
  modules_load(&kept);
  uint32_t module_count;
  const struct loaded_module *module = modules(&module_count);
  uint64_t ramdisk = 0, ramdisk_bytes = module_count ? module->end - module->start : 0;
  if (ramdisk_bytes) {
    ramdisk = place(config.ramdisk, ramdisk_bytes, PAGE_BYTES, "the RAM disk");
    map_data(ramdisk, module->start, ramdisk_bytes, data, RESERVED_MODULE, "the RAM disk");
  }
  uint64_t physical = 0;
  if (config.physical.wanted) {
    physical = place(config.physical.address, end_of_memory, TWO_MIB, "physical memory");
    paging_map(physical, 0, (end_of_memory + TWO_MIB - 1) & ~(TWO_MIB - 1), data | PAGE_LARGE);
  }
  uint32_t recursive = 0;
  if (config.recursive.wanted) {
    uint64_t address = place(config.recursive.address, TOP_ENTRY_BYTES, TOP_ENTRY_BYTES, "the recursive entry");
    recursive = address >> 39 & 511;
    ((uint64_t *)at_address(paging_root()))[recursive] = paging_root() | PAGE_PRESENT | data;
  }

  uint64_t header = sizeof(struct crate_information), information_bytes = header + crate_region_limit() * sizeof(struct crate_region);
  uint64_t information_at = place(config.boot_info, information_bytes, 8, "the boot information");
  uint32_t frame = map_data(information_at, 0, information_bytes, data, RESERVED_BOOT_INFORMATION, "the boot information");
  struct crate_information *information = at_address(frame + (uint32_t)(information_at & (PAGE_BYTES - 1)));
  const uint8_t *acpi_root = find_acpi_root();
  *information = (struct crate_information){
      .version = config.version,
      .regions = information_at + header,
      .framebuffer_tag = IS_NONE,
      .physical_offset = {config.physical.wanted ? IS_SOME : IS_NONE, 0, physical},
      .recursive_tag = config.recursive.wanted ? IS_SOME : IS_NONE,
      .recursive_index = (uint16_t)recursive,
      .acpi_root = {acpi_root ? IS_SOME : IS_NONE, 0, (uint32_t)acpi_root},
      .thread_local_tag = program.thread_local_template.memory_bytes ? IS_SOME : IS_NONE,
      .thread_local_template = program.thread_local_template,
      .ramdisk = {ramdisk_bytes ? IS_SOME : IS_NONE, 0, ramdisk},
      .ramdisk_bytes = ramdisk_bytes,
  };
  if (config.patch >= PATCH_KERNEL_FIELDS) information->kernel = file, information->kernel_bytes = boot->kernel.bytes, information->kernel_base = base;
  if (config.patch >= PATCH_STACK_FIELDS) information->stack = stack, information->stack_bytes = stack_bytes;
  if (screen->graphics) describe_screen(information, framebuffer + (screen->address & (PAGE_BYTES - 1)));
  information->region_count = crate_regions_fill((struct crate_region *)(information + 1));

  handoff_enter((struct entry_state){
      .mode = ENTRY_LONG,
      .entry = program.entry,
      /* The stack is cleared: as if a 0 to return to had been pushed. */
      .stack = ((stack + stack_bytes) & ~15ull) - 8,
      .first = information_at,
      .cr3 = paging_root(),
      .cr0_bits = CR0_PG | CR0_WP,
      .cr4_bits = CR4_PAE,
      .efer_bits = EFER_LME | EFER_NXE,
      .data_selector = SELECTOR_DATA,
      .stack_selector = SELECTOR_DATA,
  });
}
