/*
 * Entering a Limine kernel, on the first processor and on all others, which wait until the kernel gives them an address. Sources:
 * limine-protocol, PROTOCOL.md, "MP Feature" (x86-64); Intel SDM volume 3, 9.4 "Multiple-Processor Initialization", 12.11 "MTRRs".
 */
#include "acpi.h"
#include "limine.h"
#include "limine_madt.h"

#define CR4_FIVE_LEVELS 0x1000u
#define EFER_NO_EXECUTE 0x800u

#define APIC_COMMAND 0x300
#define APIC_COMMAND_TO 0x310
#define MSR_X2APIC_COMMAND 0x830
#define COMMAND_INIT 0x4500u
#define COMMAND_START 0x4600u
#define PARK_MILLISECONDS 100

#define MSR_MTRR_CAPABILITIES 0xfe
#define MSR_MTRR_VARIABLE 0x200
#define MSR_MTRR_DEFAULT 0x2ff
#define MTRR_HAS_FIXED 0x100u
#define MTRR_ENABLED 0x800u
#define MAX_VARIABLE_MTRRS 32

/* limine_entry.S */
extern const uint8_t limine_page_image[], limine_page_gdt32[], limine_page_gdt64[], limine_page_offset[], limine_page_far[],
    limine_page_64_bit[], limine_page_switch[], limine_page_end[];
extern const uint8_t limine_trampoline_image[], limine_trampoline_gdt[], limine_trampoline_far[], limine_trampoline_32_bit[],
    limine_trampoline_stack[], limine_trampoline_call[], limine_trampoline_argument[], limine_trampoline_end[];

struct processor_information {
  uint32_t number, apic;
  uint64_t reserved, go_to, extra_argument;
};

struct processors_response {
  uint64_t revision;
  uint32_t flags, first_apic;
  uint64_t count, processors;
};

static uint32_t page;

uint32_t limine_page(void) { return page; }

static void put_u32(uint32_t at, uint32_t value) { memcpy(at_address(at), &value, sizeof value); }
static void put_u64(uint32_t at, uint64_t value) { memcpy(at_address(at), &value, sizeof value); }

static uint32_t in_page(const uint8_t *symbol) { return page + (uint32_t)(symbol - limine_page_image); }

void limine_page_make(void) {
  page = allocate(PAGE_BYTES, PAGE_BYTES, RESERVED_LOADER, "the way into the kernel");
  memset(at_address(page), 0, PAGE_BYTES);
  memcpy(at_address(page), limine_page_image, (size_t)(limine_page_end - limine_page_image));
  put_u32(in_page(limine_page_gdt32) + 2, page);
  put_u64(in_page(limine_page_gdt64) + 2, LIMINE_DIRECT_MAP + page);
  put_u64(in_page(limine_page_offset), LIMINE_DIRECT_MAP);
  put_u32(in_page(limine_page_far), in_page(limine_page_64_bit));
}

struct limine_start limine_start_state(uint32_t cr3) {
  uint32_t stack = allocate(limine.stack_bytes, PAGE_BYTES, RESERVED_STACK, "a stack for the kernel");
  memset(at_address(stack), 0, limine.stack_bytes);
  return (struct limine_start){
      .cr3 = cr3,
      .cr4 = CR4_PAE | (limine.five_levels ? CR4_FIVE_LEVELS : 0),
      .efer = EFER_LME | (has_no_execute() ? EFER_NO_EXECUTE : 0),
      /* An address of 0 to return to is on it. */
      .stack = LIMINE_DIRECT_MAP + stack + limine.stack_bytes - 8,
      .entry = limine.entry,
  };
}

void limine_switch(const struct limine_start *start) {
  __asm__ volatile("jmp *%2" : : "b"(start), "S"(page), "a"(in_page(limine_page_switch)) : "memory");
  __builtin_unreachable();
}

/* Memory types: all processors must have the same. */

static const uint16_t fixed_mtrrs[] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f};
#define FIXED_MTRRS (sizeof fixed_mtrrs / sizeof fixed_mtrrs[0])

static struct {
  bool known;
  uint32_t variable_count;
  uint64_t capabilities, standard, fixed[FIXED_MTRRS], variable[2 * MAX_VARIABLE_MTRRS];
} mtrrs;

static void read_mtrrs(void) {
  mtrrs.known = cpuid(1).edx & 1u << 12;
  if (!mtrrs.known) return;
  mtrrs.capabilities = read_msr(MSR_MTRR_CAPABILITIES);
  mtrrs.standard = read_msr(MSR_MTRR_DEFAULT);
  mtrrs.variable_count = mtrrs.capabilities & 0xff;
  if (mtrrs.variable_count > MAX_VARIABLE_MTRRS) mtrrs.variable_count = MAX_VARIABLE_MTRRS;
  for (uint32_t i = 0; i < FIXED_MTRRS && (mtrrs.capabilities & MTRR_HAS_FIXED); i++) mtrrs.fixed[i] = read_msr(fixed_mtrrs[i]);
  for (uint32_t i = 0; i < 2 * mtrrs.variable_count; i++) mtrrs.variable[i] = read_msr(MSR_MTRR_VARIABLE + i);
}

/* On a processor that has just been started, and so without caches. */
static void write_mtrrs(void) {
  if (!mtrrs.known) return;
  __asm__ volatile("wbinvd" : : : "memory");
  write_msr(MSR_MTRR_DEFAULT, mtrrs.standard & ~(uint64_t)MTRR_ENABLED);
  for (uint32_t i = 0; i < FIXED_MTRRS && (mtrrs.capabilities & MTRR_HAS_FIXED); i++) write_msr(fixed_mtrrs[i], mtrrs.fixed[i]);
  for (uint32_t i = 0; i < 2 * mtrrs.variable_count; i++) write_msr(MSR_MTRR_VARIABLE + i, mtrrs.variable[i]);
  write_msr(MSR_MTRR_DEFAULT, mtrrs.standard);
  __asm__ volatile("wbinvd" : : : "memory");
}

/* Where a started processor arrives, in 32-bit protected mode on the stack that it keeps. */
[[noreturn]] static void processor_main(const struct limine_start *start) {
  write_mtrrs();
  limine_quiet_processor();
  limine_switch(start);
}

static void command(uint32_t apic, uint32_t what) {
  if (local_apic_is_x2()) {
    write_msr(MSR_X2APIC_COMMAND, (uint64_t)apic << 32 | what);
    return;
  }
  local_apic_write(APIC_COMMAND_TO, apic << 24);
  local_apic_write(APIC_COMMAND, what);
}

static uint32_t make_trampoline(void) {
  uint32_t at = try_allocate(PAGE_BYTES, PAGE_BYTES, LOADER_END, RESERVED_LOADER);
  if (!at || at >= ONE_MIB) return 0;
  memcpy(at_address(at), limine_trampoline_image, (size_t)(limine_trampoline_end - limine_trampoline_image));
  put_u32(at + (uint32_t)(limine_trampoline_gdt - limine_trampoline_image) + 2, page);
  put_u32(at + (uint32_t)(limine_trampoline_far - limine_trampoline_image), at + (uint32_t)(limine_trampoline_32_bit - limine_trampoline_image));
  put_u32(at + (uint32_t)(limine_trampoline_call - limine_trampoline_image), (uint32_t)processor_main);
  return at;
}

static bool start_processor(uint32_t trampoline, const struct processor_information *information, uint32_t cr3) {
  volatile struct limine_start *start = limine_allocate(sizeof *start);
  struct limine_start state = limine_start_state(cr3);
  state.processor = limine_address(information);
  *start = state;
  put_u32(trampoline + (uint32_t)(limine_trampoline_stack - limine_trampoline_image), (uint32_t)(state.stack - LIMINE_DIRECT_MAP));
  put_u32(trampoline + (uint32_t)(limine_trampoline_argument - limine_trampoline_image), (uint32_t)start);
  command(information->apic, COMMAND_INIT);
  limine_wait(10);
  for (uint32_t attempt = 0; attempt < 2 && !start->parked; attempt++) {
    command(information->apic, COMMAND_START | trampoline / PAGE_BYTES);
    limine_wait(1);
  }
  for (uint32_t i = 0; i < PARK_MILLISECONDS && !start->parked; i++) limine_wait(1);
  return start->parked;
}

uint64_t limine_start_processors(uint32_t cr3) {
  uint32_t listed = 1;
  for (const uint8_t *entry = NULL; (entry = madt_next(entry));) listed++;
  struct processors_response *response = limine_allocate(sizeof *response);
  uint64_t *list = limine_allocate(listed * sizeof *list);
  bool x2 = has_local_apic() && local_apic_is_x2();
  *response = (struct processors_response){.flags = x2, .first_apic = local_apic_id(), .count = 1, .processors = limine_address(list)};

  /* The first processor is the first of the list, whether or not the firmware has one. */
  struct processor_information *first = limine_allocate(sizeof *first);
  first->apic = response->first_apic;
  list[0] = limine_address(first);
  struct madt_processor found;
  uint32_t trampoline = 0;
  read_mtrrs();
  for (const uint8_t *entry = NULL; (entry = madt_next(entry));) {
    if (!madt_read_processor(entry, &found) || (!x2 && found.apic >= 0xff)) continue;
    if (found.apic == first->apic) {
      first->number = found.number;
      continue;
    }
    if (!trampoline) trampoline = make_trampoline();
    struct processor_information *information = limine_allocate(sizeof *information);
    *information = (struct processor_information){.number = found.number, .apic = found.apic};
    /* One that does not answer is not there for the kernel either. */
    if (trampoline && start_processor(trampoline, information, cr3)) list[response->count++] = limine_address(information);
  }
  return limine_address(response);
}
