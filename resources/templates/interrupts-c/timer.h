/* The timer: interrupts at a steady pace. */
#pragma once
#include <stdint.h>

enum { TICKS_PER_SECOND = 100 };

void timer_init(void);

/* Ticks since timer_init. */
uint64_t timer_ticks(void);
