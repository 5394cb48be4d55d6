/* What a loader that fails can still do, whatever the firmware: write to COM1 and to port 0xE9, where emulators listen. */
#ifndef BOOTLAB_SERIAL_H
#define BOOTLAB_SERIAL_H

/** 115200 8N1. */
void serial_start(void);
void serial_put(char character);

#endif
