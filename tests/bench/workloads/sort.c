/* Quicksort of pseudo-random words: compares, branches, swaps in memory, recursion. */
#include "kernel.h"

enum { count = 200000 };
static uint32_t data[count];

static void sort(uint32_t *low, uint32_t *high)
{
    while (low < high) {
        uint32_t pivot = low[(high - low) / 2], *i = low, *j = high;
        while (i <= j) {
            while (*i < pivot)
                i++;
            while (*j > pivot)
                j--;
            if (i <= j) {
                uint32_t t = *i;
                *i++ = *j;
                *j-- = t;
            }
        }
        if (j - low < high - i) {
            sort(low, j);
            low = i;
        } else {
            sort(i, high);
            high = j;
        }
    }
}

uint32_t work(void)
{
    uint32_t sum = 0;
    for (int round = 0; round < 3; round++) {
        uint32_t x = 12345 + (uint32_t)round;
        for (int i = 0; i < count; i++)
            data[i] = x = x * 1664525 + 1013904223;
        sort(data, data + count - 1);
        for (int i = 0; i < count; i += 1000)
            sum = sum * 31 + data[i];
    }
    return sum;
}
