/* The 32-bit part's course: what the UEFI program found becomes what a boot protocol knows of its machine. */
#include "enter.h"

const struct hand_over *hand_over;

void enter_main(const struct hand_over *from);

static struct file file_from(const struct hand_over_file *file) { return (struct file){.bytes = file->bytes, .start = file->address}; }

void file_read(const struct file *file, const char *what, uint64_t offset, uint32_t bytes, void *destination) {
  if (offset > file->bytes || bytes > file->bytes - offset)
    fail("%s is cut short: bytes %X to %X are wanted, it has %x. Build it again.", what, offset, offset + bytes, file->bytes);
  memcpy(destination, at_address(file->start + (uint32_t)offset), bytes);
}

void enter_main(const struct hand_over *from) {
  static struct boot_module modules[MAX_MODULES];
  static struct boot_entry entry;
  hand_over = from;
  interrupts_quiet();
  memory_start();
  for (uint32_t i = 0; i < from->module_count; i++)
    modules[i] = (struct boot_module){
        .file = file_from(&from->modules[i].file),
        .path = at_address(from->modules[i].path),
        .command_line = at_address(from->modules[i].command_line),
    };
  entry = (struct boot_entry){
      .protocol = from->protocol,
      .kernel = file_from(&from->kernel),
      .kernel_path = at_address(from->kernel_path),
      .command_line = at_address(from->command_line),
      .module_count = from->module_count,
      .modules = modules,
  };
  memcpy(entry.parameters, from->parameters, sizeof entry.parameters);
  boot_by_protocol(&entry);
}
