/*
 * ISO 9660, for reading: with the names of Rock Ridge, else of Joliet, else its own. Sources: ECMA-119, 8.4 "Primary Volume Descriptor", 9.1 "Directory
 * Record"; System Use Sharing Protocol 1.12 (SP, CE); Rock Ridge Interchange Protocol 1.12 (NM, CL); Joliet Specification 1.
 */
#include "names.h"

/* A sector of the medium. Directory records and descriptors do not cross its end. */
#define CD_SECTOR_BYTES 2048u
#define CD_SECTOR_SHIFT 2u
#define FIRST_DESCRIPTOR 16u
#define MAX_DESCRIPTORS 32u
#define MAX_CONTINUATIONS 32u
#define MAX_TEXT 255u

#define DESCRIPTOR_PRIMARY 1u
#define DESCRIPTOR_SUPPLEMENTARY 2u
#define DESCRIPTOR_END 255u
#define DESCRIPTOR_IDENTIFIER "CD001"
#define DESCRIPTOR_ESCAPES 88
#define DESCRIPTOR_BLOCK_BYTES 128
#define DESCRIPTOR_ROOT 156

#define RECORD_ATTRIBUTE_BLOCKS 1
#define RECORD_BLOCK 2
#define RECORD_BYTES 10
#define RECORD_FLAGS 25
#define RECORD_UNIT 26
#define RECORD_NAME_BYTES 32
#define RECORD_NAME 33
#define RECORD_MIN_BYTES 34u
#define FLAG_DIRECTORY 0x02u
#define FLAG_ASSOCIATED 0x04u
#define FLAG_NOT_LAST 0x80u

#define NAME_CONTINUES 0x01u

/* Sectors have SECTOR_BYTES. */
struct record {
  uint32_t sector, bytes;
  bool directory, pieces;
};

static struct {
  struct record root;
  enum { NAMES_PLAIN, NAMES_ROCK_RIDGE, NAMES_JOLIET } names;
  uint32_t block_shift; /* a logical block has 1 << block_shift sectors */
  uint8_t skip;         /* bytes before the system use entries */
} volume;

/* What the system use entries of a record say: a name in UTF-8, the block of a directory that was moved. */
static struct {
  char name[MAX_TEXT + 1];
  uint32_t length, moved_to;
  /* SP is there: its number of bytes to skip in all other records */
  bool rock_ridge;
  uint8_t skip;
} extras;

static struct record read_record(const uint8_t *record) {
  return (struct record){
      .sector = (read_u32(record + RECORD_BLOCK) + record[RECORD_ATTRIBUTE_BLOCKS]) << volume.block_shift,
      .bytes = read_u32(record + RECORD_BYTES),
      .directory = record[RECORD_FLAGS] & FLAG_DIRECTORY,
      .pieces = (record[RECORD_FLAGS] & FLAG_NOT_LAST) || record[RECORD_UNIT] != 0,
  };
}

static void add_to_name(const uint8_t *entry) {
  for (uint32_t i = 5; i < entry[2] && extras.length < MAX_TEXT; i++) extras.name[extras.length++] = (char)entry[i];
  extras.name[extras.length] = 0;
}

/* Fills in extras from a record; skip is what SP says, or 0 where SP itself is looked for. */
static void read_extras(const uint8_t *record, uint32_t skip) {
  static uint8_t area[CD_SECTOR_BYTES];
  uint32_t start = (RECORD_NAME + record[RECORD_NAME_BYTES] + 1u) / 2 * 2 + skip;
  const uint8_t *at = record + start;
  uint32_t left = start < record[0] ? record[0] - start : 0;
  extras.length = extras.moved_to = 0;
  extras.name[0] = 0;
  extras.rock_ridge = false;
  for (uint32_t areas = 0; areas < MAX_CONTINUATIONS; areas++) {
    uint32_t block = 0, offset = 0, bytes = 0;
    bool last_piece = false;
    for (; left >= 4 && at[2] >= 4 && at[2] <= left; left -= at[2], at += at[2]) {
      uint32_t signature = (uint32_t)at[0] << 8 | at[1];
      if (signature == ('S' << 8 | 'T')) break;
      if (signature == ('S' << 8 | 'P') && at[2] >= 7 && at[4] == 0xbe && at[5] == 0xef) {
        extras.rock_ridge = true;
        extras.skip = at[6];
      }
      if (signature == ('N' << 8 | 'M') && at[2] >= 5 && !last_piece) {
        add_to_name(at);
        last_piece = !(at[4] & NAME_CONTINUES);
      }
      if (signature == ('C' << 8 | 'L') && at[2] >= 12) extras.moved_to = read_u32(at + 4);
      if (signature == ('C' << 8 | 'E') && at[2] >= 28) {
        block = read_u32(at + 4);
        offset = read_u32(at + 12);
        bytes = read_u32(at + 20);
      }
    }
    if (bytes == 0 || offset >= CD_SECTOR_BYTES || bytes > CD_SECTOR_BYTES - offset) return;
    disk_read(block << volume.block_shift, CD_SECTOR_BYTES / SECTOR_BYTES, area);
    at = area + offset;
    left = bytes;
  }
}

[[noreturn]] static void fail_damaged(const char *what) { fail("the boot volume's ISO 9660 file system is damaged: %s. Write the image again.", what); }

static bool is_joliet(const uint8_t *descriptor) {
  const uint8_t *escapes = descriptor + DESCRIPTOR_ESCAPES;
  return escapes[0] == '%' && escapes[1] == '/' && (escapes[2] == '@' || escapes[2] == 'C' || escapes[2] == 'E');
}

static void use_root(const uint8_t *descriptor) {
  uint32_t block_bytes = read_u16(descriptor + DESCRIPTOR_BLOCK_BYTES);
  if (block_bytes != 512 && block_bytes != 1024 && block_bytes != 2048) fail_damaged("its logical blocks do not have 512, 1024 or 2048 bytes");
  volume.block_shift = block_bytes == 512 ? 0 : block_bytes == 1024 ? 1 : 2;
  volume.root = read_record(descriptor + DESCRIPTOR_ROOT);
  if (!volume.root.directory || volume.root.bytes == 0) fail_damaged("its root directory is none");
}

static bool iso9660_mount(void) {
  static uint8_t sector[CD_SECTOR_BYTES];
  bool primary = false;
  struct record joliet = {0};
  volume.names = NAMES_PLAIN;
  for (uint32_t i = 0; i < MAX_DESCRIPTORS; i++) {
    disk_read((FIRST_DESCRIPTOR + i) << CD_SECTOR_SHIFT, CD_SECTOR_BYTES / SECTOR_BYTES, sector);
    if (memcmp(sector + 1, DESCRIPTOR_IDENTIFIER, 5) != 0 || sector[0] == DESCRIPTOR_END) break;
    if (sector[0] == DESCRIPTOR_PRIMARY && !primary) {
      use_root(sector);
      primary = true;
    }
    if (sector[0] == DESCRIPTOR_SUPPLEMENTARY && primary && is_joliet(sector)) joliet = read_record(sector + DESCRIPTOR_ROOT);
  }
  if (!primary) return false;
  /* The record "." of the root directory says whether there are system use entries. */
  disk_read(volume.root.sector, CD_SECTOR_BYTES / SECTOR_BYTES, sector);
  if (sector[0] < RECORD_MIN_BYTES) fail_damaged("its root directory is empty");
  read_extras(sector, 0);
  volume.skip = extras.rock_ridge ? extras.skip : 0;
  if (extras.rock_ridge) volume.names = NAMES_ROCK_RIDGE;
  else if (joliet.directory && joliet.bytes != 0) {
    volume.names = NAMES_JOLIET;
    volume.root = joliet;
  }
  return true;
}

/* NAME.EXT;1, or NAME.;1 without an extension. */
static void read_plain_name(const uint8_t *record, struct name *name) {
  name->count = 0;
  for (uint32_t i = 0; i < record[RECORD_NAME_BYTES] && record[RECORD_NAME + i] != ';'; i++) {
    uint8_t character = record[RECORD_NAME + i];
    name->units[name->count++] = character < 0x80 ? character : NO_UNIT;
  }
  if (name->count > 0 && name->units[name->count - 1] == '.') name->count--;
}

static void read_joliet_name(const uint8_t *record, struct name *name) {
  name->count = 0;
  for (uint32_t i = 0; i + 1 < record[RECORD_NAME_BYTES]; i += 2) {
    uint16_t unit = (uint16_t)(record[RECORD_NAME + i] << 8 | record[RECORD_NAME + i + 1]);
    if (unit == ';') break;
    name->units[name->count++] = unit;
  }
}

/* The name that counts on this volume; fills in extras, too. */
static bool read_name(const uint8_t *record, struct name *name) {
  extras.moved_to = 0;
  if (volume.names == NAMES_JOLIET) {
    read_joliet_name(record, name);
    return true;
  }
  if (volume.names == NAMES_ROCK_RIDGE) {
    read_extras(record, volume.skip);
    const char *at = extras.name;
    if (extras.length != 0) return take_name(&at, name) && *at == 0;
  }
  read_plain_name(record, name);
  return true;
}

/* A directory that Rock Ridge moved, as it lies deeper than ISO 9660 allows: its own record "." has its length. */
static struct record moved_directory(uint32_t block) {
  static uint8_t sector[CD_SECTOR_BYTES];
  disk_read(block << volume.block_shift, CD_SECTOR_BYTES / SECTOR_BYTES, sector);
  if (sector[0] < RECORD_MIN_BYTES || !(sector[RECORD_FLAGS] & FLAG_DIRECTORY)) fail_damaged("a directory that Rock Ridge moved is none");
  return read_record(sector);
}

/* Looks for a name in the directory that found is; then it is what has that name. */
static bool search_directory(const struct name *wanted, struct record *found) {
  static uint8_t sector[CD_SECTOR_BYTES];
  static struct name name;
  for (uint32_t done = 0; done < found->bytes; done += CD_SECTOR_BYTES) {
    disk_read(found->sector + done / SECTOR_BYTES, CD_SECTOR_BYTES / SECTOR_BYTES, sector);
    uint32_t length;
    for (uint32_t at = 0; at < CD_SECTOR_BYTES && sector[at] != 0; at += length) {
      const uint8_t *record = sector + at;
      length = record[0];
      if (length < RECORD_MIN_BYTES || length > CD_SECTOR_BYTES - at || (uint32_t)RECORD_NAME + record[RECORD_NAME_BYTES] > length)
        fail_damaged("a directory has a record of an impossible length");
      /* The names 0 and 1 are the directory itself and its parent. */
      if ((record[RECORD_FLAGS] & FLAG_ASSOCIATED) || (record[RECORD_NAME_BYTES] == 1 && record[RECORD_NAME] <= 1)) continue;
      if (!read_name(record, &name) || !same_name(wanted, &name)) continue;
      *found = extras.moved_to ? moved_directory(extras.moved_to) : read_record(record);
      return true;
    }
    if (found->bytes - done < CD_SECTOR_BYTES) break;
  }
  return false;
}

static const char *iso9660_find(const char *path, struct file *file) {
  struct record found = volume.root;
  for (const char *at = path;;) {
    static struct name name;
    while (*at == '/') at++;
    const char *start = at;
    if (*at == 0 || !found.directory || !take_name(&at, &name) || !search_directory(&name, &found)) return start;
    if (*at == 0 && !found.directory) break;
  }
  if (found.pieces) fail("%s lies on the boot volume in several pieces or interleaved, which this loader does not read. Write the image again, in one piece.", path);
  *file = (struct file){.bytes = found.bytes, .start = found.sector};
  return NULL;
}

static uint32_t iso9660_extent(const struct file *file, uint32_t index, uint32_t wanted, uint32_t *sector) {
  *sector = file->start + index;
  return wanted;
}

const struct file_system iso9660 = {"ISO 9660", iso9660_mount, iso9660_find, iso9660_extent};
