/*
 * A 64-bit kernel. There is no C library below it: only headers that the compiler itself brings, such as these two.
 *
 * The target specification next to this file is the one that the Rust version of this kernel uses, word for word:
 *   disable-redzone   an interrupt pushes onto the stack at any moment, so nothing may hide below the stack pointer;
 *   -mmx,-sse         vector registers would have to be saved on each interrupt, so the compiler shall not touch them;
 *   +soft-float       and without them, floating-point numbers are computed with whole ones.
 */
#include <stddef.h>
#include <stdint.h>

enum { LIGHT_CYAN = 0x0b };

static volatile uint8_t *const vga_buffer = (volatile uint8_t *)0xb8000;

static const char hello[] = "Hello World!";

/* The loader has switched to long mode, mapped the kernel and given it a stack; then it comes here, for good. */
_Noreturn void _start(void)
{
    for (size_t i = 0; hello[i] != '\0'; i++) {
        vga_buffer[i * 2] = (uint8_t)hello[i];
        vga_buffer[i * 2 + 1] = LIGHT_CYAN;
    }

    for (;;)
        ;
}
