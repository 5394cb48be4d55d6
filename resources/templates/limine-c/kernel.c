/*
 * A kernel for the Limine boot protocol. The loader enters it in 64-bit mode, with paging on and the kernel in the higher half, and
 * answers what it asks for. There is no text screen any more: it draws, and says the rest over the serial port.
 */
#include "limine.h"
#include "serial.h"
#include <stdbool.h>

/* In a section of its own, and volatile: the compiler cannot know who fills in the answers. */
#define REQUEST [[gnu::used, gnu::section(".requests")]] static volatile

[[gnu::used, gnu::section(".requests_start")]] static volatile uint64_t start[] = LIMINE_START;
[[gnu::used, gnu::section(".requests_end")]] static volatile uint64_t end[] = LIMINE_END;

/* The loader sets the third word to 0 when it serves this revision. */
REQUEST uint64_t revision[] = LIMINE_REVISION(6);

REQUEST struct { uint64_t id[4], revision; struct loader_answer *answer; } loader = { LIMINE_LOADER, 0, 0 };
REQUEST struct { uint64_t id[4], revision; struct command_line_answer *answer; } command_line = { LIMINE_COMMAND_LINE, 0, 0 };
REQUEST struct { uint64_t id[4], revision; struct memory_map_answer *answer; } memory_map = { LIMINE_MEMORY_MAP, 0, 0 };
REQUEST struct { uint64_t id[4], revision; struct framebuffer_answer *answer; } framebuffer = { LIMINE_FRAMEBUFFER, 0, 0 };

[[noreturn]] static void halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void show_memory(const struct memory_map_answer *map)
{
    uint64_t usable = 0;
    for (uint64_t i = 0; i < map->count; i++)
        if (map->regions[i]->type == MEMORY_USABLE)
            usable += map->regions[i]->length;
    /* The firmware keeps some for itself: rounded up to 16 MiB it is what the machine has. */
    print("Memory: ");
    print_number((usable + (16 << 20) - 1) >> 24 << 4);
    print(" MiB\n");
}

/* A pixel of 24 or 32 bits; each colour has its place in it. */
static void put_pixel(const struct framebuffer *screen, uint64_t x, uint64_t y, uint8_t red, uint8_t green, uint8_t blue)
{
    uint32_t pixel = (uint32_t)red << screen->red_shift | (uint32_t)green << screen->green_shift | (uint32_t)blue << screen->blue_shift;
    volatile uint8_t *at = screen->pixels + y * screen->pitch + x * (screen->bits / 8);
    for (int i = 0; i < screen->bits / 8; i++)
        at[i] = (uint8_t)(pixel >> 8 * i);
}

/* In the middle of the screen, from dark at the top left to teal at the bottom right, in a white frame. */
static void draw(const struct framebuffer *screen)
{
    enum { WIDTH = 128, HEIGHT = 80, FRAME = 2 };
    uint64_t left = (screen->width - WIDTH) / 2, top = (screen->height - HEIGHT) / 2;
    for (uint64_t y = 0; y < HEIGHT; y++) {
        for (uint64_t x = 0; x < WIDTH; x++) {
            bool frame = x < FRAME || y < FRAME || x >= WIDTH - FRAME || y >= HEIGHT - FRAME;
            if (frame)
                put_pixel(screen, left + x, top + y, 255, 255, 255);
            else
                put_pixel(screen, left + x, top + y, 16, (uint8_t)(2 * x), (uint8_t)(2 * y));
        }
    }
    print("Screen: ");
    print_number(screen->width);
    print(" x ");
    print_number(screen->height);
    print(" pixels\n");
}

[[noreturn]] void _start(void);

void _start(void)
{
    serial_start();
    if (revision[2] != 0) {
        print("The loader does not know revision 6 of the Limine protocol.\n");
        halt();
    }
    if (!loader.answer || !command_line.answer || !memory_map.answer || !framebuffer.answer) {
        print("The loader left a request without an answer.\n");
        halt();
    }
    print("Loader: ");
    print(loader.answer->name);
    print(" ");
    print(loader.answer->version);
    print("\nCommand line: ");
    print(command_line.answer->text);
    print("\n");
    show_memory(memory_map.answer);
    draw(framebuffer.answer->framebuffers[0]);
    print("All requests were answered.\n");
    end_machine(0x10);
    halt();
}
