/** What a test tagged `approx` may differ by: its instruction is defined only up to an error. */

/** C1, which tells how the last bit was rounded. */
export const APPROXIMATE_STATUS = 0x200n

/** RCPPS, RSQRTPS: relative error up to 1.5 · 2^−12 (SDM vol. 2B), once for the recording and once for the result: in units of 2^−24. */
const ESTIMATE_UNITS = 3 * 2 ** 12
/** x87: one unit in the last place for each side (SDM vol. 1, 8.3.10), and one for the halves that they round. */
const X87_UNITS = 3n
const PAGE_SHIFT = 12n
const MASKED_MOVE = /^VP?MASKMOV[DPQ]/
const LANE_BITS = 32n
const VECTOR_BITS = 256n
const LANE_MASK = 0xffff_ffffn
const FLOAT_SPECIAL = 0x7f80_0000n

/** @param name register: `fp0` …, `xmm0` … or `ymm0` … */
export function isClose(name: string, expected: bigint, got: bigint): boolean {
  if (name.startsWith('fp')) return isCloseX87(expected, got)
  if (!/^[xy]mm/.test(name)) return false
  for (let shift = 0n; shift < VECTOR_BITS; shift += LANE_BITS) {
    if (!isCloseLane((expected >> shift) & LANE_MASK, (got >> shift) & LANE_MASK)) return false
  }
  return true
}

/** Infinities and NaNs are exact; significands count 2^−23 or half of it, so that patterns differ by at most twice the units. */
function isCloseLane(expected: bigint, got: bigint): boolean {
  if (expected === got) return true
  if ((expected & FLOAT_SPECIAL) === FLOAT_SPECIAL || (got & FLOAT_SPECIAL) === FLOAT_SPECIAL) return false
  const difference = expected > got ? expected - got : got - expected
  return difference <= BigInt(ESTIMATE_UNITS)
}

/** Sign, exponent and significand as one number, counted in last places of the significand. */
function isCloseX87(expected: bigint, got: bigint): boolean {
  const linear = (value: bigint): bigint => {
    const exponent = (value >> 64n) & 0x7fffn
    const magnitude = ((exponent === 0n ? 1n : exponent) << 63n) + (BigInt.asUintN(64, value) - (1n << 63n))
    return value >> 79n === 0n ? magnitude : -magnitude
  }
  const special = (value: bigint): boolean => ((value >> 64n) & 0x7fffn) === 0x7fffn
  if (special(expected) || special(got)) return expected === got
  const difference = linear(expected) - linear(got)
  return difference <= X87_UNITS && difference >= -X87_UNITS
}

/** Whether CR2 is as captured. Of a masked move that crosses a page, processors give an element's address or another byte's of the page. */
export function isSameAddress(name: string, expected: bigint, got: bigint | undefined): boolean {
  if (expected === got) return true
  return got !== undefined && MASKED_MOVE.test(name) && expected >> PAGE_SHIFT === got >> PAGE_SHIFT
}
