/*
 * Checks what the Limine boot protocol promises (PROTOCOL.md, base revisions 0 to 6), as the defines say what machine and revision it is.
 * Every run makes the same number of checks.
 */
#include "report.h"

#ifndef REVISION
#define REVISION 6 /* -1: no tag, which means 0 */
#endif
#define ACTUAL_REVISION (REVISION < 0 ? 0 : REVISION)
#ifndef FIRMWARE
#define FIRMWARE 0 /* 0 BIOS, 1 32-bit UEFI, 2 64-bit UEFI */
#endif
#ifndef HAS_ACPI
#define HAS_ACPI 1
#endif
#ifndef HAS_SMBIOS
#define HAS_SMBIOS 1
#endif
#ifndef HAS_SCREEN
#define HAS_SCREEN 1
#endif
#ifndef PROCESSORS
#define PROCESSORS 1
#endif
#ifndef LEVELS
#define LEVELS 4
#endif
#ifndef LEVELS_WANTED
#define LEVELS_WANTED LEVELS
#endif
#ifndef LEVELS_NEEDED
#define LEVELS_NEEDED 4
#endif
#ifndef X2APIC
#define X2APIC 0
#endif
#ifndef LEAST_USABLE_MIB
#define LEAST_USABLE_MIB 100
#endif
#ifndef EXPECTED_COMMAND_LINE
#define EXPECTED_COMMAND_LINE ""
#endif
#define STACK_BYTES 0x40000
#define UNTOUCHED 0x1234567890abcdefull
#define LOWEST 0xffffffff80000000ull

struct request {
  uint64_t id[4], revision;
  uint64_t *volatile response;
  uint64_t fields[3];
};

#define REQUEST(name, first, second, ...)                                                                                     \
  [[gnu::used, gnu::section(".requests"), gnu::aligned(8)]] static volatile struct request name = {                          \
      {0xc7b1dd30df4c8b88, 0x0a82e883a194f07b, first, second}, __VA_ARGS__};

#ifdef MARKERS
[[gnu::used, gnu::section(".requests_start"), gnu::aligned(8)]] static volatile uint64_t start_marker[] = {0xf6b8f4b39de7d1ae, 0xfab91a6940fcb9cf, 0x785c6ed015d3e316,
                                                                                                            0x181e920a7852b9d9};
[[gnu::used, gnu::section(".requests_end"), gnu::aligned(8)]] static volatile uint64_t end_marker[] = {0xadc0e0531bb10d03, 0x9572709f31764c62};
/* Outside: a second request of a kind, which nobody may see. */
[[gnu::used, gnu::aligned(8)]] static volatile struct request outside = {{0xc7b1dd30df4c8b88, 0x0a82e883a194f07b, 0xf55038d8e2a1202f, 0x279426fcf5f59740}, 0, (uint64_t *)UNTOUCHED};
#endif
#if REVISION >= 0
[[gnu::used, gnu::section(".requests"), gnu::aligned(8)]] static volatile uint64_t base_revision[3] = {0xf9562b2d5c95a6c8, 0x6a7b384944536bdc, REVISION};
#endif
extern void start(void), other_start(void);

REQUEST(loader_info, 0xf55038d8e2a1202f, 0x279426fcf5f59740)
REQUEST(command_line, 0x4b161536e598651e, 0xb390ad4a2f1f303a)
REQUEST(firmware_type, 0x8c2f75d90bef28a8, 0x7045a4688eac00c3)
REQUEST(stack_size, 0x224ef0460a8e8926, 0xe1cb0fc25f46ea3d, 0, 0, {STACK_BYTES})
REQUEST(direct_map, 0x48dcf1cb8ad2b852, 0x63984e959a98244b)
REQUEST(framebuffer, 0x9d5827dcd881dd75, 0xa3148604f6fab11b)
REQUEST(paging_mode, 0x95c1a0edab0944cb, 0xa4e5cb3842f7488a, 1, 0, {LEVELS_WANTED - 4, LEVELS_WANTED - 4, LEVELS_NEEDED - 4})
REQUEST(processors, 0x95a67b819a1b857e, 0xa0b61b723b6a73e0, 0, 0, {X2APIC})
REQUEST(hart_id, 0x1369359f025525f9, 0x2ff2a56178391bb6, 0, (uint64_t *)UNTOUCHED)
REQUEST(memory_map, 0x67cf3d9d378a806f, 0xe304acdfc50c3c62)
REQUEST(entry_point, 0x13d86c035a1cd3e1, 0x2b0caa89d8f3026a, 0, 0, {(uint64_t)other_start})
REQUEST(executable_file, 0xad97e90e83f1ed67, 0x31eb5d1c5ff23b69)
REQUEST(modules, 0x3e7e279702be32af, 0xca1c4f3bd1280cee)
REQUEST(rsdp, 0xc5e77b6b397e7b43, 0x27637845accdcf3c)
REQUEST(smbios, 0x9e9046f11e095391, 0xaa4a520fefbde5ee)
REQUEST(efi_system_table, 0x5ceba5163eaaf6d6, 0x0a6981610cf65fcc)
REQUEST(efi_memory_map, 0x7df62a431d6872d5, 0xa4fcdfb3e57306c8)
REQUEST(date_at_boot, 0x502746e184c088aa, 0xfbc5ec83e6327893)
REQUEST(executable_address, 0x71ba76863cc55f63, 0xb2644a48c516a487)
REQUEST(device_tree, 0xb40ddb48fb54bac7, 0x545081493f81ffb7, 0, (uint64_t *)UNTOUCHED)
REQUEST(tsc_frequency, 0x10f2ee1d87d195e4, 0xf747a2b78f6ddb31)
REQUEST(entropy, 0x65ea80255d5682c5, 0x9117240723f493eb, 0, 0, {5})
#ifdef REQUESTS_SECTION
/* Base revision 0's list; only what is on it is answered. */
[[gnu::used, gnu::section(".limine_reqs")]] static volatile struct request *volatile list[] = {
    &loader_info, &command_line, &firmware_type, &stack_size,         &direct_map,  &framebuffer,  &paging_mode,       &processors,  &memory_map,    &entry_point, &executable_file,
    &modules,     &rsdp,         &smbios,        &efi_system_table,   &efi_memory_map, &date_at_boot, &executable_address, &tsc_frequency, &entropy, nullptr};
REQUEST(not_listed, 0x48dcf1cb8ad2b852, 0x63984e959a98244b, 0, (uint64_t *)UNTOUCHED)
#endif

__asm__(".text\n.globl start, other_start\nstart:\n  jmp 1f\nother_start:\n  movb $1, by_request(%rip)\n"
        "1: movq %rax, registers(%rip)\n  movq %rbx, registers+8(%rip)\n  movq %rcx, registers+16(%rip)\n  movq %rdx, registers+24(%rip)\n"
        "  movq %rsi, registers+32(%rip)\n  movq %rdi, registers+40(%rip)\n  movq %rbp, registers+48(%rip)\n  movq %r8, registers+56(%rip)\n"
        "  movq %r9, registers+64(%rip)\n  movq %r10, registers+72(%rip)\n  movq %r11, registers+80(%rip)\n  movq %r12, registers+88(%rip)\n"
        "  movq %r13, registers+96(%rip)\n  movq %r14, registers+104(%rip)\n  movq %r15, registers+112(%rip)\n"
        "  movq %rsp, entry_rsp(%rip)\n  pushfq\n  popq entry_flags(%rip)\n  call kernel\n"
        ".globl page_fault\npage_fault:\n  addq $8, %rsp\n  incq faults(%rip)\n  movq resume(%rip), %rax\n  movq %rax, (%rsp)\n  iretq\n"
        /* Reads (0), writes back (1) or executes (2) what is at RDI. */
        ".globl probe\nprobe:\n  leaq 1f(%rip), %rax\n  movq %rax, resume(%rip)\n  cmpl $1, %esi\n  je 2f\n  ja 3f\n"
        "  movb (%rdi), %al\n  jmp 1f\n2: movb (%rdi), %al\n  movb %al, (%rdi)\n  jmp 1f\n3: jmp *%rdi\n1: ret\n"
        ".globl processor_start\nprocessor_start:\n  movq %rsp, %rsi\n  andq $-16, %rsp\n  call processor_kernel\n");

uint8_t by_request = 0;
uint64_t registers[15] = {1}, entry_rsp = 1, entry_flags = 1, faults, resume;
extern void page_fault(void), processor_start(void);
extern void probe(uint64_t address, uint32_t how);
/* jmp *%rax: back to the probe */
static volatile uint8_t code_in_data[] = {0xff, 0xe0};
static const volatile uint8_t constant = 7;

enum { READ, WRITE, EXECUTE };

static bool faults_at(uint64_t address, uint32_t how) {
  uint64_t before = faults;
  probe(address, how);
  return faults != before;
}

static uint64_t offset; /* of the direct map */
static uint64_t number_at(uint64_t address) { return *(const volatile uint64_t *)address; }
static void *direct(uint64_t physical) { return (void *)(offset + physical); }

static struct {
  uint16_t low, selector, flags, middle;
  uint32_t high, reserved;
} idt[15];

struct [[gnu::packed]] table_register {
  uint16_t limit;
  uint64_t base;
};

static void catch_page_faults(void) {
  uint64_t handler = (uint64_t)page_fault;
  idt[14].low = (uint16_t)handler, idt[14].selector = 0x28, idt[14].flags = 0x8e00, idt[14].middle = (uint16_t)(handler >> 16), idt[14].high = handler >> 32;
  struct table_register pointer = {sizeof idt - 1, (uint64_t)idt};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

static uint64_t read_msr(uint32_t number) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
  return low | (uint64_t)high << 32;
}

static uint32_t cpuid_1(uint32_t *ecx) {
  uint32_t eax = 1, ebx, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(*ecx), "=d"(edx));
  return edx;
}

/* The lowest entry that maps an address, 0 when none; large tells whether it is of a large page. */
static uint64_t mapping(uint64_t address, bool *large) {
  uint64_t cr3, cr4;
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  uint64_t entry = cr3 | 1;
  for (int level = cr4 & 0x1000 ? 4 : 3; level >= 0; level--) {
    if (!(entry & 1)) return 0;
    entry = ((const volatile uint64_t *)direct(entry & 0x000ffffffffff000))[address >> (12 + 9 * level) & 511];
    *large = level > 0;
    if (level > 0 && level < 3 && (entry & 0x80)) return entry;
  }
  return entry & 1 ? entry : 0;
}

static uint32_t attributes_of(uint64_t address) {
  bool large = false;
  uint64_t entry = mapping(address, &large);
  return (entry >> 3 & 3) | (entry >> (large ? 12 : 7) & 1) << 2;
}

/* Processor state */

static struct table_register gdtr, idtr;

/* Limit and access of a descriptor, less the accessed bit. */
static uint64_t descriptor(uint32_t index) { return ((const volatile uint64_t *)gdtr.base)[index] & ~(1ull << 40); }

static void check_state(void) {
  uint64_t cr0, cr4, selector, task, all = 0;
  uint16_t local;
  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  __asm__ volatile("sgdt %0" : "=m"(gdtr));
  __asm__ volatile("sidt %0" : "=m"(idtr));
  __asm__ volatile("sldt %0" : "=r"(local));
  __asm__ volatile("str %0" : "=r"(task));
  for (uint32_t i = 0; i < 15; i++) all |= registers[i];
  check("registers", all == 0, all);
  check("stack alignment", entry_rsp % 16 == 8, entry_rsp);
  check("return address", number_at(entry_rsp) == 0, number_at(entry_rsp));
  check("flags", (entry_flags & 0x20600) == 0 && (ACTUAL_REVISION < 5 || entry_flags == 2), entry_flags);
  check("CR0", (cr0 & 0x80010011) == 0x80010011 && (ACTUAL_REVISION < 5 || cr0 == 0x80010011), cr0);
  uint64_t wanted = LEVELS == 5 ? 0x1020 : 0x20;
  check("CR4", (cr4 & 0x1020) == wanted && (ACTUAL_REVISION < 5 || cr4 == wanted), cr4);
  check("EFER", (read_msr(0xc0000080) & 0xd00) == 0xd00 && (ACTUAL_REVISION < 5 || read_msr(0xc0000080) == 0xd00), read_msr(0xc0000080));
  __asm__ volatile("movq %%cs, %0" : "=r"(selector));
  check("CS", selector == 0x28, selector);
  bool data = true;
  __asm__ volatile("movq %%ds, %0" : "=r"(selector));
  data = data && selector == 0x30;
  __asm__ volatile("movq %%es, %0" : "=r"(selector));
  data = data && selector == 0x30;
  __asm__ volatile("movq %%ss, %0" : "=r"(selector));
  data = data && selector == 0x30;
  __asm__ volatile("movq %%fs, %0" : "=r"(selector));
  data = data && selector == 0x30;
  __asm__ volatile("movq %%gs, %0" : "=r"(selector));
  check("data segments", data && selector == 0x30, selector);
  check("FS and GS bases", read_msr(0xc0000100) == 0 && read_msr(0xc0000101) == 0, read_msr(0xc0000100));
  bool right = gdtr.limit >= 55 && descriptor(0) == 0 && descriptor(1) == 0x00009a000000ffff && descriptor(2) == 0x000092000000ffff &&
               descriptor(3) == 0x00cf9a000000ffff && descriptor(4) == 0x00cf92000000ffff && (descriptor(5) >> 40 & 0x60fe) == 0x209a && (descriptor(6) >> 40 & 0xfe) == 0x92;
  check("GDT", right, gdtr.base);
  bool no_task = task == 0 || (task + 15 <= gdtr.limit && (descriptor(task / 8) & 0xff0f00ffffffffffull) == 0 && descriptor(task / 8 + 1) == 0);
  check("no IDT, LDT, TSS", ACTUAL_REVISION < 5 || (idtr.base == 0 && idtr.limit == 0 && local == 0 && no_task), task);
  uint32_t ecx, edx = cpuid_1(&ecx);
  check("page attribute table", !(edx & 1 << 16) || (read_msr(0x277) & 0xffffffffffff) == 0x010500070406, edx & 1 << 16 ? read_msr(0x277) : 0);
  bool enabled = !(edx & 1 << 9) || (read_msr(0x1b) & 0x800);
  check("local APIC", ACTUAL_REVISION < 5 || enabled, edx >> 9 & 1);
  bool is_x2 = (edx & 1 << 9) && (read_msr(0x1b) & 0x400);
  check("x2APIC", is_x2 == X2APIC && (!is_x2 || ACTUAL_REVISION < 5 || (read_msr(0x80f) == 0x1ff && read_msr(0x808) == 0 && (read_msr(0x832) & 0x10000) && (read_msr(0x835) & 0x10000))), is_x2);
  uint8_t master, slave;
  __asm__ volatile("inb $0x21, %0" : "=a"(master));
  __asm__ volatile("inb $0xa1, %0" : "=a"(slave));
  check("interrupt controllers masked", master == 0xff && slave == 0xff, master << 8 | slave);
}

/* Memory */

struct entry {
  uint64_t base, length, type;
};

static uint64_t map_count;
static const struct entry *const *map;

static const struct entry *region_of(uint64_t physical) {
  for (uint64_t i = 0; i < map_count; i++)
    if (physical - map[i]->base < map[i]->length) return map[i];
  return NULL;
}

static bool lies_in(uint64_t physical, uint64_t bytes, uint64_t type) {
  for (uint64_t at = physical & ~0xfffull; at < physical + bytes; at += 4096)
    if (!region_of(at) || region_of(at)->type != type) return false;
  return true;
}

static bool is_mapped(uint64_t type) {
  if (ACTUAL_REVISION == 0) return true;
  if (ACTUAL_REVISION < 3) return type != 1 && type != 4;
  return type == 0 || type == 5 || type == 6 || type == 7 || (ACTUAL_REVISION >= 4 && (type == 2 || type == 3 || type == 8));
}

static void check_map(void) {
  const uint64_t *response = memory_map.response;
  map_count = response ? response[1] : 0;
  map = response ? (const struct entry *const *)response[2] : NULL;
  bool sorted = map_count > 2, aligned = true, apart = true, known = true;
  uint64_t usable = 0;
  for (uint64_t i = 0; i < map_count; i++) {
    const struct entry *region = map[i];
    sorted = sorted && region->length > 0 && (i == 0 || map[i - 1]->base <= region->base);
    known = known && region->type <= (ACTUAL_REVISION >= 4 ? 8 : 7);
    if (region->type == 0) usable += region->length;
    if (region->type != 0 && region->type != 5) continue;
    aligned = aligned && region->base % 4096 == 0 && region->length % 4096 == 0;
    for (uint64_t j = 0; j < map_count; j++)
      apart = apart && (i == j || region->base + region->length <= map[j]->base || map[j]->base + map[j]->length <= region->base);
  }
  check("memory map sorted", sorted, map_count);
  check("memory map types", known, map_count);
  check("memory map aligned", aligned, map_count);
  check("memory map without overlap", apart, map_count);
  check("usable memory", usable >= (uint64_t)LEAST_USABLE_MIB << 20, usable);
  check("first page", ACTUAL_REVISION > 2 || !region_of(0) || region_of(0)->type != 0, map_count ? map[0]->type : 0);
}

static void check_direct_map(void) {
  /* What must be seen is seen, the rest is not: first and last page of every region. */
  uint64_t missing = 0, superfluous = 0;
  for (uint64_t i = 0; i < map_count; i++) {
    uint64_t pages[] = {map[i]->base, map[i]->base + map[i]->length - 1};
    for (uint32_t j = 0; j < 2; j++) {
      bool wanted = is_mapped(map[i]->type) || (ACTUAL_REVISION < 3 && pages[j] < 0x100000000), large;
      bool is = mapping(offset + pages[j], &large) != 0;
      missing += wanted && !is;
      superfluous += !wanted && is;
    }
  }
  check("direct map is complete", missing == 0, missing);
  check("direct map has nothing else", superfluous == 0, superfluous);
  uint64_t last = 0;
  for (uint64_t i = 0; i < map_count; i++)
    if (map[i]->type == 0) last = map[i]->base + map[i]->length - 8;
  *(volatile uint64_t *)direct(last) = 0x1122334455667788;
  check("last usable frame", number_at(offset + last) == 0x1122334455667788, last);
  bool hole = ACTUAL_REVISION < 3 ? !faults_at(offset + 0xfee00000, READ) : faults_at(offset + 0xfed80000, READ);
  check("devices in the first 4 GiB", hole, ACTUAL_REVISION);
  check("identity", faults_at(0x100000, READ) == (ACTUAL_REVISION > 0) && faults_at(0x1000, READ) == (ACTUAL_REVISION > 0) && faults_at(0, READ), faults);
}

static void check_kernel_place(void) {
  const uint64_t *response = executable_address.response;
  uint64_t physical = response ? response[1] : 0, virtual = response ? response[2] : 0;
  check("executable address", virtual == (EXPECTED_BASE), virtual);
  code_in_data[0] = 0xfe;
  uint8_t seen = *(volatile uint8_t *)direct(physical + (uint64_t)code_in_data - virtual);
  code_in_data[0] = 0xff;
  check("executable seen in the direct map", seen == 0xfe, seen);
  check("executable in the memory map", lies_in(physical, (uint64_t)&cleared[CLEARED_WORDS] - virtual, 6), physical);
  check("code is not writable", faults_at((uint64_t)probe, WRITE), (uint64_t)probe);
  check("constants are not writable", faults_at((uint64_t)&constant, WRITE), (uint64_t)&constant);
  check("data is writable", !faults_at((uint64_t)code_in_data, WRITE), (uint64_t)code_in_data);
  check("data is not executable", faults_at((uint64_t)code_in_data, EXECUTE), (uint64_t)code_in_data);
  check("code is write-back", attributes_of((uint64_t)probe) == 0 && attributes_of(offset + physical) == 0, attributes_of((uint64_t)probe));
}

static void check_stack(void) {
  uint64_t top = entry_rsp + 8, physical = top - STACK_BYTES - offset;
  check("stack size", stack_size.response && stack_size.response[0] == 0, (uint64_t)stack_size.response);
  bool faulted = false;
  for (uint64_t page = top - STACK_BYTES; page < top; page += 4096) faulted = faulted || faults_at(page, WRITE);
  check("whole stack", !faulted, top);
  check("stack in the memory map", lies_in(physical, STACK_BYTES, 5), physical);
  uint64_t cr3;
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  check("page tables in the memory map", lies_in(cr3, 4096, 5), cr3);
  check("GDT in the memory map", lies_in(gdtr.base - offset, gdtr.limit + 1, 5), gdtr.base);
  check("responses in the memory map", lies_in((uint64_t)memory_map.response - offset, 24, 5) && lies_in((uint64_t)map[map_count - 1] - offset, 24, 5), (uint64_t)map);
}

/* What is told */

static bool text_is(uint64_t at, const char *text) { return at && same_text((const char *)at, text); }

/* struct limine_file: revision, address, size, path, string. */
static bool is_file(const uint64_t *file) { return file && file[1] % 4096 == 0 && *(const char *)file[3] == '/' && lies_in(file[1] - offset, file[2], 6); }

static void check_modules(void) {
  const uint64_t *response = modules.response;
  check("module count", MODULES ? response && response[1] == MODULES : !response, response ? response[1] : 0);
  bool files = true, content = true;
  for (uint32_t i = 0; response && i < response[1]; i++) {
    const uint64_t *file = ((const uint64_t *const *)response[2])[i];
    files = files && is_file(file);
    content = content && is_module(i, file[1], file[2], file[4]);
  }
  check("module places", files, MODULES);
  check("module content and texts", content, MODULES);
}

/* What is loaded and never written must be in the file as it is in memory. */
static bool file_is_this(uint64_t at, uint64_t bytes) {
  if (number_at(at) << 32 != 0x464c457full << 32 || bytes < 4096) return false;
  uint64_t table = at + number_at(at + 32), count = number_at(at + 56) & 0xffff, compared = 0;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t header = table + 56 * i, from = at + number_at(header + 8), to = number_at(header + 16);
    if ((number_at(header) & 0xffffffff) != 1 || (number_at(header) >> 32 & 2)) continue;
    if (fnv1a(from, number_at(header + 32)) != fnv1a(to, number_at(header + 32))) return false;
    compared++;
  }
  return compared > 0;
}

static void check_information(void) {
#if REVISION >= 0
  check("base revision", base_revision[2] == 0 && base_revision[1] == ACTUAL_REVISION, ACTUAL_REVISION);
#else
  check("no base revision", true, 0);
#endif
  const uint64_t *response = loader_info.response;
  check("loader", response && text_is(response[1], "Bootlab") && *(const char *)response[2] >= '0', (uint64_t)response);
  response = command_line.response;
  check("command line", response && text_is(response[1], EXPECTED_COMMAND_LINE), (uint64_t)response);
  const uint64_t *file = executable_file.response ? (const uint64_t *)executable_file.response[1] : NULL;
  check("executable file", is_file(file) && file_is_this(file[1], file[2]), file ? file[2] : 0);
  check("executable file's text is the command line", file && response && file[4] == response[1], file ? file[4] : 0);
  response = firmware_type.response;
  check("firmware type", response && response[1] == FIRMWARE, response ? response[1] : 99);
  response = paging_mode.response;
  check("paging mode", response && response[1] == LEVELS - 4, response ? response[1] : 99);
  check("entry point", entry_point.response && by_request, by_request);
  response = date_at_boot.response;
  check("date", response && response[1] > 1735689600 && response[1] < 4102444800, response ? response[1] : 0);
  response = tsc_frequency.response;
  check("counter frequency", response && response[1] > 1000000, response ? response[1] : 0);
  response = entropy.response;
  const uint64_t *values = response ? (const uint64_t *)response[2] : NULL;
  check("entropy", response && response[1] == 5 && values[0] != values[1] && values[1] != values[2] && values[3] != values[4], values ? values[0] : 0);
  check("no other answers", (uint64_t)hart_id.response == UNTOUCHED && (uint64_t)device_tree.response == UNTOUCHED, (uint64_t)hart_id.response);
#ifdef MARKERS
  check("only between markers", (uint64_t)outside.response == UNTOUCHED, (uint64_t)outside.response);
#elifdef REQUESTS_SECTION
  check("only what is listed", (uint64_t)not_listed.response == UNTOUCHED, (uint64_t)not_listed.response);
#else
  check("no markers", true, 0);
#endif
}

static uint64_t seen(uint64_t address, bool physical) { return address && physical ? offset + address : address; }

static bool acpi_tables_are_mapped(uint64_t root) {
  uint64_t list = *(const volatile uint32_t *)(root + 16);
  if (!lies_in(root - offset, 20, region_of(root - offset)->type) || faults_at(offset + list, READ)) return false;
  uint32_t bytes = *(const volatile uint32_t *)direct(list + 4);
  for (uint32_t at = 36; at + 4 <= bytes; at += 4) {
    uint64_t table = *(const volatile uint32_t *)direct(list + at);
    const struct entry *region = region_of(table);
    if (!region || (region->type != 2 && region->type != 3 && region->type != 8) || faults_at(offset + table, READ)) return false;
    if (faults_at(offset + table + *(const volatile uint32_t *)direct(table + 4) - 1, READ)) return false;
  }
  return true;
}

static void check_firmware_tables(void) {
  const uint64_t *response = rsdp.response;
  uint64_t at = response ? response[1] : 0;
  check("ACPI", HAS_ACPI ? at != 0 && (at < 0x100000000) == (ACTUAL_REVISION == 3) : !response, at);
  bool readable = ACTUAL_REVISION != 3 && HAS_ACPI;
  check("ACPI root", !readable || (number_at(at) == 0x2052545020445352), at);
  check("ACPI tables are mapped", !HAS_ACPI || ACTUAL_REVISION < 4 || acpi_tables_are_mapped(at), at);
  response = smbios.response;
  bool physical = ACTUAL_REVISION == 3 || ACTUAL_REVISION == 4;
  uint64_t narrow = response ? seen(response[1], physical) : 0, wide = response ? seen(response[2], physical) : 0;
  check("SMBIOS", HAS_SMBIOS ? narrow || wide : !response, narrow | wide);
  bool right = physical || ((!narrow || (number_at(narrow) & 0xffffffff) == 0x5f4d535f) && (!wide || (number_at(wide) & 0xffffffffff) == 0x5f334d535f));
  check("SMBIOS entry points", right, narrow | wide);
  response = efi_system_table.response;
  at = response ? response[1] : 0;
  check("EFI system table", FIRMWARE ? at != 0 && (at < 0x100000000) == physical : !response, at);
  check("EFI system table's signature", !FIRMWARE || ACTUAL_REVISION < 5 || number_at(at) == 0x5453595320494249, at);
  response = efi_memory_map.response;
  bool sane = response && response[3] >= 40 && response[2] >= 10 * response[3] && response[2] % response[3] == 0 && response[4] == 1 && lies_in(response[1] - offset, response[2], 5);
  check("EFI memory map", FIRMWARE ? sane : !response, response ? response[2] : 0);
}

static void check_screen(void) {
  const uint64_t *response = framebuffer.response;
  check("framebuffer", HAS_SCREEN ? response && response[1] == 1 : !response, response ? response[1] : 0);
  bool sane = !HAS_SCREEN, written = !HAS_SCREEN, combined = !HAS_SCREEN, listed = !HAS_SCREEN;
  if (HAS_SCREEN && response) {
    /* address, width, height, pitch, then bits, model, colours */
    const uint64_t *screen = *(const uint64_t *const *)response[2];
    const uint8_t *colours = (const uint8_t *)(screen + 4) + 3;
    uint16_t bits = *(const uint16_t *)(screen + 4);
    uint64_t bytes = screen[2] * screen[3];
    sane = screen[1] >= 320 && screen[2] >= 200 && screen[3] >= screen[1] * (bits / 8) && *((const uint8_t *)(screen + 4) + 2) == 1 && colours[0] >= 5 && colours[0] <= 8 &&
           colours[1] >= 10 && colours[4] >= 5 && colours[5] < 16 && screen[8] == 1 && (*(const uint64_t *const *)screen[9])[1] == screen[1];
    volatile uint32_t *last = (volatile uint32_t *)(screen[0] + bytes - 4);
    *last = 0x00123456;
    written = *last == 0x00123456;
    combined = attributes_of(screen[0]) == 5 && attributes_of(screen[0] + bytes - 1) == 5;
    listed = lies_in(screen[0] - offset, bytes, 7);
  }
  check("framebuffer's shape", sane, 0);
  check("framebuffer is memory", written, 0);
  check("framebuffer is write-combining", combined, 0);
  check("framebuffer in the memory map", listed, 0);
}

/* Other processors */

struct processor {
  uint32_t number, apic;
  uint64_t reserved;
  void *volatile go_to;
  uint64_t extra;
};

static volatile uint32_t arrived, arrived_well;

[[noreturn]] void processor_kernel(struct processor *self, uint64_t rsp);
[[noreturn]] void processor_kernel(struct processor *self, uint64_t rsp) {
  uint64_t cr0, selector;
  struct table_register own;
  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %%ss, %0" : "=r"(selector));
  __asm__ volatile("sgdt %0" : "=m"(own));
  bool well = self->extra == 0xabc0 + self->apic && rsp % 16 == 8 && (cr0 & 0xe0010011) == 0x80010011 && selector == 0x30 && own.base == gdtr.base &&
              (read_msr(0x277) & 0xffffffffffff) == 0x010500070406 && lies_in(rsp - offset, 8, 5) && (read_msr(0xc0000080) & 0xd00) == 0xd00;
  if (well) __atomic_fetch_add(&arrived_well, 1, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
  for (;;) __asm__ volatile("cli; hlt");
}

static void check_processors(void) {
  const uint64_t *response = processors.response;
  check("processors", response && response[2] == PROCESSORS && (uint32_t)response[1] == X2APIC, response ? response[2] : 0);
  uint32_t first = response ? response[1] >> 32 : 0, others = 0, firsts = 0;
  bool clear = true;
  for (uint64_t i = 0; response && i < response[2]; i++) {
    struct processor *processor = ((struct processor *const *)response[3])[i];
    clear = clear && !processor->go_to;
    if (processor->apic == first) {
      firsts++;
      continue;
    }
    others++;
    processor->extra = 0xabc0 + processor->apic;
    __atomic_store_n(&processor->go_to, (void *)processor_start, __ATOMIC_SEQ_CST);
  }
  check("the first processor is listed", firsts == 1 && clear, firsts);
  for (uint64_t patience = 0; patience < 2000000000 && arrived < others; patience++) __asm__ volatile("pause");
  check("the others come when they are called", arrived == others && arrived_well == others, arrived << 16 | arrived_well);
}

[[noreturn]] void kernel(void);
[[noreturn]] void kernel(void) {
  check_state();
  offset = direct_map.response ? direct_map.response[1] : 0;
  check("direct map", offset >= 0xffff800000000000 && offset < LOWEST && offset % 4096 == 0, offset);
  catch_page_faults();
  check_map();
  check_direct_map();
  check_kernel_place();
  check_stack();
  check_information();
  check_modules();
  check_firmware_tables();
  check_screen();
  check_processors();
  check_memory();
  finish();
}
