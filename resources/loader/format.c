/* Text with values in it, for whoever prints characters. */
#include "finding.h"

static void put_text(void put(char character), const char *text) {
  for (; *text; text++) put(*text);
}

static void put_hexadecimal(void put(char character), uint64_t value) {
  put_text(put, "0x");
  int shift = 60;
  while (shift > 0 && !(value >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) put("0123456789abcdef"[(value >> shift) & 15]);
}

static void put_decimal(void put(char character), uint32_t value) {
  char digits[11];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do {
    *--at = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  put_text(put, at);
}

void format_text(void put(char character), const char *format, va_list arguments) {
  for (; *format; format++) {
    if (*format != '%') {
      put(*format);
      continue;
    }
    format++;
    if (*format == 's') put_text(put, va_arg(arguments, const char *));
    else if (*format == 'u') put_decimal(put, va_arg(arguments, uint32_t));
    else if (*format == 'x') put_hexadecimal(put, va_arg(arguments, uint32_t));
    else if (*format == 'X') put_hexadecimal(put, va_arg(arguments, uint64_t));
    else put(*format);
  }
}
