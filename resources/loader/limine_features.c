/* Answers to a Limine kernel's requests. Source: limine-protocol, PROTOCOL.md, "Feature List", "File Structure". */
#include "limine.h"

#define LEAST_STACK_BYTES 0x10000u
#define MOST_STACK_BYTES 0x40000000u
#define MOST_RANDOM_VALUES 4096u
#define MEMORY_MODEL_RGB 1

/* Responses come from pages of their own. */
static uint32_t next, left;

void *limine_allocate(uint32_t bytes) {
  bytes = (uint32_t)align_up(bytes, 16);
  if (bytes > left) {
    left = (uint32_t)align_up(bytes, PAGE_BYTES);
    next = allocate(left, PAGE_BYTES, RESERVED_BOOT_INFORMATION, "the boot information");
    memset(at_address(next), 0, left);
  }
  void *at = at_address(next);
  next += bytes, left -= bytes;
  return at;
}

/* A response: its revision, and words. */
static uint64_t respond(uint64_t revision, const uint64_t *words, uint32_t count) {
  uint64_t *response = limine_allocate((1 + count) * 8);
  response[0] = revision;
  memcpy(response + 1, words, count * sizeof *words);
  return limine_address(response);
}

#define RESPOND(revision, ...) respond(revision, (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8)

static char *copy(const char *before, const char *from) {
  uint32_t length = 0, before_length = 0;
  while (before[before_length]) before_length++;
  while (from[length]) length++;
  char *to = limine_allocate(before_length + length + 1);
  memcpy(to, before, before_length);
  return memcpy(to + before_length, from, length), to;
}

static uint64_t text(const char *from) { return limine_address(copy("", from)); }

/* Paths begin with a slash, those of files that a volume only numbers, too. */
static uint64_t path_text(const char *path) { return limine_address(copy(path[0] == '/' ? "" : "/", path)); }

struct uuid {
  uint8_t bytes[16];
};

struct limine_file {
  uint64_t revision, address, bytes, path, string;
  uint32_t media, unused, server, port, partition, disk;
  struct uuid gpt_disk, gpt_partition, file_system;
};

static_assert(sizeof(struct limine_file) == 112);

static uint64_t file(uint32_t address, uint32_t bytes, const char *path, const char *string) {
  struct limine_file *found = limine_allocate(sizeof *found);
  uint32_t partition = firmware_facts()->boot_partition;
  *found = (struct limine_file){
      .address = LIMINE_DIRECT_MAP + address, .bytes = bytes, .path = path_text(path), .string = text(string), .partition = partition == NO_PARTITION ? 0 : partition + 1};
  return limine_address(found);
}

/* Before the page tables */

static void choose_paging(void) {
  const struct limine_request *request = limine_request(LIMINE_PAGING_MODE);
  if (!request) return;
  uint64_t wanted = request->fields[0], most = request->revision >= 1 ? request->fields[1] : wanted, least = request->revision >= 1 ? request->fields[2] : 0;
  if (least > most) fail("the kernel's paging mode request has the lowest mode %X above the highest, %X.", least, most);
  if (least >= 1 && (least > 1 || !has_five_levels()))
    fail("the kernel needs 5-level paging, which this processor does not have. Let it ask for 4 levels as the lowest paging mode.");
  limine.five_levels = has_five_levels() && most >= 1 && (wanted >= 1 || least >= 1);
}

static void choose_stack(void) {
  const struct limine_request *request = limine_request(LIMINE_STACK_SIZE);
  uint64_t bytes = request ? request->fields[0] : 0;
  if (bytes > MOST_STACK_BYTES) fail("the kernel asks for a stack of %X bytes. That is more than 1 GiB.", bytes);
  limine.stack_bytes = bytes > LEAST_STACK_BYTES ? (uint32_t)align_up(bytes, PAGE_BYTES) : LEAST_STACK_BYTES;
}

static uint32_t parameter(uint32_t which) {
  uint64_t value = limine.boot->parameters[which];
  return value == PARAMETER_ABSENT ? 0 : (uint32_t)value;
}

void limine_prepare(void) {
  choose_paging();
  choose_stack();
  const struct limine_request *entry = limine_request(LIMINE_ENTRY_POINT);
  if (entry) {
    limine.entry = entry->fields[0];
    limine_in_kernel(limine.entry, 1, "its entry point");
  }
  if (limine_request(LIMINE_FRAMEBUFFER))
    graphics_start(parameter(PARAMETER_FRAMEBUFFER_WIDTH), parameter(PARAMETER_FRAMEBUFFER_HEIGHT), parameter(PARAMETER_FRAMEBUFFER_BITS));
  if (limine_request(LIMINE_EXECUTABLE_FILE)) {
    uint32_t bytes = limine.boot->kernel.bytes;
    limine.file = allocate(align_up(bytes, PAGE_BYTES), PAGE_BYTES, RESERVED_MODULE, "a copy of the kernel file");
    file_read(&limine.boot->kernel, "the kernel file", 0, bytes, at_address(limine.file));
  }
}

/* Answers: where the kernel sees the response, 0 for none */

static uint64_t answer_loader(const struct limine_request *) { return RESPOND(0, text(LOADER_NAME), text(LOADER_VERSION)); }

static uint64_t command_line(void) {
  static uint64_t only = 0;
  return only ? only : (only = text(limine.boot->command_line));
}

static uint64_t answer_command_line(const struct limine_request *) { return RESPOND(0, command_line()); }

static uint64_t answer_firmware(const struct limine_request *) {
  const struct firmware_facts *facts = firmware_facts();
  return RESPOND(0, !facts->is_uefi ? 0 : facts->is_64bit ? 2 : 1);
}

static uint64_t answer_done(const struct limine_request *) { return respond(0, NULL, 0); }

static uint64_t answer_direct_map(const struct limine_request *) { return RESPOND(0, LIMINE_DIRECT_MAP); }

struct video_mode {
  uint64_t pitch, width, height;
  uint16_t bits;
  uint8_t model, colours[6];
};

struct framebuffer {
  uint64_t address, width, height, pitch;
  uint16_t bits;
  uint8_t model, colours[6], unused[7];
  uint64_t edid_bytes, edid, mode_count, modes;
};

static_assert(sizeof(struct framebuffer) == 80);

static uint64_t answer_framebuffer(const struct limine_request *) {
  const struct screen *screen = current_screen();
  if (!screen->graphics) return 0;
  struct framebuffer *found = limine_allocate(sizeof *found);
  struct video_mode *mode = limine_allocate(sizeof *mode);
  uint64_t *modes = limine_allocate(sizeof *modes), *list = limine_allocate(sizeof *list);
  *mode = (struct video_mode){screen->pitch, screen->width, screen->height, screen->bits, MEMORY_MODEL_RGB, {0}};
  /* The size of a colour comes first here. */
  for (uint32_t i = 0; i < sizeof mode->colours; i++) mode->colours[i] = screen->colours[i ^ 1];
  *found = (struct framebuffer){.address = LIMINE_DIRECT_MAP + screen->address, .width = mode->width, .height = mode->height, .pitch = mode->pitch,
                                .bits = mode->bits, .model = mode->model, .mode_count = 1, .modes = limine_address(modes)};
  memcpy(found->colours, mode->colours, sizeof found->colours);
  modes[0] = limine_address(mode);
  list[0] = limine_address(found);
  return RESPOND(1, 1, limine_address(list));
}

static uint64_t answer_paging(const struct limine_request *) { return RESPOND(0, limine.five_levels); }

static uint64_t answer_file(const struct limine_request *) {
  /* The file's string is the very text of the command line's answer. */
  uint64_t at = file(limine.file, limine.boot->kernel.bytes, limine.boot->kernel_path, "");
  ((struct limine_file *)at_address((uint32_t)(at - LIMINE_DIRECT_MAP)))->string = command_line();
  return RESPOND(0, at);
}

static uint64_t answer_modules(const struct limine_request *) {
  uint32_t count;
  const struct loaded_module *module = modules(&count);
  if (count == 0) return 0;
  uint64_t *list = limine_allocate(count * sizeof *list);
  for (uint32_t i = 0; i < count; i++, module++)
    list[i] = file(module->start, module->end - module->start, limine.boot->modules[i].path, module->command_line);
  /* Revision 0: modules that the kernel itself names are not looked for. */
  return RESPOND(0, count, limine_address(list));
}

static uint64_t in_direct_map(uint64_t address, bool physical) { return !address || physical ? address : LIMINE_DIRECT_MAP + address; }

static uint64_t answer_acpi(const struct limine_request *) {
  const uint8_t *root = find_acpi_root();
  return root ? RESPOND(0, in_direct_map((uint32_t)root, limine.revision == 3)) : 0;
}

static uint64_t answer_management(const struct limine_request *) {
  struct management_tables tables = find_management_tables();
  bool physical = limine.revision == 3 || limine.revision == 4;
  if (!tables.entry_32 && !tables.entry_64) return 0;
  return RESPOND(0, in_direct_map(tables.entry_32, physical), in_direct_map(tables.entry_64, physical));
}

static uint64_t answer_efi_system_table(const struct limine_request *) {
  uint64_t table = firmware_facts()->system_table;
  return table ? RESPOND(0, in_direct_map(table, limine.revision == 3 || limine.revision == 4)) : 0;
}

static uint64_t answer_efi_map(const struct limine_request *) {
  const struct firmware_facts *facts = firmware_facts();
  if (!facts->efi_map) return 0;
  return RESPOND(0, LIMINE_DIRECT_MAP + facts->efi_map, facts->efi_map_bytes, facts->efi_descriptor_bytes, facts->efi_descriptor_version);
}

static uint64_t answer_date(const struct limine_request *) {
  uint64_t seconds = firmware_facts()->seconds;
  return seconds ? RESPOND(0, seconds) : 0;
}

static uint64_t answer_address(const struct limine_request *) { return RESPOND(0, limine.frames, limine.base); }

static uint64_t answer_frequency(const struct limine_request *) {
  uint64_t frequency = limine_counter_frequency();
  return frequency ? RESPOND(0, frequency) : 0;
}

/* The processor's own generator where it has one; its counter, well mixed (SplitMix64), where it has not. */
static uint64_t random_value(bool generator) {
  uint32_t low, high;
  bool good = generator;
  for (uint32_t attempt = 0; generator && attempt < 10; attempt++) {
    __asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(low), "=qm"(good) : : "cc");
    if (!good) continue;
    __asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(high), "=qm"(good) : : "cc");
    if (good) return (uint64_t)high << 32 | low;
  }
  static uint64_t state;
  state += (read_counter() << 1 | 1) + 0x9e3779b97f4a7c15;
  uint64_t value = state;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

static uint64_t answer_entropy(const struct limine_request *request) {
  uint32_t count = request->fields[0] < MOST_RANDOM_VALUES ? (uint32_t)request->fields[0] : MOST_RANDOM_VALUES;
  bool generator = cpuid(1).ecx & 1u << 30;
  uint64_t *values = limine_allocate(count ? count * 8 : 8);
  for (uint32_t i = 0; i < count; i++) values[i] = random_value(generator);
  return RESPOND(0, count, count ? limine_address(values) : 0);
}

struct memory_map_entry {
  uint64_t first, bytes, type;
};

static uint64_t answer_memory_map(const struct limine_request *) {
  struct memory_map_entry *entries = limine_allocate(LIMINE_MAX_REGIONS * sizeof *entries);
  uint64_t *list = limine_allocate(LIMINE_MAX_REGIONS * sizeof *list), *response = limine_allocate(3 * 8);
  uint32_t count;
  const struct limine_region *region = limine_memory_map(&count);
  for (uint32_t i = 0; i < count; i++, region++) {
    entries[i] = (struct memory_map_entry){region->first, region->end - region->first, region->type};
    list[i] = limine_address(&entries[i]);
  }
  response[1] = count;
  response[2] = limine_address(list);
  return limine_address(response);
}

/* In this order; those that are not here get no answer. */
static const struct {
  enum limine_feature feature;
  uint64_t (*answer)(const struct limine_request *request);
} answers[] = {
    {LIMINE_BOOTLOADER_INFO, answer_loader},
    {LIMINE_COMMAND_LINE, answer_command_line},
    {LIMINE_FIRMWARE_TYPE, answer_firmware},
    {LIMINE_STACK_SIZE, answer_done},
    {LIMINE_HHDM, answer_direct_map},
    {LIMINE_FRAMEBUFFER, answer_framebuffer},
    {LIMINE_PAGING_MODE, answer_paging},
    {LIMINE_ENTRY_POINT, answer_done},
    {LIMINE_EXECUTABLE_FILE, answer_file},
    {LIMINE_MODULES, answer_modules},
    {LIMINE_RSDP, answer_acpi},
    {LIMINE_SMBIOS, answer_management},
    {LIMINE_EFI_SYSTEM_TABLE, answer_efi_system_table},
    {LIMINE_EFI_MEMORY_MAP, answer_efi_map},
    {LIMINE_DATE_AT_BOOT, answer_date},
    {LIMINE_EXECUTABLE_ADDRESS, answer_address},
    {LIMINE_KEEP_IOMMU, answer_done},
    {LIMINE_TSC_FREQUENCY, answer_frequency},
    {LIMINE_ENTROPY, answer_entropy},
};

static void answer_with(struct limine_request *request, uint64_t response) {
  if (request && response) request->response = response;
}

void limine_answer(uint32_t cr3) {
  for (uint32_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    struct limine_request *request = limine_request(answers[i].feature);
    if (request) answer_with(request, answers[i].answer(request));
  }
  struct limine_request *processors = limine_request(LIMINE_PROCESSORS), *map = limine_request(LIMINE_MEMORY_MAP);
  if (processors) answer_with(processors, limine_start_processors(cr3));
  /* Last: it says what all the others have taken. */
  if (map) answer_with(map, answer_memory_map(map));
}
