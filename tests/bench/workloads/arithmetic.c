/* Multiplication and division, long numbers, floating point. */
#include "kernel.h"

uint32_t muldiv_32(void)
{
    uint32_t sum = 0, seed = 3;
    for (int i = 0; i < 10000; i++) {
        uint32_t x = next_random(&seed), d = (seed >> 20) + 1;
        sum += x / d + x % d * seed + (uint32_t)((uint64_t)x * seed >> 32);
    }
    return sum;
}

uint32_t muldiv_64(void)
{
    uint64_t x = 0x123456789abcdef, sum = 0;
    for (int i = 0; i < 5000; i++) {
        x = x * 6364136223846793005 + 1442695040888963407;
        uint64_t d = (x >> 40) + 1;
        sum += x / d ^ x % d;
    }
    return (uint32_t)(sum ^ sum >> 32);
}

/* Additions with carry and shifts through carry over 4096 words: the carry lives in its flag all the way. */
uint32_t bignum(void)
{
    enum { words = 4096 };
    word *a = (word *)arena, *b = a + words, sum = 0;
    for (int i = 0; i < words; i++) {
        a[i] = (word)i * (word)0x9e3779b97f4a7c15;
        b[i] = ~a[i] * 5;
    }
    for (int round = 0; round < 8; round++) {
        word *to = a, *from = b, value;
        size_t count = words;
        __asm__ volatile("clc\n"
                         "1: mov (%1), %3\n adc %3, (%0)\n lea %c4(%0), %0\n lea %c4(%1), %1\n dec %2\n jnz 1b"
                         : "+r"(to), "+r"(from), "+r"(count), "=&r"(value) : "i"(sizeof(word)) : "memory", "cc");
        to = b, count = words;
        __asm__ volatile("clc\n"
                         "1: rcl" W " $1, (%0)\n lea %c2(%0), %0\n dec %1\n jnz 1b"
                         : "+r"(to), "+r"(count) : "i"(sizeof(word)) : "memory", "cc");
    }
    for (int i = 0; i < words; i++)
        sum = sum * 31 + a[i];
    return (uint32_t)sum;
}

#define MATRIX_PRODUCT(name, real)                            \
    uint32_t name(void)                                       \
    {                                                         \
        enum { n = 24 };                                      \
        real(*a)[n] = (void *)arena, (*b)[n] = a + n, sum = 0; \
        for (int i = 0; i < n; i++)                           \
            for (int j = 0; j < n; j++) {                     \
                a[i][j] = (real)(i * 3 - j) / 7;              \
                b[i][j] = (real)(j * 5 + i) / 11;             \
            }                                                 \
        for (int i = 0; i < n; i++)                           \
            for (int j = 0; j < n; j++) {                     \
                real cell = 0;                                \
                for (int k = 0; k < n; k++)                   \
                    cell += a[i][k] * b[k][j];                \
                sum += cell * (real)(i - j);                  \
            }                                                 \
        double rest = (double)sum;                            \
        uint64_t bits;                                        \
        __builtin_memcpy(&bits, &rest, sizeof bits);          \
        return (uint32_t)(bits ^ bits >> 32);                 \
    }

MATRIX_PRODUCT(x87, long double)
MATRIX_PRODUCT(sse_scalar, double)

/* Four floats, two doubles and four integers at a time. */
uint32_t sse_packed(void)
{
    typedef float floats __attribute__((vector_size(16)));
    typedef double doubles __attribute__((vector_size(16)));
    typedef uint32_t words __attribute__((vector_size(16)));
    enum { n = 256 };
    floats *f = (floats *)arena, scale = {0.5f, 0.25f, 0.75f, 0.125f};
    doubles *d = (doubles *)(f + n), step = {1.5, -0.5};
    words *w = (words *)(d + n), sum = {1, 2, 3, 4};
    for (uint32_t i = 0; i < n; i++) {
        f[i] = (floats){(float)i, 1, 2, 3};
        d[i] = (doubles){(double)i, 3};
        w[i] = (words){i, i ^ 3, ~i, i << 9};
    }
    for (int round = 0; round < 8; round++)
        for (int i = 0; i < n; i++) {
            f[i] = f[i] * scale + f[(i + 1) % n];
            d[i] = d[i] * step - d[(i + 7) % n] * 0.125;
            w[i] = (w[i] ^ sum) + (w[i] >> 3);
            sum += w[i] & (words)f[i];
        }
    words last = sum ^ (words)d[5] ^ (words)f[9];
    return last[0] ^ last[1] ^ last[2] ^ last[3];
}
