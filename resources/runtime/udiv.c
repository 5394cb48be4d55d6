#include "wide.h"

uwide WIDE(udiv, 3)(uwide dividend, uwide divisor) {
  uwide remainder;
  return divide(dividend, divisor, &remainder);
}
