/* Checks what the Multiboot2 Specification 2.0, 3.5 "I386 machine state" and 3.6 "Boot information", promises. Every run makes the same number of checks. */
#include "report.h"

#ifndef HAS_ACPI
#define HAS_ACPI 1
#endif
#ifndef HAS_SMBIOS
#define HAS_SMBIOS HAS_ACPI
#endif

__asm__(".section .multiboot,\"a\"\n.balign 8\nheader: .long 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)\n"
        /* Information that a loader must have: command line, name, modules, memory, map; modules on pages. */
        ".short 1, 0\n.long 28, 1, 2, 3, 4, 6\n.balign 8\n.short 6, 0\n.long 8\n.balign 8\n.short 0, 0\n.long 8\nheader_end:\n"
        ".text\n.globl start\nstart:\n  movl %esp, entry_esp\n  pushfl\n  popl entry_flags\n  pushl %ebx\n  pushl %eax\n  call kernel\n");

uint32_t entry_esp = 1, entry_flags = 1;

struct tag {
  uint32_t type, bytes, words[];
};

static uint32_t counts[32];
static const struct tag *firsts[32];

/* Whether tag follows tag up to the end that the information's size says. */
static bool read_tags(const uint8_t *information) {
  const uint8_t *at = information + 8, *end = information + *(const uint32_t *)information;
  while (at + 8 <= end) {
    const struct tag *tag = (const struct tag *)at;
    if ((uintptr_t)at % 8 || tag->bytes < 8 || tag->type > 31) return false;
    if (counts[tag->type]++ == 0) firsts[tag->type] = tag;
    at += (tag->bytes + 7) & ~7u;
    if (tag->type == 0) return tag->bytes == 8 && at == end;
  }
  return false;
}

static bool modules_are_right(const uint8_t *information) {
  uint32_t index = 0;
  for (const uint8_t *at = information + 8; ((const struct tag *)at)->type != 0; at += (((const struct tag *)at)->bytes + 7) & ~7u) {
    const struct tag *tag = (const struct tag *)at;
    if (tag->type == 3 && !is_module(index++, tag->words[0], tag->words[1] - tag->words[0], (uintptr_t)&tag->words[2])) return false;
  }
  return index == MODULES;
}

struct region {
  uint64_t base, length;
  uint32_t type, reserved;
};

/* The kernel and the information lie in memory that the map has. */
static bool is_memory(uint64_t address) {
  const struct tag *map = firsts[6];
  for (uint32_t at = 16; at + map->words[0] <= map->bytes; at += map->words[0]) {
    const struct region *region = (const struct region *)((const uint8_t *)map + at);
    if (region->type == 1 && address >= region->base && address - region->base < region->length) return true;
  }
  return false;
}

static bool map_is_sane(void) {
  const struct tag *map = firsts[6];
  if (!map || map->words[0] < 24 || map->words[0] % 8 || map->words[1] != 0 || (map->bytes - 16) % map->words[0]) return false;
  uint64_t behind = 0;
  for (uint32_t at = 16; at < map->bytes; at += map->words[0]) {
    const struct region *region = (const struct region *)((const uint8_t *)map + at);
    if (region->length == 0 || region->base + region->length <= region->base || region->type == 0) return false;
    if (region->type == 1 && region->base < behind) return false;
    if (region->type == 1) behind = region->base + region->length;
  }
  return true;
}

[[noreturn]] void kernel(uint32_t magic, const uint8_t *information);

[[noreturn]] void kernel(uint32_t magic, const uint8_t *information) {
  check("eax", magic == 0x36d76289, magic);
  uint32_t cr0, limit, selector;
  __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
  check("protected mode", (cr0 & 0x80000001) == 1, cr0);
  check("interrupts off", (entry_flags & 0x20200) == 0, entry_flags);
  check("stack aligned", entry_esp % 16 == 12, entry_esp);
  __asm__ volatile("movl %%cs, %0" : "=r"(selector));
  __asm__ volatile("lsll %1, %0" : "=r"(limit) : "r"(selector));
  check("code limit", limit == 0xffffffff, limit);
  __asm__ volatile("movl %%ds, %0" : "=r"(selector));
  __asm__ volatile("lsll %1, %0" : "=r"(limit) : "r"(selector));
  check("data limit", limit == 0xffffffff, limit);
  check("information aligned", (uintptr_t)information % 8 == 0, (uintptr_t)information);
  bool listed = read_tags(information);
  check("tags up to the end", listed && counts[0] == 1, *(const uint32_t *)information);
  check("command line", counts[1] == 1 && same_text((const char *)firsts[1]->words, EXPECTED_COMMAND_LINE), counts[1]);
  check("loader name", counts[2] == 1 && same_text((const char *)firsts[2]->words, "Bootlab"), counts[2]);
  check("modules", modules_are_right(information), counts[3]);
  const struct tag *memory = firsts[4];
#ifdef UEFI
  check("memory sizes", counts[4] == 1 && memory->words[1] >= EXPECTED_UPPER_KIB, counts[4] ? memory->words[1] : 0);
  check("boot device", counts[5] == 0, counts[5]);
  check("EFI system table", counts[11] + counts[12] == 1, counts[11]);
#else
  check("memory sizes", counts[4] == 1 && memory->words[0] >= 512 && memory->words[0] <= 640 && memory->words[1] == EXPECTED_UPPER_KIB, counts[4] ? memory->words[1] : 0);
  check("boot device", counts[5] == 1 && firsts[5]->words[0] == BOOT_DEVICE >> 24, counts[5] ? firsts[5]->words[0] : 0);
  check("no EFI system table", counts[11] + counts[12] == 0, counts[11]);
#endif
  bool sane = map_is_sane();
  check("memory map", sane && counts[6] == 1, counts[6]);
  check("kernel and information in memory", sane && is_memory((uintptr_t)kernel) && is_memory((uintptr_t)&cleared[CLEARED_WORDS - 1]) && is_memory((uintptr_t)information), (uintptr_t)kernel);
  const struct tag *screen = firsts[8];
  check("framebuffer", !screen || (screen->bytes >= 31 && screen->words[2] > 0), counts[8]);
  check("ELF sections", counts[9] == 1 && firsts[9]->words[0] > 2 && firsts[9]->words[1] == 40, counts[9]);
  const struct tag *root = firsts[15] ? firsts[15] : firsts[14];
  check("ACPI root", HAS_ACPI ? root && root->words[0] == 0x20445352 && root->words[1] == 0x20525450 : !root, counts[14] << 8 | counts[15]);
  /* Version 2 at least, and a first structure with its header (SMBIOS 3.7, 6.1.2). */
  const struct tag *management = firsts[13];
  const uint8_t *structure = management ? (const uint8_t *)&management->words[2] : 0;
  check("SMBIOS", HAS_SMBIOS ? management && (management->words[0] & 0xff) >= 2 && management->bytes > 16 + 4 && structure[1] >= 4 : !management, counts[13]);
  check_memory();
  finish();
}
