/*
 * A screen to print on.
 *
 * vga.c knows where the cells are, when to go to the next row, and how to scroll. print.c knows numbers and texts. From here on,
 * the kernel just says what it wants to say.
 */
#include "print.h"
#include "vga.h"

_Noreturn void _start(void)
{
    vga_clear();
    for (int line = 1; line <= 30; line++)
        kprintf("Line %d of 30: the screen has 25, so the first ones scroll away.\n", line);

    vga_colour(LIGHT_CYAN, BLACK);
    kprintf("\nHello %s!\n", "World");
    vga_colour(LIGHT_GREY, BLACK);
    kprintf("Numbers: %d, %u, 0x%08x, %lu.\n", -42, 42u, 0xb8000u, 1ul << 40);
    kprintf("This function lies at %p.\n", (void *)_start);

    /* HLT waits for an interrupt. None is switched on, so this is the end, and the processor rests instead of running in circles. */
    for (;;)
        __asm__ volatile("hlt");
}
