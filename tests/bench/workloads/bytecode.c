/* A register machine interpreted by a switch in a loop: indirect jumps, dependent loads, unpredictable branches. */
#include "kernel.h"

enum operation { LI, MULI, ADDI, SHRI, ANDI, XOR, BZ, BNZ, HALT };

struct instruction {
    uint8_t operation, a, b;
    uint32_t immediate;
};

static const struct instruction program[] = {
    {LI, 0, 0, 0},           /* 0: accumulator */
    {LI, 1, 0, 20000},       /* 1: counter */
    {LI, 2, 0, 12345},       /* 2: x */
    {MULI, 2, 2, 1664525},   /* 3: x = x * a + c */
    {ADDI, 2, 2, 1013904223},
    {SHRI, 3, 2, 16},
    {ANDI, 3, 3, 1},
    {BZ, 3, 0, 9},           /* 7 */
    {ADDI, 0, 0, 1},
    {XOR, 0, 2, 0},          /* 9 */
    {ADDI, 1, 1, (uint32_t)-1},
    {BNZ, 1, 0, 3},
    {HALT, 0, 0, 0},
};

uint32_t bytecode(void)
{
    uint32_t r[8] = {0}, pc = 0;
    for (;;) {
        const struct instruction *i = &program[pc++];
        switch (i->operation) {
        case LI: r[i->a] = i->immediate; break;
        case MULI: r[i->a] = r[i->b] * i->immediate; break;
        case ADDI: r[i->a] = r[i->b] + i->immediate; break;
        case SHRI: r[i->a] = r[i->b] >> i->immediate; break;
        case ANDI: r[i->a] = r[i->b] & i->immediate; break;
        case XOR: r[i->a] ^= r[i->b]; break;
        case BZ: pc = r[i->a] ? pc : i->immediate; break;
        case BNZ: pc = r[i->a] ? i->immediate : pc; break;
        default: return r[0];
        }
    }
}
