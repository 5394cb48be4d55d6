/* Page tables: four levels between a virtual address and a frame. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { PRESENT = 1 << 0, WRITABLE = 1 << 1, LARGE = 1 << 7 };

/* Follow an address through the tables. @returns whether it is mapped, and if so, where to */
bool translate(uint64_t address, uint64_t *physical);

/* The same, showing each step on the screen. */
void show_walk(uint64_t address);

/* Map a page to a frame; tables on the way are made as needed. @returns false when no memory is left for them */
bool map_page(uint64_t page, uint64_t frame, uint64_t flags);
