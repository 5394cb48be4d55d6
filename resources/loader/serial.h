/* What a loader that fails can still do, whatever the firmware: write to COM1 and to port 0xE9, where emulators listen. */
#ifndef BOOTLAB_SERIAL_H
#define BOOTLAB_SERIAL_H

#include <stdint.h>

/** 115200 8N1. */
void serial_start(void);
void serial_put(char character);
/** A byte that came in; 0 when none did. */
uint32_t serial_key(void);

#endif
