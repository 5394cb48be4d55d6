#include "vga.h"
#include "ports.h"
#include <stdint.h>

enum {
    COLUMNS = 80,
    ROWS = 25,
    CRT_INDEX = 0x3d4,          /* the CRT controller's registers: first their number to this port, */
    CRT_DATA = 0x3d5,           /* then their value to this one */
    CURSOR_HIGH = 0x0e,
    CURSOR_LOW = 0x0f
};

/*
 * "volatile" makes every access in the source one in the program. Without it, a compiler that sees values written and never
 * read may leave the writes out: it cannot know that a screen watches this memory.
 */
static volatile uint16_t *const cells = (volatile uint16_t *)0xb8000;

static int row, column;
static uint8_t colours = BLACK << 4 | LIGHT_GREY;

/* A cell: the character's code in the low byte, the colour of the letter and of what is behind it in the high one. */
static uint16_t cell_of(char character)
{
    return (uint16_t)(colours << 8 | (uint8_t)character);
}

void vga_colour(enum colour letters, enum colour background)
{
    colours = (uint8_t)(background << 4 | letters);
}

/* The blinking cursor is not in memory: the controller wants to know the number of its cell. */
static void move_cursor(void)
{
    int cell = COLUMNS * row + column;
    out8(CRT_INDEX, CURSOR_HIGH);
    out8(CRT_DATA, (uint8_t)(cell >> 8));
    out8(CRT_INDEX, CURSOR_LOW);
    out8(CRT_DATA, (uint8_t)cell);
}

void vga_clear(void)
{
    for (int i = 0; i < COLUMNS * ROWS; i++)
        cells[i] = cell_of(' ');
    row = column = 0;
    move_cursor();
}

static void new_line(void)
{
    column = 0;
    if (++row < ROWS)
        return;
    row = ROWS - 1;
    for (int i = 0; i < COLUMNS * (ROWS - 1); i++)
        cells[i] = cells[i + COLUMNS];
    for (int i = 0; i < COLUMNS; i++)
        cells[COLUMNS * row + i] = cell_of(' ');
}

void vga_put(char character)
{
    if (character == '\n') {
        new_line();
    } else {
        cells[COLUMNS * row + column] = cell_of(character);
        if (++column == COLUMNS)
            new_line();
    }
    move_cursor();
}
