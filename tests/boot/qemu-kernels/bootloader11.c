/* Checks what the crate bootloader 0.11 promises its kernels: BootInfo, address space, processor state. The defines say what its section asks for. */
#include "report.h"

/* CONFIG: the section's bytes as a list in a string; PATCH: the 0.11.x. */
__asm__(".section \".bootloader-config\",\"aR\"\n.globl configuration\nconfiguration:\n.byte " CONFIG "\n.previous\n");

#ifndef STACK_BYTES
#define STACK_BYTES 81920
#endif
#ifndef PHYSICAL
#define PHYSICAL 0
#endif
#ifndef RECURSIVE
#define RECURSIVE 0
#endif
#ifndef PIE
#define PIE 0
#endif
#ifndef RAMDISK_BYTES
#define RAMDISK_BYTES 0
#define RAMDISK_SUM 0
#endif

__asm__(".text\n.globl start\nstart:\n"
        "  movq %rsp, entry_rsp(%rip)\n  movq %rdi, entry_rdi(%rip)\n  movq %rbp, entry_rbp(%rip)\n  pushfq\n  popq entry_flags(%rip)\n"
        "  movw %ss, entry_ss(%rip)\n  movw %cs, entry_cs(%rip)\n  movw %ds, entry_ds(%rip)\n  movq (%rsp), %rax\n  movq %rax, entry_top(%rip)\n"
        "  andq $-16, %rsp\n  call kernel\n"
        ".globl page_fault\npage_fault:\n  addq $8, %rsp\n"
        "  incq faults(%rip)\n  movq resume(%rip), %rax\n  movq %rax, (%rsp)\n  movq resume_rsp(%rip), %rax\n  movq %rax, 24(%rsp)\n  iretq\n"
        /* probe(address, how): 0 read, 1 write back, 2 execute */
        ".globl probe\nprobe:\n  leaq 1f(%rip), %rax\n  movq %rax, resume(%rip)\n  movq %rsp, resume_rsp(%rip)\n"
        "  cmpl $2, %esi\n  je 3f\n  cmpl $1, %esi\n  je 2f\n"
        "  movb (%rdi), %al\n  jmp 1f\n2: movb (%rdi), %al\n  movb %al, (%rdi)\n  jmp 1f\n3: call *%rdi\n1: ret\n"
        ".globl returns\nreturns:\n  ret\n"
        ".section .tdata,\"awT\",@progbits\n.globl template\ntemplate:\n.quad 0x1122334455667788\n"
        ".section .tbss,\"awT\",@nobits\n.skip 16\n.text\n");

uint64_t entry_rsp = 1, entry_rdi = 1, entry_rbp = 1, entry_flags = 1, entry_top = 1, faults, resume, resume_rsp;
uint16_t entry_ss = 1, entry_cs = 1, entry_ds = 1;
extern void page_fault(void);
extern void probe(const void *address, uint32_t how);
extern uint8_t returns[], configuration[];
extern const uint8_t __ehdr_start[];

struct region {
  uint64_t start, end;
  uint32_t kind, detail;
};

struct boot_info {
  uint16_t major, minor, patch;
  uint8_t pre_release, padding;
  const struct region *regions;
  uint64_t region_count;
  uint32_t framebuffer_tag, padding2;
  uint8_t *framebuffer;
  uint64_t framebuffer_bytes, width, height;
  uint32_t format;
  uint8_t positions[4];
  uint64_t bytes_per_pixel, stride;
  uint64_t physical_tag, physical;
  uint32_t recursive_tag;
  uint16_t recursive, padding3;
  uint64_t acpi_tag, acpi;
  uint64_t thread_local_tag;
  const uint64_t *tls;
  uint64_t thread_local_file_bytes, thread_local_bytes;
  uint64_t ramdisk_tag;
  const uint8_t *ramdisk;
  uint64_t ramdisk_bytes;
  uint64_t kernel, kernel_bytes, kernel_base;
  uint64_t stack, stack_bytes;
  uint64_t sentinel;
};

static bool faults_at(uint64_t address, uint32_t how) {
  uint64_t before = faults;
  probe((const void *)(uintptr_t)address, how);
  return faults != before;
}
enum { READ, WRITE, EXECUTE };

static struct {
  uint16_t low, selector, flags, middle;
  uint32_t high, reserved;
} idt[15];

static void catch_page_faults(void) {
  uint64_t handler = (uint64_t)(uintptr_t)page_fault;
  idt[14].low = (uint16_t)handler, idt[14].selector = entry_cs, idt[14].flags = 0x8e00, idt[14].middle = (uint16_t)(handler >> 16), idt[14].high = handler >> 32;
  struct __attribute__((packed)) {
    uint16_t limit;
    uint64_t base;
  } pointer = {sizeof idt - 1, (uint64_t)(uintptr_t)idt};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

static const struct boot_info *info;

static const struct region *region_of(uint64_t address) {
  for (uint64_t i = 0; i < info->region_count; i++)
    if (address >= info->regions[i].start && address < info->regions[i].end) return &info->regions[i];
  return NULL;
}

static void check_map(void) {
  bool sane = info->region_count > 3, apart = true;
  uint64_t usable = 0, low = 0, bootloader = 0;
  for (uint64_t i = 0; i < info->region_count; i++) {
    const struct region *region = &info->regions[i];
    sane = sane && region->start < region->end && (region->kind <= 1 || region->kind == EXPECTED_UNKNOWN);
    apart = apart && (i == 0 || region->start >= region[-1].end);
    if (region->kind == 1) bootloader += region->end - region->start;
    if (region->kind != 0) continue;
    usable += region->end - region->start;
    if (region->start < 0x100000) low += (region->end < 0x100000 ? region->end : 0x100000) - region->start;
  }
  check("memory map is sane", sane, info->region_count);
  check("memory map is sorted", apart, info->region_count);
  check("usable memory", usable > 0x4000000, usable);
  check("the first MiB is left alone", low > 0x10000, low);
  check("the loader's memory is marked", bootloader > STACK_BYTES && bootloader < 0x2000000, bootloader);
}

#if PHYSICAL
static uint64_t *entry_of(uint64_t address, uint64_t *size) {
  uint64_t cr3;
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  uint64_t table = cr3 & 0x000ffffffffff000;
  for (int level = 3;; level--) {
    uint64_t *entry = (uint64_t *)(uintptr_t)(info->physical + table) + (address >> (12 + 9 * level) & 511);
    *size = 1ull << (12 + 9 * level);
    if (!(*entry & 1) || level == 0 || (*entry & 0x80)) return entry;
    table = *entry & 0x000ffffffffff000;
  }
}

/* The frame behind an address belongs to nobody else. */
static bool is_taken(const void *pointer) {
  uint64_t size, address = (uint64_t)(uintptr_t)pointer, entry = *entry_of(address, &size);
  const struct region *region = region_of((entry & 0x000ffffffffff000) + (address & (size - 1)));
  return (entry & 1) && region && region->kind == 1;
}

static void check_physical(void) {
  uint64_t cr3, size, last = 0;
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
#ifdef PHYSICAL_ADDRESS
  check("physical memory's address", info->physical == PHYSICAL_ADDRESS, info->physical);
#endif
  check("physical memory in large pages", info->physical % 0x200000 == 0 && (*entry_of(info->physical, &size) & 0x80), info->physical);
  check("page tables are taken", region_of(cr3 & ~0xfffull) && region_of(cr3 & ~0xfffull)->kind == 1, cr3);
  check("the kernel's frames are taken", is_taken(returns) && is_taken(&faults) && is_taken(configuration), 0);
  check("the stack's frames are taken", is_taken((void *)(uintptr_t)(entry_rsp - 8)) && is_taken((void *)(uintptr_t)(entry_rsp - STACK_BYTES + 64)), 0);
  check("the boot information's frames are taken", is_taken(info) && is_taken(&info->regions[info->region_count - 1]), 0);
  for (uint64_t i = 0; i < info->region_count; i++)
    if (info->regions[i].kind == 0) last = info->regions[i].end - 8;
  volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)(info->physical + last);
  *word = 0x1122334455667788;
  check("last usable word", *word == 0x1122334455667788, last);
  check("4 GiB at least", PATCH < 8 || !faults_at(info->physical + 0xfee00000, READ), faults);
  check("physical memory is not code", PATCH < 7 || faults_at(info->physical + 0x7c00, EXECUTE), faults);
  const char *root = (const char *)(uintptr_t)(info->physical + info->acpi);
  check("ACPI root", info->acpi_tag == 1 || (root[0] == 'R' && root[7] == ' '), info->acpi);
  const uint8_t *file = (const uint8_t *)(uintptr_t)(info->physical + info->kernel);
  bool is_file = file[0] == 0x7f && file[1] == 'E' && *(const uint64_t *)(file + 40) < info->kernel_bytes;
  check("the kernel's file", PATCH < 5 || (is_file && region_of(info->kernel)->kind == 1), info->kernel);
  check("no ramdisk, or its frames are taken", info->ramdisk_tag == 1 || is_taken(info->ramdisk), info->ramdisk_bytes);
}
#endif

static void check_framebuffer(void) {
  check("framebuffer", info->framebuffer_tag <= EXPECTED_FRAMEBUFFER, info->framebuffer_tag);
  bool good = true;
  if (info->framebuffer_tag == 0) {
    good = info->width >= 640 && info->height >= 400 && info->stride >= info->width && info->bytes_per_pixel >= 2 && info->bytes_per_pixel <= 4;
    good = good && info->framebuffer_bytes >= info->stride * info->bytes_per_pixel * info->height && info->format <= 3;
    volatile uint8_t *first = info->framebuffer, *last = info->framebuffer + info->framebuffer_bytes - 1;
    *first = 0x5a, *last = 0xa5;
    good = good && *first == 0x5a && *last == 0xa5;
  }
  check("its pixels", good, info->width << 32 | info->height);
#ifdef FRAMEBUFFER_ADDRESS
  check("its address", info->framebuffer_tag == 1 || (uint64_t)(uintptr_t)info->framebuffer == FRAMEBUFFER_ADDRESS, (uint64_t)(uintptr_t)info->framebuffer);
#endif
}

static int first_value, second_value;
/* Relocated, and read-only afterwards. */
static int *const volatile pointers[] = {&first_value, &second_value, &first_value};

[[noreturn]] void kernel(void);
[[noreturn]] void kernel(void) {
  info = (const struct boot_info *)(uintptr_t)entry_rdi;
  uint64_t cr0, cr3, cr4;
  uint32_t low, high;
  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000080));
  struct __attribute__((packed)) {
    uint16_t limit;
    uint64_t base;
  } gdtr = {0};
  __asm__ volatile("sgdt %0" : "=m"(gdtr));
  const uint64_t *gdt = (const uint64_t *)(uintptr_t)gdtr.base;
  check("paging and write protection", (cr0 & 0x80010001) == 0x80010001, cr0);
  check("PAE", (cr4 & 0x20) != 0, cr4);
  check("no-execute", (low & 0xd00) == 0xd00, low);
  check("interrupts off", (entry_flags & 0x600) == 0, entry_flags);
  check("code segment", (gdt[entry_cs >> 3] & 0x0020980000000000) == 0x0020980000000000, entry_cs);
  check("data segment", entry_ss == entry_ds && (gdt[entry_ss >> 3] & 0x0000920000000000) == 0x0000920000000000, entry_ss);
  check("rbp", entry_rbp == 0, entry_rbp);
  check("stack alignment", entry_rsp % 16 == 8 && entry_top == 0, entry_rsp);
#ifdef STACK_ADDRESS
  check("stack address", ((entry_rsp + 8) & ~15ull) == ((STACK_ADDRESS + 4096 + STACK_BYTES) & ~15ull), entry_rsp);
#endif
#ifdef BOOT_INFO_ADDRESS
  check("boot information address", entry_rdi == BOOT_INFO_ADDRESS, entry_rdi);
#endif
  check("version", info->major == 0 && info->minor == 11 && info->patch == PATCH && info->pre_release == 0, info->patch);
  check_map();

  catch_page_faults();
  uint64_t stack_end = entry_rsp + 8, stack_start = (stack_end - STACK_BYTES + 15) & ~15ull;
  check("whole stack", !faults_at(stack_start, WRITE) && !faults_at(stack_end - 1, WRITE), stack_start);
  check("guard page", faults_at((stack_start & ~0xfffull) - 1, READ), stack_start);
  uint8_t code[1] = {0xc3};
  check("the stack is not code", PATCH < 7 || faults_at((uint64_t)(uintptr_t)code, EXECUTE), faults);
  check("code is", !faults_at((uint64_t)(uintptr_t)returns, EXECUTE), faults);
  check("null faults", faults_at(0, READ), faults);
  check("code is read-only", faults_at((uint64_t)(uintptr_t)returns, WRITE), (uint64_t)(uintptr_t)returns);
  check("data is writable", !faults_at((uint64_t)(uintptr_t)&first_value, WRITE), (uint64_t)(uintptr_t)&first_value);
  check("memory is not mapped elsewhere", faults_at(0x6000000, READ), faults);
  check("pointers", pointers[0] == &first_value && pointers[1] == &second_value && pointers[2] == &first_value, (uint64_t)(uintptr_t)pointers[1]);
  check("they are read-only", faults_at((uint64_t)(uintptr_t)pointers, WRITE), (uint64_t)(uintptr_t)pointers);
  uint64_t base = PIE ? (uint64_t)(uintptr_t)__ehdr_start : 0;
  check("kernel's base", info->kernel_base == (PATCH < 5 ? 0 : base), info->kernel_base);
#ifdef KERNEL_BASE
  check("the base that it asked for", base == KERNEL_BASE, base);
#endif
  check_framebuffer();
  check("thread-local template", info->thread_local_tag == 0 && *info->tls == 0x1122334455667788, (uint64_t)(uintptr_t)info->tls);
  check("its lengths", info->thread_local_file_bytes == 8 && info->thread_local_bytes == 24, info->thread_local_bytes);
  check("ramdisk", info->ramdisk_tag == (RAMDISK_BYTES == 0) && info->ramdisk_bytes == RAMDISK_BYTES, info->ramdisk_bytes);
  uint32_t sum = 0;
  for (uint64_t i = 0; i < info->ramdisk_bytes; i++) sum = sum * 31 + info->ramdisk[i];
  check("its bytes", sum == RAMDISK_SUM, sum);
#ifdef RAMDISK_ADDRESS
  check("its address", (uint64_t)(uintptr_t)info->ramdisk == RAMDISK_ADDRESS, (uint64_t)(uintptr_t)info->ramdisk);
#endif
  bool stack_fields = info->stack + info->stack_bytes >= stack_end && info->stack <= stack_start && info->stack_bytes == STACK_BYTES;
  check("stack fields", PATCH < 14 ? info->stack == 0 && info->stack_bytes == 0 : stack_fields, info->stack);
  check("nothing behind", info->sentinel == 0, info->sentinel);
  check("physical memory as asked", info->physical_tag % 2 == !PHYSICAL, info->physical);
  check("recursive entry as asked", info->recursive_tag == !RECURSIVE, info->recursive);
#if RECURSIVE
  uint64_t index = info->recursive, top = (index & 256 ? 0xffff000000000000 : 0) | index << 39 | index << 30 | index << 21 | index << 12;
  check("recursive entry", (((const volatile uint64_t *)(uintptr_t)top)[index] & 0x000ffffffffff003) == (cr3 | 3), top);
#endif
#ifdef RECURSIVE_INDEX
  check("its index", info->recursive == RECURSIVE_INDEX, info->recursive);
#endif
#if PHYSICAL
  check_physical();
#endif
#ifdef RANGE_START
  check("the range for chosen addresses", entry_rdi >= RANGE_START && entry_rdi <= RANGE_END, entry_rdi);
#endif
  check_memory();
  finish();
}
