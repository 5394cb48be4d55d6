#include "interrupts.h"
#include "gdt.h"
#include "print.h"
#include "vga.h"

/* A gate (Intel SDM volume 3, figure 7-8). */
struct __attribute__((packed)) gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack;              /* which entry of the interrupt stack table, or 0 */
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

enum { VECTORS = 48, PRESENT_INTERRUPT_GATE = 0x8e };

/* One short piece of code for each vector, made by entry.S. */
extern const uint64_t entry_points[VECTORS];

static struct gate idt[VECTORS];
static handler handlers[VECTORS];

static const char *const names[] = {
    "divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode", "no coprocessor", "double fault",
    "coprocessor overrun", "invalid TSS", "segment not present", "stack fault", "general protection", "page fault",
};

/* entry.S calls this for every vector. */
void dispatch(struct frame *frame)
{
    handler handler = handlers[frame->vector];
    if (handler != 0) {
        handler(frame);
        return;
    }
    vga_colour(WHITE, RED);
    kprintf("\nNobody handles vector %lu (%s), error code 0x%lx, at rip 0x%lx\n", frame->vector,
            frame->vector < sizeof names / sizeof names[0] ? names[frame->vector] : "interrupt", frame->error_code, frame->rip);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void set_handler(int vector, handler handler)
{
    handlers[vector] = handler;
}

void interrupts_init(void)
{
    for (int vector = 0; vector < VECTORS; vector++) {
        uint64_t offset = entry_points[vector];
        idt[vector] = (struct gate){
            .offset_low = (uint16_t)offset,
            .selector = KERNEL_CODE,
            .stack = vector == DOUBLE_FAULT ? DOUBLE_FAULT_STACK : 0,
            .type = PRESENT_INTERRUPT_GATE,
            .offset_middle = (uint16_t)(offset >> 16),
            .offset_high = (uint32_t)(offset >> 32),
        };
    }
    struct __attribute__((packed)) { uint16_t limit; uint64_t base; } idtr = { sizeof idt - 1, (uintptr_t)idt };
    __asm__ volatile("lidt %0" : : "m"(idtr) : "memory");
}
