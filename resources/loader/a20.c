/*
 * Address line 20: off, it folds every odd megabyte onto the even one below. Four ways are known to switch it on, and no
 * machine answers to all of them, so each is tried and then tested.
 */
#include "bios.h"

#define KEYBOARD_DATA 0x60
#define KEYBOARD_STATUS 0x64
#define KEYBOARD_COMMAND 0x64
#define KEYBOARD_OUTPUT_FULL 0x01
#define KEYBOARD_INPUT_FULL 0x02
#define KEYBOARD_READ_OUTPUT_PORT 0xd0
#define KEYBOARD_WRITE_OUTPUT_PORT 0xd1
#define OUTPUT_PORT_A20 0x02

#define SYSTEM_CONTROL_A 0x92
#define SYSTEM_CONTROL_RESET 0x01
#define SYSTEM_CONTROL_A20 0x02

/* The loader's bounce buffer and the byte 1 MiB above it; nothing is loaded yet. */
static bool a20_is_on(void) {
  volatile uint32_t *low = at_address(BOUNCE_ADDRESS);
  volatile uint32_t *high = at_address(BOUNCE_ADDRESS + 0x100000);
  *low = 0x20af01de;
  *high = 0xde01af20;
  return *low == 0x20af01de;
}

static void by_nothing(void) {}

static void by_bios(void) {
  struct bios_registers registers = {.eax = 0x2401};
  bios_call(0x15, &registers);
}

static void by_system_control_port(void) {
  uint8_t value = inb(SYSTEM_CONTROL_A);
  if (value & SYSTEM_CONTROL_A20) return;
  outb(SYSTEM_CONTROL_A, (uint8_t)((value | SYSTEM_CONTROL_A20) & ~SYSTEM_CONTROL_RESET));
}

/* Waits until the status bits under mask equal value; gives up after a while, as there may be no controller. */
static bool keyboard_wait(uint8_t mask, uint8_t value) {
  for (uint32_t tries = 0; tries < 100000; tries++)
    if ((inb(KEYBOARD_STATUS) & mask) == value) return true;
  return false;
}

static bool keyboard_command(uint8_t command) {
  if (!keyboard_wait(KEYBOARD_INPUT_FULL, 0)) return false;
  outb(KEYBOARD_COMMAND, command);
  return true;
}

static void by_keyboard_controller(void) {
  if (!keyboard_command(KEYBOARD_READ_OUTPUT_PORT)) return;
  if (!keyboard_wait(KEYBOARD_OUTPUT_FULL, KEYBOARD_OUTPUT_FULL)) return;
  uint8_t port = inb(KEYBOARD_DATA);
  if (!keyboard_command(KEYBOARD_WRITE_OUTPUT_PORT) || !keyboard_wait(KEYBOARD_INPUT_FULL, 0)) return;
  outb(KEYBOARD_DATA, port | OUTPUT_PORT_A20);
  keyboard_wait(KEYBOARD_INPUT_FULL, 0);
}

void a20_enable(void) {
  static void (*const methods[])(void) = {by_nothing, by_bios, by_system_control_port, by_keyboard_controller};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    methods[i]();
    /* The line may take a moment to follow. */
    for (uint32_t tries = 0; tries < 1000; tries++)
      if (a20_is_on()) return;
  }
  fail("address line A20 cannot be switched on (tried the BIOS, port 0x92 and the keyboard controller), so memory above 1 MiB "
       "is out of reach. Look for an A20 setting in the firmware.");
}
