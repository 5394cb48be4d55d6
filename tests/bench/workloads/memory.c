/* Memory: loops over arrays, chains of pointers, and string instructions. */
#include "kernel.h"

/* Copies words, fills bytes, and sums with a stride, in 32 KiB. */
uint32_t memory(void)
{
    enum { words = 4096, bytes = 16384 };
    volatile word *from = (volatile word *)arena, *to = from + words;
    volatile uint8_t *small = arena + (1 << 20);
    uint32_t sum = 0;
    for (int i = 0; i < words; i++)
        from[i] = (word)i * 3;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < words; i++)
            to[i] = from[i];
        for (int i = 0; i < bytes; i++)
            small[i] = (uint8_t)(i + round);
        for (int i = 0; i < words; i += 8)
            sum += (uint32_t)to[i] + small[i];
    }
    return sum;
}

/* A cycle through all nodes of 64 bytes, in an order without a pattern (Sattolo's shuffle), and some rounds along it. */
static uint32_t chase(uint32_t nodes, uint32_t steps)
{
    struct node { struct node *next; char rest[64 - sizeof(void *)]; } *node = (struct node *)arena, *at = node;
    uint32_t seed = 7;
    for (uint32_t i = 0; i < nodes; i++)
        node[i].next = &node[i];
    for (uint32_t i = nodes - 1; i > 0; i--) {
        uint32_t j = (uint32_t)((uint64_t)next_random(&seed) * i >> 32);
        struct node *t = node[i].next;
        node[i].next = node[j].next;
        node[j].next = t;
    }
    while (steps--)
        at = at->next;
    return (uint32_t)(at - node);
}

uint32_t chase_4m(void) { return chase(65536, 2000000); }
uint32_t chase_8k(void) { return chase(128, 200000); }

static inline void fill(void *to, word value, size_t words)
{
#if defined(__x86_64__)
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(value) : "memory");
#else
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(value) : "memory");
#endif
}

static inline void copy(void *to, const void *from, size_t words)
{
#if defined(__x86_64__)
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
#else
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
#endif
}

/* 64 KiB at a time. */
uint32_t rep_long(void)
{
    enum { words = 65536 / sizeof(word) };
    word *from = (word *)arena, *to = from + words;
    for (word i = 0; i < 8; i++) {
        fill(from, i, words);
        copy(to, from, words);
    }
    return (uint32_t)to[words - 1];
}

/* 1 to 16 bytes at a time. */
uint32_t rep_short(void)
{
    uint8_t *from = arena, *to = arena + 4096;
    for (int round = 0; round < 2000; round++) {
        void *a = from + (round & 63), *b = to + (round & 31);
        const void *c = from;
        size_t count = (size_t)(round & 15) + 1, again = count;
        __asm__ volatile("rep stosb" : "+D"(a), "+c"(count) : "a"(round) : "memory");
        __asm__ volatile("rep movsb" : "+D"(b), "+S"(c), "+c"(again) : : "memory");
    }
    return to[20];
}
