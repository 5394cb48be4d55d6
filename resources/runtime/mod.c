#include "wide.h"

swide WIDE(mod, 3)(swide dividend, swide divisor) {
  swide remainder;
  divide_signed(dividend, divisor, &remainder);
  return remainder;
}
