#include "wide.h"

/* By 0 to the width less one, copies of the sign coming in from the left; of halves, as the other shifts are. */
swide WIDE(ashr, 3)(swide value, int by) {
  half high = (half)((uwide)value >> HALF_BITS), low = (half)value;
  half sign = -(high >> (HALF_BITS - 1));
  if (by == 0)
    return value;
  half moved = high >> by % HALF_BITS | (by % HALF_BITS == 0 ? 0 : sign << (HALF_BITS - by % HALF_BITS));
  if (by >= HALF_BITS)
    return (swide)((uwide)sign << HALF_BITS | moved);
  return (swide)((uwide)moved << HALF_BITS | (half)(low >> by | high << (HALF_BITS - by)));
}
