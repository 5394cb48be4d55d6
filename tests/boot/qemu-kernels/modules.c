/* Tells what modules a Multiboot loader left in memory: one line each, with length, sum and the start of the command line. */
/* First in the file, so that it lies in the first 8 KiB, before the data of report.h. */
__asm__(".section .multiboot,\"a\"\n.balign 4\n.long 0x1badb002, 3, -(0x1badb002 + 3)\n.text\n");
#include "report.h"

__asm__(".text\n.globl start\nstart:\n  movl $stack_top, %esp\n  pushl %ebx\n  pushl %eax\n  call kernel\n"
        ".bss\n.balign 16\n.skip 16384\nstack_top:\n.text\n");

struct module {
  uint32_t start, end, command_line, reserved;
};

[[noreturn]] void kernel(uint32_t magic, const struct information *information);
[[noreturn]] void kernel(uint32_t magic, const struct information *information) {
  const struct module *modules = (const struct module *)information->modules;
  check("magic", magic == 0x2badb002, magic);
  check("modules", information->module_count == EXPECTED_MODULES, information->module_count);
  for (uint32_t i = 0; i < information->module_count; i++) {
    const uint8_t *at = (const uint8_t *)modules[i].start, *end = (const uint8_t *)modules[i].end;
    uint32_t sum = (uint32_t)(end - at);
    while (at < end) sum = sum * 31 + *at++;
    print("module ");
    print_number(sum);
    print(" ");
    print((const char *)modules[i].command_line);
    print("\n");
  }
  finish();
}
