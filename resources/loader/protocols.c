/* The table of boot protocols. */
#include "loader.h"

static const struct {
  uint32_t number;
  void (*boot)(const struct boot_entry *boot);
} protocols[] = {
    {PROTOCOL_MULTIBOOT1, boot_multiboot1},
    {PROTOCOL_MULTIBOOT2, boot_multiboot2},
    {PROTOCOL_ELF64, boot_elf64},
    {PROTOCOL_ELF32, boot_elf32},
    {PROTOCOL_BOOTLOADER_CRATE, boot_bootloader_crate},
    {PROTOCOL_LIMINE, boot_limine},
    {PROTOCOL_BOOTLOADER11, boot_bootloader11},
    {PROTOCOL_LINUX, boot_linux},
    {PROTOCOL_FLAT16, boot_flat},
    {PROTOCOL_FLAT32, boot_flat},
    {PROTOCOL_FLAT64, boot_flat},
};

void boot_by_protocol(const struct boot_entry *entry) {
  static struct boot_entry boot_with_kernel;
  boot_with_kernel = *entry;
  inflate_if_compressed(&boot_with_kernel.kernel, "the kernel file");
  if (boot_with_kernel.protocol == PROTOCOL_DETECT) boot_with_kernel.protocol = detect_protocol(&boot_with_kernel);
  const struct boot_entry *boot = &boot_with_kernel;
  for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
    if (protocols[i].number == boot->protocol) protocols[i].boot(boot);
  fail("the boot configuration asks for boot protocol %u, which this loader does not know. Build the image again.", boot->protocol);
}
