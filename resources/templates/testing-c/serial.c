/* A 16550 UART (National Semiconductor's data sheet PC16550D, section 8). */
#include "serial.h"
#include "ports.h"
#include "print.h"

enum {
    COM1 = 0x3f8,
    DATA = COM1,                /* the byte to send; while DLAB is set, the low byte of the divisor */
    INTERRUPTS = COM1 + 1,      /* while DLAB is set, the high byte of the divisor */
    FIFO = COM1 + 2,
    LINE = COM1 + 3,
    MODEM = COM1 + 4,
    STATUS = COM1 + 5,

    LINE_8N1 = 0x03,            /* eight bits, no parity, one stop bit */
    LINE_DLAB = 0x80,           /* the first two ports are the divisor now */
    STATUS_CAN_SEND = 0x20
};

void serial_init(void)
{
    out8(INTERRUPTS, 0);        /* no interrupts: we ask before each byte */
    out8(LINE, LINE_DLAB);
    out8(DATA, 1);              /* 115200 baud divided by 1 */
    out8(INTERRUPTS, 0);
    out8(LINE, LINE_8N1);
    out8(FIFO, 0x07);           /* switch the queues on, empty */
    out8(MODEM, 0x03);          /* say that we are here: DTR and RTS */
}

static void serial_put(char character)
{
    while (!(in8(STATUS) & STATUS_CAN_SEND))
        ;
    out8(DATA, (uint8_t)character);
}

void serial_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(serial_put, format, arguments);
    va_end(arguments);
}
