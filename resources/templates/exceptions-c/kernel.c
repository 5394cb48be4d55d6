/*
 * Exceptions: what the processor does when it cannot go on.
 *
 * It looks the exception's number up in a table (IDT) and calls what it finds there. If that call fails as well, it raises
 * another exception, the double fault; if even that one cannot be delivered, it gives up and resets: the triple fault. Take
 * out interrupts_init() below to see one, with a report of how it came about.
 */
#include "gdt.h"
#include "interrupts.h"
#include "print.h"
#include "vga.h"

static void on_breakpoint(struct frame *frame)
{
    vga_colour(YELLOW, BLACK);
    kprintf("  Breakpoint: the next instruction is at 0x%lx.\n", frame->rip);
    vga_colour(LIGHT_GREY, BLACK);
}

static void on_double_fault(struct frame *frame)
{
    vga_colour(LIGHT_RED, BLACK);
    kprintf("  Double fault with rsp = 0x%lx,\n", frame->rsp);
    vga_colour(LIGHT_GREEN, BLACK);
    kprintf("  handled on a stack of its own at %p.\n", (void *)frame);
    /* The processor does not say where the code was interrupted exactly, so there is no way back from here. */
    for (;;)
        __asm__ volatile("cli; hlt");
}

/*
 * A stack that runs over. It has a page that is not mapped below it, as good stacks do, so that the first push too many is
 * noticed. Here it is only the top of such a stack: the address is not mapped at all.
 */
static void run_out_of_stack(void)
{
    __asm__ volatile("movq $0x100000000000, %rsp\n"
                     "pushq $0");
}

_Noreturn void _start(void)
{
    vga_clear();
    gdt_init();
    interrupts_init();
    set_handler(BREAKPOINT, on_breakpoint);
    set_handler(DOUBLE_FAULT, on_double_fault);

    kprintf("INT3 calls the breakpoint handler:\n");
    __asm__ volatile("int3");
    kprintf("and here the kernel goes on, as if nothing had happened.\n\n");

    /*
     * The push raises a page fault. To call its handler, the processor pushes onto the same broken stack, and that fails too:
     * a double fault. Its gate names an entry of the interrupt stack table, so the processor changes to that stack first.
     */
    kprintf("Next, the stack runs over:\n");
    run_out_of_stack();
    __builtin_unreachable();
}
