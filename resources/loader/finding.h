/*
 * Finding what to boot: volumes, files, the boot configuration, the menu. These parts are compiled twice: for stage 2 on a BIOS machine
 * (32-bit), and into the UEFI programs (32- or 64-bit), so nothing here may count on the size of a pointer or call a BIOS. Each side
 * brings disk_read, the console and bytes.c. Upper-case names that are defined nowhere here come from the image builder's layout table.
 */
#ifndef BOOTLAB_FINDING_H
#define BOOTLAB_FINDING_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes.c */

void *memcpy(void *destination, const void *source, size_t bytes);
void *memset(void *destination, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

static inline uint16_t read_u16(const void *at) {
  uint16_t value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

static inline uint32_t read_u32(const void *at) {
  uint32_t value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

static inline uint64_t read_u64(const void *at) {
  uint64_t value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

/* The console: console.c on a BIOS machine. */

/**
 * Prints "Bootlab: " and a sentence on the screen, COM1 and port 0xE9, and stops.
 * Knows %s, %u (uint32_t, decimal), %x (uint32_t, hexadecimal), %X (uint64_t, hexadecimal).
 */
[[noreturn]] void fail(const char *format, ...);

/* format.c */

/** Gives each character of a text with those directives to put. */
void format_text(void put(char character), const char *format, va_list arguments);

/* The disk: disk.c on a BIOS machine. */

/** Reads sectors of SECTOR_BYTES, whatever the drive's own are, counted from where the boot volume begins; or fails. */
void disk_read(uint32_t sector, uint32_t count, void *destination);

/* volume.c: the file system that the loader was started from */

/** A file of the boot volume. Only the volume's own file system knows what start means. */
struct file {
  uint32_t bytes;
  /* First sector, cluster or extent */
  uint32_t start;
  /* The address of the whole content when it is in memory already (below 4 GiB), else 0 */
  uint32_t memory;
};

/** A file system. Sectors have SECTOR_BYTES and count from the volume's first. */
struct file_system {
  const char *name;
  /** Whether the volume is of this kind; reads what it needs to know of it. Fails when it is, but damaged. */
  bool (*mount)(void);
  /** Looks up an absolute path with "/" between names. A null pointer when found, else where in path the name begins that is not there. */
  const char *(*find)(const char *path, struct file *file);
  /**
   * The volume's sector where the file's sector number index lies. Returns how many of the file's sectors follow there without a gap: at least
   * 1; more than wanted need not be looked for.
   */
  uint32_t (*extent)(const struct file *file, uint32_t index, uint32_t wanted, uint32_t *sector);
};

/** Finds out what the boot volume is. */
void volume_start(void);
/**
 * Opens a file: a path, or "@16+12345" for 12345 bytes from the volume's sector 16. A null pointer when it is there, else where in path
 * the name begins that is not there.
 */
const char *volume_find(const char *path, struct file *file);
/** The same; fails when it is not there. what names it in the sentence: "the kernel file". */
void volume_open(const char *path, const char *what, struct file *file);
/** Copies bytes of a file to memory; what names it in a failure. */
void file_read(const struct file *file, const char *what, uint64_t offset, uint32_t bytes, void *destination);

/* The boot configuration */

struct boot_module {
  struct file file;
  const char *path;
  const char *command_line;
};

/** A parameter that is not given. */
#define PARAMETER_ABSENT UINT64_MAX

/** One kernel, as the boot configuration has it. */
struct boot_entry {
  /* One of PROTOCOL_ */
  uint32_t protocol;
  struct file kernel;
  const char *kernel_path;
  const char *command_line;
  uint32_t module_count;
  const struct boot_module *modules;
  /* What only some protocols ask for, by PARAMETER_ */
  uint64_t parameters[PARAMETER_COUNT];
};

/** Reads the boot configuration, chooses an entry, and opens its files. */
void config_read(struct boot_entry *entry);

#endif
