/* The first serial port, COM1. What is written to it, the lab shows in its Serial pane, and `--serial stdio` on your terminal. */
#pragma once

void serial_init(void);
void serial_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
