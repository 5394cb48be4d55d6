/* Sentences when boot services are gone: in the framebuffer, and those of failures on COM1 and port 0xE9, too. */
#include "enter.h"

#include "font.h"
#include "serial.h"

#define GLYPH_COLUMNS 8
#define GLYPH_ROWS 16
#define INK 0xffffffffu
#define MARGIN 16

static uint32_t column, row;

static uint32_t *pixel(const struct hand_over_screen *screen, uint32_t x, uint32_t y) {
  return at_address(screen->address + y * screen->pitch + x * 4);
}

static void draw(const struct hand_over_screen *screen, const uint8_t glyph[GLYPH_ROWS]) {
  uint32_t x = MARGIN + column * GLYPH_COLUMNS, y = MARGIN + row * GLYPH_ROWS;
  if (y + GLYPH_ROWS > screen->height) return;
  for (uint32_t line = 0; line < GLYPH_ROWS; line++)
    for (uint32_t bit = 0; bit < GLYPH_COLUMNS; bit++) *pixel(screen, x + bit, y + line) = glyph[line] >> (GLYPH_COLUMNS - 1 - bit) & 1 ? INK : 0;
}

static void put_on_screen(char character) {
  const struct hand_over_screen *screen = &hand_over->screen;
  if (character < FONT_FIRST || character > FONT_LAST || screen->width <= 2 * MARGIN + GLYPH_COLUMNS) return;
  draw(screen, font[character - FONT_FIRST]);
  if ((++column + 1) * GLYPH_COLUMNS <= screen->width - 2 * MARGIN) return;
  column = 0;
  row++;
}

static void clear_screen(void) {
  const struct hand_over_screen *screen = &hand_over->screen;
  for (uint32_t y = 0; y < screen->height; y++) memset(pixel(screen, 0, y), 0, screen->width * 4);
}

static void put(char character) {
  put_on_screen(character);
  serial_put(character);
}

void screen_note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (const char *at = "Bootlab: "; *at; at++) put_on_screen(*at);
  format_text(put_on_screen, format, arguments);
  va_end(arguments);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  clear_screen();
  serial_start();
  for (const char *at = "Bootlab: "; *at; at++) put(*at);
  format_text(put, format, arguments);
  serial_put('\r');
  serial_put('\n');
  va_end(arguments);
  stop();
}
