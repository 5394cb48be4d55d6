#include "wide.h"

/* Signed multiplication; `overflow` becomes 1 when the product does not fit, else 0. */
swide WIDE(mulo, 4)(swide left, swide right, int *overflow) {
  uwide a = magnitude(left);
  uwide b = magnitude(right);
  half a_high = (half)(a >> HALF_BITS), a_low = (half)a;
  half b_high = (half)(b >> HALF_BITS), b_low = (half)b;
  int negative = (left < 0) != (right < 0);
  uwide crossed = (uwide)a_high * b_low + (uwide)a_low * b_high;
  uwide product = (uwide)a_low * b_low + (crossed << HALF_BITS);
  uwide limit = ((uwide)1 << (2 * HALF_BITS - 1)) - !negative;
  *overflow = (a_high != 0 && b_high != 0) || (crossed >> HALF_BITS) != 0 || product < (crossed << HALF_BITS) || product > limit;
  return (swide)(negative ? -product : product);
}
