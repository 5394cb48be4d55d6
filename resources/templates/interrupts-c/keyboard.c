/*
 * The keyboard sends a scan code when a key goes down, and the same with bit 7 set when it comes up. It says which key it is,
 * not which character: that depends on the layout and on Shift, and is our business.
 */
#include "keyboard.h"
#include "interrupts.h"
#include "pic.h"
#include "ports.h"
#include <stdbool.h>

enum { DATA = 0x60, RELEASED = 0x80, LEFT_SHIFT = 0x2a, RIGHT_SHIFT = 0x36, QUEUE = 64 };

/* Scan code set 1; the index is the code, 0 where a key has no character. */
static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/*
 * A ring: the handler writes at `head`, keyboard_read takes from `tail`. Each of the two changes one index only, so they need no
 * lock. A full ring drops what comes.
 */
static volatile char queue[QUEUE];
static volatile unsigned head, tail;
static bool shift;

static void on_key(struct frame *frame)
{
    /* Reading takes the code out; without that, the keyboard sends nothing more. */
    uint8_t code = in8(DATA);
    uint8_t key = code & (uint8_t)~RELEASED;
    if (key == LEFT_SHIFT || key == RIGHT_SHIFT) {
        shift = !(code & RELEASED);
    } else if (!(code & RELEASED) && key < sizeof plain - 1) {
        char character = shift ? shifted[key] : plain[key];
        if (character != '\0' && head - tail < QUEUE) {
            queue[head % QUEUE] = character;
            head++;
        }
    }
    pic_done((int)frame->vector);
}

void keyboard_init(void)
{
    set_handler(KEYBOARD, on_key);
    pic_enable(KEYBOARD);
}

char keyboard_read(void)
{
    for (;;) {
        /*
         * Look with interrupts off: a key between the look and the HLT would otherwise go by unseen, and we would sleep until
         * the next one. STI takes effect one instruction late, so that "sti; hlt" cannot be torn apart.
         */
        __asm__ volatile("cli" : : : "memory");
        if (head != tail) {
            char character = queue[tail % QUEUE];
            tail++;
            __asm__ volatile("sti" : : : "memory");
            return character;
        }
        __asm__ volatile("sti; hlt" : : : "memory");
    }
}
