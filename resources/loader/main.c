/* Stage 2's course: prepare the machine, find the kernel, enter it the way its kind asks for. */
#include "loader.h"

struct boot_protocol {
  uint32_t number;
  void (*boot)(const struct descriptor *kernel);
};

static const struct boot_protocol protocols[] = {
    {PROTOCOL_MULTIBOOT1, boot_multiboot1}, {PROTOCOL_MULTIBOOT2, boot_multiboot2}, {PROTOCOL_ELF64, boot_elf64},
    {PROTOCOL_ELF32, boot_elf32},           {PROTOCOL_FLAT, boot_flat},             {PROTOCOL_BOOTLOADER_CRATE, boot_bootloader_crate},
};

void loader_main(void);

void loader_main(void) {
  console_start();
  a20_enable();
  memory_detect();
  disk_start();
  struct descriptor kernel = descriptor_read();
  for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
    if (protocols[i].number == kernel.protocol) protocols[i].boot(&kernel);
  fail("the boot descriptor asks for boot protocol %u, which this loader does not know. Build the image again.", kernel.protocol);
}
