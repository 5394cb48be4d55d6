/* The loader speaks only when it fails: on the screen, on COM1 and on port 0xE9 at once. */
#include "bios.h"
#include "serial.h"

void console_start(void) {
  /* A firmware may leave a graphics mode behind. */
  struct bios_registers registers = {.eax = 0x0003};
  bios_call(0x10, &registers);
}

static void print_character(char character) {
  struct bios_registers registers = {.eax = 0x0e00 | (uint8_t)character, .ebx = 0x0007};
  bios_call(0x10, &registers);
  serial_put(character);
}

static void print_text(const char *text) {
  for (; *text; text++) print_character(*text);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  serial_start();
  print_text("Bootlab: ");
  format_text(print_character, format, arguments);
  print_text("\r\n");
  va_end(arguments);
  stop();
}
