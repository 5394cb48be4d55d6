/* The keyboard, for the letters of a US layout. */
#pragma once

void keyboard_init(void);

/* The next character that was typed; waits for it, resting. */
char keyboard_read(void);
