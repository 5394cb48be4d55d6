/* The loader speaks only when it fails: on the screen, on COM1 and on port 0xE9 at once. */
#include "bios.h"

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
