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

#define COLUMNS 80u

void console_clear(void) { system_table->ConOut->ClearScreen(system_table->ConOut); }

/* A serial line is the firmware's console, too, where there is one. */
void console_line(uint32_t row, const char *text, bool marked) {
  EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *screen = system_table->ConOut;
  uint16_t cells[COLUMNS];
  uint32_t column = 0;
  for (; column < COLUMNS - 1; column++) cells[column] = *text ? (uint8_t)*text++ : ' ';
  cells[column] = 0;
  screen->SetCursorPosition(screen, 0, row);
  screen->SetAttribute(screen, marked ? EFI_MARKED : EFI_PLAIN);
  screen->OutputString(screen, cells);
  screen->SetAttribute(screen, EFI_PLAIN);
}

void console_progress(const char *text) { console_line(0, text, false); }

#define POLL_MILLISECONDS 10u

uint32_t console_wait_key(uint32_t milliseconds) {
  EFI_INPUT_KEY key;
  for (uint32_t waited = 0; waited < milliseconds; waited += POLL_MILLISECONDS) {
    if (system_table->ConIn->ReadKeyStroke(system_table->ConIn, &key) == EFI_SUCCESS)
      return key.ScanCode == SCAN_UP ? KEY_UP : key.ScanCode == SCAN_DOWN ? KEY_DOWN : key.UnicodeChar < 0x80 ? key.UnicodeChar : 0;
    boot_services->Stall(POLL_MILLISECONDS * 1000);
  }
  return 0;
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
