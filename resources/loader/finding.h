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

/** An empty screen and serial terminal. */
void console_clear(void);
/** Shows a text, and nothing else, in a row of the screen and the serial terminal; marked stands out. */
void console_line(uint32_t row, const char *text, bool marked);
/** Shows how far loading is in the screen's first row; an empty text takes it away. */
void console_progress(const char *text);

#define KEY_UP 0x100u
#define KEY_DOWN 0x101u

/** A key of the keyboard or the serial terminal: its ASCII character or KEY_; 0 when none comes in so many milliseconds. */
uint32_t console_wait_key(uint32_t milliseconds);

/* format.c */

/** Gives each character of a text with those directives to put. */
void format_text(void put(char character), const char *format, va_list arguments);

/* The disk: disk.c on a BIOS machine. */

/** Reads sectors of SECTOR_BYTES, whatever the drive's own are, counted from where the boot volume begins; or fails. */
void disk_read(uint32_t sector, uint32_t count, void *destination);

/* volume.c: the file system that the loader was started from */

/** A file of the boot volume. */
struct file {
  uint32_t bytes;
  /* First sector, cluster or extent: the file system knows */
  uint32_t start;
  /* Named by its place: start is its first sector on a volume of any kind */
  bool by_place;
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

/** fat.c, iso9660.c */
extern const struct file_system fat, iso9660;

/** Finds out what the boot volume is; false when it is nothing that this loader knows. */
bool volume_mount(void);
/** The same; fails when it is nothing known. */
void volume_start(void);
/**
 * Opens a file: a path, or "@16+12345" for 12345 bytes from the volume's sector 16 on. A null pointer when it is there, else where in
 * path the name begins that is not there.
 */
const char *volume_find(const char *path, struct file *file);
/** The same; fails when it is not there. what names it in the sentence: "the kernel". */
void volume_open(const char *path, const char *what, struct file *file);
/** Copies bytes of a file to memory; what names it in a failure. */
void file_read(const struct file *file, const char *what, uint64_t offset, uint32_t bytes, void *destination);

/* progress.c */

/** How many bytes will be read, at most. */
void progress_start(uint64_t bytes);
/** So many more are there. */
void progress_add(uint32_t bytes);

/* The boot configuration */

#define CONFIG_PATH "/boot/bootlab.cfg"

struct boot_module {
  struct file file;
  const char *path;
  const char *command_line;
};

/** A parameter that is not given. */
#define PARAMETER_ABSENT UINT64_MAX

/** One kernel, as the boot configuration has it. */
struct boot_entry {
  /* One of PROTOCOL_; PROTOCOL_DETECT when the kernel file is to be looked at */
  uint32_t protocol;
  struct file kernel;
  const char *kernel_path;
  const char *command_line;
  uint32_t module_count;
  const struct boot_module *modules;
  /* What only some protocols ask for, by PARAMETER_ */
  uint64_t parameters[PARAMETER_COUNT];
};

/** Reads the boot configuration, lets a person choose an entry when there are several, and opens the files of that one. */
void config_read(struct boot_entry *entry);

#endif
