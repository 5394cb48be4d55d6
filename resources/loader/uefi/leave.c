/* From the firmware's program to the 32-bit part. Source: UEFI 2.10, 7.2.3 "GetMemoryMap", 7.4.6 "ExitBootServices". */
#include "program.h"

/* The map grows by what is allocated for it, and by what the firmware does meanwhile. */
#define SPARE_DESCRIPTORS 32
#define ATTEMPTS 8

/* Fits the 32-bit part to its place: it is linked for BLOB_ADDRESS. */
static const struct blob_header *load_blob(struct hand_over *hand_over) {
  struct blob_header header;
  memcpy(&header, blob, sizeof header);
  uint8_t *at = low_allocate(header.memory_bytes, EfiLoaderCode, "the loader");
  memcpy(at, blob, blob_bytes);
  for (uint32_t i = 0; i < blob_fixup_count; i++) {
    uint32_t value = read_u32(at + blob_fixups[i]) + low_address(at) - BLOB_ADDRESS;
    memcpy(at + blob_fixups[i], &value, sizeof value);
  }
  hand_over->blob_address = low_address(at);
  hand_over->blob_bytes = header.memory_bytes;
  return (const struct blob_header *)at;
}

/* Reads the map into the buffer and leaves; the map may change in between, and then both are done again. */
static void exit_boot_services(struct hand_over *hand_over) {
  size_t needed = 0, key, descriptor_bytes = 0;
  uint32_t version = 0;
  boot_services->GetMemoryMap(&needed, NULL, &key, &descriptor_bytes, &version);
  size_t room = needed + SPARE_DESCRIPTORS * descriptor_bytes;
  EFI_MEMORY_DESCRIPTOR *map = low_allocate(room, EfiLoaderData, "the memory map");
  EFI_STATUS status = EFI_SUCCESS;
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    size_t bytes = room;
    status = boot_services->GetMemoryMap(&bytes, map, &key, &descriptor_bytes, &version);
    if (status != EFI_SUCCESS) break;
    status = boot_services->ExitBootServices(image_handle, key);
    if (status != EFI_SUCCESS) continue;
    hand_over->efi_map = low_address(map);
    hand_over->efi_map_bytes = (uint32_t)bytes;
    hand_over->efi_descriptor_bytes = (uint32_t)descriptor_bytes;
    hand_over->efi_descriptor_version = version;
    return;
  }
  fail("the firmware does not let this program go (ExitBootServices, status %X). Turn the computer off and on again.", (uint64_t)status);
}

void leave_firmware(struct hand_over *hand_over) {
  const struct blob_header *loaded = load_blob(hand_over);
  exit_boot_services(hand_over);
  uint32_t offset = sizeof(void *) == 8 ? loaded->enter_from_long : loaded->enter_from_protected;
  void (*enter)(const struct hand_over *) = (void (*)(const struct hand_over *))((uintptr_t)loaded + offset);
  enter(hand_over);
  __builtin_unreachable();
}
