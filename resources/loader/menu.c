/* The boot menu: arrow keys or digits, Enter, and a countdown that the first key ends. The same on the screen and on a serial line. */
#include "menu.h"

#define FIRST_ROW 2
#define KEY_ENTER '\r'
/* How often keys are looked for */
#define STEP_MILLISECONDS 55

/* A line is put together here before it is shown. */
static char line[81];
static uint32_t line_length;

static void put(char character) {
  if (line_length < sizeof line - 1) line[line_length++] = character;
}

static void show(uint32_t row, bool marked, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line_length = 0;
  format_text(put, format, arguments);
  line[line_length] = 0;
  va_end(arguments);
  console_line(row, line, marked);
}

static void show_entry(const struct menu *menu, uint32_t index, uint32_t chosen) {
  show(FIRST_ROW + index, index == chosen, "%s %u  %s", index == chosen ? ">" : " ", index + 1, menu->titles[index]);
}

static void show_countdown(const struct menu *menu, bool counting, uint32_t seconds) {
  uint32_t row = FIRST_ROW + menu->count + 1;
  if (counting) show(row, false, "Starts in %u s. A key stops the clock; arrows or digits and Enter choose.", seconds);
  else show(row, false, "Arrows or digits and Enter choose.");
}

uint32_t menu_choose(const struct menu *menu) {
  uint32_t chosen = menu->chosen, last = menu->count - 1;
  bool counting = menu->has_timeout;
  if (counting && !menu->timeout) return chosen;
  console_clear();
  show(0, false, "Bootlab");
  for (uint32_t i = 0; i <= last; i++) show_entry(menu, i, chosen);
  for (uint32_t left = menu->timeout * 1000, shown = UINT32_MAX; !counting || left > 0;) {
    uint32_t seconds = counting ? (left + 999) / 1000 : 0;
    if (seconds != shown) show_countdown(menu, counting, shown = seconds);
    uint32_t key = console_wait_key(STEP_MILLISECONDS), before = chosen;
    if (!key) {
      if (counting) left -= left < STEP_MILLISECONDS ? left : STEP_MILLISECONDS;
      continue;
    }
    counting = false;
    if (key == KEY_ENTER || key == '\n') break;
    if (key == KEY_UP) chosen = chosen ? chosen - 1 : last;
    if (key == KEY_DOWN) chosen = chosen < last ? chosen + 1 : 0;
    bool digit = key >= '1' && key <= '1' + last;
    if (digit) chosen = key - '1';
    show_entry(menu, before, chosen);
    show_entry(menu, chosen, chosen);
    if (digit) break;
  }
  console_clear();
  return chosen;
}
