/*
 * What the parts of the Limine boot protocol know of each other. Source: limine-protocol, PROTOCOL.md, base revisions 0 to 6.
 * The magic numbers (limine_numbers.h) are made from the image builder's table.
 */
#ifndef BOOTLAB_LIMINE_H
#define BOOTLAB_LIMINE_H

#include "loader.h"
#include "limine_numbers.h"

/** Where all of physical memory, as far as the base revision has it, is seen. The middle of the address space, with 5 levels, too. */
#define LIMINE_DIRECT_MAP 0xffff800000000000ull

enum limine_feature {
#define X(key, name, first, second) LIMINE_##key,
  LIMINE_FEATURES(X)
#undef X
      LIMINE_FEATURE_COUNT
};

/** The beginning of every request; what follows depends on the feature. */
struct limine_request {
  uint64_t id[4];
  uint64_t revision;
  uint64_t response;
  uint64_t fields[];
};

/** What the boot is about, as its steps find out. */
struct limine {
  const struct boot_entry *boot;
  /* The kernel: first virtual address, whole pages, first physical address */
  uint64_t base, bytes;
  uint32_t frames;
  uint64_t entry;
  uint32_t revision;
  bool five_levels;
  uint32_t stack_bytes;
  /* The kernel file as a whole, when it asks for it; else 0 */
  uint32_t file;
};

extern struct limine limine;

/* limine_requests.c */

/** Finds base revision and requests in the kernel, which is in memory. */
void limine_find_requests(void);
/** The kernel's request for a feature, or a null pointer. */
struct limine_request *limine_request(enum limine_feature feature);
/** A place in the kernel by its virtual address; fails when those bytes are not all in it. what names it in the sentence. */
void *limine_in_kernel(uint64_t address, uint32_t bytes, const char *what);

/* limine_features.c */

/** Does what requests ask to be done, and what needs memory, before the page tables. */
void limine_prepare(void);
/** Answers all requests. Nothing may be reserved after it. cr3 is for the processors that are started. */
void limine_answer(uint32_t cr3);
/** Cleared memory that the kernel finds in the direct map. */
void *limine_allocate(uint32_t bytes);
/** Where the kernel sees it. */
static inline uint64_t limine_address(const void *at) { return at ? LIMINE_DIRECT_MAP + (uint32_t)at : 0; }

/* limine_map.c */

/** A piece of physical memory; all of them together are in order, whole pages, and do not overlap. */
struct limine_region {
  uint64_t first, end;
  uint32_t type;
};

#define LIMINE_MAX_REGIONS 512

/** The memory map as it is now. */
const struct limine_region *limine_memory_map(uint32_t *count);
/** Makes the page tables; returns what CR3 shall have. */
uint32_t limine_map(void);

/* limine_machine.c: the state in which a kernel finds the machine */

/** Masks the interrupt controllers, stops IOMMUs. */
void limine_quiet(void);
/** This processor's local APIC, page attributes; for each processor. */
void limine_quiet_processor(void);
/** Whether the processor has the page attribute table, no-execute pages, 5-level paging, a local APIC. */
bool has_page_attributes(void);
bool has_no_execute(void);
bool has_five_levels(void);
bool has_local_apic(void);
/** Register of the local APIC, by its offset; whichever mode it is in. */
uint32_t local_apic_read(uint32_t offset);
void local_apic_write(uint32_t offset, uint32_t value);
uint32_t local_apic_id(void);
bool local_apic_is_x2(void);

/* limine_time.c */

/** Ticks of the time stamp counter in a second; 0 when there is no telling. */
uint64_t limine_counter_frequency(void);
/** At most 50. */
void limine_wait(uint32_t milliseconds);

/* limine_processors.c */

/** What a processor needs to enter the kernel; limine_entry.S reads it at the START_ offsets. */
struct limine_start {
  uint64_t cr3, cr4, efer;
  uint64_t stack, entry;
  /* Where the kernel sees the struct of this processor; 0 for the first processor, which goes on at once */
  uint64_t processor;
  /* Where the kernel would see the entry of the map's root that is taken out at last; 0: none */
  uint64_t obsolete;
  uint32_t parked;
};

static_assert(offsetof(struct limine_start, stack) == START_STACK && offsetof(struct limine_start, obsolete) == START_OBSOLETE &&
              offsetof(struct limine_start, parked) == START_PARKED);

/** Makes the page of limine_entry.S, which is at its own address while paging is switched on. */
void limine_page_make(void);
uint32_t limine_page(void);
/** The state of a processor with a stack of its own. */
struct limine_start limine_start_state(uint32_t cr3);
/** Enters the kernel, or parks the processor. */
[[noreturn]] void limine_switch(const struct limine_start *start);
/** Starts the other processors, which then wait for the kernel. Returns where the kernel sees the answer. */
uint64_t limine_start_processors(uint32_t cr3);

static inline uint64_t read_msr(uint32_t number) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
  return (uint64_t)high << 32 | low;
}

static inline void write_msr(uint32_t number, uint64_t value) {
  __asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

struct cpuid {
  uint32_t eax, ebx, ecx, edx;
};

/** All zero for a leaf that the processor does not have. */
static inline struct cpuid cpuid(uint32_t leaf) {
  struct cpuid found = {leaf & 0x80000000u, 0, 0, 0};
  __asm__ volatile("cpuid" : "+a"(found.eax), "=b"(found.ebx), "+c"(found.ecx), "=d"(found.edx));
  if (found.eax < leaf) return (struct cpuid){0};
  found = (struct cpuid){leaf, 0, 0, 0};
  __asm__ volatile("cpuid" : "+a"(found.eax), "=b"(found.ebx), "+c"(found.ecx), "=d"(found.edx));
  return found;
}

static inline uint64_t read_counter(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}

#endif
