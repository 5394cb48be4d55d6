#include "runtime.h"

/* C11 7.24.6.1. Compilers call this to clear structures and arrays. */
void *memset(void *to, int value, size_t count) {
  byte *target = to;
  const word pattern = (word)-1 / 0xff * (byte)value;
  for (; count >= sizeof(word); count -= sizeof(word), target += sizeof(word))
    *(word *)target = pattern;
  while (count-- > 0)
    *target++ = (byte)value;
  return to;
}
