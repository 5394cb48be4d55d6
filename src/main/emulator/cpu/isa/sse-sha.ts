/** SHA-1 and SHA-256 rounds and message schedules (SDM vol. 2B: SHA1MSG1 … SHA256RNDS2; FIPS 180-4). */
import type { Builder, Operand } from '../semantics/builder'
import type { Combine } from './packed'
import { combining } from './packed'
import type { Row, Semantics } from './row'

/** Doublewords of a vector, the highest first, as the manual counts them. */
function words<V, X>(b: Builder<V, X>, a: X): [V, V, V, V] {
  return [b.vExtract(32, a, 3), b.vExtract(32, a, 2), b.vExtract(32, a, 1), b.vExtract(32, a, 0)]
}

function vector<V, X>(b: Builder<V, X>, [d3, d2, d1, d0]: readonly [V, V, V, V]): X {
  const pair = (high: V, low: V): V => b.or(b.shl(high, b.constant(32)), b.zext(32, low))
  return b.vInsert(64, b.vInsert(64, b.vConstant(0n), 0, pair(d1, d0)), 1, pair(d3, d2))
}

/** Sum modulo 2^32. */
function sum<V>(b: Builder<V>, ...values: readonly V[]): V {
  return b.zext(32, values.reduce((total, value) => b.add(total, value)))
}

function xor<V>(b: Builder<V>, ...values: readonly V[]): V {
  return values.reduce((total, value) => b.xor(total, value))
}

function rotateLeft<V>(b: Builder<V>, a: V, count: number): V {
  return b.zext(32, b.or(b.shl(a, b.constant(count)), b.shrU(a, b.constant(32 - count))))
}

function rotateRight<V>(b: Builder<V>, a: V, count: number): V {
  return rotateLeft(b, a, 32 - count)
}

const choose = <V>(b: Builder<V>, x: V, y: V, z: V): V => b.xor(b.and(x, y), b.and(b.xor(x, b.constant(0xffff_ffff)), z))
const majority = <V>(b: Builder<V>, x: V, y: V, z: V): V => xor(b, b.and(x, y), b.and(x, z), b.and(y, z))

/** √2, √3, √5, √10 times 2^30 (FIPS 180-4, 4.2.1). */
const SHA1_CONSTANTS = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6] as const

/** Four rounds; the immediate's bits 0 and 1 say which function and constant. */
function sha1Rounds<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>): void {
  const schedule = words(b, source.readVector())
  const selection = b.and(control.read(), b.constant(3))
  const bySelection = (values: readonly V[]): V => values.reduceRight((rest, value, index) => b.select(b.eq(selection, b.constant(index)), value, rest))
  const constant = bySelection(SHA1_CONSTANTS.map((value) => b.constant(value)))
  let [a, x, y, z] = words(b, target.readVector())
  let e = b.constant(0)
  for (const word of schedule) {
    const parity = xor(b, x, y, z)
    const mixed = bySelection([choose(b, x, y, z), parity, majority(b, x, y, z), parity])
    const next = sum(b, mixed, rotateLeft(b, a, 5), word, constant, e)
    e = z
    ;[a, x, y, z] = [next, a, rotateLeft(b, x, 30), y]
  }
  target.writeVector(vector(b, [a, x, y, z]))
}

const sha1NextE: Combine = (b, a, x) => {
  const [w3, w2, w1, w0] = words(b, x)
  return vector(b, [sum(b, w3, rotateLeft(b, b.vExtract(32, a, 3), 30)), w2, w1, w0])
}

const sha1Message1: Combine = (b, a, x) => {
  const [w0, w1, w2, w3] = words(b, a)
  const [w4, w5] = words(b, x)
  return vector(b, [b.xor(w2, w0), b.xor(w3, w1), b.xor(w4, w2), b.xor(w5, w3)])
}

const sha1Message2: Combine = (b, a, x) => {
  const [a3, a2, a1, a0] = words(b, a)
  const [, w13, w14, w15] = words(b, x)
  const w16 = rotateLeft(b, b.xor(a3, w13), 1)
  return vector(b, [w16, rotateLeft(b, b.xor(a2, w14), 1), rotateLeft(b, b.xor(a1, w15), 1), rotateLeft(b, b.xor(a0, w16), 1)])
}

const smallSigma0 = <V>(b: Builder<V>, x: V): V => xor(b, rotateRight(b, x, 7), rotateRight(b, x, 18), b.shrU(x, b.constant(3)))
const smallSigma1 = <V>(b: Builder<V>, x: V): V => xor(b, rotateRight(b, x, 17), rotateRight(b, x, 19), b.shrU(x, b.constant(10)))
const bigSigma0 = <V>(b: Builder<V>, x: V): V => xor(b, rotateRight(b, x, 2), rotateRight(b, x, 13), rotateRight(b, x, 22))
const bigSigma1 = <V>(b: Builder<V>, x: V): V => xor(b, rotateRight(b, x, 6), rotateRight(b, x, 11), rotateRight(b, x, 25))

const sha256Message1: Combine = (b, a, x) => {
  const [w3, w2, w1, w0] = words(b, a)
  const w4 = b.vExtract(32, x, 0)
  return vector(b, [sum(b, w3, smallSigma0(b, w4)), sum(b, w2, smallSigma0(b, w3)), sum(b, w1, smallSigma0(b, w2)), sum(b, w0, smallSigma0(b, w1))])
}

const sha256Message2: Combine = (b, a, x) => {
  const [a3, a2, a1, a0] = words(b, a)
  const [w15, w14] = words(b, x)
  const w16 = sum(b, a0, smallSigma1(b, w14))
  const w17 = sum(b, a1, smallSigma1(b, w15))
  return vector(b, [sum(b, a3, smallSigma1(b, w17)), sum(b, a2, smallSigma1(b, w16)), w17, w16])
}

/** Two rounds: the target holds C D G H, the source A B E F, XMM0 the sums of schedule and constants. */
function sha256Rounds<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, schedule: Operand<V, X>): void {
  let [a, x, e, f] = words(b, source.readVector())
  let [y, z, g, h] = words(b, target.readVector())
  const added = schedule.readVector()
  for (const index of [0, 1]) {
    const first = sum(b, choose(b, e, f, g), bigSigma1(b, e), b.vExtract(32, added, index), h)
    const nextA = sum(b, first, majority(b, a, x, y), bigSigma0(b, a))
    const nextE = sum(b, first, z)
    ;[a, x, y, z, e, f, g, h] = [nextA, a, x, y, nextE, e, f, g]
  }
  target.writeVector(vector(b, [a, x, e, f]))
}

function row(name: string, opcode: number, semantics: Semantics): Row {
  return { name, map: '0f38', opcode, prefix: 'none', operands: ['Vdq:rw', 'Wdq:r'], feature: 'sha', faults: ['#UD', '#NM'], unit: 'sse', semantics: semantics }
}

export const shaRows: readonly Row[] = [
  row('sha1nexte', 0xc8, combining(sha1NextE)), row('sha1msg1', 0xc9, combining(sha1Message1)), row('sha1msg2', 0xca, combining(sha1Message2)),
  { ...row('sha256rnds2', 0xcb, sha256Rounds), operands: ['Vdq:rw', 'Wdq:r', 'xmm0:r'] },
  row('sha256msg1', 0xcc, combining(sha256Message1)), row('sha256msg2', 0xcd, combining(sha256Message2)),
  { ...row('sha1rnds4', 0xcc, sha1Rounds), map: '0f3a', operands: ['Vdq:rw', 'Wdq:r', 'Ib:r'] },
]
