/* Program headers of an ELF file. Source: System V ABI (gABI) chapters 4 "ELF Header" and 5 "Program Header". */
#include "loader.h"

#define ELF_TYPE_EXECUTABLE 2
#define ELF_TYPE_SHARED 3
#define MACHINE_386 3
#define MACHINE_X86_64 62
#define SEGMENT_LOAD 1

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
};

struct [[gnu::packed]] elf64_header {
  struct elf_identification id;
  uint64_t entry, program_headers, section_headers;
  uint32_t flags;
  uint16_t header_bytes, program_header_bytes, program_header_count;
};

struct [[gnu::packed]] elf32_program_header {
  uint32_t type, offset, virtual_address, physical_address, file_bytes, memory_bytes, flags, alignment;
};

struct [[gnu::packed]] elf64_program_header {
  uint32_t type, flags;
  uint64_t offset, virtual_address, physical_address, file_bytes, memory_bytes, alignment;
};

static void add_segment(struct program *program, struct segment segment) {
  if (segment.memory_bytes == 0) return;
  if (segment.file_bytes > segment.memory_bytes)
    fail("the kernel's segment at %X is damaged: it has %X bytes in the file but only %X in memory. Build it again.",
         segment.virtual_address, segment.file_bytes, segment.memory_bytes);
  if (program->count == MAX_SEGMENTS)
    fail("the kernel has more than %u loadable segments. Link it with fewer.", (uint32_t)MAX_SEGMENTS);
  program->segments[program->count++] = segment;
}

void elf_read(const struct descriptor *kernel, uint32_t class_mask, struct program *program) {
  static union {
    struct elf_identification id;
    struct elf32_header elf32;
    struct elf64_header elf64;
    uint8_t bytes[sizeof(struct elf64_header)];
  } header;
  static uint8_t table[MAX_PROGRAM_HEADER_BYTES];

  uint32_t available = kernel->kernel_bytes < sizeof header ? kernel->kernel_bytes : sizeof header;
  kernel_read(kernel, 0, available, &header);
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
  if (header.id.type != ELF_TYPE_EXECUTABLE)
    fail("the kernel is an ELF file of type %u, not an executable (2)%s.", (uint32_t)header.id.type,
         header.id.type == ELF_TYPE_SHARED ? ": it is position independent. Link it to fixed addresses (-no-pie)" : "");

  uint64_t offset = is64 ? header.elf64.program_headers : header.elf32.program_headers;
  uint32_t entry_bytes = is64 ? header.elf64.program_header_bytes : header.elf32.program_header_bytes;
  uint32_t count = is64 ? header.elf64.program_header_count : header.elf32.program_header_count;
  uint32_t least = is64 ? sizeof(struct elf64_program_header) : sizeof(struct elf32_program_header);
  if (entry_bytes < least || entry_bytes * count > sizeof table)
    fail("the kernel's program header table (%u entries of %u bytes) is damaged or too large. Build it again.", count, entry_bytes);
  kernel_read(kernel, offset, entry_bytes * count, table);

  program->count = 0;
  program->entry = is64 ? header.elf64.entry : header.elf32.entry;
  for (uint32_t i = 0; i < count; i++) {
    const void *at = table + i * entry_bytes;
    if (read_u32(at) != SEGMENT_LOAD) continue;
    if (is64) {
      const struct elf64_program_header *from = at;
      add_segment(program, (struct segment){from->offset, from->virtual_address, from->physical_address, from->file_bytes,
                                            from->memory_bytes});
    } else {
      const struct elf32_program_header *from = at;
      add_segment(program, (struct segment){from->offset, from->virtual_address, from->physical_address, from->file_bytes,
                                            from->memory_bytes});
    }
  }
  if (program->count == 0) fail("the kernel has nothing to load: no PT_LOAD segment. Check its linker script.");
}
