#include "wide.h"

swide WIDE(divmod, 4)(swide dividend, swide divisor, swide *remainder) {
  return divide_signed(dividend, divisor, remainder);
}
