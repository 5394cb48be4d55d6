#include "runtime.h"

/* C11 7.24.4.1. */
int memcmp(const void *left, const void *right, size_t count) {
  const byte *a = left;
  const byte *b = right;
  for (; count > 0; count--, a++, b++)
    if (*a != *b)
      return *a - *b;
  return 0;
}
