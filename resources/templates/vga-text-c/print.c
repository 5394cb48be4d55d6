#include "print.h"
#include "vga.h"
#include <stdbool.h>
#include <stdint.h>

/* Digits come out last first, so they are collected from the end of a buffer. 20 suffice for any 64-bit number. */
static void put_number(void (*put)(char), uint64_t value, unsigned base, int width, char fill)
{
    char digits[20];
    int count = 0;
    do
        digits[count++] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    for (int i = count; i < width; i++)
        put(fill);
    while (count > 0)
        put(digits[--count]);
}

static void put_text(void (*put)(char), const char *text)
{
    while (*text != '\0')
        put(*text++);
}

void format_to(void (*put)(char), const char *format, va_list arguments)
{
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        format++;
        char fill = *format == '0' ? '0' : ' ';
        int width = 0;
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (*format - '0');
        /* Arguments are taken in the size they were passed in: "l" says that it is 64 bits. */
        bool is_long = *format == 'l';
        if (is_long)
            format++;
        switch (*format) {
        case 'd': {
            int64_t value = is_long ? va_arg(arguments, long) : va_arg(arguments, int);
            if (value < 0)
                put('-');
            put_number(put, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, width, fill);
            break;
        }
        case 'u':
            put_number(put, is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 10, width, fill);
            break;
        case 'x':
            put_number(put, is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 16, width, fill);
            break;
        case 'p':
            put_text(put, "0x");
            put_number(put, (uintptr_t)va_arg(arguments, void *), 16, 0, ' ');
            break;
        case 'c':
            put((char)va_arg(arguments, int));
            break;
        case 's':
            put_text(put, va_arg(arguments, const char *));
            break;
        case '%':
            put('%');
            break;
        default:
            /* A mistake in the format, or its end right after the per cent sign: show it as it is. */
            put('%');
            if (*format == '\0')
                return;
            put(*format);
        }
    }
}

void kprintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(vga_put, format, arguments);
    va_end(arguments);
}
