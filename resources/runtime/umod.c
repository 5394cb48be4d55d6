#include "wide.h"

uwide WIDE(umod, 3)(uwide dividend, uwide divisor) {
  uwide remainder;
  divide(dividend, divisor, &remainder);
  return remainder;
}
