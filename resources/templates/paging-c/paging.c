/*
 * Paging with four levels (Intel SDM volume 3, section 4.5). Each table is a frame with 512 entries of 8 bytes. A virtual address is
 * four indexes of 9 bits, one for each level, and an offset of 12 bits into the page:
 *
 *      47      39 38      30 29      21 20      12 11         0
 *     |  level 4 |  level 3 |  level 2 |  level 1 |   offset   |
 *
 * An entry with the "large" bit ends the walk early: at level 2 with a page of 2 MiB, at level 3 with one of 1 GiB.
 */
#include "paging.h"
#include "frames.h"
#include "print.h"

static const uint64_t ADDRESS_BITS = 0x000ffffffffff000;

static uint64_t *root(void)
{
    uint64_t cr3;
    __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
    return (uint64_t *)(cr3 & ADDRESS_BITS);
}

static int shift_of(int level)
{
    return 12 + 9 * (level - 1);
}

static uint64_t *entry_in(uint64_t *table, uint64_t address, int level)
{
    return &table[address >> shift_of(level) & 511];
}

/* Go down from level 4; `seen` hears of each entry. @returns the level that the walk ended at, and the last entry */
static int walk(uint64_t address, uint64_t *last, void (*seen)(int level, uint64_t index, uint64_t entry))
{
    uint64_t *table = root();
    for (int level = 4;; level--) {
        *last = *entry_in(table, address, level);
        if (seen)
            seen(level, address >> shift_of(level) & 511, *last);
        if (!(*last & PRESENT) || level == 1 || (level < 4 && *last & LARGE))
            return level;
        table = (uint64_t *)(*last & ADDRESS_BITS);
    }
}

bool translate(uint64_t address, uint64_t *physical)
{
    uint64_t entry;
    int level = walk(address, &entry, 0);
    if (!(entry & PRESENT))
        return false;
    /* The larger the page, the more bits of the address are offset. */
    uint64_t offset_bits = ((uint64_t)1 << shift_of(level)) - 1;
    *physical = (entry & ADDRESS_BITS & ~offset_bits) | (address & offset_bits);
    return true;
}

static void show_step(int level, uint64_t index, uint64_t entry)
{
    kprintf("    level %d, entry %3lu: 0x%lx%s\n", level, index, entry, !(entry & PRESENT) ? " (not present)" : level > 1 && level < 4 && entry & LARGE ? " (large page)" : "");
}

void show_walk(uint64_t address)
{
    uint64_t entry, physical;
    kprintf("0x%lx\n", address);
    walk(address, &entry, show_step);
    if (translate(address, &physical))
        kprintf("    is at physical address 0x%lx\n", physical);
    else
        kprintf("    is not mapped\n");
}

bool map_page(uint64_t page, uint64_t frame, uint64_t flags)
{
    uint64_t *table = root();
    for (int level = 4; level > 1; level--) {
        uint64_t *entry = entry_in(table, page, level);
        if (!(*entry & PRESENT)) {
            uint64_t below = frame_alloc();
            if (below == 0)
                return false;
            *entry = below | PRESENT | WRITABLE;
        } else if (level < 4 && *entry & LARGE) {
            return false;       /* part of a large page already */
        }
        table = (uint64_t *)(*entry & ADDRESS_BITS);
    }
    *entry_in(table, page, 1) = frame | flags | PRESENT;
    /* The processor remembers translations; tell it that this one is new. */
    __asm__ volatile("invlpg (%0)" : : "r"(page) : "memory");
    return true;
}
