/* Segments, and the stacks that exceptions can switch to. */
#pragma once

/* Selectors: byte offsets into the table. */
enum { KERNEL_CODE = 0x08, KERNEL_DATA = 0x10, TASK_STATE = 0x18 };

/* Which entry of the interrupt stack table the double fault uses; 0 means "stay on the present stack". */
enum { DOUBLE_FAULT_STACK = 1 };

void gdt_init(void);
