/*
 * The disk that the program was started from, and where on it the boot volume may be: the partition that holds the program, then the disk's other
 * partitions, then the disk as a whole (a CD's file system is there). Source: UEFI 2.10, 9 "EFI Loaded Image Protocol", 10 "Device Path Protocol", 13.9
 * "Block I/O Protocol".
 */
#include "program.h"

static const EFI_GUID loaded_image_protocol = {0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const EFI_GUID device_path_protocol = {0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const EFI_GUID block_io_protocol = {0x964e5b21, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};

#define MAX_PLACES 32
#define BOUNCE_BYTES 65536u
/* No file system is smaller than its own headers, which are all looked for: those of ISO 9660 reach to 34 KiB. What firmware starts from a CD may be. */
#define SMALLEST_VOLUME_BYTES 65536u

static EFI_BLOCK_IO_PROTOCOL *places[MAX_PLACES];
static uint32_t place_count, place;
static uint8_t *bounce;

static void *protocol_of(EFI_HANDLE handle, const EFI_GUID *protocol) {
  void *found = NULL;
  return boot_services->HandleProtocol(handle, protocol, &found) == EFI_SUCCESS ? found : NULL;
}

static uint32_t node_bytes(const EFI_DEVICE_PATH_PROTOCOL *node) { return read_u16(node->Length); }

static const EFI_DEVICE_PATH_PROTOCOL *next_node(const EFI_DEVICE_PATH_PROTOCOL *node) {
  return (const EFI_DEVICE_PATH_PROTOCOL *)((const uint8_t *)node + node_bytes(node));
}

static bool is_end(const EFI_DEVICE_PATH_PROTOCOL *node) { return node->Type == DEVICE_PATH_END || node_bytes(node) < sizeof *node; }

/* Bytes of a device path up to the node that names a partition, or all of it but its end. */
static size_t disk_path_bytes(const EFI_DEVICE_PATH_PROTOCOL *path) {
  const EFI_DEVICE_PATH_PROTOCOL *node = path;
  for (; !is_end(node); node = next_node(node))
    if (node->Type == DEVICE_PATH_MEDIA && (node->SubType == DEVICE_PATH_HARD_DRIVE || node->SubType == DEVICE_PATH_CD_ROM)) break;
  return (size_t)((const uint8_t *)node - (const uint8_t *)path);
}

static size_t path_bytes(const EFI_DEVICE_PATH_PROTOCOL *path) {
  const EFI_DEVICE_PATH_PROTOCOL *node = path;
  while (!is_end(node)) node = next_node(node);
  return (size_t)((const uint8_t *)node - (const uint8_t *)path);
}

static void add_place(EFI_BLOCK_IO_PROTOCOL *device) {
  if (!device || !device->Media->MediaPresent || !device->Media->BlockSize || device->Media->BlockSize % SECTOR_BYTES || device->Media->BlockSize > BOUNCE_BYTES) return;
  if (device->Media->LastBlock < SMALLEST_VOLUME_BYTES / device->Media->BlockSize - 1) return;
  for (uint32_t i = 0; i < place_count; i++)
    if (places[i] == device) return;
  if (place_count < MAX_PLACES) places[place_count++] = device;
}

/* The disk itself (no partition), or its partitions. */
static void add_places(const EFI_DEVICE_PATH_PROTOCOL *own, bool partitions) {
  size_t count, disk_bytes = disk_path_bytes(own);
  EFI_HANDLE *handles;
  if (boot_services->LocateHandleBuffer(ByProtocol, &block_io_protocol, NULL, &count, &handles) != EFI_SUCCESS) return;
  for (size_t i = 0; i < count; i++) {
    const EFI_DEVICE_PATH_PROTOCOL *path = protocol_of(handles[i], &device_path_protocol);
    if (!path) continue;
    size_t bytes = path_bytes(path);
    if (bytes >= disk_bytes && (bytes > disk_bytes) == partitions && memcmp(path, own, disk_bytes) == 0) add_place(protocol_of(handles[i], &block_io_protocol));
  }
  boot_services->FreePool(handles);
}

void disk_start(void) {
  const EFI_LOADED_IMAGE_PROTOCOL *image = protocol_of(image_handle, &loaded_image_protocol);
  const EFI_DEVICE_PATH_PROTOCOL *path = image && image->DeviceHandle ? protocol_of(image->DeviceHandle, &device_path_protocol) : NULL;
  if (!path)
    fail("the firmware does not say from which disk it started this program. Start it from a disk, not over a network.");
  bounce = low_allocate(BOUNCE_BYTES, EfiLoaderData, "reading the disk");
  add_place(protocol_of(image->DeviceHandle, &block_io_protocol));
  add_places(path, true);
  add_places(path, false);
  if (!place_count) fail("the firmware cannot read the disk that this program was started from in blocks (no Block I/O Protocol).");
}

bool disk_next_volume(void) {
  if (place + 1 >= place_count) return false;
  place++;
  return true;
}

static void read_blocks(EFI_BLOCK_IO_PROTOCOL *device, uint64_t block, size_t bytes, void *to) {
  EFI_STATUS status = device->ReadBlocks(device, device->Media->MediaId, block, bytes, to);
  if (status != EFI_SUCCESS)
    fail("the firmware could not read blocks %X to %X of the boot volume (status %X). The medium may be damaged, cut short or unplugged: write the image "
         "again.",
         block, block + bytes / device->Media->BlockSize - 1, (uint64_t)status);
}

void disk_read(uint32_t sector, uint32_t count, void *destination) {
  EFI_BLOCK_IO_PROTOCOL *device = places[place];
  uint32_t block_bytes = device->Media->BlockSize, per_block = block_bytes / SECTOR_BYTES, alignment = device->Media->IoAlign;
  uint8_t *to = destination;
  while (count > 0) {
    uint32_t skip = sector % per_block, done;
    bool whole = skip == 0 && count >= per_block && (alignment <= 1 || (uintptr_t)to % alignment == 0);
    if (whole) {
      done = count / per_block * per_block;
      read_blocks(device, sector / per_block, (size_t)done * SECTOR_BYTES, to);
    } else {
      uint32_t blocks = (skip + count + per_block - 1) / per_block, most = BOUNCE_BYTES / block_bytes;
      if (blocks > most) blocks = most;
      done = blocks * per_block - skip;
      if (done > count) done = count;
      read_blocks(device, sector / per_block, (size_t)blocks * block_bytes, bounce);
      memcpy(to, bounce + skip * SECTOR_BYTES, (size_t)done * SECTOR_BYTES);
    }
    sector += done;
    count -= done;
    to += (size_t)done * SECTOR_BYTES;
  }
}
