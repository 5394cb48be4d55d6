/*
 * A kernel that tests itself.
 *
 * It reports over the serial port, because a program can read that, and ends through isa-debug-exit, because a program can
 * read an exit code. In a terminal:
 *
 *     bootlab boot . --headless --serial stdio; echo $?
 *
 * prints the report and 33, which is (0x10 << 1) | 1: success. Break a test, and it is 35.
 */
#include "serial.h"
#include "tests.h"
#include "vga.h"

_Noreturn void _start(void)
{
    vga_clear();
    serial_init();
    run_tests();
}
