/*
 * What the loader's parts know of each other. The code runs in 32-bit protected mode with flat segments, below 64 KiB;
 * upper-case names that are defined nowhere here (addresses, offsets, magic numbers) come from the image builder's layout
 * table as defines.
 */
#ifndef BOOTLAB_LOADER_H
#define BOOTLAB_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* stage2.S */

/** Registers for a BIOS call and after it. stage2.S knows this order. */
struct bios_registers {
  uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
  uint32_t flags;
};

#define FLAG_CARRY 1u

extern uint8_t boot_drive;
void bios_call(uint32_t vector, struct bios_registers *registers);
[[noreturn]] void stop(void);
[[noreturn]] void enter_protected(uint32_t entry, uint32_t eax, uint32_t ebx);
[[noreturn]] void enter_long(uint64_t entry, uint32_t cr3, uint32_t rdi, uint32_t rsi);

/* console.c */

/** Text mode 80x25, serial line 115200 8N1. */
void console_start(void);
/**
 * Prints "Bootlab: " and a sentence on the screen, COM1 and port 0xE9, and stops.
 * Knows %s, %u (uint32_t, decimal), %x (uint32_t, hexadecimal), %X (uint64_t, hexadecimal).
 */
[[noreturn]] void fail(const char *format, ...);

/* a20.c */

/** Makes memory above 1 MiB reachable, or fails. */
void a20_enable(void);

/* memory.c */

#define MEMORY_USABLE 1u

/** One region, laid out as Multiboot wants it (size does not count itself) and so directly usable for its memory map. */
struct [[gnu::packed]] memory_region {
  uint32_t size;
  uint64_t base;
  uint64_t length;
  uint32_t type;
};

struct memory_map {
  struct memory_region *regions;
  uint32_t count;
};

/** Asks the BIOS for the memory map. */
void memory_detect(void);
struct memory_map memory_map(void);
/** KiB of memory from 0, as INT 12h says. */
uint32_t memory_lower_kib(void);
/** KiB of memory without a hole from 1 MiB. */
uint32_t memory_upper_kib(void);
/** Whether all of [base, base + length) is usable memory. */
bool memory_is_usable(uint64_t base, uint64_t length);
/** The lowest 2 MiB-aligned usable range of that length from 1 MiB up and below 4 GiB; 0 when there is none. */
uint64_t memory_find(uint64_t length);

/* disk.c */

/** The boot descriptor's content. */
struct descriptor {
  uint32_t protocol;
  uint32_t kernel_sector; /* from the disk's start */
  uint32_t kernel_bytes;
  const char *command_line;
};

struct descriptor descriptor_read(void);
/** Copies bytes of the kernel file to memory. */
void kernel_read(const struct descriptor *kernel, uint64_t offset, uint32_t bytes, void *destination);

/* elf.c */

struct segment {
  uint64_t offset; /* in the file */
  uint64_t virtual_address;
  uint64_t physical_address;
  uint64_t file_bytes;
  uint64_t memory_bytes;
};

struct program {
  uint64_t entry; /* virtual */
  uint32_t count;
  struct segment segments[MAX_SEGMENTS];
};

enum elf_class { ELF_CLASS_32 = 1, ELF_CLASS_64 = 2 };

/** Reads the program headers; class_mask has bit n set when e_ident[EI_CLASS] may be n. */
void elf_read(const struct descriptor *kernel, uint32_t class_mask, struct program *program);

/* program.c */

/** Checks every segment's place, then copies it there and clears the rest of it. */
void program_load(const struct descriptor *kernel, const struct program *program);
/** Gives frames to a program whose physical addresses are only a copy of its addresses above 4 GiB. */
void program_choose_frames(struct program *program);
/** The physical address of a virtual one. */
uint32_t program_physical(const struct program *program, uint64_t virtual_address);

/* multiboot.c */

/** Finds the header, loads by its own addresses if it brings them, and enters the kernel. */
[[noreturn]] void boot_multiboot(const struct descriptor *kernel);
/** Fills in the information structure and returns its address. */
uint32_t multiboot_information(const struct descriptor *kernel);

/* long_mode.c */

[[noreturn]] void boot_elf64(const struct descriptor *kernel);

/* small helpers */

void *memcpy(void *destination, const void *source, size_t bytes);
void *memset(void *destination, int value, size_t bytes);

static inline uint32_t read_u32(const void *at) {
  uint32_t value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

static inline void outb(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

/* A number known at build time as a pointer into memory; kept from the optimiser, which may not assume anything of it. */
static inline void *at_address(uint32_t address) {
  __asm__("" : "+r"(address));
  return (void *)address;
}

#endif
