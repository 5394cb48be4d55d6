/*
 * Two 8259A (Intel's data sheet 231468), eight lines each, the second one behind line 2 of the first. The BIOS has them at vectors
 * 8 to 15, where exceptions are in protected mode: they must move.
 */
#include "pic.h"
#include "ports.h"

enum {
    FIRST = 0x20, SECOND = 0xa0,        /* the command ports; data is one further */
    INIT_WITH_ICW4 = 0x11,
    MODE_8086 = 0x01,
    END_OF_INTERRUPT = 0x20,
    CASCADE_LINE = 2
};

void pic_init(void)
{
    /* Four words of initialisation: begin, first vector, how the two are connected, mode. */
    out8(FIRST, INIT_WITH_ICW4);
    out8(SECOND, INIT_WITH_ICW4);
    out8(FIRST + 1, IRQ_BASE);
    out8(SECOND + 1, IRQ_BASE + 8);
    out8(FIRST + 1, 1 << CASCADE_LINE);
    out8(SECOND + 1, CASCADE_LINE);
    out8(FIRST + 1, MODE_8086);
    out8(SECOND + 1, MODE_8086);

    /* A bit that is set keeps its line out. The second controller needs its way through the first. */
    out8(FIRST + 1, (uint8_t)~(1 << CASCADE_LINE));
    out8(SECOND + 1, 0xff);
}

void pic_enable(int vector)
{
    int line = vector - IRQ_BASE;
    uint16_t port = line < 8 ? FIRST + 1 : SECOND + 1;
    out8(port, in8(port) & (uint8_t)~(1 << line % 8));
}

void pic_done(int vector)
{
    if (vector >= IRQ_BASE + 8)
        out8(SECOND, END_OF_INTERRUPT);
    out8(FIRST, END_OF_INTERRUPT);
}
