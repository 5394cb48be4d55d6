/** SSE to SSE4.1: floating-point arithmetic, comparisons, rounding (SDM vol. 1, chapters 10–12; vol. 2A, 2B). */
import { finishSse, PREDICATES, relationBit, SCALAR, type ScalarRoutines } from '../float/sse-arithmetic'
import { Operation } from '../float/x87-arithmetic'
import type { Builder, Operand } from '../semantics/builder'
import { sse } from './fpu-access'
import type { Feature, OpcodeMap, OperandSpec, Row, Semantics } from './row'

type Bits = 32 | 64
/** A result and its exceptions. */
type Outcome<V> = readonly [value: V, flags: V]
/** What becomes of one lane of the target and of the source. */
type LaneOperation = <V>(b: Builder<V>, scalar: ScalarRoutines, a: V, x: V, index: number) => Outcome<V>

/** The four forms of most instructions: packed and scalar, single and double. */
const FORMS = [
  { suffix: 'ps', prefix: 'none', bits: 32, lanes: 4, target: 'Vdq', source: 'Wdq', feature: 'sse' },
  { suffix: 'pd', prefix: '66', bits: 64, lanes: 2, target: 'Vdq', source: 'Wdq', feature: 'sse2' },
  { suffix: 'ss', prefix: 'f3', bits: 32, lanes: 1, target: 'Vd', source: 'Wd', feature: 'sse' },
  { suffix: 'sd', prefix: 'f2', bits: 64, lanes: 1, target: 'Vq', source: 'Wq', feature: 'sse2' },
] as const

const FAULTS = ['#UD', '#NM', '#XM'] as const

/** Lanes of an operand: of a scalar one, or one in memory, only its own. */
function readLanes<V, X>(b: Builder<V, X>, operand: Operand<V, X>, bits: Bits, lanes: number): V[] {
  if (lanes === 1) return [operand.read()]
  const vector = operand.readVector()
  return Array.from({ length: lanes }, (_, index) => b.vExtract(bits, vector, index))
}

/** Reports the exceptions of all lanes, then writes the results; the lanes above a scalar stay. */
function writeLanes<V, X>(b: Builder<V, X>, target: Operand<V, X>, bits: Bits, outcomes: readonly Outcome<V>[]): void {
  b.routine(finishSse, outcomes.reduce((all, [, flags]) => b.or(all, flags), b.constant(0)))
  const [only] = outcomes
  if (outcomes.length === 1 && only !== undefined) {
    target.write(only[0])
    return
  }
  target.writeVector(outcomes.reduce((vector, [value], index) => b.vInsert(bits, vector, index, value), b.vConstant(0n)))
}

function lanewise(bits: Bits, lanes: number, operation: LaneOperation): Semantics {
  return sse((b, target, source) => {
    const own = readLanes(b, target, bits, lanes)
    const other = readLanes(b, source, bits, lanes)
    writeLanes(b, target, bits, other.map((x, index) => operation(b, SCALAR[bits], own[index] ?? x, x, index)))
  })
}

function forms(name: string, opcode: number, operation: LaneOperation, reads: 'rw' | 'w' = 'rw'): Row[] {
  return FORMS.map(({ suffix, prefix, bits, lanes, target, source, feature }): Row => ({
    name: `${name}${suffix}`, map: '0f', opcode, prefix, operands: [`${target}:${reads}`, `${source}:r`], feature, faults: FAULTS,
    semantics: lanewise(bits, lanes, operation),
  }))
}

const arithmetic = (operation: number): LaneOperation => (b, scalar, a, x) => b.routine(scalar.arithmetic, b.constant(operation), a, x, b.special('mxcsr'))
const chosen = (greater: number): LaneOperation => (b, scalar, a, x) => b.routine(scalar.choose, a, x, b.constant(greater), b.special('mxcsr'))

/** RCPPS, RSQRTPS and their scalar forms raise nothing. */
function estimates(name: string, opcode: number, which: 'reciprocal' | 'reciprocalRoot'): Row[] {
  return FORMS.filter(({ bits }) => bits === 32).map(({ suffix, prefix, bits, lanes, target, source }): Row => ({
    name: `${name}${suffix}`, map: '0f', opcode, prefix, operands: [`${target}:w`, `${source}:r`], feature: 'sse', faults: ['#UD', '#NM'],
    semantics: sse((b, result, argument) => {
      const values = readLanes(b, argument, bits, lanes).map((x) => b.routine(SCALAR[bits][which], x)[0])
      const [only] = values
      if (lanes === 1 && only !== undefined) result.write(only)
      else result.writeVector(values.reduce((vector, value, index) => b.vInsert(bits, vector, index, value), b.vConstant(0n)))
    }),
  }))
}

/** CMPPS …: the predicate is only known when the instruction runs. */
const compareMask = (bits: Bits, lanes: number): Semantics => sse((b, target, source, immediate) => {
  const predicate = b.and(immediate.read(), b.constant(7))
  const base = b.and(predicate, b.constant(3))
  const pick = (values: readonly number[]) => values.reduce((result, value, index) => b.select(b.eq(base, b.constant(index)), b.constant(value), result), b.constant(0))
  const relations = pick(PREDICATES.map(({ relations: wanted }) => wanted))
  const quiet = pick(PREDICATES.map((entry) => (entry.quiet ? 1 : 0)))
  const negated = b.shrU(predicate, b.constant(2))
  const own = readLanes(b, target, bits, lanes)
  const outcomes = readLanes(b, source, bits, lanes).map((x, index) => {
    const [relation, flags] = b.routine(SCALAR[bits].compare, own[index] ?? x, x, quiet, b.special('mxcsr'))
    const [bit] = b.routine(relationBit, relation)
    const holds = b.xor(b.ne(b.and(bit, relations), b.constant(0)), negated)
    return [b.neg(holds), flags] as const
  })
  writeLanes(b, target, bits, outcomes)
})

const C0 = 0x100
const C2 = 0x400
const C3 = 0x4000
/** COMISS and its kin: the relation in ZF, PF and CF; OF, SF and AF are cleared. */
const compareToFlags = (bits: Bits, quiet: number): Semantics => sse((b, first, second) => {
  const x = second.read()
  const [relation, flags] = b.routine(SCALAR[bits].compare, first.read(), x, b.constant(quiet), b.special('mxcsr'))
  b.routine(finishSse, flags)
  const bit = (code: number, position: number) => b.shl(b.ne(b.and(relation, b.constant(code)), b.constant(0)), b.constant(position))
  b.setFlagsImage(b.or(b.or(bit(C3, 6), bit(C2, 2)), bit(C0, 0)), 0x8d5)
})

function comparisonsToFlags(): Row[] {
  return ([['ucomi', 0x2e, 1], ['comi', 0x2f, 0]] as const).flatMap(([name, opcode, quiet]) =>
    ([['ss', 'none', 32, 'Vd:r', 'Wd:r', 'sse'], ['sd', '66', 64, 'Vq:r', 'Wq:r', 'sse2']] as const).map(([suffix, prefix, bits, target, source, feature]): Row => ({
      name: `${name}${suffix}`, map: '0f', opcode, prefix, operands: [target, source], feature, faults: FAULTS,
      flags: { writes: ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] }, semantics: compareToFlags(bits, quiet),
    })))
}

/** HADDPS, HSUBPS …: neighbours of the target, then of the source. */
const horizontal = (bits: Bits, lanes: number, operation: number): Semantics => sse((b, target, source) => {
  const values = [...readLanes(b, target, bits, lanes), ...readLanes(b, source, bits, lanes)]
  const pairs = values.flatMap((value, index) => {
    const next = values[index + 1]
    return index % 2 === 0 && next !== undefined ? [[value, next] as const] : []
  })
  writeLanes(b, target, bits, pairs.map(([a, x]) => b.routine(SCALAR[bits].arithmetic, b.constant(operation), a, x, b.special('mxcsr'))))
})

/** Even lanes are subtracted, odd ones added. */
const addSubtract: LaneOperation = (b, scalar, a, x, index) =>
  b.routine(scalar.arithmetic, b.constant(index % 2 === 0 ? Operation.subtract : Operation.add), a, x, b.special('mxcsr'))

const SSE3_FORMS = [{ suffix: 'pd', prefix: '66', bits: 64, lanes: 2 }, { suffix: 'ps', prefix: 'f2', bits: 32, lanes: 4 }] as const

function sse3Row(name: string, opcode: number, prefix: '66' | 'f2', semantics: Semantics): Row {
  return { name, map: '0f', opcode, prefix, operands: ['Vdq:rw', 'Wdq:r'], feature: 'sse3', faults: FAULTS, semantics }
}

function sse3(): Row[] {
  return SSE3_FORMS.flatMap(({ suffix, prefix, bits, lanes }) => [
    sse3Row(`hadd${suffix}`, 0x7c, prefix, horizontal(bits, lanes, Operation.add)),
    sse3Row(`hsub${suffix}`, 0x7d, prefix, horizontal(bits, lanes, Operation.subtract)),
    sse3Row(`addsub${suffix}`, 0xd0, prefix, lanewise(bits, lanes, addSubtract)),
  ])
}

const MAP_3A: OpcodeMap = '0f3a'
const SSE41: Feature = 'sse4.1'

const roundLanes = (bits: Bits, lanes: number): Semantics => sse((b, target, source, immediate) => {
  const how = immediate.read()
  writeLanes(b, target, bits, readLanes(b, source, bits, lanes).map((x) => b.routine(SCALAR[bits].toIntegral, x, how, b.special('mxcsr'))))
})

/**
 * DPPS, DPPD: products that the immediate's high half chooses, added in pairs, and the sums of the pairs; each step rounds and
 * reports before the next (SDM vol. 2A, DPPS).
 */
const dotProduct = (bits: Bits, lanes: number): Semantics => sse((b, target, source, immediate) => {
  const mask = immediate.read()
  const chosenBit = (position: number) => b.ne(b.and(mask, b.constant(1 << position)), b.constant(0))
  const own = readLanes(b, target, bits, lanes)
  const { arithmetic: compute } = SCALAR[bits]
  const products = readLanes(b, source, bits, lanes).map((x, index) => {
    const chosenLane = chosenBit(4 + index)
    const [value, flags] = b.routine(compute, b.constant(Operation.multiply), own[index] ?? x, x, b.special('mxcsr'))
    return [b.select(chosenLane, value, b.constant(0)), b.select(chosenLane, flags, b.constant(0))] as const
  })
  b.routine(finishSse, products.reduce((all, [, flags]) => b.or(all, flags), b.constant(0)))
  let values = products.map(([value]) => value)
  while (values.length > 1) {
    const sums: Outcome<(typeof values)[number]>[] = []
    for (let index = 0; index < values.length; index += 2) {
      const [a, x] = [values[index], values[index + 1]]
      if (a !== undefined && x !== undefined) sums.push(b.routine(compute, b.constant(Operation.add), a, x, b.special('mxcsr')))
    }
    b.routine(finishSse, sums.reduce((all, [, flags]) => b.or(all, flags), b.constant(0)))
    values = sums.map(([value]) => value)
  }
  const [sum] = values
  if (sum === undefined) return
  target.writeVector(own.reduce((vector, _, index) => b.vInsert(bits, vector, index, b.select(chosenBit(index), sum, b.constant(0))), b.vConstant(0n)))
})

function sse41(): Row[] {
  const row = (name: string, opcode: number, operands: readonly OperandSpec[], semantics: Semantics): Row => ({
    name, map: MAP_3A, opcode, prefix: '66', operands, feature: SSE41, faults: FAULTS, semantics,
  })
  return [
    row('roundps', 0x08, ['Vdq:w', 'Wdq:r', 'Ib:r'], roundLanes(32, 4)), row('roundpd', 0x09, ['Vdq:w', 'Wdq:r', 'Ib:r'], roundLanes(64, 2)),
    row('roundss', 0x0a, ['Vd:w', 'Wd:r', 'Ib:r'], roundLanes(32, 1)), row('roundsd', 0x0b, ['Vq:w', 'Wq:r', 'Ib:r'], roundLanes(64, 1)),
    row('dpps', 0x40, ['Vdq:rw', 'Wdq:r', 'Ib:r'], dotProduct(32, 4)), row('dppd', 0x41, ['Vdq:rw', 'Wdq:r', 'Ib:r'], dotProduct(64, 2)),
  ]
}

export const sseFloatRows: readonly Row[] = [
  ...forms('add', 0x58, arithmetic(Operation.add)), ...forms('mul', 0x59, arithmetic(Operation.multiply)), ...forms('sub', 0x5c, arithmetic(Operation.subtract)),
  ...forms('div', 0x5e, arithmetic(Operation.divide)), ...forms('min', 0x5d, chosen(0)), ...forms('max', 0x5f, chosen(1)),
  ...forms('sqrt', 0x51, (b, scalar, _, x) => b.routine(scalar.root, x, b.special('mxcsr')), 'w'),
  ...estimates('rsqrt', 0x52, 'reciprocalRoot'), ...estimates('rcp', 0x53, 'reciprocal'),
  ...FORMS.map(({ suffix, prefix, bits, lanes, target, source, feature }): Row => ({
    name: `cmp${suffix}`, map: '0f', opcode: 0xc2, prefix, operands: [`${target}:rw`, `${source}:r`, 'Ib:r'], feature, faults: FAULTS, semantics: compareMask(bits, lanes),
  })),
  ...comparisonsToFlags(), ...sse3(), ...sse41(),
]
