/** Gathers: elements at addresses of which a vector holds the indices (SDM vol. 2C: VGATHER*, VPGATHER*; vol. 2A, 2.3.12 for VSIB). */
import type { Builder, Operand } from '../semantics/builder'
import type { Row, Semantics } from './row'

type Width = 32 | 64

/** A lane of a YMM register, the others stay. */
function setLane<V, X>(b: Builder<V, X>, register: Operand<V, X>, width: Width, index: number, value: V): void {
  const [low, high] = register.readWide()
  const count = 128 / width
  if (index < count) register.writeWide(b.vInsert(width, low, index, value), high)
  else register.writeWide(low, b.vInsert(width, high, index - count, value))
}

function laneOf<V, X>(b: Builder<V, X>, register: Operand<V, X>, width: Width, index: number): V {
  const count = 128 / width
  return b.vExtract(width, register.readWide()[index < count ? 0 : 1], index % count)
}

/**
 * Elements whose mask is negative, one after the other: each is written, and its mask cleared, before the next one is read. So the instruction
 * goes on where it was after an exception.
 */
const gather = (elements: number, data: Width, indices: Width): Semantics => (b, target, memory, mask, index, scale) => {
  for (let element = 0; element < elements; element++) {
    b.if(b.shrU(laneOf(b, mask, data, element), b.constant(data - 1)), () => {
      const displacement = b.shl(b.sext(indices, laneOf(b, index, indices, element)), scale.read())
      setLane(b, target, data, element, memory.at(displacement, data, 'r').read())
    })
    setLane(b, mask, data, element, b.constant(0))
  }
  // Lanes beyond the elements are cleared.
  const [low, high] = target.readWide()
  const bits = elements * data
  const [zero, half] = [b.vConstant(0n), b.vInsert(64, b.vConstant(0n), 0, b.vExtract(64, low, 0))]
  target.writeWide(bits < 128 ? half : low, bits > 128 ? high : zero)
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
      feature: 'avx2', faults: ['#UD', '#NM'], unit: 'avx', semantics: gather(elements, data, indices),
    }
  }),
)
