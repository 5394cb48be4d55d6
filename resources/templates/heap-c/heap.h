/* A heap: memory in pieces of any size, for any time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Give the heap its pages. @returns false when there is no memory for them */
bool heap_init(void);

/* At least `size` bytes, aligned for any type; NULL when no free piece is large enough. */
void *kmalloc(size_t size);

/* Give a piece back. NULL is allowed; anything else must come from kmalloc, and only once. */
void kfree(void *memory);

/* How many pieces are free, and their bytes together. */
struct heap_state { size_t free_pieces, free_bytes; };
struct heap_state heap_state(void);
