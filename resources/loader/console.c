/*
 * The screen and keyboard of a BIOS machine, and the same on COM1 (ECMA-48 control sequences). Sources: the IBM PS/2 and PC BIOS Interface
 * Technical Reference, INT 10h, INT 16h, and the BIOS data area's timer count.
 */
#include "bios.h"
#include "serial.h"

#define TEXT_MEMORY 0xb8000u
#define COLUMNS 80u
#define ROWS 25u
#define ATTRIBUTE_PLAIN 0x07
#define ATTRIBUTE_MARKED 0x70

#define FLAG_ZERO 0x40u
#define SCAN_UP 0x48
#define SCAN_DOWN 0x50

/* At 0x46c: counts 1193182/65536 times a second. */
#define TICK_COUNT 0x46cu
#define MILLISECONDS_PER_TICK 55u

#define ESCAPE 0x1b

static void text_mode(void) {
  /* A firmware may leave a graphics mode behind. */
  struct bios_registers registers = {.eax = 0x0003};
  bios_call(0x10, &registers);
}

void console_start(void) { text_mode(); }

static void print_character(char character) {
  struct bios_registers registers = {.eax = 0x0e00 | (uint8_t)character, .ebx = 0x0007};
  bios_call(0x10, &registers);
  serial_put(character);
}

static void print_text(const char *text) {
  for (; *text; text++) print_character(*text);
}

static void serial_text(const char *text) {
  for (; *text; text++) serial_put(*text);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  /* Nobody sees characters on a framebuffer that was set up for the kernel. */
  if (current_screen()->graphics) text_mode();
  else console_progress("");
  serial_start();
  print_text("Bootlab: ");
  format_text(print_character, format, arguments);
  print_text("\r\n");
  va_end(arguments);
  stop();
}

void console_clear(void) {
  text_mode();
  serial_start();
  serial_text("\033[0m\033[2J\033[H");
}

static void screen_line(uint32_t row, const char *text, uint8_t attribute) {
  volatile uint16_t *cell = (volatile uint16_t *)at_address(TEXT_MEMORY) + row * COLUMNS;
  for (uint32_t column = 0; column < COLUMNS; column++) {
    cell[column] = (uint16_t)(attribute << 8 | (*text ? (uint8_t)*text : ' '));
    if (*text) text++;
  }
}

static void serial_number(uint32_t value) {
  if (value >= 10) serial_put((char)('0' + value / 10));
  serial_put((char)('0' + value % 10));
}

void console_line(uint32_t row, const char *text, bool marked) {
  if (row >= ROWS) return;
  screen_line(row, text, marked ? ATTRIBUTE_MARKED : ATTRIBUTE_PLAIN);
  serial_text("\033[");
  serial_number(row + 1);
  serial_text(marked ? ";1H\033[7m" : ";1H");
  serial_text(text);
  serial_text("\033[0m\033[K");
}

void console_progress(const char *text) { screen_line(0, text, ATTRIBUTE_PLAIN); }

static uint32_t keyboard_key(void) {
  struct bios_registers registers = {.eax = 0x0100};
  bios_call(0x16, &registers);
  if (registers.flags & FLAG_ZERO) return 0;
  registers = (struct bios_registers){.eax = 0};
  bios_call(0x16, &registers);
  uint32_t scan_code = registers.eax >> 8 & 0xff, character = registers.eax & 0xff;
  /* The keys between the letters and the keypad may come with E0h. */
  if (character != 0 && character != 0xe0) return character;
  return scan_code == SCAN_UP ? KEY_UP : scan_code == SCAN_DOWN ? KEY_DOWN : 0;
}

/* A terminal sends ESC [ A for an arrow. The three come together, or are keys of their own. */
static uint32_t serial_terminal_key(void) {
  static const char arrow[] = {ESCAPE, '['};
  static uint32_t matched;
  for (uint32_t key; (key = serial_key());) {
    if (matched < sizeof arrow && key == (uint8_t)arrow[matched]) {
      matched++;
      continue;
    }
    bool is_arrow = matched == sizeof arrow;
    matched = 0;
    if (!is_arrow) return key;
    if (key == 'A') return KEY_UP;
    if (key == 'B') return KEY_DOWN;
  }
  return 0;
}

static uint32_t ticks(void) { return *(const volatile uint32_t *)at_address(TICK_COUNT); }

uint32_t console_wait_key(uint32_t milliseconds) {
  uint32_t start = ticks(), wait = (milliseconds + MILLISECONDS_PER_TICK - 1) / MILLISECONDS_PER_TICK;
  for (;;) {
    uint32_t key = serial_terminal_key();
    if (!key) key = keyboard_key();
    if (key) return key;
    uint32_t now = ticks();
    /* At midnight the count starts again at 0. */
    if (now < start) start = 0;
    if (now - start >= wait) return 0;
    struct bios_registers registers = {0};
    real_mode_call((uint32_t)sleep_code, &registers);
  }
}
