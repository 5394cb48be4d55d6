/**
 * Binary floating point as the host has it: IEEE 754, rounded to nearest even, nothing reported (WebAssembly core specification 4.3.3). Numbers are lanes of
 * vectors. Rows use it where it can be seen beforehand that x86 would come to the same result and report nothing new (`Builder.shortcut`).
 */
import type { FloatBits } from './vector-builder'

/** What an operation is about: all lanes, or lane 0, with the lanes above taken from the first operand. */
export type FloatLanes = 'all' | 'one'
export type FloatOperation = 'add' | 'sub' | 'mul' | 'div'

export interface HostFloat<V, X> {
  arithmetic(operation: FloatOperation, bits: FloatBits, lanes: FloatLanes, a: X, b: X): X
  /** Square root of `a`; with 'one', the lanes above are those of `above`. */
  root(bits: FloatBits, lanes: FloatLanes, above: X, a: X): X
  /** a < b ? a : b, or a > b ? a : b. */
  lesser(bits: FloatBits, lanes: FloatLanes, a: X, b: X): X
  greater(bits: FloatBits, lanes: FloatLanes, a: X, b: X): X
  /** Of all lanes. */
  abs(bits: FloatBits, a: X): X
  /** All ones in the lanes where it holds, else zeros. */
  equal(bits: FloatBits, a: X, b: X): X
  less(bits: FloatBits, a: X, b: X): X
  /** Of lane 0: 0 or 1. */
  firstEqual(bits: FloatBits, a: X, b: X): V
  firstLess(bits: FloatBits, a: X, b: X): V
  firstIntegral(bits: FloatBits, a: X): V
  /** Whether any bit is set. */
  anySet(a: X): V
  /** A signed integer of 64 bits as lane 0. */
  fromInteger(bits: FloatBits, above: X, value: V): X
  /** Lane 0, rounded to nearest or towards zero, as a signed integer of 64 bits, into which it must fit. */
  toInteger(bits: FloatBits, chop: boolean, a: X): V
  /** Lane 0 of the other format as lane 0 of this one. */
  convert(to: FloatBits, above: X, a: X): X
}

/** Something that must hold: what is true nearly always when it does, and, looked at where that is not true, what is true else. */
export interface Condition<V> {
  readonly usually: () => V
  readonly otherwise?: () => V
}

/** A way that is taken only where all conditions hold, each looked at after those before it. */
export interface Shortcut<V> {
  readonly conditions: readonly Condition<V>[]
  readonly take: () => void
}
