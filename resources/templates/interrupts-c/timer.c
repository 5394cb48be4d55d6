/* An 8254 (Intel's data sheet 231164): it counts down at 1.193182 MHz, and channel 0 interrupts at zero. */
#include "timer.h"
#include "interrupts.h"
#include "pic.h"
#include "ports.h"

enum { CHANNEL_0 = 0x40, COMMAND = 0x43, RATE_GENERATOR = 0x34, CLOCK = 1193182 };

/* Changed by a handler while other code reads it: "volatile" makes that code look each time. */
static volatile uint64_t ticks;

static void on_timer(struct frame *frame)
{
    ticks++;
    pic_done((int)frame->vector);
}

void timer_init(void)
{
    unsigned divisor = CLOCK / TICKS_PER_SECOND;
    out8(COMMAND, RATE_GENERATOR);
    out8(CHANNEL_0, (uint8_t)divisor);
    out8(CHANNEL_0, (uint8_t)(divisor >> 8));
    set_handler(TIMER, on_timer);
    pic_enable(TIMER);
}

uint64_t timer_ticks(void)
{
    return ticks;
}
