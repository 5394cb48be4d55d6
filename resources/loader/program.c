/* Putting a program's segments into memory. */
#include "loader.h"

static bool overlap(uint64_t base_a, uint64_t length_a, uint64_t base_b, uint64_t length_b) {
  return base_a < base_b + length_b && base_b < base_a + length_a;
}

static void check_place(const struct segment *segment) {
  uint64_t base = segment->physical_address, length = segment->memory_bytes, last = base + length - 1;
  if (last < base || last >= FOUR_GIB)
    fail("the kernel's segment at %X to %X does not fit below 4 GiB, where the loader places segments. Give it a lower physical "
         "address (p_paddr; AT() in a linker script).",
         base, last);
  if (base < LOWEST_ADDRESS)
    fail("the kernel's segment at %X to %X would overwrite the BIOS's data below %x. Link it at 0x100000 or above.", base, last,
         (uint32_t)LOWEST_ADDRESS);
  if (!memory_is_usable(base, length))
    fail("the kernel's segment at %X to %X is outside usable memory: this machine has %u MiB from 1 MiB up. Link it lower or "
         "give the machine more memory.",
         base, last, memory_upper_kib() >> 10);
  for (const struct segment *other = program.segments; other < segment; other++)
    if (overlap(base, length, other->physical_address, other->memory_bytes))
      fail("the kernel's segments at %X and %X overlap in memory. Check p_paddr (AT() in the linker script).",
           other->physical_address, base);
}

void program_place(void) {
  for (uint32_t i = 0; i < program.count; i++) {
    check_place(&program.segments[i]);
    reserve(program.segments[i].physical_address, program.segments[i].memory_bytes, RESERVED_KERNEL);
  }
}

/* Whether something lies there that the loader needs until the kernel runs: itself, or (under UEFI) a file it has not put into place. */
static bool is_needed(uint64_t base, uint64_t length) {
  if (base < loader_end()) return true;
  uint32_t count;
  const struct reservation *all = reservations(&count);
  for (uint32_t i = 0; i < count; i++)
    if (all[i].kind == RESERVED_UNTIL_ENTRY && overlap(base, length, all[i].base, all[i].length)) return true;
  return false;
}

void program_load(const struct boot_entry *boot) {
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    uint32_t place = (uint32_t)segment->physical_address, length = (uint32_t)segment->memory_bytes;
    bool later = is_needed(place, length);
    uint8_t *to = at_address(later ? allocate(length, 16, RESERVED_UNTIL_ENTRY, "a segment on its way to its place") : place);
    uint32_t from_file = (uint32_t)segment->file_bytes;
    file_read(&boot->kernel, "the kernel file", segment->offset, from_file, to);
    memset(to + from_file, 0, length - from_file);
    if (later) handoff_move_later(to, place, length);
  }
}

void program_choose_frames(void) {
  uint64_t lowest = UINT64_MAX, highest = 0;
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    uint64_t last = segment->virtual_address + segment->memory_bytes - 1;
    /* Physical addresses of its own: the linker script's author chose them. */
    if (segment->virtual_address < FOUR_GIB || segment->physical_address != segment->virtual_address || last < segment->virtual_address)
      return;
    if (segment->virtual_address < lowest) lowest = segment->virtual_address;
    if (last > highest) highest = last;
  }
  /* Whole 2 MiB pages, so that frames and addresses agree modulo 2 MiB. */
  lowest &= ~(TWO_MIB - 1);
  uint64_t frames = highest - lowest >= FOUR_GIB ? 0 : try_allocate(highest - lowest + 1, TWO_MIB, ONE_MIB, RESERVED_KERNEL);
  if (!frames)
    fail("no free memory is large enough for the kernel, which spans %X to %X. Give the machine more memory.", lowest, highest);
  for (uint32_t i = 0; i < program.count; i++)
    program.segments[i].physical_address = program.segments[i].virtual_address - lowest + frames;
}

uint32_t program_physical(uint64_t virtual_address) {
  for (uint32_t i = 0; i < program.count; i++) {
    const struct segment *segment = &program.segments[i];
    if (virtual_address >= segment->virtual_address && virtual_address - segment->virtual_address < segment->memory_bytes)
      return (uint32_t)(virtual_address - segment->virtual_address + segment->physical_address);
  }
  fail("the kernel's entry point %X lies in none of its segments. Check the entry symbol (ENTRY() or -e).", virtual_address);
}
