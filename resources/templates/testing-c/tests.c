#include "tests.h"
#include "ports.h"
#include "serial.h"
#include "vga.h"
#include <stddef.h>
#include <stdint.h>

/*
 * isa-debug-exit is a device that emulators have for this purpose: whoever writes v to its port ends the emulator, with the
 * exit code (v << 1) | 1. The values are ours to choose, as long as the codes differ from those of other failures.
 */
enum { DEBUG_EXIT = 0xf4, SUCCESS = 0x10, FAILURE = 0x11 };

static bool addition_works(void)
{
    CHECK(1 + 1 == 2);
    return true;
}

static bool printed_text_is_on_the_screen(void)
{
    static const char text[] = "Is this on the screen?";
    vga_clear();
    for (size_t i = 0; text[i] != '\0'; i++)
        vga_put(text[i]);
    const volatile uint8_t *cells = (const volatile uint8_t *)0xb8000;
    for (size_t i = 0; text[i] != '\0'; i++)
        CHECK(cells[2 * i] == text[i]);
    return true;
}

static bool many_lines_only_scroll(void)
{
    for (int i = 0; i < 200; i++)
        vga_put('\n');
    return true;
}

static const struct {
    const char *name;
    bool (*run)(void);
} tests[] = {
    { "addition works", addition_works },
    { "printed text is on the screen", printed_text_is_on_the_screen },
    { "many lines only scroll", many_lines_only_scroll },
};

_Noreturn void run_tests(void)
{
    const int count = sizeof tests / sizeof tests[0];
    int passed = 0;
    serial_printf("Running %d tests\n", count);
    for (int i = 0; i < count; i++) {
        /* The name comes first: when a test hangs or crashes the kernel, it is the last line that there is. */
        serial_printf("%s ... ", tests[i].name);
        if (!tests[i].run())
            continue;
        serial_printf("[ok]\n");
        passed++;
    }
    serial_printf("%d of %d tests passed\n", passed, count);
    out8(DEBUG_EXIT, passed == count ? SUCCESS : FAILURE);

    /* A real PC has no such device and goes on. */
    for (;;)
        __asm__ volatile("hlt");
}
