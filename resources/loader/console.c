/* The loader speaks only when it fails: on the screen, on COM1 and on port 0xE9 at once. */
#include "loader.h"

/* 16550 UART at COM1 (National Semiconductor PC16550D, 8.0 "Registers"). */
#define COM1 0x3f8
#define COM1_DIVISOR_LOW (COM1 + 0)
#define COM1_INTERRUPT_ENABLE (COM1 + 1)
#define COM1_FIFO_CONTROL (COM1 + 2)
#define COM1_LINE_CONTROL (COM1 + 3)
#define COM1_MODEM_CONTROL (COM1 + 4)
#define COM1_LINE_STATUS (COM1 + 5)
#define LINE_STATUS_TRANSMITTER_EMPTY 0x20

#define DEBUG_PORT 0xe9

void console_start(void) {
  /* A firmware may leave a graphics mode behind. */
  struct bios_registers registers = {.eax = 0x0003};
  bios_call(0x10, &registers);
}

static void serial_start(void) {
  static const struct {
    uint16_t port;
    uint8_t value;
  } settings[] = {
      {COM1_INTERRUPT_ENABLE, 0x00}, {COM1_LINE_CONTROL, 0x80}, /* divisor latch on */
      {COM1_DIVISOR_LOW, 0x01},      {COM1_INTERRUPT_ENABLE, 0x00}, /* 115200 baud */
      {COM1_LINE_CONTROL, 0x03},     {COM1_FIFO_CONTROL, 0x07},
      {COM1_MODEM_CONTROL, 0x03},
  };
  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) outb(settings[i].port, settings[i].value);
}

static void print_character(char character) {
  struct bios_registers registers = {.eax = 0x0e00 | (uint8_t)character, .ebx = 0x0007};
  bios_call(0x10, &registers);
  outb(DEBUG_PORT, (uint8_t)character);
  /* Bounded, because a machine without COM1 never becomes ready. */
  for (uint32_t tries = 0; tries < 100000 && !(inb(COM1_LINE_STATUS) & LINE_STATUS_TRANSMITTER_EMPTY); tries++)
    ;
  outb(COM1, (uint8_t)character);
}

static void print_text(const char *text) {
  for (; *text; text++) print_character(*text);
}

static void print_hexadecimal(uint64_t value) {
  print_text("0x");
  int shift = 60;
  while (shift > 0 && !(value >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) print_character("0123456789abcdef"[(value >> shift) & 15]);
}

static void print_decimal(uint32_t value) {
  char digits[11];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do {
    *--at = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  print_text(at);
}

void fail(const char *format, ...) {
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  serial_start();
  print_text("Bootlab: ");
  for (; *format; format++) {
    if (*format != '%') {
      print_character(*format);
      continue;
    }
    format++;
    if (*format == 's') print_text(__builtin_va_arg(arguments, const char *));
    else if (*format == 'u') print_decimal(__builtin_va_arg(arguments, uint32_t));
    else if (*format == 'x') print_hexadecimal(__builtin_va_arg(arguments, uint32_t));
    else if (*format == 'X') print_hexadecimal(__builtin_va_arg(arguments, uint64_t));
    else print_character(*format);
  }
  print_text("\r\n");
  __builtin_va_end(arguments);
  stop();
}
