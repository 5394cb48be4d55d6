/*
 * A kernel in the higher half. By the time C runs, boot.S has made every address here true; C code need not know.
 */
#include <stdint.h>

#define HIGHER_HALF 0xC0000000u
/* Memory by its physical address; only the first 4 MiB are mapped. */
#define AT_PHYSICAL(address) ((volatile uint16_t *)((address) + HIGHER_HALF))

enum { COLUMNS = 80, ROWS = 25, WHITE_ON_BLUE = 0x1f };

static volatile uint16_t *const screen = AT_PHYSICAL(0xb8000);
static int cell;

static void print(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            cell += COLUMNS - cell % COLUMNS;
        else
            screen[cell++] = (uint16_t)(WHITE_ON_BLUE << 8 | *text);
    }
}

static void print_address(const char *what, uint32_t address)
{
    print(what);
    print("0x");
    for (int shift = 28; shift >= 0; shift -= 4) {
        char digit[] = { "0123456789abcdef"[address >> shift & 15], '\0' };
        print(digit);
    }
    print("\n");
}

extern char kernel_end[];

void kernel_main(uint32_t start, uint32_t information)
{
    for (int i = 0; i < COLUMNS * ROWS; i++)
        screen[i] = WHITE_ON_BLUE << 8 | ' ';

    print("Hello from the higher half!\n\n");
    print_address("The loader jumped to     ", start);
    print_address("its information lies at  ", information);
    print_address("kernel_main runs at      ", (uint32_t)&kernel_main);
    print_address("and is loaded at         ", (uint32_t)&kernel_main - HIGHER_HALF);
    print_address("The kernel ends at       ", (uint32_t)kernel_end);
    print("\nThe page at 0 is not mapped any more: a null pointer would fault.\n");
}
