/* The simplest allocator there is: it only ever moves forward. */
#include "frames.h"

/* The linker sets this label to the end of the kernel; its address is all that counts. */
extern char _end[];

static uint64_t next, end;

static uint64_t round_up(uint64_t address)
{
    return (address + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

uint64_t frames_init(const struct boot_info *info)
{
    /* Everything behind the kernel, in the region that it lies in, is ours. What is below may still be the loader's. */
    uint64_t kernel_end = round_up((uintptr_t)_end);
    for (uint32_t at = 0; at < info->mmap_length;) {
        const struct memory_region *region = (const struct memory_region *)(uintptr_t)(info->mmap_addr + at);
        uint64_t region_end = region->base + region->length;
        if (region->type == USABLE && region->base <= kernel_end && kernel_end < region_end) {
            next = kernel_end;
            end = region_end & ~(uint64_t)(PAGE_SIZE - 1);
        }
        at += region->size + sizeof region->size;
    }
    return (end - next) / PAGE_SIZE;
}

uint64_t frame_alloc(void)
{
    if (next == end)
        return 0;
    uint64_t frame = next;
    next += PAGE_SIZE;
    /* The loader has mapped the first 4 GiB to themselves, so a physical address is a pointer. */
    uint64_t *words = (uint64_t *)frame;
    for (int i = 0; i < PAGE_SIZE / 8; i++)
        words[i] = 0;
    return frame;
}
