/* Tests that run inside the kernel. */
#pragma once
#include <stdbool.h>

/* Stop the test that runs, as failed, unless the condition holds. To be used in the test's own function. */
#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            serial_printf("[failed]\n    %s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            return false;                                                                 \
        }                                                                                 \
    } while (0)

/* Run all tests, report on COM1, and leave the machine. */
_Noreturn void run_tests(void);
