/*
 * The console while the firmware is there; a serial terminal belongs to it when the firmware is set up so. Source: UEFI 2.10, 12.3 "Simple Text Input
 * Protocol", 12.4 "Simple Text Output Protocol", appendix B "Console".
 */
#include "program.h"

#define DEBUG_PORT 0xe9

#define SCAN_UP 1
#define SCAN_DOWN 2

#define ATTRIBUTE_PLAIN 0x07
#define ATTRIBUTE_MARKED 0x70

#define TICK_MICROSECONDS 10000u
#define TICKS_PER_SECOND 100

static void put(char character) {
  const uint16_t text[2] = {(uint8_t)character, 0};
  system_table->ConOut->OutputString(system_table->ConOut, text);
}

static void put_text(const char *text) {
  while (*text) put(*text++);
}

static void put_where_emulators_listen(char character) {
  __asm__ volatile("outb %0, %1" : : "a"(character), "Nd"((uint16_t)DEBUG_PORT));
  put(character);
}

static void screen_size(size_t *columns, size_t *rows) {
  EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *out = system_table->ConOut;
  *columns = 80, *rows = 25;
  out->QueryMode(out, (size_t)(out->Mode->Mode < 0 ? 0 : out->Mode->Mode), columns, rows);
}

void console_clear(void) {
  system_table->ConOut->SetAttribute(system_table->ConOut, ATTRIBUTE_PLAIN);
  system_table->ConOut->ClearScreen(system_table->ConOut);
}

void console_line(uint32_t row, const char *text, bool marked) {
  EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *out = system_table->ConOut;
  size_t columns, rows, column = 0;
  screen_size(&columns, &rows);
  if (row >= rows || out->SetCursorPosition(out, 0, row) != EFI_SUCCESS) return;
  out->SetAttribute(out, marked ? ATTRIBUTE_MARKED : ATTRIBUTE_PLAIN);
  /* The last column stays empty: writing there moves on to the next row, or moves the screen up. */
  for (; column + 1 < columns && text[column]; column++) put(text[column]);
  out->SetAttribute(out, ATTRIBUTE_PLAIN);
  for (; column + 1 < columns; column++) put(' ');
}

void console_progress(const char *text) { console_line(0, text, false); }

uint32_t console_wait_key(uint32_t milliseconds) {
  EFI_SIMPLE_TEXT_INPUT_PROTOCOL *in = system_table->ConIn;
  for (uint32_t ticks = milliseconds / (1000 / TICKS_PER_SECOND);; ticks--) {
    EFI_INPUT_KEY key;
    if (in->ReadKeyStroke(in, &key) == EFI_SUCCESS) {
      if (key.ScanCode == SCAN_UP) return KEY_UP;
      if (key.ScanCode == SCAN_DOWN) return KEY_DOWN;
      if (key.UnicodeChar && key.UnicodeChar < 0x80) return key.UnicodeChar;
      continue;
    }
    if (ticks == 0) return 0;
    boot_services->Stall(TICK_MICROSECONDS);
  }
}

static void forget_keys(void) {
  EFI_INPUT_KEY key;
  while (system_table->ConIn->ReadKeyStroke(system_table->ConIn, &key) == EFI_SUCCESS);
}

static void wait_for_key(void) {
  EFI_INPUT_KEY key;
  while (system_table->ConIn->ReadKeyStroke(system_table->ConIn, &key) != EFI_SUCCESS) boot_services->Stall(TICK_MICROSECONDS);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  put_text("\r\n");
  for (const char *at = "Bootlab: "; *at; at++) put_where_emulators_listen(*at);
  format_text(put_where_emulators_listen, format, arguments);
  va_end(arguments);
  /* Not one that was pressed before the question, but any from then on: firmware may take long to draw it. */
  forget_keys();
  put_text("\r\nPress a key to go back to the firmware.\r\n");
  wait_for_key();
  boot_services->Exit(image_handle, EFI_LOAD_ERROR, 0, NULL);
  __builtin_unreachable();
}
