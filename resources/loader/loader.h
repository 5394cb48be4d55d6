/*
 * Entering a kernel: what the parts know of each other that put it into memory and start it. The code runs in 32-bit protected mode with
 * flat segments, under a BIOS in stage 2, under UEFI after its boot services are gone. Of the firmware it knows only what is named in
 * "The firmware" below, which each side brings. Upper-case names that are defined nowhere here (addresses, offsets, magic numbers) come
 * from the image builder's layout table as defines.
 */
#ifndef BOOTLAB_LOADER_H
#define BOOTLAB_LOADER_H

#include "finding.h"

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

#define MAX_REGIONS 512

/** Adds what the firmware says; fails beyond MAX_REGIONS regions that do not touch. */
void memory_add(uint64_t base, uint64_t length, uint32_t type);
struct memory_map memory_map(void);
/** KiB of memory without a hole from 1 MiB. */
uint32_t memory_upper_kib(void);
/** Whether all of [base, base + length) is usable memory. */
bool memory_is_usable(uint64_t base, uint64_t length);

/* The firmware: memory_bios.c, firmware.c, graphics.c on a BIOS machine */

/** Takes away what the loader shows on the screen: the last thing before a kernel is entered. */
void firmware_finish(void);
/** KiB of memory from 0, as INT 12h says. */
uint32_t memory_lower_kib(void);
/** Memory of SCRATCH_BYTES for whatever a protocol looks at; what lay there is lost. */
uint8_t *loader_scratch(void);
/** The end of the memory in which the loader itself may be: what a kernel wants below arrives at the very last. */
uint32_t loader_end(void);

struct firmware_facts {
  bool is_uefi;
  /* Of UEFI: its programs are 64-bit ones */
  bool is_64bit;
  /* The BIOS's number of the drive, and the partition from 0 on; NO_PARTITION on a disk without partitions and under UEFI */
  uint8_t boot_drive;
  uint32_t boot_partition;
  /* Since 1970-01-01 00:00:00 by the machine's clock when the loader started; 0 when it has none */
  uint64_t seconds;
  /* Addresses of UEFI's; 0 under a BIOS */
  uint64_t system_table, image_handle;
  /* The memory map as UEFI gave it */
  uint32_t efi_map, efi_map_bytes, efi_descriptor_bytes, efi_descriptor_version;
};

#define NO_PARTITION UINT32_MAX

const struct firmware_facts *firmware_facts(void);

struct firmware_drive {
  uint8_t number;
  /* Read by linear addresses (INT 13h 42h) */
  bool linear;
  uint16_t cylinders;
  uint16_t heads, sectors;
};

#define MAX_DRIVES 16

/** The BIOS's hard disks, at most MAX_DRIVES; none under UEFI. Returns how many. */
uint32_t firmware_drives(struct firmware_drive drives[MAX_DRIVES]);

/** The root pointer of the ACPI tables, or a null pointer. */
const uint8_t *find_acpi_root(void);

struct management_tables {
  uint8_t major, minor;
  uint32_t address, bytes;
  /* The entry points of SMBIOS 2 and 3; 0 when there is none */
  uint32_t entry_32, entry_64;
};

/** The SMBIOS tables; no bytes when there are none. */
struct management_tables find_management_tables(void);

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
/** VGA mode 13h, 320x200 in 256 colours at 0xa0000. False when there is no such mode. */
bool graphics_start_vga(void);

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

struct address_range {
  uint64_t start, bytes;
};

struct program {
  uint64_t entry; /* virtual */
  /* Position independent: nothing is relocated yet */
  bool moves;
  /* The largest p_align of its segments */
  uint64_t alignment;
  /* PT_DYNAMIC and PT_GNU_RELRO */
  struct address_range dynamic, read_only_later;
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

/** In elf_read's class_mask: a position-independent file is welcome, too. */
#define ELF_MAY_MOVE (1u << 8)

/** Reads the headers of the kernel; class_mask has bit n set when e_ident[EI_CLASS] may be n. */
void elf_read(const struct boot_entry *boot, uint32_t class_mask);
/** Where in the kernel file a section is. False when it has none of this name. */
bool elf_find_section(const struct boot_entry *boot, const char *name, uint64_t *offset, uint64_t *bytes);
/** Length of the section header table; 0 when there is none, or it is too long to hand over. */
uint32_t elf_section_table_bytes(void);
/**
 * Reads the section headers into a table and all sections that no segment loads into memory, their addresses filled in, for kernels
 * that read their own symbols.
 */
void elf_load_sections(const struct boot_entry *boot, void *table);

/* program.c */

/** Checks every segment's place and reserves it. */
void program_place(void);
/** Copies the segments from the file and clears the rest of them; those where the loader is arrive at the very end. */
void program_load(const struct boot_entry *boot);
/** Gives frames to a program whose physical addresses are only a copy of its addresses above 4 GiB. */
void program_choose_frames(void);
/** The physical address of a virtual one. */
uint32_t program_physical(uint64_t virtual_address);

/* inflate.c */

/** A file that begins as gzip's do is inflated to memory, and is there from then on. Fails when it is damaged; what names it then. */
void inflate_if_compressed(struct file *file, const char *what);

/* modules.c */

struct loaded_module {
  uint32_t start, end;
  const char *command_line;
};

/** Loads every module to pages of its own. */
void modules_load(const struct boot_entry *boot);
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

/* multiboot.c: what both versions have in common */

/** Reads the start of the kernel file, up to so many bytes, where a header is looked for. Returns how many there are. */
uint32_t multiboot_read_start(const struct boot_entry *boot, uint32_t bytes);
/** One of the header's addresses as a program: a piece of the file, cleared memory behind it. */
void multiboot_read_by_addresses(const struct boot_entry *boot, uint32_t header_offset, uint32_t header_address, uint32_t load_address,
                                 uint32_t load_end_address, uint32_t bss_end_address, uint32_t entry_address);

/* detect.c */

/** The protocol of a kernel whose entry leaves it open; fails when nothing tells. */
uint32_t detect_protocol(const struct boot_entry *boot);

/* boot protocols */

[[noreturn]] void boot_multiboot1(const struct boot_entry *boot);
[[noreturn]] void boot_multiboot2(const struct boot_entry *boot);
[[noreturn]] void boot_elf32(const struct boot_entry *boot);
[[noreturn]] void boot_elf64(const struct boot_entry *boot);
[[noreturn]] void boot_bootloader_crate(const struct boot_entry *boot);
[[noreturn]] void boot_bootloader11(const struct boot_entry *boot);
[[noreturn]] void boot_linux(const struct boot_entry *boot);
[[noreturn]] void boot_flat(const struct boot_entry *boot);
[[noreturn]] void boot_limine(const struct boot_entry *boot);
/** Enters the kernel by its protocol (protocols.c). */
[[noreturn]] void boot_by_protocol(const struct boot_entry *boot);
/** Fills in the Multiboot 1 information structure and returns its address. */
uint32_t multiboot1_information(const struct boot_entry *boot);
/** Begins page tables with the first 4 GiB mapped to themselves. */
void map_identically(void);
/** Long mode with those tables and the Multiboot 1 information. */
[[noreturn]] void enter_long(const struct boot_entry *boot, uint64_t entry);

#define CR0_PG 0x80000000u
#define CR4_PAE 0x00000020u
#define EFER_LME 0x00000100u

#define LOADER_NAME "Bootlab"

/* small helpers */

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
