/* Code that comes and goes: on each of 2048 pages a loop is written, each time another one, and executed. For `tests/judges/code-churn.ts`. */
#include "kernel.h"

uint32_t churn(void)
{
    static uint32_t seed = 1;
    uint32_t sum = 0;
    for (uint32_t page = 0; page < ARENA_BYTES / 4096; page++) {
        /* mov eax, constant; mov ecx, 400; 1: add eax, constant; dec ecx; jnz 1b; ret */
        uint8_t code[] = {0xb8, 0, 0, 0, 0, 0xb9, 0x90, 1, 0, 0, 0x05, 0, 0, 0, 0, 0xff, 0xc9, 0x75, 0xf7, 0xc3};
        uint32_t constants[2] = {next_random(&seed), next_random(&seed)};
        uint8_t *to = arena + page * 4096 + (seed >> 8 & 0x7c0);
        __builtin_memcpy(code + 1, &constants[0], 4);
        __builtin_memcpy(code + 11, &constants[1], 4);
        for (uint32_t i = 0; i < sizeof code; i++)
            ((volatile uint8_t *)to)[i] = code[i];
        sum += ((uint32_t(*)(void))to)();
    }
    return sum;
}
