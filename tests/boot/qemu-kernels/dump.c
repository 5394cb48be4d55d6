/*
 * Writes what a Multiboot loader (VERSION 1 or 2) tells it to COM1, a line a fact, in an order and form that do not depend on where the
 * loader put things: two loaders on the same machine must cause the same lines.
 */
#include "report.h"

#ifndef HEADER_FLAGS
#define HEADER_FLAGS 3
#endif
#ifndef HEADER_REST
#define HEADER_REST ""
#endif
#ifndef TAGS
#define TAGS ""
#endif
#define TEXT(x) #x
#define EXPANDED(x) TEXT(x)

#if VERSION == 1
#define BOOT_MAGIC 0x2badb002
__asm__(".section .multiboot,\"a\"\n.balign 4\n.long 0x1badb002, " EXPANDED(HEADER_FLAGS) ", -(0x1badb002 + " EXPANDED(HEADER_FLAGS) ")" HEADER_REST "\n");
#else
#define BOOT_MAGIC 0x36d76289
__asm__(".section .multiboot,\"a\"\n.balign 8\nheader: .long 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)\n" TAGS
        ".balign 8\n.short 0, 0\n.long 8\nheader_end:\n");
#endif
__asm__(".text\n.globl start\nstart:\n  movl $stack_top, %esp\n  pushl %ebx\n  pushl %eax\n  call kernel\n"
        ".bss\n.balign 16\n.skip 16384\nstack_top:\n");

static void word(const char *name, uint64_t value) {
  print(" ");
  print(name);
  print("=");
  print_number(value);
}

static void line(const char *text) { print("\n"), print(text); }

static uint32_t hash(const void *at, uint32_t bytes) {
  const volatile uint8_t *byte = at;
  uint32_t sum = 0x811c9dc5;
  for (uint32_t i = 0; i < bytes; i++) sum = (sum ^ byte[i]) * 0x01000193;
  return sum;
}

static const void *at(uint64_t address) { return (const void *)(uintptr_t)address; }
static uint32_t u32_at(const void *from, uint32_t offset) { return *(const uint32_t *)((const uint8_t *)from + offset); }
static uint64_t u64_at(const void *from, uint32_t offset) { return u32_at(from, offset) | (uint64_t)u32_at(from, offset + 4) << 32; }

static void show_module(uint32_t start, uint32_t end, const char *text) {
  line("module");
  word("bytes", end - start), word("hash", hash(at(start), end - start)), word("offset", start % 4096);
  print(" "), print(text);
}

static void show_region(uint64_t base, uint64_t length, uint32_t type) { line("map"), word("base", base), word("bytes", length), word("type", type); }

/* 40-byte headers of 32-bit files: type at 4, address at 12, size at 20. */
static void show_sections(uint32_t count, uint32_t bytes, uint32_t names, const void *table) {
  line("sections"), word("count", count), word("bytes", bytes), word("names", names);
  for (uint32_t i = 1; i < count; i++) {
    const void *header = (const uint8_t *)table + i * bytes;
    uint32_t type = u32_at(header, 4), length = u32_at(header, 20);
    line("section"), word("type", type), word("bytes", length), word("hash", type == 8 ? 0 : hash(at(u32_at(header, 12)), length));
  }
}

static void show_screen(const void *from) {
  line("screen"), word("address", u64_at(from, 0)), word("pitch", u32_at(from, 8)), word("width", u32_at(from, 12)),
      word("height", u32_at(from, 16)), word("bits", u32_at(from, 20) & 0xff), word("type", u32_at(from, 20) >> 8 & 0xff);
  if ((u32_at(from, 20) >> 8 & 0xff) == 1) word("colours", hash((const uint8_t *)from + 24, 6));
}

#if VERSION == 1
static void show_all(const uint8_t *info) {
  uint32_t flags = u32_at(info, 0);
  if (flags & 1) line("memory"), word("lower", u32_at(info, 4)), word("upper", u32_at(info, 8));
  if (flags & 4) line("command line "), print(at(u32_at(info, 16)));
  if (flags & 8)
    for (uint32_t i = 0; i < u32_at(info, 20); i++) {
      const void *module = at(u32_at(info, 24) + 16 * i);
      show_module(u32_at(module, 0), u32_at(module, 4), at(u32_at(module, 8)));
    }
  if (flags & 32) show_sections(u32_at(info, 28), u32_at(info, 32), u32_at(info, 40), at(u32_at(info, 36)));
  if (flags & 64)
    for (uint32_t entry = u32_at(info, 48); entry < u32_at(info, 48) + u32_at(info, 44); entry += u32_at(at(entry), 0) + 4)
      show_region(u64_at(at(entry), 4), u64_at(at(entry), 12), u32_at(at(entry), 20));
  if (flags & 4096) show_screen(info + 88);
  if (flags & 128)
    for (uint32_t drive = u32_at(info, 56); drive < u32_at(info, 56) + u32_at(info, 52); drive += u32_at(at(drive), 0))
      line("drive"), word("number", u32_at(at(drive), 4) & 0xff), word("mode", u32_at(at(drive), 4) >> 8 & 0xff),
          word("cylinders", u32_at(at(drive), 4) >> 16), word("heads", u32_at(at(drive), 8) & 0xff), word("sectors", u32_at(at(drive), 8) >> 8 & 0xff);
  line("loader "), print(flags & 512 ? at(u32_at(info, 64)) : "");
  line("boot device"), word("number", u32_at(info, 12));
}
#else
static void show_tag(const uint8_t *tag) {
  uint32_t type = u32_at(tag, 0), bytes = u32_at(tag, 4);
  const char *text = (const char *)tag + 8;
  if (type == 1) line("command line "), print(text);
  if (type == 2) line("loader "), print(text);
  if (type == 3) show_module(u32_at(tag, 8), u32_at(tag, 12), text + 8);
  if (type == 4) line("memory"), word("lower", u32_at(tag, 8)), word("upper", u32_at(tag, 12));
  if (type == 5) line("boot device"), word("number", u32_at(tag, 8)), word("partition", u32_at(tag, 12)), word("sub", u32_at(tag, 16));
  if (type == 6)
    for (uint32_t entry = 16; entry < bytes; entry += u32_at(tag, 8)) show_region(u64_at(tag, entry), u64_at(tag, entry + 8), u32_at(tag, entry + 16));
  if (type == 8) show_screen(tag + 8);
  if (type == 9) show_sections(u32_at(tag, 8), u32_at(tag, 12), u32_at(tag, 16), tag + 20);
  if (type == 13) line("management"), word("version", u32_at(tag, 8) & 0xffff), word("bytes", bytes), word("hash", hash(tag + 16, bytes - 16));
  if (type == 14 || type == 15) line("acpi"), word("type", type), word("bytes", bytes), word("hash", hash(tag + 8, bytes - 8));
  if (type == 21) line("base"), word("address", u32_at(tag, 8));
}

static void show_all(const uint8_t *info) {
  /* In the order of the types: loaders give them in any. */
  for (uint32_t type = 1; type <= 21; type++)
    for (const uint8_t *tag = info + 8; tag < info + u32_at(info, 0) && u32_at(tag, 0) != 0; tag += (u32_at(tag, 4) + 7) & ~7u)
      if (u32_at(tag, 0) == type) show_tag(tag);
  uint32_t total = u32_at(info, 0);
  line("end"), word("type", u32_at(info, total - 8)), word("bytes", u32_at(info, total - 4));
}
#endif

[[noreturn]] void kernel(uint32_t magic, const uint8_t *info);
[[noreturn]] void kernel(uint32_t magic, const uint8_t *info) {
  line("magic"), word("eax", magic);
  if (magic == BOOT_MAGIC) show_all(info);
  line("code"), word("address", (uint32_t)(uintptr_t)kernel & 0xfff00000);
  line("");
  finish();
}
