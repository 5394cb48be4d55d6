#include "runtime.h"

/* C11 7.24.2.1. Compilers call this to copy structures. */
void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  byte *target = to;
  const byte *source = from;
  for (; count >= sizeof(word); count -= sizeof(word), target += sizeof(word), source += sizeof(word))
    *(word *)target = *(const word *)source;
  while (count-- > 0)
    *target++ = *source++;
  return to;
}
