/*
 * Ports: a second, small address space for devices, reached by instructions of its own. "memory" keeps the compiler from moving
 * other accesses across them, as a device may look at memory when it is told to.
 */
#pragma once
#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
