/*
 * FAT12, FAT16 and FAT32, for reading. A file's chain of clusters is followed to its end when the file is opened, so that damage is told,
 * with the file's name, before anything is loaded.
 * Source: Microsoft Extensible Firmware Initiative FAT32 File System Specification 1.03.
 */
#include "names.h"

#define WINDOW_SECTORS 8u
#define DIRECTORY_SECTORS 4u
#define PLACE_BYTES 32u
/* More than 65536 places of 32 bytes no directory has. */
#define MAX_DIRECTORY_BYTES (65536u * PLACE_BYTES)
/* A place of a long name. */
#define UNITS_PER_PLACE 13u
#define MAX_NAME_PLACES 20u

#define ATTRIBUTE_LABEL 0x08u
#define ATTRIBUTE_DIRECTORY 0x10u
#define ATTRIBUTE_LONG_NAME 0x0fu
#define ATTRIBUTE_LONG_NAME_MASK 0x3fu
#define LONG_NAME_LAST 0x40u

#define PLACE_FREE_FROM_HERE 0x00u
#define PLACE_DELETED 0xe5u

/* Clusters 0 and 1 do not exist; 0 stands for the fixed root directory, and for the end of a chain. */
#define FIRST_CLUSTER 2u
#define NO_CLUSTER 0u

/* Sectors have SECTOR_BYTES, whatever the file system's own have. */
static struct {
  uint32_t bits;                     /* of a table's entry */
  uint32_t table, table_sectors;
  uint32_t root;                     /* FAT32: a cluster, else a sector */
  uint32_t root_sectors;
  uint32_t data;                     /* where cluster 2 lies */
  uint32_t cluster_shift;            /* a cluster has 1 << cluster_shift sectors */
  uint32_t last_cluster;
} volume;

/* What of the table is in memory: sectors from first, which is a multiple of WINDOW_SECTORS. */
static struct {
  uint32_t first;
  bool valid;
  uint8_t bytes[WINDOW_SECTORS * SECTOR_BYTES];
} window;

/* The last extent found, for the one that probably follows: count clusters in a row from the file's cluster number position on. */
static struct {
  uint32_t start, position, cluster, count;
} run;

/* The boot sector's fields, named as the specification names them. */
#define BPB_BytsPerSec 0x0b
#define BPB_SecPerClus 0x0d
#define BPB_RsvdSecCnt 0x0e
#define BPB_NumFATs 0x10
#define BPB_RootEntCnt 0x11
#define BPB_TotSec16 0x13
#define BPB_FATSz16 0x16
#define BPB_TotSec32 0x20
#define BPB_FATSz32 0x24
#define BPB_ExtFlags 0x28
#define BPB_RootClus 0x2c
#define BS_FilSysType 0x36
#define BS_FilSysType32 0x52
#define BS_Signature 0x1fe

#define SHORT_NAME_BASE 8u
#define SHORT_NAME_BYTES 11u

#define DIR_Attr 11
#define LDIR_Chksum 13
#define DIR_FstClusHI 20
#define DIR_FstClusLO 26
#define DIR_FileSize 28

#define MAX_FAT12_CLUSTERS 4085u
#define MAX_FAT16_CLUSTERS 65525u
#define MAX_FAT32_CLUSTERS 0x0ffffff5u

static bool power_of_2(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

static uint32_t log_2(uint32_t value) { return (uint32_t)__builtin_ctz(value); }

[[noreturn]] static void fail_damaged(const char *field) {
  fail("the boot volume's FAT file system is damaged: its boot sector has a wrong %s. Write the image again.", field);
}

static bool has_type_text(const uint8_t *boot_sector) {
  return memcmp(boot_sector + BS_FilSysType, "FAT", 3) == 0 || memcmp(boot_sector + BS_FilSysType32, "FAT", 3) == 0;
}

static bool fat_mount(void) {
  static uint8_t sector[SECTOR_BYTES];
  disk_read(0, 1, sector);
  uint32_t sector_bytes = read_u16(sector + BPB_BytsPerSec), cluster_sectors = sector[BPB_SecPerClus];
  uint32_t reserved = read_u16(sector + BPB_RsvdSecCnt), tables = sector[BPB_NumFATs], root_places = read_u16(sector + BPB_RootEntCnt);
  bool sizes = power_of_2(sector_bytes) && sector_bytes >= SECTOR_BYTES && sector_bytes <= 4096 && power_of_2(cluster_sectors);
  if (!sizes || reserved == 0 || tables == 0 || tables > 4 || read_u16(sector + BS_Signature) != 0xaa55) {
    if (has_type_text(sector)) fail_damaged("size of sectors or clusters, number of tables, or signature");
    return false;
  }
  uint64_t sectors = read_u16(sector + BPB_TotSec16), table_sectors = read_u16(sector + BPB_FATSz16);
  bool is32 = table_sectors == 0;
  if (sectors == 0) sectors = read_u32(sector + BPB_TotSec32);
  if (is32) table_sectors = read_u32(sector + BPB_FATSz32);

  /* From here on in SECTOR_BYTES. */
  uint32_t scale = log_2(sector_bytes / SECTOR_BYTES);
  uint64_t root_sectors = (root_places * PLACE_BYTES + sector_bytes - 1) >> log_2(sector_bytes) << scale;
  uint64_t table = (uint64_t)reserved << scale, end = sectors << scale;
  table_sectors <<= scale;
  uint64_t root = table + tables * table_sectors, data = root + root_sectors;
  volume.cluster_shift = log_2(cluster_sectors) + scale;
  if (end > UINT32_MAX || data >= end) fail_damaged("number of sectors");
  uint32_t clusters = (uint32_t)(end - data) >> volume.cluster_shift;
  volume.bits = is32 ? 32 : clusters < MAX_FAT12_CLUSTERS ? 12 : 16;
  if (clusters == 0 || clusters >= (is32 ? MAX_FAT32_CLUSTERS : MAX_FAT16_CLUSTERS)) fail_damaged("number of clusters");
  if (((uint64_t)clusters + FIRST_CLUSTER) * volume.bits > table_sectors * SECTOR_BYTES * 8) fail_damaged("size of its tables");
  volume.last_cluster = clusters + FIRST_CLUSTER - 1;
  /* Bit 7: only the table that bits 0 to 3 name is kept up to date. */
  uint32_t flags = is32 ? read_u16(sector + BPB_ExtFlags) : 0, active = flags & 0x80 ? flags & 0x0f : 0;
  volume.table = (uint32_t)(table + (active < tables ? active : 0) * table_sectors);
  volume.table_sectors = (uint32_t)table_sectors;
  volume.root = is32 ? read_u32(sector + BPB_RootClus) & 0x0fffffff : (uint32_t)root;
  volume.root_sectors = (uint32_t)root_sectors;
  volume.data = (uint32_t)data;
  if (is32 && (volume.root < FIRST_CLUSTER || volume.root > volume.last_cluster)) fail_damaged("first cluster of the root directory");
  if (!is32 && root_places == 0) fail_damaged("size of the root directory");
  window.valid = false;
  run.start = NO_CLUSTER;
  return true;
}

/* A byte of the table, and those behind it in the same sector. */
static const uint8_t *table_at(uint32_t offset) {
  uint32_t first = offset / SECTOR_BYTES / WINDOW_SECTORS * WINDOW_SECTORS;
  if (!window.valid || window.first != first) {
    uint32_t count = volume.table_sectors - first;
    disk_read(volume.table + first, count < WINDOW_SECTORS ? count : WINDOW_SECTORS, window.bytes);
    window.first = first;
    window.valid = true;
  }
  return window.bytes + (offset - first * SECTOR_BYTES);
}

/* A cluster's entry in the table, as a FAT32 entry: marks for bad clusters and ends are widened. */
static uint32_t table_entry(uint32_t cluster) {
  if (volume.bits == 32) return read_u32(table_at(cluster * 4)) & 0x0fffffff;
  uint32_t value, marks = 0xfff0;
  if (volume.bits == 16) {
    value = read_u16(table_at(cluster * 2));
  } else {
    /* The only entries that may lie across the end of a sector. */
    uint32_t at = cluster + cluster / 2;
    value = *table_at(at);
    value |= (uint32_t)*table_at(at + 1) << 8;
    value = cluster % 2 ? value >> 4 : value & 0xfff;
    marks = 0xff0;
  }
  return value >= marks ? value - marks + 0x0ffffff0 : value;
}

/* The cluster after this one; NO_CLUSTER at the chain's end. path names the file in the sentence. */
static uint32_t cluster_after(uint32_t cluster, const char *path) {
  uint32_t next = table_entry(cluster);
  if (next >= 0x0ffffff8) return NO_CLUSTER;
  if (next >= FIRST_CLUSTER && next <= volume.last_cluster) return next;
  if (next == 0x0ffffff7) fail("the boot volume's FAT is damaged: on the way to %s cluster %u is followed by one marked as bad. Write the image again.", path, cluster);
  if (next == NO_CLUSTER) fail("the boot volume's FAT is damaged: on the way to %s cluster %u is followed by none, but is no end. Write the image again.", path, cluster);
  fail("the boot volume's FAT is damaged: on the way to %s cluster %u is followed by %u, and the last one is %u. Write the image again.", path, cluster, next,
       volume.last_cluster);
}

static void check_first_cluster(uint32_t cluster, const char *path) {
  if (cluster < FIRST_CLUSTER || cluster > volume.last_cluster)
    fail("a directory of the boot volume is damaged: on the way to %s something begins at cluster %u, and clusters are 2 to %u. Write the image again.", path, cluster,
         volume.last_cluster);
}

/* Follows a file to its end: as many clusters as it needs, perhaps more that are set aside for it. */
static void check_chain(uint32_t start, uint32_t bytes, const char *path) {
  uint32_t needed = (uint32_t)(((uint64_t)bytes + ((uint64_t)SECTOR_BYTES << volume.cluster_shift) - 1) >> (volume.cluster_shift + log_2(SECTOR_BYTES)));
  uint32_t clusters = volume.last_cluster - FIRST_CLUSTER + 1, count = 1;
  check_first_cluster(start, path);
  for (uint32_t cluster = start; (cluster = cluster_after(cluster, path)) != NO_CLUSTER; count++)
    if (count >= clusters) fail("the boot volume's FAT is damaged: the clusters of %s, from %u on, never end. Write the image again.", path, start);
  if (count < needed)
    fail("the boot volume's FAT is damaged: %s has %u bytes, which need %u clusters, but its clusters end after %u. Write the image again.", path, bytes, needed, count);
}

static uint32_t sector_of(uint32_t cluster) { return volume.data + ((cluster - FIRST_CLUSTER) << volume.cluster_shift); }

/* Makes run longer, until it reaches the file's cluster number end or a gap. */
static void extend_run(uint32_t end) {
  uint32_t last = run.cluster + run.count - 1;
  for (; run.position + run.count < end && cluster_after(last, "a file") == last + 1; last++) run.count++;
}

static uint32_t fat_extent(const struct file *file, uint32_t index, uint32_t wanted, uint32_t *sector) {
  uint32_t position = index >> volume.cluster_shift, within = index & ((1u << volume.cluster_shift) - 1);
  uint32_t end = ((index + wanted - 1) >> volume.cluster_shift) + 1;
  if (run.start != file->start || position < run.position) {
    run.start = run.cluster = file->start;
    run.position = 0;
    run.count = 1;
  }
  extend_run(end);
  while (position >= run.position + run.count) {
    uint32_t next = cluster_after(run.cluster + run.count - 1, "a file");
    if (next == NO_CLUSTER) fail("the boot volume changes while it is read: a file ends earlier than before. Try again, or write the image again.");
    run.position += run.count;
    run.cluster = next;
    run.count = 1;
    extend_run(end);
  }
  *sector = sector_of(run.cluster + (position - run.position)) + within;
  return ((run.count - (position - run.position)) << volume.cluster_shift) - within;
}

struct long_name {
  struct name name;
  uint32_t missing; /* places still to come before the short name */
  uint8_t checksum;
  bool whole;
};

/* Puts the units of a place where they belong; the name's last place comes first. */
static void add_to_long_name(struct long_name *long_name, const uint8_t *place) {
  static const uint8_t unit_at[UNITS_PER_PLACE] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
  uint32_t number = place[0] & ~LONG_NAME_LAST & 0xff;
  if (place[0] & LONG_NAME_LAST) {
    long_name->whole = number != 0 && number <= MAX_NAME_PLACES;
    long_name->missing = number;
    long_name->checksum = place[LDIR_Chksum];
    long_name->name.count = number * UNITS_PER_PLACE;
  }
  long_name->whole = long_name->whole && number != 0 && number == long_name->missing && place[LDIR_Chksum] == long_name->checksum;
  if (!long_name->whole) return;
  long_name->missing--;
  for (uint32_t i = 0; i < UNITS_PER_PLACE; i++) {
    uint32_t at = long_name->missing * UNITS_PER_PLACE + i;
    long_name->name.units[at] = read_u16(place + unit_at[i]);
    if (long_name->name.units[at] == 0 && at < long_name->name.count) long_name->name.count = at;
  }
}

static bool belongs_to(const struct long_name *long_name, const uint8_t *place) {
  uint8_t sum = 0;
  for (uint32_t i = 0; i < SHORT_NAME_BYTES; i++) sum = (uint8_t)((sum << 7 | sum >> 1) + place[i]);
  return long_name->whole && long_name->missing == 0 && sum == long_name->checksum;
}

/* The 8.3 name. What its characters above 0x7f are depends on a code page that nothing tells: they are like no other. */
static void read_short_name(const uint8_t *place, struct name *name) {
  name->count = 0;
  bool dot = false;
  for (uint32_t i = 0; i < SHORT_NAME_BYTES; i++) {
    if (place[i] == ' ') continue;
    if (i >= SHORT_NAME_BASE && !dot) {
      name->units[name->count++] = '.';
      dot = true;
    }
    name->units[name->count++] = place[i] < 0x80 ? place[i] : NO_UNIT;
  }
}

struct place {
  uint32_t cluster, bytes;
  bool directory;
};

enum search { SEARCH_ON, SEARCH_FOUND, SEARCH_END };

/* Looks for a name among some places of a directory. */
static enum search search_places(const uint8_t *places, uint32_t bytes, const struct name *wanted, struct long_name *long_name, struct place *found) {
  for (const uint8_t *place = places; place < places + bytes; place += PLACE_BYTES) {
    if (place[0] == PLACE_FREE_FROM_HERE) return SEARCH_END;
    uint8_t attributes = place[DIR_Attr];
    if (place[0] != PLACE_DELETED && (attributes & ATTRIBUTE_LONG_NAME_MASK) == ATTRIBUTE_LONG_NAME) {
      add_to_long_name(long_name, place);
      continue;
    }
    if (place[0] != PLACE_DELETED && !(attributes & ATTRIBUTE_LABEL)) {
      static struct name short_name;
      read_short_name(place, &short_name);
      if ((belongs_to(long_name, place) && same_name(wanted, &long_name->name)) || same_name(wanted, &short_name)) {
        uint32_t high = volume.bits == 32 ? read_u16(place + DIR_FstClusHI) : 0u;
        *found = (struct place){high << 16 | read_u16(place + DIR_FstClusLO), read_u32(place + DIR_FileSize), attributes & ATTRIBUTE_DIRECTORY};
        return SEARCH_FOUND;
      }
    }
    long_name->whole = false;
  }
  return SEARCH_ON;
}

/* Looks for a name in the directory that begins at this cluster; NO_CLUSTER is the root directory of FAT12 and FAT16. */
static bool search_directory(uint32_t cluster, const struct name *wanted, const char *path, struct place *found) {
  static uint8_t places[DIRECTORY_SECTORS * SECTOR_BYTES];
  static struct long_name long_name;
  long_name.whole = false;
  bool fixed = cluster == NO_CLUSTER;
  uint32_t total = 0;
  do {
    uint32_t first = fixed ? volume.root : sector_of(cluster), sectors = fixed ? volume.root_sectors : 1u << volume.cluster_shift;
    for (uint32_t done = 0; done < sectors; done += DIRECTORY_SECTORS) {
      uint32_t count = sectors - done < DIRECTORY_SECTORS ? sectors - done : DIRECTORY_SECTORS;
      disk_read(first + done, count, places);
      enum search result = search_places(places, count * SECTOR_BYTES, wanted, &long_name, found);
      if (result != SEARCH_ON) return result == SEARCH_FOUND;
    }
    total += sectors;
    if (total > MAX_DIRECTORY_BYTES / SECTOR_BYTES && !fixed)
      fail("the boot volume's FAT is damaged: a directory on the way to %s never ends. Write the image again.", path);
    cluster = fixed ? NO_CLUSTER : cluster_after(cluster, path);
  } while (cluster != NO_CLUSTER);
  return false;
}

static const char *fat_find(const char *path, struct file *file) {
  struct place place = {.cluster = volume.bits == 32 ? volume.root : NO_CLUSTER, .directory = true};
  for (const char *at = path;;) {
    static struct name name;
    while (*at == '/') at++;
    const char *start = at;
    if (*at == 0 || !place.directory || !take_name(&at, &name) || !search_directory(place.cluster, &name, path, &place)) return start;
    if (place.directory || place.bytes != 0) check_first_cluster(place.cluster, path);
    if (*at == 0 && !place.directory) break;
  }
  *file = (struct file){.bytes = place.bytes, .start = place.cluster};
  if (place.bytes != 0) check_chain(place.cluster, place.bytes, path);
  return NULL;
}

const struct file_system fat = {"FAT", fat_mount, fat_find, fat_extent};
