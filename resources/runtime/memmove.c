#include "runtime.h"

/* C11 7.24.2.2. When the target begins inside the source, the last byte goes first. */
void *memmove(void *to, const void *from, size_t count) {
  byte *target = to;
  const byte *source = from;
  if ((size_t)target - (size_t)source >= count) {
    for (; count >= sizeof(word); count -= sizeof(word), target += sizeof(word), source += sizeof(word))
      *(word *)target = *(const word *)source;
    while (count-- > 0)
      *target++ = *source++;
  } else {
    for (; count >= sizeof(word); count -= sizeof(word))
      *(word *)(target + count - sizeof(word)) = *(const word *)(source + count - sizeof(word));
    while (count-- > 0)
      target[count] = source[count];
  }
  return to;
}
