/* The boot volume: which file system it has, and reading files of any. */
#include "finding.h"

/* The progress line moves after so many sectors. */
#define MOST_AT_ONCE (0x100000u / SECTOR_BYTES)

/* "@16+12345": 12345 bytes from sector 16 on. On a volume without file system every file is named so. */
#define PLACE_MARK '@'

static const char *take_number(const char *at, uint32_t *value) {
  uint64_t number = 0;
  const char *start = at;
  for (; *at >= '0' && *at <= '9'; at++) {
    number = number * 10 + (uint32_t)(*at - '0');
    if (number > UINT32_MAX) return NULL;
  }
  *value = (uint32_t)number;
  return at == start ? NULL : at;
}

/* Whether path names a place; then it is the file's. */
static bool find_by_place(const char *path, struct file *file) {
  *file = (struct file){0};
  if (*path != PLACE_MARK) return false;
  file->by_place = true;
  const char *at = take_number(path + 1, &file->start);
  if (!at || *at != '+') return false;
  at = take_number(at + 1, &file->bytes);
  return at && *at == 0;
}

#define CONFIG_SECTOR 1

static uint32_t raw_config_bytes;

/* Adds a sector's words to the checksum. */
static uint32_t sum_of(uint32_t number, uint8_t sector[SECTOR_BYTES]) {
  uint32_t sum = 0;
  disk_read(number, 1, sector);
  for (uint32_t i = 0; i < SECTOR_BYTES; i += 4) sum += read_u32(sector + i);
  return sum;
}

static bool raw_mount(void) {
  uint8_t sector[SECTOR_BYTES];
  uint32_t sum = sum_of(0, sector);
  if (read_u32(sector + RAW_MAGIC) != RAW_VOLUME_MAGIC) return false;
  if (read_u32(sector + RAW_VERSION) != RAW_VOLUME_VERSION)
    fail("the boot volume has version %u, this loader knows version %u. Build the image again.", read_u32(sector + RAW_VERSION), (uint32_t)RAW_VOLUME_VERSION);
  raw_config_bytes = read_u32(sector + RAW_CONFIG_BYTES);
  bool damaged = raw_config_bytes > CONFIG_MAX_BYTES;
  for (uint32_t at = 0; !damaged && at < raw_config_bytes; at += SECTOR_BYTES) sum += sum_of(CONFIG_SECTOR + at / SECTOR_BYTES, sector);
  if (damaged || sum != 0) fail("the boot volume's header or its boot configuration is damaged: its checksum is wrong. Write the image again.");
  return true;
}

static const char *raw_find(const char *path, struct file *file) {
  static const char config_path[] = CONFIG_PATH;
  for (uint32_t i = 0; i < sizeof config_path; i++)
    if (path[i] != config_path[i]) return path;
  *file = (struct file){.bytes = raw_config_bytes, .start = CONFIG_SECTOR};
  return NULL;
}

static uint32_t consecutive(const struct file *file, uint32_t index, uint32_t wanted, uint32_t *sector) {
  *sector = file->start + index;
  return wanted;
}

/* No file system: a header, the boot configuration, and everything else by its place. */
static const struct file_system raw = {"raw", raw_mount, raw_find, consecutive};

/* In the order in which they are tried. */
static const struct file_system *const file_systems[] = {&raw, &fat, &iso9660};
static const struct file_system *mounted;

bool volume_mount(void) {
  for (size_t i = 0; i < sizeof file_systems / sizeof file_systems[0]; i++) {
    if (!file_systems[i]->mount()) continue;
    mounted = file_systems[i];
    return true;
  }
  return false;
}

void volume_start(void) {
  if (volume_mount()) return;
  uint8_t sector[SECTOR_BYTES];
  disk_read(0, 1, sector);
  uint32_t any = 0;
  for (uint32_t i = 0; i < SECTOR_BYTES; i++) any |= sector[i];
  if (!any) fail("there is no kernel on this disk: the boot volume is empty. Write the image again.");
  fail("the boot volume has no file system that this loader knows (FAT12, FAT16, FAT32, ISO 9660, or none). Write the image again.");
}

const char *volume_find(const char *path, struct file *file) { return find_by_place(path, file) ? NULL : mounted->find(path, file); }

void volume_open(const char *path, const char *what, struct file *file) {
  const char *missing = volume_find(path, file);
  if (missing) fail("%s %s is not on the boot volume: there is no \"%s\". Write the image again, or correct the boot configuration.", what, path, missing);
}

void file_read(const struct file *file, const char *what, uint64_t offset, uint32_t bytes, void *destination) {
  if (offset > file->bytes || bytes > file->bytes - offset)
    fail("%s is cut short: bytes %X to %X are wanted, it has %x. Build it again.", what, offset, offset + bytes, file->bytes);
  if (file->memory) {
    memcpy(destination, (const void *)((uintptr_t)file->memory + (uintptr_t)offset), bytes);
    return;
  }
  uint8_t *to = destination;
  uint32_t index = (uint32_t)offset / SECTOR_BYTES, skip = (uint32_t)offset % SECTOR_BYTES;
  /* Whole sectors go where they belong at once; the first and last may be needed in part only. */
  while (bytes > 0) {
    static uint8_t part[SECTOR_BYTES];
    uint32_t sector, whole = skip == 0 ? bytes / SECTOR_BYTES : 0;
    uint32_t count = (file->by_place ? consecutive : mounted->extent)(file, index, whole ? whole : 1, &sector), length;
    if (whole > 0) {
      if (count > whole) count = whole;
      if (count > MOST_AT_ONCE) count = MOST_AT_ONCE;
      length = count * SECTOR_BYTES;
      disk_read(sector, count, to);
    } else {
      count = 1;
      length = SECTOR_BYTES - skip < bytes ? SECTOR_BYTES - skip : bytes;
      disk_read(sector, 1, part);
      memcpy(to, part + skip, length);
      skip = 0;
    }
    progress_add(length);
    index += count;
    to += length;
    bytes -= length;
  }
}
