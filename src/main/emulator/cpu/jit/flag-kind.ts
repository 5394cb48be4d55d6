/** How the lazy flags of a region are kept. */

/**
 * What `FlagLocals.kind` says of `first` and `second`. Two values tell all, and mostly two that registers hold anyway: the less is alive
 * only because the region may be left, the better is the machine code.
 */
export const FlagKind = {
  /** `FLAGS_RESULT` and `FLAGS_AUX`. */
  settled: 0,
  /** A result and the vector of carries. */
  carries: 1,
  /** A sum and what was added. */
  sum: 2,
  /** A difference and what was subtracted. */
  difference: 3,
  /** What was compared. */
  comparison: 4,
} as const
export const KIND_SHIFT = 8
/** CF is in `carry`. */
export const KIND_KEEPS_CARRY = 1 << 11
export const SIZE_MASK = 0x7f
/** `kind` of flags that are in the form of `state/layout.ts`. */
export const SETTLED = (FlagKind.settled << KIND_SHIFT) | 64
