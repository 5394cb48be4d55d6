/* Stage 2's course: prepare the machine, find the kernel, enter it the way its kind asks for. */
#include "bios.h"

void loader_main(void);

void loader_main(void) {
  console_start();
  a20_enable();
  memory_detect();
  disk_start();
  volume_start();
  static struct boot_entry entry;
  config_read(&entry);
  boot_by_protocol(&entry);
}
