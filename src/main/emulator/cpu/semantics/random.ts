/** Deterministic random numbers for tests and rehearsals: 32-bit xorshift (Marsaglia, "Xorshift RNGs", 2003). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** 0 … 2^32 - 1 */
  u32(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x >>> 0
  }

  /** 0 … limit - 1 */
  below(limit: number): number {
    return this.u32() % limit
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0]
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }

  /** A 64-bit pattern: often near an edge of some width, else anything. */
  operand(): bigint {
    const any = (BigInt(this.u32()) << 32n) | BigInt(this.u32())
    if (this.chance(2)) return any
    const edge = 1n << BigInt(this.pick([0, 3, 4, 7, 8, 15, 16, 31, 32, 63]))
    return BigInt.asUintN(64, edge + BigInt(this.below(3) - 1))
  }
}
