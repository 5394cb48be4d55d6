/*
 * Paging: addresses that mean what the kernel wants them to mean.
 *
 * The loader has switched paging on (long mode demands it), with the first 4 GiB mapped to themselves. This kernel looks at those
 * tables, adds a page of its own, and finds out what happens at an address that has none.
 */
#include "frames.h"
#include "gdt.h"
#include "interrupts.h"
#include "paging.h"
#include "print.h"
#include "vga.h"

static void on_page_fault(struct frame *frame)
{
    uint64_t address;
    __asm__ volatile("movq %%cr2, %0" : "=r"(address));
    vga_colour(LIGHT_RED, BLACK);
    kprintf("Page fault: %s 0x%lx, %s.\n", frame->error_code & 2 ? "writing" : "reading", address,
            frame->error_code & 1 ? "which is protected" : "where nothing is mapped");
    vga_colour(LIGHT_GREY, BLACK);
    /* A page fault can be mended: map something there, and the instruction is done again when we return. */
    uint64_t fresh = frame_alloc();
    if (fresh == 0 || !map_page(address & ~(uint64_t)(PAGE_SIZE - 1), fresh, WRITABLE)) {
        kprintf("No memory is left to mend it.\n");
        for (;;)
            __asm__ volatile("cli; hlt");
    }
}

_Noreturn void _start(uint64_t magic, const struct boot_info *info)
{
    vga_clear();
    gdt_init();
    interrupts_init();
    set_handler(PAGE_FAULT, on_page_fault);
    if (magic == BOOT_MAGIC && info->flags & HAS_MEMORY_MAP)
        kprintf("%lu frames of 4 KiB are free behind the kernel.\n\n", frames_init(info));

    show_walk(0xb8000);
    show_walk((uint64_t)&_start);

    /* The screen, once more, at an address far away from all memory. */
    const uint64_t window = 0x400000000000;
    show_walk(window);
    if (map_page(window, 0xb8000, WRITABLE)) {
        volatile uint16_t *cells = (volatile uint16_t *)window;
        static const char text[] = "written through a page of our own";
        for (int i = 0; text[i] != '\0'; i++)
            cells[i + 80 * 24] = (uint16_t)(YELLOW << 8 | text[i]);
    }

    volatile uint64_t *nowhere = (volatile uint64_t *)0x500000000000;
    *nowhere = 42;
    kprintf("The write was done again, and 0x%lx holds %lu now.\n", (uint64_t)nowhere, *nowhere);

    for (;;)
        __asm__ volatile("hlt");
}
