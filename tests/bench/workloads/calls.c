/* Fibonacci by recursion: calls, returns, the stack. */
#include "kernel.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

uint32_t calls(void) { return fib(24); }

/* Calls by pointer, to eight functions in an order without a pattern. */
#define FUNCTION(n, expression) \
    __attribute__((noinline)) static uint32_t function##n(uint32_t x) { return expression; }
FUNCTION(0, x + 0x9e3779b9)
FUNCTION(1, x ^ x >> 15)
FUNCTION(2, x * 5)
FUNCTION(3, x - (x << 3))
FUNCTION(4, ~x)
FUNCTION(5, x << 7 | x >> 25)
FUNCTION(6, x & 1 ? x >> 1 : x + 77)
FUNCTION(7, x ^ 0x55555555)

uint32_t indirect(void)
{
    static uint32_t (*volatile const table[8])(uint32_t) = {function0, function1, function2, function3, function4, function5, function6, function7};
    uint32_t sum = 1, seed = 1;
    for (int i = 0; i < 20000; i++)
        sum = table[next_random(&seed) >> 29](sum);
    return sum;
}
