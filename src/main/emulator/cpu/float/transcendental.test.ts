import { describe, expect, it } from 'vitest'
import { Random } from '../semantics/random'
import { CpuState } from '../state/cpu-state'
import * as at from '../state/layout'
import { transcendental, Transcendental } from './transcendental'

const ALL_MASKED = 0x37f
const SIGNIFICAND_BITS = 63
const BIAS = 16383
/** JavaScript's functions are good to about one unit in the last of 53 places. */
const TOLERANCE = 4 * 2 ** -53

const state = new CpuState(new WebAssembly.Memory({ initial: at.memoryLayout(0x1000).wasmPages }))

/** ST(0), ST(1) … from doubles, exactly. */
function setStack(values: readonly number[]): void {
  state.u32[at.FCW >> 2] = ALL_MASKED
  state.u32[at.FSW >> 2] = 0
  state.u32[at.FTW >> 2] = (1 << values.length) - 1
  const view = new DataView(new ArrayBuffer(8))
  values.forEach((value, index) => {
    view.setFloat64(0, value)
    const bits = view.getBigUint64(0)
    const exponent = Number((bits >> 52n) & 0x7ffn)
    state.u64[(at.X87 + index * at.X87_STRIDE) >> 3] = (1n << 63n) | (BigInt.asUintN(52, bits) << 11n)
    state.u16[(at.X87 + index * at.X87_STRIDE + at.X87_EXPONENT) >> 1] = (exponent - 1023 + BIAS) | (value < 0 ? 0x8000 : 0)
  })
}

/** ST(0) rounded to a double. */
function top(): number {
  const register = ((state.u32[at.FSW >> 2] ?? 0) >> 11) & 7
  const significand = state.u64[(at.X87 + register * at.X87_STRIDE) >> 3] ?? 0n
  const se = state.u16[(at.X87 + register * at.X87_STRIDE + at.X87_EXPONENT) >> 1] ?? 0
  return (se & 0x8000 ? -1 : 1) * Number(significand) * 2 ** ((se & 0x7fff) - BIAS - SIGNIFICAND_BITS)
}

/** Function of (ST(1), ST(0)), and how large the operands may be. */
const CASES: readonly (readonly [name: keyof typeof Transcendental, judge: (y: number, x: number) => number, x: readonly [number, number], y: readonly [number, number]])[] = [
  ['f2xm1', (_, x) => Math.expm1(x * Math.LN2), [-1, 1], [1, 2]],
  ['fyl2x', (y, x) => y * Math.log2(x), [1e-9, 1e9], [-50, 50]],
  ['fyl2xp1', (y, x) => (y * Math.log1p(x)) / Math.LN2, [-0.29, 0.29], [-50, 50]],
  ['fpatan', (y, x) => Math.atan2(y, x), [-9, 9], [-9, 9]],
  ['fsin', (_, x) => Math.sin(x), [-3, 3], [1, 2]],
  ['fcos', (_, x) => Math.cos(x), [-1.5, 1.5], [1, 2]],
  ['fsincos', (_, x) => Math.cos(x), [-1.5, 1.5], [1, 2]],
]

describe('transcendental functions agree with those of the host', () => {
  it.each(CASES)('%s', (name, judge, [least, most], [leastY, mostY]) => {
    const random = new Random(name.length * 7)
    const between = (low: number, high: number): number => low + ((high - low) * random.u32()) / 2 ** 32
    for (let attempt = 0; attempt < 200; attempt++) {
      const x = between(least, most) || 0.5
      const y = between(leastY, mostY) || 0.5
      setStack([x, y])
      transcendental(state, Transcendental[name])
      const expected = judge(y, x)
      expect(Math.abs(top() - expected), `${name} of ${x}, ${y}`).toBeLessThanOrEqual(Math.abs(expected) * TOLERANCE)
    }
  })

  it('fptan pushes 1 above the tangent', () => {
    setStack([0.75])
    transcendental(state, Transcendental.fptan)
    expect(top()).toBe(1)
    state.u32[at.FSW >> 2] = 0
    expect(top()).toBeCloseTo(Math.tan(0.75), 14)
  })

  it('leaves angles beyond 2^63 and says so in C2', () => {
    setStack([2 ** 63])
    transcendental(state, Transcendental.fsin)
    expect(top()).toBe(2 ** 63)
    expect((state.u32[at.FSW >> 2] ?? 0) & 0x400).toBe(0x400)
  })
})
