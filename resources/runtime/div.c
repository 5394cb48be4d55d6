#include "wide.h"

swide WIDE(div, 3)(swide dividend, swide divisor) {
  swide remainder;
  return divide_signed(dividend, divisor, &remainder);
}
