/*
 * The loader's file systems as a program of this computer, on an image in memory.
 *
 *   host IMAGE SKIP PATH...    for each path: its name, a tab, and "found BYTES CRC32 READS", "missing NAME" or "failed SENTENCE"
 *   host IMAGE SKIP --fuzz SEED ROUNDS PATH...    the same on copies that are damaged each in another way; prints how often each came about
 *
 * SKIP is the number of sectors before the volume.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "finding.h"

#define MAX_FAILURE_BYTES 1024
/* So many times the image may be read for one file. */
#define MAX_READS 64u
#define MAX_MAP_SECTORS 4096u
#define MAX_DAMAGES 4u

static uint8_t *image;
static uint32_t image_sectors, volume_sector, reads;
static uint64_t sectors_read;
/* While it is filled: which sectors are read to find the files, the ones worth damaging. */
static uint32_t map[MAX_MAP_SECTORS], map_sectors;
static bool mapping;
static jmp_buf failed;
static char failure[MAX_FAILURE_BYTES];
static size_t failure_bytes;

static void put_failure(char character) {
  if (failure_bytes + 1 < sizeof failure) failure[failure_bytes++] = character;
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  failure_bytes = 0;
  format_text(put_failure, format, arguments);
  va_end(arguments);
  failure[failure_bytes] = 0;
  longjmp(failed, 1);
}

void disk_read(uint32_t sector, uint32_t count, void *destination) {
  reads++;
  sectors_read += count;
  if (count == 0 || (uint64_t)volume_sector + sector + count > image_sectors) fail("disk: sectors %u to %u are not there", sector, sector + count - 1);
  /* A loop that has no end would read without end. */
  if (sectors_read > (uint64_t)image_sectors * MAX_READS) {
    fprintf(stderr, "too much is read\n");
    abort();
  }
  for (uint32_t i = 0; mapping && i < count && map_sectors < MAX_MAP_SECTORS; i++) map[map_sectors++] = sector + i;
  memcpy(destination, image + ((size_t)volume_sector + sector) * SECTOR_BYTES, (size_t)count * SECTOR_BYTES);
}

/* Nobody watches. */
void progress_add(uint32_t bytes) { (void)bytes; }

static uint32_t crc32(const uint8_t *bytes, size_t count) {
  uint32_t sum = UINT32_MAX;
  for (size_t i = 0; i < count; i++) {
    sum ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
  }
  return ~sum;
}

static uint32_t state;
static uint32_t random_below(uint32_t limit) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % limit;
}

enum outcome { FOUND, MISSING, FAILED, OUTCOMES };

/* Finds a file, and unless sum is null reads it: as a whole and again piece by piece, forwards and backwards. */
static enum outcome look_for(const char *path, const char **missing, struct file *file, uint32_t *sum) {
  static uint8_t *content;
  free(content);
  content = NULL;
  reads = 0;
  sectors_read = 0;
  if (setjmp(failed)) return FAILED;
  *missing = volume_find(path, file);
  if (*missing) return MISSING;
  if (!sum) return FOUND;
  if (file->bytes > (uint64_t)image_sectors * SECTOR_BYTES) fail("disk: a file of %u bytes", file->bytes);
  content = malloc(file->bytes + 1);
  if (file->bytes > 0) file_read(file, "the file", 0, file->bytes, content);
  uint32_t whole = reads;
  for (int i = 0; i < 20 && file->bytes > 0; i++) {
    static uint8_t piece[5000];
    uint32_t at = random_below(file->bytes), bytes = 1 + random_below(sizeof piece);
    if (bytes > file->bytes - at) bytes = file->bytes - at;
    file_read(file, "the file", at, bytes, piece);
    if (memcmp(piece, content + at, bytes) != 0) abort();
  }
  reads = whole;
  *sum = crc32(content, file->bytes);
  return FOUND;
}

static bool start(void) {
  reads = 0;
  sectors_read = 0;
  if (setjmp(failed)) return false;
  volume_start();
  return true;
}

static void list(char **paths, int count) {
  for (int i = 0; i < count; i++) {
    const char *missing = NULL;
    struct file file = {0};
    uint32_t sum = 0;
    enum outcome outcome = start() ? look_for(paths[i], &missing, &file, &sum) : FAILED;
    if (outcome == FOUND) printf("%s\tfound %u %08x %u\n", paths[i], file.bytes, sum, reads);
    else if (outcome == MISSING) printf("%s\tmissing %s\n", paths[i], missing);
    else printf("%s\tfailed %s\n", paths[i], failure);
  }
}

struct damage {
  uint8_t *at;
  uint32_t before;
};

static struct damage damage_something(void) {
  static const uint32_t interesting[] = {0,      1,      2,      3,      4,       0x7f,       0x80,       0xff,       0xff7,      0xff8,     0xfff,
                                         0x7fff, 0x8000, 0xfff7, 0xfff8, 0xffff,  0x10000,    0x0ffffff7, 0x0ffffff8, 0x7fffffff, 0x80000000, 0xffffffff};
  uint32_t value = random_below(2) ? interesting[random_below(sizeof interesting / sizeof *interesting)] : random_below(UINT32_MAX);
  uint32_t at = random_below(2) ? random_below(SECTOR_BYTES - 3) : random_below(64), sector = map[random_below(map_sectors)];
  struct damage damage = {image + ((size_t)volume_sector + sector) * SECTOR_BYTES + at, 0};
  memcpy(&damage.before, damage.at, sizeof damage.before);
  memcpy(damage.at, &value, 1u << random_below(3));
  return damage;
}

static void fuzz(uint32_t seed, uint32_t rounds, char **paths, int count) {
  uint32_t outcomes[OUTCOMES] = {0}, sum;
  const char *missing;
  struct file file;
  mapping = true;
  for (int i = 0; i < count; i++)
    if (!start() || look_for(paths[i], &missing, &file, NULL) == FAILED) exit(2);
  mapping = false;
  state = seed * 2654435761u | 1;
  for (uint32_t round = 0; round < rounds; round++) {
    struct damage damages[MAX_DAMAGES];
    uint32_t damage_count = 1 + random_below(MAX_DAMAGES);
    for (uint32_t i = 0; i < damage_count; i++) damages[i] = damage_something();
    for (int i = 0; i < count; i++) outcomes[start() ? look_for(paths[i], &missing, &file, &sum) : FAILED]++;
    for (uint32_t i = damage_count; i > 0; i--) memcpy(damages[i - 1].at, &damages[i - 1].before, sizeof damages[i - 1].before);
  }
  printf("found %u missing %u failed %u\n", outcomes[FOUND], outcomes[MISSING], outcomes[FAILED]);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  FILE *input = fopen(argv[1], "rb");
  if (!input || fseek(input, 0, SEEK_END) != 0) return 2;
  size_t bytes = (size_t)ftell(input);
  rewind(input);
  image = calloc(1, bytes + SECTOR_BYTES);
  if (fread(image, 1, bytes, input) != bytes) return 2;
  fclose(input);
  image_sectors = (uint32_t)((bytes + SECTOR_BYTES - 1) / SECTOR_BYTES);
  volume_sector = (uint32_t)strtoul(argv[2], NULL, 10);
  state = 1;
  if (argc > 6 && strcmp(argv[3], "--fuzz") == 0) {
    fuzz((uint32_t)strtoul(argv[4], NULL, 10), (uint32_t)strtoul(argv[5], NULL, 10), argv + 6, argc - 6);
  } else {
    list(argv + 3, argc - 3);
  }
  return 0;
}
