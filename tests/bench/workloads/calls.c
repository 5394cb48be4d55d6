/* Fibonacci by recursion: calls, returns, the stack. */
#include "kernel.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

uint32_t work(void) { return fib(32); }
