/*
 * Integers twice as wide as a register, for which x86 has no instruction to divide: 64 bits on i386, 128 bits on x86-64.
 * Names and types are those of libgcc ("Integer library routines", GCC internals 4.1), which all compilers for x86 call.
 */
#if defined(__SIZEOF_INT128__)
typedef unsigned __int128 uwide;
typedef __int128 swide;
typedef unsigned long long half;
#define WIDE(name, operands) __##name##ti##operands
#define LEADING_ZEROS __builtin_clzll
#else
typedef unsigned long long uwide;
typedef long long swide;
typedef unsigned int half;
#define WIDE(name, operands) __##name##di##operands
#define LEADING_ZEROS __builtin_clz
#endif

#define HALF_BITS (8 * (int)sizeof(half))

/* Value must not be 0. */
static inline int leading_zeros(uwide value) {
  half high = (half)(value >> HALF_BITS);
  return high != 0 ? LEADING_ZEROS(high) : HALF_BITS + LEADING_ZEROS((half)value);
}

/* Schoolbook division, one bit of the quotient at a time. Division by 0 ends in the processor's own exception, #DE. */
static inline uwide divide(uwide dividend, uwide divisor, uwide *remainder) {
  if ((dividend >> HALF_BITS) == 0 && (divisor >> HALF_BITS) == 0) {
    volatile half by = (half)divisor;
    *remainder = (half)dividend % by;
    return (half)dividend / by;
  }
  if (divisor == 0) {
    volatile half zero = 0;
    *remainder = (half)dividend % zero;
    return (half)dividend / zero;
  }
  if (dividend < divisor) {
    *remainder = dividend;
    return 0;
  }
  int shift = leading_zeros(divisor) - leading_zeros(dividend);
  uwide quotient = 0;
  for (divisor <<= shift; shift >= 0; shift--, divisor >>= 1) {
    quotient <<= 1;
    if (dividend >= divisor) {
      dividend -= divisor;
      quotient |= 1;
    }
  }
  *remainder = dividend;
  return quotient;
}

static inline uwide magnitude(swide value) {
  return value < 0 ? -(uwide)value : (uwide)value;
}

/* The quotient is rounded towards zero, and the remainder has the dividend's sign (C11 6.5.5). */
static inline swide divide_signed(swide dividend, swide divisor, swide *remainder) {
  uwide rest;
  uwide quotient = divide(magnitude(dividend), magnitude(divisor), &rest);
  *remainder = (swide)(dividend < 0 ? -rest : rest);
  return (swide)((dividend < 0) != (divisor < 0) ? -quotient : quotient);
}
