/* Formatted output, the way C programmers know it. */
#pragma once
#include <stdarg.h>

/*
 * Print on the screen. Understands %d %u %x %c %s %p and %%, with "l" before d, u and x for 64-bit numbers, and a width with
 * or without a leading zero, as in %08x. The attribute has the compiler check the arguments against the format.
 */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, into any function that takes characters one by one. */
void format_to(void (*put)(char), const char *format, va_list arguments);
