/* What compilers call by themselves. Four bytes at a time, as far as it goes: emulators and old processors take as long for a byte as for a word. */
#include "finding.h"

void *memcpy(void *destination, const void *source, size_t bytes) {
  void *to = destination;
  size_t words = bytes / 4;
  __asm__ volatile("rep movsl" : "+D"(to), "+S"(source), "+c"(words) : : "memory");
  bytes %= 4;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(source), "+c"(bytes) : : "memory");
  return destination;
}

void *memset(void *destination, int value, size_t bytes) {
  void *to = destination;
  size_t words = bytes / 4;
  __asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"((uint32_t)(uint8_t)value * 0x01010101u) : "memory");
  bytes %= 4;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
  return destination;
}

int memcmp(const void *left, const void *right, size_t bytes) {
  const uint8_t *a = left, *b = right;
  for (size_t i = 0; i < bytes; i++)
    if (a[i] != b[i]) return a[i] - b[i];
  return 0;
}
