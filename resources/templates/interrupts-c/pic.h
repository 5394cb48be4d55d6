/* The interrupt controller: devices knock here, and it interrupts the processor for them. */
#pragma once

/* Where the 16 lines are mapped to. The first 32 vectors belong to the processor's own exceptions. */
enum { IRQ_BASE = 32, TIMER = IRQ_BASE + 0, KEYBOARD = IRQ_BASE + 1 };

/* Set both controllers up, all lines off. */
void pic_init(void);

/* Let the line of a vector through. */
void pic_enable(int vector);

/* "Handled": until a handler says so, the controller holds back this line and all less urgent ones. */
void pic_done(int vector);
