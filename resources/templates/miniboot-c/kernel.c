/*
 * A whole kernel in one file.
 *
 * A Multiboot loader looks through the first 8 KiB of the file for three 32-bit words: a magic number, flags, and a
 * checksum that makes the three add up to zero. This assembly stands outside any function, so the words land at the very
 * start of .text. The target specification keeps .text near the start of the file ("noseparate-code"), links it at
 * 1 MiB ("--image-base") and names the function to start in ("--entry").
 */
asm(".long 0x1badb002, 0, (-(0x1badb002 + 0))");

enum { COLUMNS = 80, ROWS = 25, COLOUR = 0x17 /* blue background, light grey letters */ };

/*
 * The screen is memory: one 16-bit cell per character, its code in the low byte, its colour in the high byte.
 * "volatile" tells the compiler that the writes matter although nothing here reads them back.
 */
static volatile unsigned short *const screen = (volatile unsigned short *)0xb8000;

static const char message[] = "Hello, World !! ";

/*
 * The loader jumps here in 32-bit protected mode, with interrupts off. It promises no stack, and this function gets along
 * without one: what it needs stays in registers. A kernel that does more begins by pointing ESP at memory of its own.
 */
void start_entry(void)
{
    int cell = 0;

    for (; message[cell] != '\0'; cell++)
        screen[cell] = COLOUR << 8 | message[cell];
    for (; cell < COLUMNS * ROWS; cell++)
        screen[cell] = COLOUR << 8 | ' ';

    /* There is nobody to return to. */
    for (;;)
        ;
}
