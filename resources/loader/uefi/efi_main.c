/* The UEFI program's course: find what to boot, read all of it, note what the firmware knows, and leave it. */
#include "program.h"

EFI_HANDLE image_handle;
EFI_SYSTEM_TABLE *system_table;
EFI_BOOT_SERVICES *boot_services;

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

bool same_guid(const EFI_GUID *a, const EFI_GUID *b) { return memcmp(a, b, sizeof *a) == 0; }

static size_t text_bytes(const char *text) {
  size_t length = 1;
  while (*text++) length++;
  return length;
}

/* Texts follow the block. */
static uint32_t put_text(char **at, const char *text) {
  size_t length = text_bytes(text);
  uint32_t address = low_address(memcpy(*at, text, length));
  *at += length;
  return address;
}

static struct hand_over_file load(const struct file *file, const char *what) {
  void *to = low_allocate(file->bytes, EfiLoaderData, what);
  file_read(file, what, 0, file->bytes, to);
  return (struct hand_over_file){low_address(to), file->bytes};
}

static struct hand_over *hand_over_entry(const struct boot_entry *entry) {
  size_t bytes = sizeof(struct hand_over) + text_bytes(entry->kernel_path) + text_bytes(entry->command_line);
  for (uint32_t i = 0; i < entry->module_count; i++) bytes += text_bytes(entry->modules[i].path) + text_bytes(entry->modules[i].command_line);
  struct hand_over *to = low_allocate(bytes, EfiLoaderData, "the boot entry");
  char *text = (char *)(to + 1);
  to->address = low_address(to);
  to->bytes = (uint32_t)bytes;
  to->is_64bit = sizeof(void *) == 8;
  to->system_table = (uintptr_t)system_table;
  to->image_handle = (uintptr_t)image_handle;
  to->protocol = entry->protocol;
  memcpy(to->parameters, entry->parameters, sizeof to->parameters);
  to->kernel = load(&entry->kernel, "the kernel file");
  to->kernel_path = put_text(&text, entry->kernel_path);
  to->command_line = put_text(&text, entry->command_line);
  to->module_count = entry->module_count;
  for (uint32_t i = 0; i < entry->module_count; i++)
    to->modules[i] = (struct hand_over_module){
        .file = load(&entry->modules[i].file, "a module"),
        .path = put_text(&text, entry->modules[i].path),
        .command_line = put_text(&text, entry->modules[i].command_line),
    };
  return to;
}

static uint32_t wish(const struct boot_entry *entry, uint32_t parameter) {
  uint64_t value = entry->parameters[parameter];
  return value == PARAMETER_ABSENT ? 0 : (uint32_t)value;
}

/* The first volume of the disk with a boot configuration. */
static void find_boot_volume(void) {
  struct file config;
  disk_start();
  do
    if (volume_mount() && !volume_find(CONFIG_PATH, &config)) return;
  while (disk_next_volume());
  fail("no volume of the disk that this program was started from has a boot configuration (%s). Write the image again.", CONFIG_PATH);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table) {
  image_handle = image;
  system_table = table;
  boot_services = table->BootServices;
  /* The firmware's own limit of minutes is for programs that hang, not for a menu that waits. */
  boot_services->SetWatchdogTimer(0, 0, 0, NULL);
  find_boot_volume();
  static struct boot_entry entry;
  config_read(&entry);
  if (entry.protocol == PROTOCOL_FLAT16)
    fail("%s is a program for real mode, which calls the BIOS, and this computer was started by UEFI. Start it with BIOS compatibility (CSM), or build a 32- or "
         "64-bit kernel.",
         entry.kernel_path);
  struct hand_over *to = hand_over_entry(&entry);
  tables_hand_over(to);
  console_clear();
  screen_hand_over(wish(&entry, PARAMETER_FRAMEBUFFER_WIDTH), wish(&entry, PARAMETER_FRAMEBUFFER_HEIGHT), &to->screen);
  leave_firmware(to);
}
