/** Elementary functions in fixed point: integers that stand for a fraction of 2^`PRECISION`. Errors stay below 2^−300. */

export const PRECISION = 320n
export const ONE = 1n << PRECISION

function multiply(a: bigint, b: bigint): bigint {
  return (a * b) >> PRECISION
}

/** Sum of the terms until they vanish; each is what `next` makes of the last, divided by `divisor(n)`. */
function sum(first: bigint, next: (term: bigint) => bigint, divisor: (n: bigint) => bigint): bigint {
  let total = 0n
  let term = first
  for (let n = 0n; term !== 0n && term !== -1n; n++) {
    total += term / divisor(n)
    term = next(term)
  }
  return total
}

/** Sum of terms that each follow from the last. */
function recurrence(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let total = 0n
  let term = first
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    total += term
    term = next(term, n)
  }
  return total
}

/** atanh(z) / z, |z| < 1/2. */
export function atanhOver(z: bigint): bigint {
  const square = multiply(z, z)
  return sum(ONE, (term) => multiply(term, square), (n) => 2n * n + 1n)
}

/** (e^y − 1) / y, |y| < 1. */
export function expm1Over(y: bigint): bigint {
  return recurrence(ONE, (term, n) => multiply(term, y) / (n + 1n))
}

/** sin(r) / r and cos(r), |r| < 1. */
export function sineOver(r: bigint): bigint {
  const square = multiply(r, r)
  return recurrence(ONE, (term, n) => -multiply(term, square) / (2n * n * (2n * n + 1n)))
}

export function cosine(r: bigint): bigint {
  const square = multiply(r, r)
  return recurrence(ONE, (term, n) => -multiply(term, square) / ((2n * n - 1n) * (2n * n)))
}

/** How often atan(t) = 2·atan(t / (1 + √(1 + t²))) is used before the series. */
const HALVINGS = 3

/** atan(t) / t, 0 ≤ t ≤ 1. */
export function atanOver(t: bigint): bigint {
  let small = t
  let ratio = ONE
  for (let step = 0; step < HALVINGS; step++) {
    const root = squareRoot((ONE + multiply(small, small)) << PRECISION)
    ratio = (ratio * 2n * ONE) / (ONE + root)
    small = (small << PRECISION) / (ONE + root)
  }
  const square = multiply(small, small)
  return multiply(ratio, sum(ONE, (term) => -multiply(term, square), (n) => 2n * n + 1n))
}

/** Floor of the square root (Newton's method from above). */
function squareRoot(n: bigint): bigint {
  let x = 1n << BigInt((n.toString(2).length >> 1) + 1)
  for (;;) {
    const next = (x + n / x) >> 1n
    if (next >= x) return x
    x = next
  }
}

let constants: { readonly ln2: bigint; readonly pi: bigint } | undefined

/** ln 2 and π (Machin's formula), worked out when first needed. */
export function elementaryConstants(): { readonly ln2: bigint; readonly pi: bigint } {
  constants ??= { ln2: (2n * atanhOver(ONE / 3n)) / 3n, pi: 16n * arcusTangentOfInverse(5n) - 4n * arcusTangentOfInverse(239n) }
  return constants
}

function arcusTangentOfInverse(n: bigint): bigint {
  let total = 0n
  let power = ONE / n
  for (let k = 0n; power !== 0n; k++) {
    const term = power / (2n * k + 1n)
    total += k % 2n === 0n ? term : -term
    power /= n * n
  }
  return total
}
