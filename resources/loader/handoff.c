/*
 * What the kernel keeps of the loader: its information, page tables, GDT, first stack, and the last instructions before it. All of it
 * lies together, in low memory, or above 1 MiB for a kernel that wants the low memory for itself.
 */
#include "loader.h"

#define MAX_MOVES MAX_SEGMENTS

struct move {
  uint32_t from, to, bytes;
};

/* In stage2.S: code that runs wherever it is copied to, and the descriptor table. */
extern const uint8_t leave_code[], leave_idle[], leave_code_end[];
extern const uint64_t gdt[];
[[noreturn]] void leave(uint32_t code, const struct entry_state *state, uint32_t stack, const void *gdt_pointer);

/* The first page, which long mode finds at its own address. */
struct page {
  uint64_t gdt[GDT_ENTRIES];
  struct entry_state state;
  struct move moves[MAX_MOVES];
  uint8_t code[];
};

static struct page *page;
static uint32_t next, end;

void handoff_start(void) {
  uint32_t start = HANDOFF_ADDRESS;
  if (!memory_is_usable(start, HANDOFF_BYTES) || reserved_in(start, HANDOFF_BYTES))
    start = allocate(HANDOFF_BYTES, PAGE_BYTES, RESERVED_LOADER, "the boot information");
  else reserve(start, HANDOFF_BYTES, RESERVED_LOADER);
  memset(at_address(start), 0, HANDOFF_BYTES);
  page = at_address(start);
  next = start + PAGE_BYTES;
  end = start + HANDOFF_BYTES - FIRST_STACK_BYTES;
}

void *handoff_allocate(uint32_t bytes, uint32_t alignment) {
  uint32_t start = (uint32_t)align_up(next, alignment);
  if (bytes > end - start || start > end) fail("the boot information has more than %u bytes. Use fewer modules.", (uint32_t)(HANDOFF_BYTES - FIRST_STACK_BYTES));
  next = start + bytes;
  return at_address(start);
}

const char *handoff_text(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  char *copy = handoff_allocate(length + 1, 1);
  memcpy(copy, text, length);
  return copy;
}

void handoff_move_later(const void *from, uint32_t to, uint32_t bytes) {
  page->moves[page->state.move_count++] = (struct move){(uint32_t)from, to, bytes};
}

uint32_t handoff_stack_top(void) { return end + FIRST_STACK_BYTES; }

uint32_t handoff_page(void) { return (uint32_t)page; }

uint32_t handoff_idle(void) { return (uint32_t)(page->code + (leave_idle - leave_code)); }

static_assert(sizeof(struct page) < PAGE_BYTES - 1024, "the code needs room, too, and a few words at the end are a stack");

void handoff_enter(struct entry_state state) {
  firmware_finish();
  state.move_count = page->state.move_count;
  state.moves = (uint32_t)page->moves;
  page->state = state;
  memcpy(page->gdt, gdt, sizeof page->gdt);
  memcpy(page->code, leave_code, (size_t)(leave_code_end - leave_code));
  if (state.mode == ENTRY_LONG) page->gdt[SELECTOR_CODE / 8] = page->gdt[SELECTOR_CODE64 / 8];
  /* Base address bits 0-23 of the segments for the way back to real mode, which have the page's address. */
  page->gdt[SELECTOR_CODE16_PAGE / 8] |= (uint64_t)handoff_page() << 16;
  page->gdt[SELECTOR_DATA16_PAGE / 8] |= (uint64_t)handoff_page() << 16;
  const struct [[gnu::packed]] {
    uint16_t limit;
    uint32_t base;
  } pointer = {sizeof page->gdt - 1, (uint32_t)page->gdt};
  /* Not at its very top, which the kernel finds cleared. */
  leave((uint32_t)page->code, &page->state, handoff_stack_top() - 64, &pointer);
}

void enter_protected(uint32_t entry, uint32_t eax, uint32_t ebx) {
  handoff_enter((struct entry_state){
      .mode = ENTRY_PROTECTED,
      .entry = entry,
      /* As if called, with 0 to return to: a C function finds its stack aligned. */
      .stack = handoff_stack_top() - 4,
      .first = eax,
      .second = ebx,
      .data_selector = SELECTOR_DATA,
      .stack_selector = SELECTOR_DATA,
  });
}
