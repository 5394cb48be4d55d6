/* Checks that it is where it was linked to be (EXPECTED_ADDRESS), all of it, whatever the place: low memory, or settled by relocation. */
#include "report.h"

#ifndef HEADER
#define HEADER ""
#endif

__asm__(HEADER ".text\n.globl start\nstart:\n  call kernel\n");

static const char text[] = "a pointer in a table";
/* Pointers in data: in a position-independent kernel each is a relocation. */
const char *const volatile table[] = {text, text + 2, (const char *)table};

[[noreturn]] void kernel(void);
[[noreturn]] void kernel(void) {
  uintptr_t here;
#ifdef __x86_64__
  __asm__ volatile("leaq start(%%rip), %0" : "=r"(here));
#else
  __asm__ volatile("call 1f\n1: popl %0" : "=r"(here));
#endif
  check("place", here >= EXPECTED_ADDRESS && here - EXPECTED_ADDRESS < 0x100000, here);
  check("pointers", table[0] == text && table[1][0] == 'p' && table[2] == (const char *)table, (uintptr_t)table[0]);
  check_memory();
  finish();
}
