#include "wide.h"

/* The remainder is stored unless the pointer is null. */
uwide WIDE(udivmod, 4)(uwide dividend, uwide divisor, uwide *remainder) {
  uwide rest;
  uwide quotient = divide(dividend, divisor, &rest);
  if (remainder != 0)
    *remainder = rest;
  return quotient;
}
