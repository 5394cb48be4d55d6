/* The console while the firmware is there. Source: UEFI 2.10, 12.3 "Simple Text Input Protocol", 12.4 "Simple Text Output Protocol". */
#include "program.h"

#define DEBUG_PORT 0xe9

static void put(char character) {
  uint16_t text[2] = {(uint8_t)character, 0};
  __asm__ volatile("outb %0, %1" : : "a"(character), "Nd"(DEBUG_PORT));
  system_table->ConOut->OutputString(system_table->ConOut, text);
}

static void put_text(const char *text) {
  while (*text) put(*text++);
}

static void wait_for_key(void) {
  EFI_INPUT_KEY key;
  /* Not one that was pressed before. */
  while (system_table->ConIn->ReadKeyStroke(system_table->ConIn, &key) == EFI_SUCCESS);
  while (system_table->ConIn->ReadKeyStroke(system_table->ConIn, &key) != EFI_SUCCESS) boot_services->Stall(10000);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  put_text("\r\nBootlab: ");
  format_text(put, format, arguments);
  va_end(arguments);
  put_text("\r\nPress a key to go back to the firmware.\r\n");
  wait_for_key();
  boot_services->Exit(image_handle, EFI_LOAD_ERROR, 0, NULL);
  __builtin_unreachable();
}
