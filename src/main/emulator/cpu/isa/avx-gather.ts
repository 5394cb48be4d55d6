/** Gathers: elements at addresses of which a vector holds the indices (SDM vol. 2C: VGATHER*, VPGATHER*; vol. 2A, 2.3.12 for VSIB). */
import type { Builder, Operand } from '../semantics/builder'
import type { Row, Semantics } from './row'
import { readUnchecked } from './unchecked'

type Width = 32 | 64

const VECTOR_BITS = 128

function laneOf<V, X>(b: Builder<V, X>, register: Operand<V, X>, width: Width, index: number): V {
  const count = VECTOR_BITS / width
  return b.vExtract(width, register.readWide()[index < count ? 0 : 1], index % count)
}

/** A lane of a register; the others stay, but the upper half is cleared unless the instruction's vectors are wide. */
function setLane<V, X>(b: Builder<V, X>, register: Operand<V, X>, wide: boolean, width: Width, index: number, value: V): void {
  if (!wide) {
    register.writeVector(b.vInsert(width, register.readVector(), index, value))
    return
  }
  const [low, high] = register.readWide()
  const count = VECTOR_BITS / width
  if (index < count) register.writeWide(b.vInsert(width, low, index, value), high)
  else register.writeWide(low, b.vInsert(width, high, index - count, value))
}

/** All lanes of the mask become ones or zeros, by their signs, also those without an element. */
function spreadSigns<V, X>(b: Builder<V, X>, mask: Operand<V, X>, wide: boolean, width: Width): void {
  const spread = (half: X): X => b.vGtS(width, b.vConstant(0n), half)
  if (!wide) {
    mask.writeVector(spread(mask.readVector()))
    return
  }
  const [low, high] = mask.readWide()
  mask.writeWide(spread(low), spread(high))
}

/**
 * Elements whose mask is negative, one after the other: each is written, and its mask cleared, before the next one is read. So the instruction
 * goes on where it was after an exception.
 */
const gather = (elements: number, wide: boolean, data: Width, indices: Width): Semantics => (b, target, memory, mask, index, scale) => {
  spreadSigns(b, mask, wide, data)
  const shift = scale.read()
  for (let number = 0; number < elements; number++) {
    b.if(laneOf(b, mask, data, number), () => {
      const displacement = b.shl(b.sext(indices, laneOf(b, index, indices, number)), shift)
      setLane(b, target, wide, data, number, readUnchecked(b, memory, displacement, data))
      setLane(b, mask, wide, data, number, b.constant(0))
    })
  }
  // Whatever lies beyond the elements is cleared.
  const [low, high] = target.readWide()
  const bits = elements * data
  const zero = b.vConstant(0n)
  const half = b.vInsert(64, zero, 0, b.vExtract(64, low, 0))
  target.writeWide(bits < VECTOR_BITS ? half : low, bits > VECTOR_BITS ? high : zero)
  mask.writeWide(zero, zero)
}

interface Gather {
  readonly name: string
  readonly opcode: number
  readonly data: Width
  readonly indices: Width
}

const GATHERS: readonly Gather[] = [
  { name: 'vpgatherdd', opcode: 0x90, data: 32, indices: 32 }, { name: 'vpgatherdq', opcode: 0x90, data: 64, indices: 32 },
  { name: 'vpgatherqd', opcode: 0x91, data: 32, indices: 64 }, { name: 'vpgatherqq', opcode: 0x91, data: 64, indices: 64 },
  { name: 'vgatherdps', opcode: 0x92, data: 32, indices: 32 }, { name: 'vgatherdpd', opcode: 0x92, data: 64, indices: 32 },
  { name: 'vgatherqps', opcode: 0x93, data: 32, indices: 64 }, { name: 'vgatherqpd', opcode: 0x93, data: 64, indices: 64 },
]

export const avxGatherRows: readonly Row[] = GATHERS.flatMap(({ name, opcode, data, indices }) =>
  ([0, 1] as const).map((l): Row => {
    const elements = (l === 1 ? 256 : 128) / Math.max(data, indices)
    const registers = (bits: Width): 'dq' | 'qq' => (elements * bits > 128 ? 'qq' : 'dq')
    const width = registers(data)
    return {
      name, map: '0f38', opcode, prefix: '66', vex: { l, w: data === 64 ? 1 : 0 },
      operands: [`V${width}:rw`, data === 64 ? 'VMq:r' : 'VMd:r', `H${width}:rw`, `VX${registers(indices)}:r`, 'VS:r'],
      feature: 'avx2', faults: ['#UD', '#NM'], unit: 'avx', semantics: gather(elements, l === 1, data, indices),
    }
  }),
)
