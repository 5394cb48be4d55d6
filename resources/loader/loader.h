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

/** Data that real-mode code or the BIOS touches: it must lie below 64 KiB. */
#define REAL_MODE_DATA [[gnu::section(".real.data")]]

/** Registers for a BIOS call and after it; DS is 0. stage2.S knows this order. */
struct bios_registers {
  uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
  uint32_t flags;
  uint32_t es;
};

#define FLAG_CARRY 1u

extern uint8_t boot_drive;
void bios_call(uint32_t vector, struct bios_registers *registers);
[[noreturn]] void stop(void);

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

#define ONE_MIB 0x100000u
#define TWO_MIB 0x200000ull
#define FOUR_GIB 0x100000000ull
#define PAGE_BYTES 0x1000u

#define MEMORY_USABLE 1u

/** One region, laid out as Multiboot 1 wants it (size does not count itself) and so directly usable for its memory map. */
struct [[gnu::packed]] memory_region {
  uint32_t size;
  uint64_t base;
  uint64_t length;
  uint32_t type;
};

struct memory_map {
  const struct memory_region *regions;
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

/* reserve.c */

/** What a range is reserved for; the numbers are those of the bootloader crate's MemoryRegionType, which reports them. */
enum reserved_kind {
  RESERVED_KERNEL = 6,
  RESERVED_STACK = 7,
  RESERVED_PAGE_TABLE = 8,
  RESERVED_LOADER = 9,
  RESERVED_BOOT_INFORMATION = 12,
  RESERVED_MODULE = 13,
  /** Free again when the kernel starts. */
  RESERVED_UNTIL_ENTRY = 100,
};

struct reservation {
  uint64_t base, length;
  enum reserved_kind kind;
};

/** Sets memory aside for a purpose; nothing allocated later lies in it. */
void reserve(uint64_t base, uint64_t length, enum reserved_kind kind);
/** The reservation that overlaps [base, base + length), or a null pointer. */
const struct reservation *reserved_in(uint64_t base, uint64_t length);
/** What is reserved, in no order. */
const struct reservation *reservations(uint32_t *count);
/** Reserves the lowest free range of usable memory from lowest up and below 4 GiB; 0 when there is none. The alignment is a power of 2. */
uint32_t try_allocate(uint64_t length, uint64_t alignment, uint64_t lowest, enum reserved_kind kind);
/** The same from 1 MiB up; fails when there is none, saying what it was for. */
uint32_t allocate(uint64_t length, uint64_t alignment, enum reserved_kind kind, const char *purpose);

/* disk.c */

/** A file on the boot disk: sectors in a row. */
struct file {
  uint32_t sector; /* from the disk's start */
  uint32_t bytes;
};

/** Asks how the drive wants to be read. */
void disk_start(void);
void disk_read(uint32_t sector, uint32_t count, void *destination);
/** Copies bytes of a file to memory; what names it in a failure. */
void file_read(const struct file *file, const char *what, uint64_t offset, uint32_t bytes, void *destination);

/* descriptor.c */

/** The boot descriptor's content. */
struct descriptor {
  uint32_t protocol;
  struct file kernel;
  const char *command_line;
  uint32_t module_count;
  const uint8_t *module_table;
  /* DESCRIPTOR_PARAMETER_BYTES for the protocol */
  const uint8_t *parameters;
};

struct module {
  struct file file;
  const char *command_line;
};

struct descriptor descriptor_read(void);
struct module descriptor_module(const struct descriptor *kernel, uint32_t index);

/* elf.c */

struct segment {
  uint64_t offset; /* in the file */
  uint64_t virtual_address;
  uint64_t physical_address;
  uint64_t file_bytes;
  uint64_t memory_bytes;
  uint32_t flags;
};

#define SEGMENT_EXECUTABLE 1u
#define SEGMENT_WRITABLE 2u

struct thread_local_template {
  uint64_t virtual_address, file_bytes, memory_bytes;
};

struct program {
  uint64_t entry; /* virtual */
  struct thread_local_template thread_local_template;
  /* The section header table, for those protocols that hand it over */
  uint64_t section_offset;
  uint32_t section_count, section_bytes, section_names;
  bool is64;
  uint32_t count;
  struct segment segments[MAX_SEGMENTS];
};

enum elf_class { ELF_CLASS_32 = 1, ELF_CLASS_64 = 2 };

/** The one program that is booted. */
extern struct program program;

/** Reads the headers of the kernel; class_mask has bit n set when e_ident[EI_CLASS] may be n. */
void elf_read(const struct descriptor *kernel, uint32_t class_mask);
/** Length of the section header table; 0 when there is none, or it is too long to hand over. */
uint32_t elf_section_table_bytes(void);
/**
 * Reads the section headers into a table and all sections that no segment loads into memory, their addresses filled in, for kernels
 * that read their own symbols.
 */
void elf_load_sections(const struct descriptor *kernel, void *table);

/* program.c */

/** Checks every segment's place and reserves it. */
void program_place(void);
/** Copies the segments from the file and clears the rest of them; those where the loader is arrive at the very end. */
void program_load(const struct descriptor *kernel);
/** Gives frames to a program whose physical addresses are only a copy of its addresses above 4 GiB. */
void program_choose_frames(void);
/** The physical address of a virtual one. */
uint32_t program_physical(uint64_t virtual_address);

/* modules.c */

struct loaded_module {
  uint32_t start, end;
  const char *command_line;
};

/** Loads every module to pages of its own. */
void modules_load(const struct descriptor *kernel);
const struct loaded_module *modules(uint32_t *count);

/* handoff.c: what stays of the loader when the kernel runs */

/** Chooses where it lies, away from the kernel's reserved places. */
void handoff_start(void);
/** Cleared memory in it. */
void *handoff_allocate(uint32_t bytes, uint32_t alignment);
const char *handoff_text(const char *text);
/** Moves bytes where they belong in the last moment, when the loader itself may be overwritten. */
void handoff_move_later(const void *from, uint32_t to, uint32_t bytes);
/** The top of the kernel's first stack. */
uint32_t handoff_stack_top(void);
/** The page that long mode needs at its own address: the last instructions of the loader and the GDT. */
uint32_t handoff_page(void);
/** Address in that page of a loop that sleeps for ever: where a kernel returns to that should not return. */
uint32_t handoff_idle(void);

enum entry_mode { ENTRY_PROTECTED = MODE_PROTECTED, ENTRY_LONG = MODE_LONG, ENTRY_REAL = MODE_REAL };

/** The processor's state at the kernel's entry; stage2.S reads it at the STATE_ offsets. */
struct entry_state {
  uint32_t mode;
  uint32_t move_count, moves;
  uint64_t entry, stack;
  /* eax and ebx; rdi and rsi in long mode; edx in real mode */
  uint64_t first, second;
  uint32_t cr3, cr0_bits, cr4_bits, efer_bits;
  uint32_t data_selector, stack_selector;
};

static_assert(offsetof(struct entry_state, entry) == STATE_ENTRY && offsetof(struct entry_state, second) == STATE_SECOND &&
              offsetof(struct entry_state, stack_selector) == STATE_STACK_SELECTOR);

/** Leaves the loader for ever. entry_state's moves are filled in here. */
[[noreturn]] void handoff_enter(struct entry_state state);
/** 32-bit protected mode with these registers, on the first stack. */
[[noreturn]] void enter_protected(uint32_t entry, uint32_t eax, uint32_t ebx);

/* paging.c */

#define PAGE_PRESENT 1ull
#define PAGE_WRITABLE 2ull
#define PAGE_LARGE 0x80ull
#define PAGE_NO_EXECUTE (1ull << 63)

/** Where tables come from: a cleared, aligned frame. */
typedef uint64_t *table_source(void);

/** Fails on a processor without long mode. */
void long_mode_require(void);
void paging_start(table_source *source);
uint32_t paging_root(void);
/** The entry of a 4096-byte page that is mapped, or a null pointer. */
uint64_t *paging_entry(uint64_t virtual_address);
/** Maps whole pages with these flags; with PAGE_LARGE in 2 MiB pages where addresses and length allow it. All three are page-aligned. */
void paging_map(uint64_t virtual_address, uint64_t physical_address, uint64_t length, uint64_t flags);
/** Checks that a range of addresses is canonical for 4-level paging. */
void paging_check_canonical(uint64_t first, uint64_t last);

/* firmware.c: tables that a firmware leaves in its ROM */

/** The root pointer of the ACPI tables, or a null pointer. */
const uint8_t *find_acpi_root(void);

struct management_tables {
  uint8_t major, minor;
  uint32_t address, bytes;
};

/** The SMBIOS tables; no bytes when there are none. */
struct management_tables find_management_tables(void);

/* graphics.c */

struct screen {
  uint32_t address, pitch, width, height;
  uint8_t bits;
  /* Pixels, not characters */
  bool graphics;
  uint8_t colours[6];
};

/** Text mode 80x25 until graphics_start. */
const struct screen *current_screen(void);
/** Sets the mode with a linear framebuffer that is nearest to this one; 0 is no preference. False when there is none. */
bool graphics_start(uint32_t width, uint32_t height, uint32_t bits);

/* multiboot.c: what both versions have in common */

/** Reads the start of the kernel file, up to so many bytes, where a header is looked for. Returns how many there are. */
uint32_t multiboot_read_start(const struct descriptor *kernel, uint32_t bytes);
/** One of the header's addresses as a program: a piece of the file, cleared memory behind it. */
void multiboot_read_by_addresses(const struct descriptor *kernel, uint32_t header_offset, uint32_t header_address, uint32_t load_address,
                                 uint32_t load_end_address, uint32_t bss_end_address, uint32_t entry_address);

/* boot protocols */

[[noreturn]] void boot_multiboot1(const struct descriptor *kernel);
[[noreturn]] void boot_multiboot2(const struct descriptor *kernel);
[[noreturn]] void boot_elf32(const struct descriptor *kernel);
[[noreturn]] void boot_elf64(const struct descriptor *kernel);
[[noreturn]] void boot_bootloader_crate(const struct descriptor *kernel);
[[noreturn]] void boot_flat(const struct descriptor *kernel);
/** Fills in the Multiboot 1 information structure and returns its address. */
uint32_t multiboot1_information(const struct descriptor *kernel);
/** Begins page tables with the first 4 GiB mapped to themselves. */
void map_identically(void);
/** Long mode with those tables and the Multiboot 1 information. */
[[noreturn]] void enter_long(const struct descriptor *kernel, uint64_t entry);

#define CR0_PG 0x80000000u
#define CR4_PAE 0x00000020u
#define EFER_LME 0x00000100u
/** An address that is left to the loader (CRATE_ parameters). */
#define CRATE_CHOOSE UINT64_MAX

#define LOADER_NAME "Bootlab"

/* small helpers */

void *memcpy(void *destination, const void *source, size_t bytes);
void *memset(void *destination, int value, size_t bytes);

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

static inline uint64_t align_up(uint64_t value, uint64_t alignment) { return (value + alignment - 1) & ~(alignment - 1); }

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
