/** Flag formulas that several families share. */
import type { Builder, Flag, Size } from '../semantics/builder'

export const ALL_FLAGS: readonly Flag[] = ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF']
export const RESULT_FLAGS: readonly Flag[] = ['PF', 'ZF', 'SF']

/** Bit `position` of `value`: 0 or 1. */
export function bitAt<V>(b: Builder<V>, value: V, position: number): V {
  return b.and(b.shrU(value, b.constant(position)), b.constant(1))
}

/** A vector of carries that makes CF = `carry` and OF = `overflow` (each 0 or 1), AF = 0 (operands wider than 4 bits). */
export function carryVector<V>(b: Builder<V>, size: Size, carry: V, overflow: V): V {
  return b.or(b.shl(carry, b.constant(size - 1)), b.shl(b.xor(carry, overflow), b.constant(size - 2)))
}
