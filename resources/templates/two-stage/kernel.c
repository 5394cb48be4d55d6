/*
 * The kernel that the two stages start: 32-bit protected mode, no paging, interrupts off, a small stack below 0x7c00.
 */
#include <stdint.h>

static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;

/* In .bss: not a byte of it is in the file. If stage 2 had not cleared it, it would hold anything. */
static int started;
/* In .data: it comes from the file. */
static const char *message = "Hello from a kernel that was started by its own two stages!";

static void print(int row, const char *text)
{
    for (int column = 0; text[column] != '\0'; column++)
        screen[80 * row + column] = (uint16_t)(0x1f << 8 | text[column]);
}

_Noreturn void kernel_main(void)
{
    for (int cell = 0; cell < 80 * 25; cell++)
        screen[cell] = 0x1f << 8 | ' ';
    print(1, message);
    print(3, started++ == 0 ? ".bss was cleared." : ".bss was not cleared!");
    for (;;)
        __asm__ volatile("hlt");
}
