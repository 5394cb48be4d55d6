/* Short times, by the PC's timer. Sources: 8254 data sheet, mode 0; Intel SDM volume 3, 18.7.3 "Determining the Processor Base Frequency". */
#include "limine.h"

#define TIMER_2 0x42
#define TIMER_COMMAND 0x43
#define TIMER_2_MODE_0 0xb0 /* low byte, high byte, one shot */
#define PORT_B 0x61
#define PORT_B_GATE 1
#define PORT_B_SPEAKER 2
#define PORT_B_OUTPUT 0x20

#define TICKS_A_MILLISECOND 1193
/* A 64th of a second. */
#define MEASURED_TICKS 18643
/* A machine without this timer must not be waited for; no machine reads a port so often in 50 ms. */
#define PATIENCE 1000000

/* False when the timer never came to its end. */
static bool count_down(uint32_t ticks) {
  outb(PORT_B, (inb(PORT_B) & ~PORT_B_SPEAKER) | PORT_B_GATE);
  outb(TIMER_COMMAND, TIMER_2_MODE_0);
  outb(TIMER_2, (uint8_t)ticks);
  outb(TIMER_2, (uint8_t)(ticks >> 8));
  uint32_t patience = PATIENCE;
  while (patience > 0 && !(inb(PORT_B) & PORT_B_OUTPUT)) patience--;
  return patience > 0;
}

void limine_wait(uint32_t milliseconds) { count_down(milliseconds * TICKS_A_MILLISECOND); }

/* 64 bits by 32. */
static uint64_t divide(uint64_t value, uint32_t by) {
  uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value, rest = high % by;
  __asm__("divl %2" : "+a"(low), "+d"(rest) : "r"(by) : "cc");
  return (uint64_t)(high / by) << 32 | low;
}

uint64_t limine_counter_frequency(void) {
  struct cpuid crystal = cpuid(0x15);
  if (crystal.eax && crystal.ebx && crystal.ecx) return divide((uint64_t)crystal.ecx * crystal.ebx, crystal.eax);
  uint64_t start = read_counter();
  return count_down(MEASURED_TICKS) ? (read_counter() - start) * 64 : 0;
}
