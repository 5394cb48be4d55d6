/* Text on the screen: 25 rows of 80 cells, which a PC in text mode shows from memory at 0xb8000. */
#pragma once

enum colour {
    BLACK, BLUE, GREEN, CYAN, RED, MAGENTA, BROWN, LIGHT_GREY,
    DARK_GREY, LIGHT_BLUE, LIGHT_GREEN, LIGHT_CYAN, LIGHT_RED, PINK, YELLOW, WHITE
};

/* Fill the screen with blanks in the present colours, and go to its first row. */
void vga_clear(void);

/* Colours of what is printed from now on. */
void vga_colour(enum colour letters, enum colour background);

/* Print one character. A line feed goes to the next row; below the last row, everything moves up by one. */
void vga_put(char character);
