/*
 * First fit with a free list.
 *
 * The heap is one row of pieces, each with a header before it. Those that are free are linked by address. kmalloc takes the
 * first one that is large enough and cuts off what it does not need; kfree puts a piece back in its place and joins it with
 * its neighbours, so that many small pieces become a large one again.
 */
#include "heap.h"
#include "frames.h"
#include "paging.h"

/* Its size is a multiple of 16, so that what follows it is aligned for any type. */
struct piece {
    size_t size;                /* of the memory behind the header */
    struct piece *next;         /* the next free piece; has no meaning in one that is taken */
};

enum { HEAP_PAGES = 64, ALIGNMENT = 16 };
static const uint64_t HEAP_START = 0x444400000000;

static struct piece *free_list;

bool heap_init(void)
{
    for (uint64_t i = 0; i < HEAP_PAGES; i++) {
        uint64_t frame = frame_alloc();
        if (frame == 0 || !map_page(HEAP_START + i * PAGE_SIZE, frame, WRITABLE))
            return false;
    }
    free_list = (struct piece *)HEAP_START;
    free_list->size = HEAP_PAGES * PAGE_SIZE - sizeof(struct piece);
    free_list->next = NULL;
    return true;
}

void *kmalloc(size_t size)
{
    if (size > HEAP_PAGES * PAGE_SIZE)
        return NULL;            /* and the rounding below cannot overflow */
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    for (struct piece **link = &free_list; *link != NULL; link = &(*link)->next) {
        struct piece *piece = *link;
        if (piece->size < size)
            continue;
        if (piece->size - size > sizeof(struct piece)) {
            struct piece *rest = (struct piece *)((char *)(piece + 1) + size);
            rest->size = piece->size - size - sizeof(struct piece);
            rest->next = piece->next;
            piece->size = size;
            *link = rest;
        } else {
            *link = piece->next;
        }
        return piece + 1;
    }
    return NULL;
}

/* Whether the second piece starts where the first one ends. */
static bool touch(const struct piece *first, const struct piece *second)
{
    return (const char *)(first + 1) + first->size == (const char *)second;
}

static void join_with_next(struct piece *piece)
{
    struct piece *next = piece->next;
    if (next == NULL || !touch(piece, next))
        return;
    piece->size += sizeof(struct piece) + next->size;
    piece->next = next->next;
}

void kfree(void *memory)
{
    if (memory == NULL)
        return;
    struct piece *piece = (struct piece *)memory - 1;
    struct piece *before = NULL, *after = free_list;
    for (; after != NULL && after < piece; after = after->next)
        before = after;
    piece->next = after;
    if (before == NULL) {
        free_list = piece;
        join_with_next(piece);
    } else {
        before->next = piece;
        join_with_next(piece);
        join_with_next(before);
    }
}

struct heap_state heap_state(void)
{
    struct heap_state state = { 0, 0 };
    for (const struct piece *piece = free_list; piece != NULL; piece = piece->next) {
        state.free_pieces++;
        state.free_bytes += piece->size;
    }
    return state;
}
