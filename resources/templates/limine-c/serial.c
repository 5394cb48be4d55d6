/* COM1: 115200 baud, 8 data bits, no parity, 1 stop bit (16550 data sheet). */
#include "serial.h"

enum { COM1 = 0x3f8, DEBUG_EXIT = 0xf4 };
enum { DATA = 0, INTERRUPTS = 1, FIFO = 2, LINE_CONTROL = 3, LINE_STATUS = 5 };

static void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void serial_start(void)
{
    outb(COM1 + INTERRUPTS, 0);
    outb(COM1 + LINE_CONTROL, 0x80);    /* the first two registers are the divisor */
    outb(COM1 + DATA, 1);
    outb(COM1 + INTERRUPTS, 0);
    outb(COM1 + LINE_CONTROL, 0x03);
    outb(COM1 + FIFO, 0xc7);
}

void print(const char *text)
{
    for (; *text != '\0'; text++) {
        while (!(inb(COM1 + LINE_STATUS) & 0x20))
            ;
        outb(COM1 + DATA, (uint8_t)*text);
    }
}

void print_number(uint64_t number)
{
    char digits[21];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    print(first);
}

void end_machine(uint8_t value)
{
    outb(DEBUG_EXIT, value);
}
