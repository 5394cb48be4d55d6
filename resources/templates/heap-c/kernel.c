/*
 * A heap: until here, everything had its place when the kernel was linked. From here on, the kernel can make things whose number
 * and size it learns only while it runs.
 */
#include "frames.h"
#include "gdt.h"
#include "heap.h"
#include "interrupts.h"
#include "print.h"
#include "vga.h"

/* A list that grows as long as there is something to put in. */
struct node {
    unsigned value;
    struct node *next;
};

static struct node *push(struct node *list, unsigned value)
{
    struct node *node = kmalloc(sizeof *node);
    if (node == NULL)
        return list;
    *node = (struct node){ value, list };
    return node;
}

static void show_heap(const char *when)
{
    struct heap_state state = heap_state();
    kprintf("%s: %lu free piece%s, %lu bytes\n", when, state.free_pieces, state.free_pieces == 1 ? "" : "s", state.free_bytes);
}

_Noreturn void _start(uint64_t magic, const struct boot_info *info)
{
    vga_clear();
    gdt_init();
    interrupts_init();
    if (magic != BOOT_MAGIC || !(info->flags & HAS_MEMORY_MAP) || frames_init(info) == 0 || !heap_init()) {
        kprintf("There is no memory for a heap.\n");
        for (;;)
            __asm__ volatile("hlt");
    }
    show_heap("A new heap");
    size_t at_first = heap_state().free_bytes;

    struct node *list = NULL;
    for (unsigned value = 1; value <= 100; value++)
        list = push(list, value);
    unsigned sum = 0;
    for (const struct node *node = list; node != NULL; node = node->next)
        sum += node->value;
    kprintf("\nA list of 100 numbers, the last one at %p; their sum is %u.\n", (void *)list, sum);
    show_heap("With the list");

    /* Every second one goes: the holes cannot join, as something lies between them. */
    for (struct node *node = list; node != NULL && node->next != NULL; node = node->next) {
        struct node *gone = node->next;
        node->next = gone->next;
        kfree(gone);
    }
    show_heap("\nWith every second one freed");

    while (list != NULL) {
        struct node *gone = list;
        list = list->next;
        kfree(gone);
    }
    show_heap("With all of them freed");
    kprintf(heap_state().free_bytes == at_first && heap_state().free_pieces == 1 ? "\nThe heap is whole again.\n" : "\nSomething was lost!\n");

    for (;;)
        __asm__ volatile("hlt");
}
