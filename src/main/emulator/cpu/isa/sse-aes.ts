/** AES rounds and carry-less multiplication (SDM vol. 2: AESDEC … AESKEYGENASSIST, PCLMULQDQ; FIPS 197, 4 and 5). */
import type { Builder, Operand } from '../semantics/builder'
import { IOTA, laneConstant, sseRow, type Combine } from './packed'
import type { Row } from './row'

/** The field's polynomial x^8 + x^4 + x^3 + x + 1. */
const POLYNOMIAL = 0x11b

/** The powers of x + 1, which are all elements but 0: element i is the inverse of element 255 − i. */
function powersInField(): number[] {
  const powers: number[] = []
  for (let power = 1; powers.length < 255; ) {
    powers.push(power)
    const doubled = power & 0x80 ? (power << 1) ^ POLYNOMIAL : power << 1
    power ^= doubled
  }
  return powers
}

/** The substitution: inverse in the field (0 stays), then an affine map (FIPS 197, 5.1.1). */
function makeBoxes(): { forward: number[]; inverse: number[] } {
  const forward: number[] = []
  const inverse: number[] = []
  const powers = powersInField()
  const inverses = [0]
  for (const [index, power] of powers.entries()) inverses[power] = powers[(powers.length - index) % powers.length] ?? 0
  for (let value = 0; value < 256; value++) {
    const inverted = inverses[value] ?? 0
    const rotated = [0, 1, 2, 3, 4].reduce((sum, count) => sum ^ (inverted << count) ^ (inverted >> (8 - count)), 0) & 0xff
    forward[value] = rotated ^ 0x63
    inverse[rotated ^ 0x63] = value
  }
  return { forward, inverse }
}

const BOXES = makeBoxes()

/** Looks every byte up in a table of 256: sixteen pieces, of which each byte hits one. */
function substitute<V, X>(b: Builder<V, X>, table: readonly number[], a: X): X {
  return IOTA.map((piece) => b.vSwizzle(laneConstant(b, 8, table.slice(piece * 16, piece * 16 + 16)), b.vXor(a, laneConstant(b, 8, [piece * 16])))).reduce((all, part) => b.vOr(all, part))
}

/** Row r of the state (bytes r, r + 4 …) rotates by r columns. */
const SHIFT_ROWS = IOTA.map((byte) => (byte + (byte & 3) * 4) & 15)
const INVERSE_SHIFT_ROWS = IOTA.map((byte) => (byte - (byte & 3) * 4) & 15)

/** Byte i of each column becomes byte i + count. */
function rotateColumns(count: number): number[] {
  return IOTA.map((byte) => (byte & 12) | ((byte + count) & 3))
}

/** Every byte times x in the field. */
function double<V, X>(b: Builder<V, X>, a: X): X {
  const overflow = b.vGtS(8, b.vConstant(0n), a)
  return b.vXor(b.vAdd(8, a, a), b.vAnd(overflow, laneConstant(b, 8, [POLYNOMIAL & 0xff])))
}

function permute<V, X>(b: Builder<V, X>, a: X, bytes: readonly number[]): X {
  return b.vShuffle(a, a, bytes)
}

/** Columns times 3x^3 + x^2 + x + 2. */
function mixColumns<V, X>(b: Builder<V, X>, a: X): X {
  const next = permute(b, a, rotateColumns(1))
  const others = b.vXor(permute(b, a, rotateColumns(2)), permute(b, a, rotateColumns(3)))
  return b.vXor(b.vXor(double(b, b.vXor(a, next)), next), others)
}

/** The inverse is the same after a multiplication by 4x^2 + 5 (J. Daemen, V. Rijmen, "The Design of Rijndael", 4.1.3). */
function inverseMixColumns<V, X>(b: Builder<V, X>, a: X): X {
  const opposite = permute(b, a, rotateColumns(2))
  return mixColumns(b, b.vXor(a, double(b, double(b, b.vXor(a, opposite)))))
}

const encryptLast: Combine = (b, a, key) => b.vXor(substitute(b, BOXES.forward, permute(b, a, SHIFT_ROWS)), key)
const encrypt: Combine = (b, a, key) => b.vXor(mixColumns(b, substitute(b, BOXES.forward, permute(b, a, SHIFT_ROWS))), key)
const decryptLast: Combine = (b, a, key) => b.vXor(substitute(b, BOXES.inverse, permute(b, a, INVERSE_SHIFT_ROWS)), key)
const decrypt: Combine = (b, a, key) => b.vXor(inverseMixColumns(b, substitute(b, BOXES.inverse, permute(b, a, INVERSE_SHIFT_ROWS))), key)

/** Doublewords 1 and 3 substituted, each followed by itself rotated by a byte. */
const KEY_WORDS = [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12]

function assistKeyGeneration<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>): void {
  const substituted = permute(b, substitute(b, BOXES.forward, source.readVector()), KEY_WORDS)
  const constant = b.vAnd(b.vSplat(32, control.read()), laneConstant(b, 32, [0, 0xff, 0, 0xff]))
  target.writeVector(b.vXor(substituted, constant))
}

/** One quadword of each operand; the immediate's bits 0 and 4 choose. */
function multiplyCarryless<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>): void {
  const selection = control.read()
  const choose = (x: X, bit: number): V => b.select(b.and(b.shrU(selection, b.constant(bit)), b.constant(1)), b.vExtract(64, x, 1), b.vExtract(64, x, 0))
  const a = choose(target.readVector(), 0)
  const x = choose(source.readVector(), 4)
  const low = b.variable(b.constant(0))
  const high = b.variable(b.constant(0))
  const bit = b.variable(b.constant(0))
  b.while(() => b.ltU(bit.get(), b.constant(64)), () => {
    const count = bit.get()
    const chosen = b.neg(b.and(b.shrU(a, count), b.constant(1)))
    low.set(b.xor(low.get(), b.and(chosen, b.shl(x, count))))
    // What is shifted out at the top: 64 − count places down, which one shift cannot do for count 0.
    const above = b.shrU(b.shrU(x, b.constant(1)), b.sub(b.constant(63), count))
    high.set(b.xor(high.get(), b.and(chosen, above)))
    bit.set(b.add(count, b.constant(1)))
  })
  target.writeVector(b.vInsert(64, b.vInsert(64, b.vConstant(0n), 0, low.get()), 1, high.get()))
}

const FAULTS = ['#UD', '#NM'] as const

export const aesRows: readonly Row[] = [
  sseRow('aesimc', '0f38', 0xdb, 'aes', (b, _, x) => inverseMixColumns(b, x), true),
  sseRow('aesenc', '0f38', 0xdc, 'aes', encrypt), sseRow('aesenclast', '0f38', 0xdd, 'aes', encryptLast),
  sseRow('aesdec', '0f38', 0xde, 'aes', decrypt), sseRow('aesdeclast', '0f38', 0xdf, 'aes', decryptLast),
  {
    name: 'aeskeygenassist', map: '0f3a', opcode: 0xdf, prefix: '66', operands: ['Vdq:w', 'Wdq:r', 'Ib:r'], feature: 'aes', faults: FAULTS,
    unit: 'sse', semantics: assistKeyGeneration,
  },
  {
    name: 'pclmulqdq', map: '0f3a', opcode: 0x44, prefix: '66', operands: ['Vdq:rw', 'Wdq:r', 'Ib:r'], feature: 'pclmulqdq', faults: FAULTS,
    unit: 'sse', semantics: multiplyCarryless,
  },
]
