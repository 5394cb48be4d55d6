/* One line that says how far loading is; files that are there at once have none. */
#include "finding.h"

#define MIB 0x100000u
#define WORTH_A_LINE (8 * MIB)

static uint64_t total, done;

static char line[40];
static uint32_t line_length;

static void put(char character) {
  if (line_length < sizeof line - 1) line[line_length++] = character;
}

static void show(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line_length = 0;
  format_text(put, format, arguments);
  line[line_length] = 0;
  va_end(arguments);
  console_progress(line);
}

void progress_start(uint64_t bytes) { total = bytes; }

void progress_add(uint32_t bytes) {
  uint64_t before = done;
  done += bytes;
  if (total >= WORTH_A_LINE && before / MIB != done / MIB && done <= total) show("Loading: %u of %u MiB", (uint32_t)(done / MIB), (uint32_t)((total + MIB - 1) / MIB));
}
