/** FMA: products and sums rounded once (SDM vol. 2C: VFMADD…, VFMSUB…, VFNMADD…, VFNMSUB…, VFMADDSUB…, VFMSUBADD…). */
import { MULTIPLY_ADD, Negate } from '../float/fused'
import { finishSse } from '../float/sse-arithmetic'
import { readLanes, writeLanes, type Bits } from './lanes'
import type { Row, Semantics } from './row'

interface Operation {
  readonly name: string
  /** Opcode of the packed 132 form; the scalar one is the next, the other orders are 10h and 20h further. */
  readonly opcode: number
  /** What is negated in even lanes, and in odd ones. */
  readonly negations: readonly [even: number, odd: number]
}

const same = (negations: number): readonly [number, number] => [negations, negations]

const PACKED: readonly Operation[] = [
  { name: 'vfmaddsub', opcode: 0x96, negations: [Negate.addend, 0] },
  { name: 'vfmsubadd', opcode: 0x97, negations: [0, Negate.addend] },
]
const PACKED_AND_SCALAR: readonly Operation[] = [
  { name: 'vfmadd', opcode: 0x98, negations: same(0) },
  { name: 'vfmsub', opcode: 0x9a, negations: same(Negate.addend) },
  { name: 'vfnmadd', opcode: 0x9c, negations: same(Negate.product) },
  { name: 'vfnmsub', opcode: 0x9e, negations: same(Negate.product | Negate.addend) },
]

/** The operands, from 0, that are factor, factor and addend. */
const ORDERS = [{ digits: '132', order: [0, 2, 1] }, { digits: '213', order: [1, 0, 2] }, { digits: '231', order: [1, 2, 0] }] as const

function semantics(bits: Bits, { negations }: Operation, [first, second, third]: readonly [number, number, number], scalar: boolean): Semantics {
  return (b, target, ...sources) => {
    const lanes = [target, ...sources].map((operand) => readLanes(b, operand, bits))
    const outcomes = (lanes[0] ?? []).map((own, index) => {
      const lane = (operand: number) => lanes[operand]?.[index] ?? own
      return b.routine(MULTIPLY_ADD[bits], b.constant(negations[index % 2 === 0 ? 0 : 1]), lane(first), lane(second), lane(third), b.special('mxcsr'))
    })
    b.routine(finishSse, outcomes.reduce((all, [, flags]) => b.or(all, flags), b.constant(0)))
    const [only] = outcomes
    if (scalar && only !== undefined) target.writeVector(b.vInsert(bits, target.readVector(), 0, only[0]))
    else writeLanes(b, target, bits, outcomes.map(([value]) => value))
  }
}

const WIDTHS = [{ bits: 32, w: 0, letter: 's', width: 'd' }, { bits: 64, w: 1, letter: 'd', width: 'q' }] as const
const COMMON = { map: '0f38', prefix: '66', feature: 'fma', faults: ['#UD', '#NM', '#XM'], unit: 'avx', unaligned: true } as const

function packedRows(operation: Operation): Row[] {
  return ORDERS.flatMap(({ digits, order }, place) => WIDTHS.flatMap(({ bits, w, letter }) => ([0, 1] as const).map((l): Row => {
    const wide = l === 1 ? 'qq' : 'dq'
    return {
      ...COMMON, name: `${operation.name}${digits}p${letter}`, opcode: operation.opcode + place * 0x10, vex: { l, w },
      operands: [`V${wide}:rw`, `H${wide}:r`, `W${wide}:r`], semantics: semantics(bits, operation, order, false),
    }
  })))
}

function scalarRows(operation: Operation): Row[] {
  return ORDERS.flatMap(({ digits, order }, place) => WIDTHS.map(({ bits, w, letter, width }): Row => ({
    ...COMMON, name: `${operation.name}${digits}s${letter}`, opcode: operation.opcode + 1 + place * 0x10, vex: { w },
    operands: [`V${width}:rw`, `H${width}:r`, `W${width}:r`], semantics: semantics(bits, operation, order, true),
  })))
}

export const fmaRows: readonly Row[] = [...PACKED, ...PACKED_AND_SCALAR].flatMap(packedRows).concat(PACKED_AND_SCALAR.flatMap(scalarRows))
