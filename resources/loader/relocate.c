/*
 * Moving a position-independent kernel to the addresses it is mapped at. Sources: System V ABI (gABI) chapter 5 "Dynamic Section"; AMD64 psABI,
 * 4.4.1 "Relocation Types".
 */
#include "bootloader11.h"

#define DYNAMIC_END 0
#define DYNAMIC_RELA 7
#define DYNAMIC_RELA_BYTES 8
#define DYNAMIC_RELA_ENTRY 9
#define TYPE_RELATIVE 8

struct relocation {
  uint64_t place, info, addend;
};

void relocate_move(uint64_t base) {
  for (uint32_t i = 0; i < program.count; i++) program.segments[i].virtual_address += base;
  program.entry += base;
  if (program.thread_local_template.memory_bytes) program.thread_local_template.virtual_address += base;
  program.dynamic.start += base;
  program.read_only_later.start += base;
}

/* The byte that the kernel will find at an address. */
static uint8_t *byte_at(uint64_t address) {
  uint64_t *entry = paging_entry(address);
  if (!entry) fail("the kernel is damaged: a relocation refers to %X, which is in none of its segments. Build it again.", address);
  return (uint8_t *)at_address((uint32_t)(*entry & 0xfffff000)) + (address & (PAGE_BYTES - 1));
}

static void read_mapped(uint64_t address, void *to, uint32_t bytes) {
  uint8_t *at = to;
  for (uint32_t i = 0; i < bytes; i++) at[i] = *byte_at(address + i);
}

static void write_mapped(uint64_t address, uint64_t value) {
  for (uint32_t i = 0; i < sizeof value; i++, value >>= 8) *byte_at(address + i) = (uint8_t)value;
}

static void check_place(uint64_t address) {
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    if (address >= segment->virtual_address && address - segment->virtual_address < segment->memory_bytes) return;
  }
  fail("the kernel is damaged: a relocation changes %X, which is in none of its segments. Build it again.", address);
}

void relocate_apply(uint64_t base) {
  uint64_t table = 0, bytes = 0, entry_bytes = sizeof(struct relocation);
  for (uint64_t at = 0; at + 16 <= program.dynamic.bytes; at += 16) {
    uint64_t tag_and_value[2];
    read_mapped(program.dynamic.start + at, tag_and_value, sizeof tag_and_value);
    if (tag_and_value[0] == DYNAMIC_END) break;
    if (tag_and_value[0] == DYNAMIC_RELA) table = tag_and_value[1];
    if (tag_and_value[0] == DYNAMIC_RELA_BYTES) bytes = tag_and_value[1];
    if (tag_and_value[0] == DYNAMIC_RELA_ENTRY) entry_bytes = tag_and_value[1];
  }
  if (bytes == 0) return;
  if (entry_bytes != sizeof(struct relocation)) fail("the kernel's relocations have %X bytes each, not 24. Build it again.", entry_bytes);
  for (uint64_t at = 0; at + sizeof(struct relocation) <= bytes; at += sizeof(struct relocation)) {
    struct relocation relocation;
    read_mapped(table + base + at, &relocation, sizeof relocation);
    if (relocation.info != TYPE_RELATIVE)
      fail("the kernel has a relocation of type %x for symbol %x at %X; one that the loader can do has type 8 (R_X86_64_RELATIVE) and no symbol. "
           "Link the kernel with -no-pie.",
           (uint32_t)relocation.info, (uint32_t)(relocation.info >> 32), relocation.place);
    check_place(relocation.place + base);
    check_place(relocation.place + base + 7);
    write_mapped(relocation.place + base, relocation.addend + base);
  }
}

void relocate_protect(void) {
  uint64_t start = program.read_only_later.start & ~(uint64_t)(PAGE_BYTES - 1), end = program.read_only_later.start + program.read_only_later.bytes;
  for (uint64_t page = start; page < end; page += PAGE_BYTES) {
    uint64_t *entry = paging_entry(page);
    if (entry) *entry &= ~PAGE_WRITABLE;
  }
}
