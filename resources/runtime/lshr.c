#include "wide.h"

/* By 0 to the width less one; of halves, since a shift of the whole might call this very function. */
uwide WIDE(lshr, 3)(uwide value, int by) {
  half high = (half)(value >> HALF_BITS), low = (half)value;
  if (by >= HALF_BITS)
    return high >> (by - HALF_BITS);
  return by == 0 ? value : (uwide)(high >> by) << HALF_BITS | (half)(low >> by | high << (HALF_BITS - by));
}
