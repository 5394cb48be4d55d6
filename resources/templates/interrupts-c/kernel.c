/*
 * Hardware interrupts: devices that call the kernel, instead of a kernel that keeps asking them.
 *
 * Between two events the processor rests in HLT. The timer wakes it a hundred times a second, the keyboard with each key.
 */
#include "gdt.h"
#include "interrupts.h"
#include "keyboard.h"
#include "pic.h"
#include "print.h"
#include "timer.h"
#include "vga.h"

_Noreturn void _start(void)
{
    vga_clear();
    gdt_init();
    interrupts_init();
    pic_init();
    timer_init();
    keyboard_init();

    /* From here on, a handler can run between any two instructions. */
    __asm__ volatile("sti");

    uint64_t start = timer_ticks();
    while (timer_ticks() - start < TICKS_PER_SECOND / 2)
        __asm__ volatile("hlt");
    kprintf("Half a second has gone by: %d ticks of the timer.\n", TICKS_PER_SECOND / 2);
    kprintf("Now type, please. ");

    vga_colour(LIGHT_GREEN, BLACK);
    for (;;) {
        char character = keyboard_read();
        if (character == '\n' || character >= ' ')
            vga_put(character);
    }
}
