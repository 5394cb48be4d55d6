/* The boot volume: which file system it has, and reading files of any. */
#include "finding.h"

/* "@16+12345": 12345 bytes from sector 16. On a raw partition every file is named so. */
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
  if (*path != PLACE_MARK) return false;
  const char *at = take_number(path + 1, &file->start);
  if (!at || *at != '+') return false;
  at = take_number(at + 1, &file->bytes);
  return at && *at == 0;
}

static bool raw_mount(void) { return true; }

static const char *raw_find(const char *path, struct file *file) { return find_by_place(path, file) ? NULL : path; }

static uint32_t raw_extent(const struct file *file, uint32_t index, uint32_t wanted, uint32_t *sector) {
  *sector = file->start + index;
  return wanted;
}

/* No file system: the boot configuration at the start, everything else by its place. */
static const struct file_system raw = {"raw", raw_mount, raw_find, raw_extent};

/* In the order in which they are tried. */
static const struct file_system *const file_systems[] = {&raw};
static const struct file_system *mounted;

void volume_start(void) {
  for (size_t i = 0; i < sizeof file_systems / sizeof file_systems[0]; i++) {
    if (!file_systems[i]->mount()) continue;
    mounted = file_systems[i];
    return;
  }
  fail("the boot volume has no file system that this loader knows. Write the image again.");
}

const char *volume_find(const char *path, struct file *file) { return mounted->find(path, file); }

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
    uint32_t count = mounted->extent(file, index, whole ? whole : 1, &sector), length;
    if (whole > 0) {
      if (count > whole) count = whole;
      length = count * SECTOR_BYTES;
      disk_read(sector, count, to);
    } else {
      count = 1;
      length = SECTOR_BYTES - skip < bytes ? SECTOR_BYTES - skip : bytes;
      disk_read(sector, 1, part);
      memcpy(to, part + skip, length);
      skip = 0;
    }
    index += count;
    to += length;
    bytes -= length;
  }
}
