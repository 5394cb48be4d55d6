/* Modules: files that the kernel finds in memory beside itself. */
#include "loader.h"

static struct loaded_module loaded[MAX_MODULES];
static uint32_t loaded_count;

void modules_load(const struct boot_entry *boot) {
  for (uint32_t i = 0; i < boot->module_count; i++) {
    struct boot_module module = boot->modules[i];
    inflate_if_compressed(&module.file, "a module");
    /* Pages of its own, whether the kernel asked for them or not; an empty module has an address too. */
    uint32_t room = (uint32_t)align_up(module.file.bytes ? module.file.bytes : 1, PAGE_BYTES);
    uint32_t start = allocate(room, PAGE_BYTES, RESERVED_MODULE, "a module");
    file_read(&module.file, "a module", 0, module.file.bytes, at_address(start));
    memset(at_address(start + module.file.bytes), 0, room - module.file.bytes);
    loaded[loaded_count++] = (struct loaded_module){start, start + module.file.bytes, handoff_text(module.command_line)};
  }
}

const struct loaded_module *modules(uint32_t *count) {
  *count = loaded_count;
  return loaded;
}
