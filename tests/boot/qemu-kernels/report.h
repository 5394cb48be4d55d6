/* How the test kernels report: one line a check on COM1, then isa-debug-exit with 0x10 (all good) or 0x11. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static bool all_good = true;

static inline void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static void print(const char *text) {
  while (*text) outb(0x3f8, (uint8_t)*text++);
}

static void print_number(uint64_t value) {
  print("0x");
  for (int shift = 60; shift >= 0; shift -= 4) outb(0x3f8, (uint8_t) "0123456789abcdef"[value >> shift & 15]);
}

static void check(const char *name, bool good, uint64_t value) {
  print(good ? "good " : "BAD ");
  print(name);
  print(" ");
  print_number(value);
  print("\n");
  all_good = all_good && good;
}

static bool same_text(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static void show(const char *text) {
  volatile uint16_t *screen = (volatile uint16_t *)0xb8000;
  while (*text) *screen++ = (uint16_t)(0x1f00 | (uint8_t)*text++);
}

[[noreturn]] static void finish(void) {
  outb(0xf4, all_good ? 0x10 : 0x11);
  for (;;) __asm__ volatile("hlt");
}

/* FNV-1a of 32 bits. */
static uint32_t fnv1a(uintptr_t at, uintptr_t bytes) {
  const volatile uint8_t *byte = (const volatile uint8_t *)at;
  uint32_t sum = 0x811c9dc5;
  for (uintptr_t i = 0; i < bytes; i++) sum = (sum ^ byte[i]) * 0x01000193;
  return sum;
}

/* The modules that are to be there, in their order. */
#ifndef MODULES
#define MODULES 0
#endif
#if MODULES
static const uint32_t module_hashes[] = {MODULE_HASHES};
static const char *const module_texts[] = {MODULE_TEXTS};

static bool is_module(uint32_t index, uintptr_t at, uintptr_t bytes, uintptr_t text) {
  return index < MODULES && at % 4096 == 0 && fnv1a(at, bytes) == module_hashes[index] && same_text((const char *)text, module_texts[index]);
}
#else
static bool is_module(uint32_t, uintptr_t, uintptr_t, uintptr_t) { return false; }
#endif

/* The Multiboot information structure, as far as the checks go. */
struct information {
  uint32_t flags, memory_lower, memory_upper, boot_device, command_line, module_count, modules, symbols[4];
  uint32_t map_bytes, map;
  uint32_t drives_bytes, drives, configuration, loader_name;
};

struct __attribute__((packed)) map_entry {
  uint32_t size;
  uint64_t base, length;
  uint32_t type;
};

#ifndef BOOT_DEVICE
#define BOOT_DEVICE 0x8000ffff
#endif

/* As Multiboot 1 lists them: start, end, text. */
static bool are_modules(uintptr_t list, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t *module = (const uint32_t *)list + 4 * i;
    if (!is_module(i, module[0], module[1] - module[0], module[2])) return false;
  }
  return count == MODULES;
}

#ifdef EXPECTED_UPPER_KIB
/* Regions that the map must have, whatever the machine: memory at 0 and at 1 MiB, and no nonsense. */
static void check_information(const struct information *information) {
#ifdef UEFI
  /* No drive number; holes that are the firmware's own; the upper memory is at least so much. */
  check("flags", (information->flags & 0x124f) == 0x124d, information->flags);
  check("lower memory", information->memory_lower >= 128 && information->memory_lower <= 640, information->memory_lower);
  check("upper memory", information->memory_upper >= EXPECTED_UPPER_KIB, information->memory_upper);
  check("boot device", information->boot_device == 0, information->boot_device);
#else
  check("flags", (information->flags & 0x24f) == 0x24f, information->flags);
  check("lower memory", information->memory_lower >= 512 && information->memory_lower <= 640, information->memory_lower);
  check("upper memory", information->memory_upper == EXPECTED_UPPER_KIB, information->memory_upper);
  check("boot device", information->boot_device == BOOT_DEVICE, information->boot_device);
#endif
  check("modules", are_modules(information->modules, information->module_count), information->module_count);
  check("command line", same_text((const char *)(uintptr_t)information->command_line, EXPECTED_COMMAND_LINE), 0);
  check("loader name", same_text((const char *)(uintptr_t)information->loader_name, "Bootlab"), 0);
  uintptr_t at = information->map, end = at + information->map_bytes;
  uint32_t entries = 0;
  bool low = false, high = false, sane = true;
  while (at < end) {
    const struct map_entry *entry = (const struct map_entry *)at;
    sane = sane && entry->size >= 20 && entry->length > 0 && entry->base + entry->length > entry->base && entry->type >= 1;
    low = low || (entry->type == 1 && entry->base == 0 && entry->length >= information->memory_lower * 1024ull);
    high = high || (entry->type == 1 && entry->base == 0x100000 && entry->length >= information->memory_upper * 1024ull);
    at += entry->size + 4;
    entries++;
  }
  check("map is sane", sane && at == end, entries);
  check("map has low memory", low, entries);
  check("map has memory at 1 MiB", high, entries);
}
#endif

/* Sections that tell whether loading was exact: data longer than many disk transfers, and cleared memory. */
#define DATA_WORDS 60000
#ifndef CLEARED_WORDS
#define CLEARED_WORDS 400000
#endif
__asm__(".section .rodata,\"a\"\n.balign 4\npattern:\n.set i, 1\n.rept 60000\n.long (i * 0x9e3779b1) & 0xffffffff\n.set i, i + 1\n.endr\n");
extern const uint32_t pattern[DATA_WORDS];
static uint32_t cleared[CLEARED_WORDS];

static void check_memory(void) {
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < DATA_WORDS; i++) wrong += *(const volatile uint32_t *)&pattern[i] != (i + 1) * 0x9e3779b1u;
  check("data is exact", wrong == 0, wrong);
  wrong = 0;
  for (uint32_t i = 0; i < CLEARED_WORDS; i++) wrong += *(volatile uint32_t *)&cleared[i] != 0;
  check("bss is zero", wrong == 0, wrong);
}
