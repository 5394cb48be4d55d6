/* Quicksort of pseudo-random words: compares, branches, swaps in memory, recursion. */
#include "kernel.h"

enum { count = 20000 };

static void quicksort(uint32_t *low, uint32_t *high)
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
            quicksort(low, j);
            low = i;
        } else {
            quicksort(i, high);
            high = j;
        }
    }
}

uint32_t sort(void)
{
    uint32_t *data = (uint32_t *)arena, sum = 0, seed = 12345;
    for (int i = 0; i < count; i++)
        data[i] = next_random(&seed);
    quicksort(data, data + count - 1);
    for (int i = 0; i < count; i += 100)
        sum = sum * 31 + data[i];
    return sum;
}
