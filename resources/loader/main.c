/* Stage 2's course: prepare the machine, find the kernel, enter it the way its kind asks for. */
#include "loader.h"

[[noreturn]] static void boot_elf32(const struct descriptor *kernel) {
  static struct program program;
  elf_read(kernel, 1u << ELF_CLASS_32, &program);
  program_load(kernel, &program);
  enter_protected(program_physical(&program, program.entry), MULTIBOOT1_BOOT_MAGIC, multiboot_information(kernel));
}

struct boot_protocol {
  uint32_t number;
  void (*boot)(const struct descriptor *kernel);
};

static const struct boot_protocol protocols[] = {
    {PROTOCOL_MULTIBOOT1, boot_multiboot},
    {PROTOCOL_ELF64, boot_elf64},
    {PROTOCOL_ELF32, boot_elf32},
};

void loader_main(void);

void loader_main(void) {
  console_start();
  a20_enable();
  memory_detect();
  struct descriptor kernel = descriptor_read();
  for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
    if (protocols[i].number == kernel.protocol) protocols[i].boot(&kernel);
  fail("the boot descriptor asks for boot protocol %u, which this loader does not know. Build the image again.", kernel.protocol);
}
