#ifndef SERIAL_H
#define SERIAL_H

#include <stdint.h>

void serial_start(void);
void print(const char *text);
void print_number(uint64_t number);

/* Ends the machine with the exit code (value << 1) | 1 where there is isa-debug-exit, as in Bootlab and in QEMU on demand. */
void end_machine(uint8_t value);

#endif
