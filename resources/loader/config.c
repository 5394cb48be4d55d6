/*
 * The boot configuration: a text of lines, each a word and its value. The image builder writes it (src/main/image/boot-config.ts describes
 * it), and people edit it, so every mistake is told with its line. The whole text is checked, whichever entry is chosen.
 */
#include "config_words.h"
#include "menu.h"

static char text[CONFIG_MAX_BYTES + 1];
static uint32_t text_bytes;
static struct boot_module module_list[MAX_MODULES];

/* What is known while the lines are read. */
static struct {
  uint32_t line;
  struct menu menu;
  bool has_timeout, has_default;
  struct boot_entry entry;
  bool has_protocol, has_command_line;
} state;

[[noreturn]] static void mistake(const char *what, const char *value) {
  fail("line %u of the boot configuration (%s) %s%s. Correct the line, or build the image again.", state.line, CONFIG_PATH, what, value);
}

static bool is_blank(char character) { return character == ' ' || character == '\t'; }

static bool same(const char *left, const char *right) {
  for (; *left && *left == *right; left++) right++;
  return *left == *right;
}

static char *trim(char *value) {
  while (is_blank(*value)) value++;
  char *end = value;
  for (char *at = value; *at; at++)
    if (!is_blank(*at)) end = at + 1;
  *end = 0;
  return value;
}

static uint32_t length_of(const char *value) {
  uint32_t length = 0;
  while (value[length]) length++;
  return length;
}

/* Decimal, or hexadecimal with 0x. */
static uint64_t number(const char *value) {
  uint32_t base = 10;
  const char *at = value;
  if (at[0] == '0' && (at[1] | 0x20) == 'x') base = 16, at += 2;
  uint64_t result = 0;
  if (!*at) mistake("should have a number, such as 4096 or 0x1000, not ", value);
  for (; *at; at++) {
    uint32_t digit = *at >= '0' && *at <= '9' ? (uint32_t)(*at - '0') : (uint32_t)((*at | 0x20) - 'a') + 10;
    if (digit >= base) mistake("should have a number, such as 4096 or 0x1000, not ", value);
    if (result > (base == 16 ? UINT64_MAX / 16 : UINT64_MAX / 10)) mistake("has a number that is too large: ", value);
    result = result * base + digit;
    if (result < digit) mistake("has a number that is too large: ", value);
  }
  return result;
}

static uint32_t setting(char *value, bool *known, uint32_t most) {
  if (state.menu.count) mistake("belongs above the first entry", "");
  if (*known) mistake("says it a second time", "");
  *known = true;
  uint64_t result = number(trim(value));
  if (result > most) mistake("has a number that is too large: ", trim(value));
  return (uint32_t)result;
}

static void take_timeout(char *value) { state.menu.timeout = setting(value, &state.has_timeout, CONFIG_MAX_TIMEOUT); }

static void take_default(char *value) {
  uint32_t chosen = setting(value, &state.has_default, CONFIG_MAX_ENTRIES);
  if (!chosen) mistake("counts entries from 1 on", "");
  state.menu.chosen = chosen - 1;
}

/* What must be there when an entry ends. */
static void end_entry(void) {
  if (!state.menu.count || state.entry.kernel_path) return;
  fail("the boot configuration (%s) names no kernel for the entry \"%s\". Add a line such as: kernel /boot/kernel.elf", CONFIG_PATH,
       state.menu.titles[state.menu.count - 1]);
}

static void take_entry(char *value) {
  end_entry();
  if (state.menu.count == CONFIG_MAX_ENTRIES) mistake("is an entry too many for the menu", "");
  state.menu.titles[state.menu.count++] = trim(value);
  state.entry = (struct boot_entry){.protocol = PROTOCOL_DETECT, .command_line = "", .modules = module_list};
  state.has_protocol = state.has_command_line = false;
  for (uint32_t i = 0; i < PARAMETER_COUNT; i++) state.entry.parameters[i] = PARAMETER_ABSENT;
}

static void need_entry(void) {
  if (!state.menu.count) mistake("belongs to an entry, and none has begun: a line such as \"entry My kernel\" must stand above it", "");
}

static void once(bool *known) {
  need_entry();
  if (*known) mistake("says it a second time in one entry", "");
  *known = true;
}

static void take_protocol(char *value) {
  once(&state.has_protocol);
  value = trim(value);
  for (size_t i = 0; i < sizeof protocol_words / sizeof protocol_words[0]; i++)
    if (same(value, protocol_words[i].word)) {
      state.entry.protocol = protocol_words[i].number;
      return;
    }
  mistake("names a boot protocol that this loader does not know: ", value);
}

static const char *path(char *value) {
  value = trim(value);
  if (!*value) mistake("names no file", "");
  return value;
}

static void take_kernel(char *value) {
  bool known = state.entry.kernel_path;
  once(&known);
  state.entry.kernel_path = path(value);
}

static const char *command_line(const char *value) {
  if (length_of(value) > MAX_COMMAND_LINE_BYTES) mistake("is too long a command line", "");
  return value;
}

static void take_command_line(char *value) {
  once(&state.has_command_line);
  state.entry.command_line = command_line(value);
}

static void take_module(char *value) {
  need_entry();
  if (state.entry.module_count == MAX_MODULES) mistake("is a module too many", "");
  module_list[state.entry.module_count++] = (struct boot_module){.path = path(value), .command_line = ""};
}

static void take_module_command_line(char *value) {
  need_entry();
  if (!state.entry.module_count) mistake("belongs to a module, and none stands above it", "");
  module_list[state.entry.module_count - 1].command_line = command_line(value);
}

static const struct {
  const char *word;
  void (*take)(char *value);
} lines[] = {
    {"timeout", take_timeout}, {"default", take_default},          {"entry", take_entry},   {"protocol", take_protocol},
    {"kernel", take_kernel},   {"cmdline", take_command_line},     {"module", take_module}, {"module-cmdline", take_module_command_line},
};

static bool begins_entry(const char *line) {
  static const char word[] = "entry";
  return memcmp(line, word, sizeof word - 1) == 0 && (!line[sizeof word - 1] || is_blank(line[sizeof word - 1]));
}

static void take_line(char *line) {
  char *value = line;
  while (*value && !is_blank(*value)) value++;
  /* One blank ends the word: those after it may belong to a command line. */
  if (*value) *value++ = 0;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    if (same(line, lines[i].word)) {
      lines[i].take(value);
      return;
    }
  for (size_t i = 0; i < sizeof parameter_words / sizeof parameter_words[0]; i++)
    if (same(line, parameter_words[i].word)) {
      bool known = state.entry.parameters[parameter_words[i].number] != PARAMETER_ABSENT;
      once(&known);
      state.entry.parameters[parameter_words[i].number] = number(trim(value));
      return;
    }
  mistake("begins with a word that is none of the boot configuration: ", line);
}

/* Reads the text and takes its lines, until so many entries are whole; or all, when there are fewer. */
static void take_text(const struct file *file, uint32_t entries) {
  file_read(file, CONFIG_PATH, 0, text_bytes, text);
  state.menu = (struct menu){0};
  state.line = 0;
  state.has_timeout = state.has_default = false;
  char *end = text + text_bytes;
  for (char *line = text, *next; line < end; line = next) {
    next = line;
    while (next < end && *next != '\n') next++;
    if (next > line && next[-1] == '\r') next[-1] = 0;
    *next++ = 0;
    state.line++;
    while (is_blank(*line)) line++;
    if (!*line || *line == '#') continue;
    if (state.menu.count == entries && begins_entry(line)) break;
    take_line(line);
  }
  end_entry();
}

void config_read(struct boot_entry *entry) {
  struct file file;
  const char *missing = volume_find(CONFIG_PATH, &file);
  if (missing) fail("there is no boot configuration on the boot volume: %s is looked for, and there is no \"%s\". Build the image again.", CONFIG_PATH, missing);
  if (file.bytes > CONFIG_MAX_BYTES)
    fail("the boot configuration (%s) has %u bytes; at most %u are read. Shorten it.", CONFIG_PATH, file.bytes, (uint32_t)CONFIG_MAX_BYTES);
  text_bytes = file.bytes;
  take_text(&file, UINT32_MAX);
  struct menu *menu = &state.menu;
  if (!menu->count) fail("the boot configuration (%s) has no entry. Build the image again.", CONFIG_PATH);
  if (menu->chosen >= menu->count)
    fail("the default entry of the boot configuration (%s) is %u, and there are %u. Correct the line \"default\".", CONFIG_PATH, menu->chosen + 1, menu->count);
  menu->has_timeout = state.has_timeout;
  uint32_t count = menu->count, chosen = count > 1 || state.has_timeout ? menu_choose(menu) : menu->chosen;
  /* The last one is what was read last. */
  if (chosen + 1 < count) take_text(&file, chosen + 1);
  volume_open(state.entry.kernel_path, "the kernel", &state.entry.kernel);
  uint64_t bytes = state.entry.kernel.bytes;
  for (uint32_t i = 0; i < state.entry.module_count; i++) {
    volume_open(module_list[i].path, "the module", &module_list[i].file);
    bytes += module_list[i].file.bytes;
  }
  progress_start(bytes);
  *entry = state.entry;
}
