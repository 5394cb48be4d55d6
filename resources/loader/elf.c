/* Program headers of an ELF file. Source: System V ABI (gABI) chapters 4 "ELF Header" and 5 "Program Header". */
#include "loader.h"

#define ELF_TYPE_EXECUTABLE 2
#define ELF_TYPE_SHARED 3
#define MACHINE_386 3
#define MACHINE_X86_64 62
#define SEGMENT_LOAD 1
#define SEGMENT_DYNAMIC 2
#define SEGMENT_THREAD_LOCAL 7
#define SEGMENT_READ_ONLY_LATER 0x6474e552 /* PT_GNU_RELRO */
#define SECTION_NO_BITS 8

struct [[gnu::packed]] elf_identification {
  uint32_t magic;
  uint8_t class, data, version, padding[9];
  uint16_t type, machine;
  uint32_t file_version;
};

struct [[gnu::packed]] elf32_header {
  struct elf_identification id;
  uint32_t entry, program_headers, section_headers;
  uint32_t flags;
  uint16_t header_bytes, program_header_bytes, program_header_count;
  uint16_t section_header_bytes, section_header_count, section_names;
};

struct [[gnu::packed]] elf64_header {
  struct elf_identification id;
  uint64_t entry, program_headers, section_headers;
  uint32_t flags;
  uint16_t header_bytes, program_header_bytes, program_header_count;
  uint16_t section_header_bytes, section_header_count, section_names;
};

struct [[gnu::packed]] elf32_program_header {
  uint32_t type, offset, virtual_address, physical_address, file_bytes, memory_bytes, flags, alignment;
};

struct [[gnu::packed]] elf64_program_header {
  uint32_t type, flags;
  uint64_t offset, virtual_address, physical_address, file_bytes, memory_bytes, alignment;
};

struct [[gnu::packed]] elf32_section_header {
  uint32_t name, type, flags, address, offset, bytes, link, info, alignment, entry_bytes;
};

struct [[gnu::packed]] elf64_section_header {
  uint32_t name, type;
  uint64_t flags, address, offset, bytes;
  uint32_t link, info;
  uint64_t alignment, entry_bytes;
};

struct program program;

static void add_segment(struct segment segment) {
  if (segment.memory_bytes == 0) return;
  if (segment.file_bytes > segment.memory_bytes)
    fail("the kernel's segment at %X is damaged: it has %X bytes in the file but only %X in memory. Build it again.",
         segment.virtual_address, segment.file_bytes, segment.memory_bytes);
  if (program.count == MAX_SEGMENTS)
    fail("the kernel has more than %u loadable segments. Link it with fewer.", (uint32_t)MAX_SEGMENTS);
  program.segments[program.count++] = segment;
}

static void add_program_header(uint32_t type, struct segment segment, uint64_t alignment) {
  if (type == SEGMENT_LOAD) {
    add_segment(segment);
    if (alignment > program.alignment && !(alignment & (alignment - 1))) program.alignment = alignment;
  }
  if (type == SEGMENT_DYNAMIC) program.dynamic = (struct address_range){segment.virtual_address, segment.file_bytes};
  if (type == SEGMENT_READ_ONLY_LATER) program.read_only_later = (struct address_range){segment.virtual_address, segment.memory_bytes};
  if (type == SEGMENT_THREAD_LOCAL)
    program.thread_local_template =
        (struct thread_local_template){segment.virtual_address, segment.file_bytes, segment.memory_bytes};
}

void elf_read(const struct boot_entry *boot, uint32_t class_mask) {
  static union {
    struct elf_identification id;
    struct elf32_header elf32;
    struct elf64_header elf64;
    uint8_t bytes[sizeof(struct elf64_header)];
  } header;
  static uint8_t table[MAX_PROGRAM_HEADER_BYTES];

  uint32_t available = boot->kernel.bytes < sizeof header ? boot->kernel.bytes : sizeof header;
  file_read(&boot->kernel, "the kernel file", 0, available, &header);
  if (header.id.magic != 0x464c457f)
    fail("the kernel is not an ELF file: it starts with the bytes %x %x %x %x instead of 0x7f 0x45 0x4c 0x46. Build the image "
         "again.",
         (uint32_t)header.bytes[0], (uint32_t)header.bytes[1], (uint32_t)header.bytes[2], (uint32_t)header.bytes[3]);
  if (!(class_mask >> (header.id.class & 31) & 1))
    fail("the kernel is an ELF file of class %u (1: 32-bit, 2: 64-bit), not what its boot protocol wants. Build the image again.",
         (uint32_t)header.id.class);
  bool is64 = header.id.class == ELF_CLASS_64;
  if (header.id.machine != (is64 ? MACHINE_X86_64 : MACHINE_386))
    fail("the kernel is for another processor (ELF machine %u), not for an x86 PC.", (uint32_t)header.id.machine);
  bool moves = header.id.type == ELF_TYPE_SHARED && (class_mask & ELF_MAY_MOVE);
  if (header.id.type != ELF_TYPE_EXECUTABLE && !moves)
    fail("the kernel is an ELF file of type %u, not an executable (2)%s.", (uint32_t)header.id.type,
         header.id.type == ELF_TYPE_SHARED ? ": it is position independent, and the image builder did not relocate it" : "");

  uint64_t offset = is64 ? header.elf64.program_headers : header.elf32.program_headers;
  uint32_t entry_bytes = is64 ? header.elf64.program_header_bytes : header.elf32.program_header_bytes;
  uint32_t count = is64 ? header.elf64.program_header_count : header.elf32.program_header_count;
  uint32_t least = is64 ? sizeof(struct elf64_program_header) : sizeof(struct elf32_program_header);
  if (entry_bytes < least || entry_bytes * count > sizeof table)
    fail("the kernel's program header table (%u entries of %u bytes) is damaged or too large. Build it again.", count, entry_bytes);
  file_read(&boot->kernel, "the kernel file", offset, entry_bytes * count, table);

  program = (struct program){
      .entry = is64 ? header.elf64.entry : header.elf32.entry,
      .is64 = is64,
      .moves = moves,
      .section_offset = is64 ? header.elf64.section_headers : header.elf32.section_headers,
      .section_count = is64 ? header.elf64.section_header_count : header.elf32.section_header_count,
      .section_bytes = is64 ? header.elf64.section_header_bytes : header.elf32.section_header_bytes,
      .section_names = is64 ? header.elf64.section_names : header.elf32.section_names,
  };
  for (uint32_t i = 0; i < count; i++) {
    const void *at = table + i * entry_bytes;
    if (is64) {
      const struct elf64_program_header *from = at;
      add_program_header(from->type, (struct segment){from->offset, from->virtual_address, from->physical_address, from->file_bytes,
                                                      from->memory_bytes, from->flags}, from->alignment);
    } else {
      const struct elf32_program_header *from = at;
      add_program_header(from->type, (struct segment){from->offset, from->virtual_address, from->physical_address, from->file_bytes,
                                                      from->memory_bytes, from->flags}, from->alignment);
    }
  }
  if (program.count == 0) fail("the kernel has nothing to load: no PT_LOAD segment. Check its linker script.");
}

/* A section without an address of its own: where its content is now, 0 when there is no room for it. */
static uint32_t load_section(const struct boot_entry *boot, uint32_t type, uint64_t offset, uint64_t bytes, uint64_t alignment) {
  if (bytes == 0 || type == 0 || type == SECTION_NO_BITS) return 0;
  if (alignment < 16 || (alignment & (alignment - 1)) || alignment > PAGE_BYTES) alignment = 16;
  uint32_t to = try_allocate(bytes, alignment, ONE_MIB, RESERVED_BOOT_INFORMATION);
  if (to) file_read(&boot->kernel, "the kernel file", offset, (uint32_t)bytes, at_address(to));
  return to;
}

static struct elf64_section_header read_section(const struct boot_entry *boot, uint32_t index) {
  struct elf64_section_header section = {0};
  uint64_t at = program.section_offset + (uint64_t)index * program.section_bytes;
  if (program.is64) file_read(&boot->kernel, "the kernel file", at, sizeof section, &section);
  else {
    struct elf32_section_header narrow;
    file_read(&boot->kernel, "the kernel file", at, sizeof narrow, &narrow);
    section = (struct elf64_section_header){.name = narrow.name, .type = narrow.type, .offset = narrow.offset, .bytes = narrow.bytes};
  }
  return section;
}

bool elf_find_section(const struct boot_entry *boot, const char *name, uint64_t *offset, uint64_t *bytes) {
  char found[32];
  uint32_t length = 1;
  while (name[length - 1]) length++;
  if (length > sizeof found || !elf_section_table_bytes() || program.section_names >= program.section_count) return false;
  struct elf64_section_header names = read_section(boot, program.section_names);
  for (uint32_t i = 1; i < program.section_count; i++) {
    struct elf64_section_header section = read_section(boot, i);
    if (section.name >= names.bytes || names.bytes - section.name < length) continue;
    file_read(&boot->kernel, "the kernel file", names.offset + section.name, length, found);
    if (memcmp(found, name, length) != 0) continue;
    *offset = section.offset, *bytes = section.bytes;
    return true;
  }
  return false;
}

uint32_t elf_section_table_bytes(void) {
  uint32_t least = program.is64 ? sizeof(struct elf64_section_header) : sizeof(struct elf32_section_header);
  uint32_t length = program.section_count * program.section_bytes;
  return program.section_bytes < least || length > MAX_SECTION_HEADER_BYTES ? 0 : length;
}

void elf_load_sections(const struct boot_entry *boot, void *table) {
  file_read(&boot->kernel, "the kernel file", program.section_offset, elf_section_table_bytes(), table);
  for (uint32_t i = 0; i < program.section_count; i++) {
    void *at = (uint8_t *)table + i * program.section_bytes;
    if (program.is64) {
      struct elf64_section_header *section = at;
      if (section->address == 0) section->address = load_section(boot, section->type, section->offset, section->bytes, section->alignment);
    } else {
      struct elf32_section_header *section = at;
      if (section->address == 0) section->address = load_section(boot, section->type, section->offset, section->bytes, section->alignment);
    }
  }
}
