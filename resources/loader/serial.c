/* COM1 and port 0xE9. Source: National Semiconductor PC16550D, 8.0 "Registers". */
#include "serial.h"

#include "loader.h"

#define COM1 0x3f8
#define COM1_DIVISOR_LOW (COM1 + 0)
#define COM1_INTERRUPT_ENABLE (COM1 + 1)
#define COM1_FIFO_CONTROL (COM1 + 2)
#define COM1_LINE_CONTROL (COM1 + 3)
#define COM1_MODEM_CONTROL (COM1 + 4)
#define COM1_LINE_STATUS (COM1 + 5)
#define LINE_STATUS_DATA_READY 0x01
#define LINE_STATUS_TRANSMITTER_EMPTY 0x20

#define DEBUG_PORT 0xe9

void serial_start(void) {
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

uint32_t serial_key(void) {
  uint8_t status = inb(COM1_LINE_STATUS);
  /* Where there is no COM1, all bits are set. */
  return status != 0xff && (status & LINE_STATUS_DATA_READY) ? inb(COM1) : 0;
}

void serial_put(char character) {
  outb(DEBUG_PORT, (uint8_t)character);
  /* Bounded, because a machine without COM1 never becomes ready. */
  for (uint32_t tries = 0; tries < 100000 && !(inb(COM1_LINE_STATUS) & LINE_STATUS_TRANSMITTER_EMPTY); tries++)
    ;
  outb(COM1, (uint8_t)character);
}
