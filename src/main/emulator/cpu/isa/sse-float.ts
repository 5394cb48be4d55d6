/** SSE to SSE4.1: floating-point arithmetic, comparisons, rounding (SDM vol. 1, chapters 10–12; vol. 2A, 2B). */
import { finishSse, PREDICATES, relationBit, SCALAR, type ScalarRoutines } from '../float/sse-arithmetic'
import { Quick } from '../float/quick'
import { Operation } from '../float/x87-arithmetic'
import type { Builder, Operand } from '../semantics/builder'
import type { Condition, FloatLanes, FloatOperation, HostFloat } from '../semantics/float-builder'
import { halvesOf, lanesOf, readLanes, writeLanes, type Bits } from './lanes'
import type { Feature, OpcodeMap, OperandSpec, Row, Semantics } from './row'

/** A result and its exceptions. */
type Outcome<V> = readonly [value: V, flags: V]
/** A shortcut for 128 bits: the result, and whether it is that. */
type QuickOf<V, X> = (host: HostFloat<V, X>, exactness: Quick<V, X>, bits: Bits, lanes: FloatLanes, a: X, x: X) => { readonly result: X; readonly conditions: readonly Condition<V>[] }
type QuickWay = <V, X>(...args: Parameters<QuickOf<V, X>>) => ReturnType<QuickOf<V, X>>
/** What becomes of one lane of the target and of the source. */
type LaneOperation = <V>(b: Builder<V>, scalar: ScalarRoutines, a: V, x: V, index: number) => Outcome<V>

/** The four forms of most instructions: packed and scalar, single and double. */
const FORMS = [
  { suffix: 'ps', prefix: 'none', bits: 32, target: 'Vdq', source: 'Wdq', feature: 'sse' },
  { suffix: 'pd', prefix: '66', bits: 64, target: 'Vdq', source: 'Wdq', feature: 'sse2' },
  { suffix: 'ss', prefix: 'f3', bits: 32, target: 'Vd', source: 'Wd', feature: 'sse' },
  { suffix: 'sd', prefix: 'f2', bits: 64, target: 'Vq', source: 'Wq', feature: 'sse2' },
] as const

const FAULTS = ['#UD', '#NM', '#XM'] as const

/** Reports the exceptions of all lanes, then writes the results. */
function finish<V, X>(b: Builder<V, X>, target: Operand<V, X>, bits: Bits, outcomes: readonly Outcome<V>[]): void {
  report(b, outcomes)
  writeLanes(b, target, bits, outcomes.map(([value]) => value))
}

function report<V>(b: Builder<V>, outcomes: readonly Outcome<V>[]): void {
  b.routine(finishSse, outcomes.reduce((all, [, flags]) => b.or(all, flags), b.constant(0)))
}

function lanewise(bits: Bits, operation: LaneOperation, quick?: QuickWay): Semantics {
  return (b, target, source) => {
    const own = halvesOf(target)
    const other = halvesOf(source)
    const whole = (): void => {
      const lanes = lanesOf(b, target, bits, own)
      finish(b, target, bits, lanesOf(b, source, bits, other).map((x, index) => operation(b, SCALAR[bits], lanes[index] ?? x, x, index)))
    }
    if (quick === undefined) whole()
    else quickly(b, bits, target, quick, own, other, whole)
  }
}

/** Each half of the operands by the shortcut, or all by routines. The lanes above those that are meant are those of `own`. */
function quickly<V, X>(b: Builder<V, X>, bits: Bits, target: Operand<V, X>, quick: QuickOf<V, X>, own: readonly X[], other: readonly X[], whole: () => void): void {
  b.shortcut((host) => {
    const lanes = target.vectorBits === bits ? 'one' : 'all'
    const exactness = new Quick(b, host, bits, lanes)
    const halves = other.map((x, index) => quick(host, exactness, bits, lanes, own[index] ?? x, x))
    return {
      conditions: halves.flatMap(({ conditions }) => conditions),
      take: () => {
        const [low, high] = halves
        if (low !== undefined && high !== undefined) target.writeWide(low.result, high.result)
        else if (low !== undefined) target.writeVector(low.result)
      },
    }
  }, whole)
}

/** An operation on the source alone. */
function unary(bits: Bits, operation: <V>(b: Builder<V>, scalar: ScalarRoutines, x: V) => Outcome<V>, quick: QuickWay): Semantics {
  return (b, target, source) => {
    const other = halvesOf(source)
    const above = target.vectorBits === bits ? [target.readVector()] : other
    quickly(b, bits, target, quick, above, other, () => {
      finish(b, target, bits, lanesOf(b, source, bits, other).map((x) => operation(b, SCALAR[bits], x)))
    })
  }
}

function forms(name: string, opcode: number, operation: LaneOperation, quick: QuickWay): Row[] {
  return FORMS.map(({ suffix, prefix, bits, target, source, feature }): Row => ({
    name: `${name}${suffix}`, map: '0f', opcode, prefix, operands: [`${target}:rw`, `${source}:r`], feature, faults: FAULTS,
    unit: 'sse', semantics: lanewise(bits, operation, quick),
  }))
}

const quickRoot: QuickWay = (host, exactness, bits, lanes, above, x) => {
  const result = host.root(bits, lanes, above, x)
  return { result, conditions: exactness.root(x, result) }
}

const rootRows: readonly Row[] = FORMS.map(({ suffix, prefix, bits, target, source, feature }): Row => ({
  name: `sqrt${suffix}`, map: '0f', opcode: 0x51, prefix, operands: [`${target}:w`, `${source}:r`], feature, faults: FAULTS,
  unit: 'sse', semantics: unary(bits, (b, scalar, x) => b.routine(scalar.root, x, b.special('mxcsr')), quickRoot),
}))

const quickArithmetic = (operation: FloatOperation): QuickWay => (host, exactness, bits, lanes, a, x) => {
  const result = host.arithmetic(operation, bits, lanes, a, x)
  return { result, conditions: exactness.arithmetic(operation, a, x, result) }
}
const quickLesser: QuickWay = (host, exactness, bits, lanes, a, x) => ({ result: host.lesser(bits, lanes, a, x), conditions: exactness.comparable(a, x) })
const quickGreater: QuickWay = (host, exactness, bits, lanes, a, x) => ({ result: host.greater(bits, lanes, a, x), conditions: exactness.comparable(a, x) })

const arithmetic = (operation: number): LaneOperation => (b, scalar, a, x) => b.routine(scalar.arithmetic, b.constant(operation), a, x, b.special('mxcsr'))
const chosen = (greater: number): LaneOperation => (b, scalar, a, x) => b.routine(scalar.choose, a, x, b.constant(greater), b.special('mxcsr'))

/** RCPPS, RSQRTPS and their scalar forms raise nothing. */
function estimates(name: string, opcode: number, which: 'reciprocal' | 'reciprocalRoot'): Row[] {
  return FORMS.filter(({ bits }) => bits === 32).map(({ suffix, prefix, bits, target, source }): Row => ({
    name: `${name}${suffix}`, map: '0f', opcode, prefix, operands: [`${target}:w`, `${source}:r`], feature: 'sse', faults: ['#UD', '#NM'],
    unit: 'sse', semantics: (b, result, argument) => {
      writeLanes(b, result, bits, readLanes(b, argument, bits).map((x) => b.routine(SCALAR[bits][which], x)[0]))
    },
  }))
}

/** Bits of a predicate: two choose among four relations, another four; one negates; one exchanges quiet and signaling. */
const PREDICATE_NEGATED = 2
const PREDICATE_BANK = 3
const PREDICATE_QUIET = 4

/** CMPPS …: the predicate is only known when the instruction runs; `mask`: its bits that count. */
const compareMask = (bits: Bits, mask: number): Semantics => (b, target, source, immediate) => {
  const predicate = b.and(immediate.read(), b.constant(mask))
  const bit = (position: number) => b.and(b.shrU(predicate, b.constant(position)), b.constant(1))
  const base = b.or(b.and(predicate, b.constant(3)), b.shl(bit(PREDICATE_BANK), b.constant(2)))
  const pick = (values: readonly number[]) => values.reduce((result, value, index) => b.select(b.eq(base, b.constant(index)), b.constant(value), result), b.constant(0))
  const relations = pick(PREDICATES.map(({ relations: wanted }) => wanted))
  const quiet = b.xor(pick(PREDICATES.map((entry) => (entry.quiet ? 1 : 0))), bit(PREDICATE_QUIET))
  const negated = bit(PREDICATE_NEGATED)
  const own = halvesOf(target)
  const other = halvesOf(source)
  const wanted = (relation: number) => b.vSplat(64, b.neg(b.and(b.shrU(relations, b.constant(relation)), b.constant(1))))
  quickly(b, bits, target, (host, exactness, _, lanes, a, x) => {
    // Nothing is unordered here.
    const found = b.vOr(b.vOr(b.vAnd(host.less(bits, a, x), wanted(0)), b.vAnd(host.equal(bits, a, x), wanted(1))), b.vAnd(host.less(bits, x, a), wanted(2)))
    const holding = b.vXor(found, b.vSplat(64, b.neg(negated)))
    return { result: lanes === 'one' ? b.vInsert(bits, a, 0, b.vExtract(bits, holding, 0)) : holding, conditions: exactness.comparable(a, x) }
  }, own, other, () => {
    const lanes = lanesOf(b, target, bits, own)
    finish(b, target, bits, lanesOf(b, source, bits, other).map((x, index) => {
      const [relation, flags] = b.routine(SCALAR[bits].compare, lanes[index] ?? x, x, quiet, b.special('mxcsr'))
      const [found] = b.routine(relationBit, relation)
      return [b.neg(b.xor(b.ne(b.and(found, relations), b.constant(0)), negated)), flags] as const
    }))
  })
}

/** CMPPS …, with the predicates of a mask. */
export function comparisonRows(mask: number): Row[] {
  return FORMS.map(({ suffix, prefix, bits, target, source, feature }): Row => ({
    name: `cmp${suffix}`, map: '0f', opcode: 0xc2, prefix, operands: [`${target}:rw`, `${source}:r`, 'Ib:r'], feature, faults: FAULTS,
    unit: 'sse', semantics: compareMask(bits, mask),
  }))
}

const C0 = 0x100
const C2 = 0x400
const C3 = 0x4000
/** COMISS and its kin: the relation in ZF, PF and CF; OF, SF and AF are cleared. */
const compareToFlags = (bits: Bits, quiet: number): Semantics => (b, first, second) => {
  const x = second.readVector()
  const a = first.readVector()
  b.shortcut((host) => ({
    conditions: new Quick(b, host, bits, 'one').comparable(a, x),
    take: () => {
      b.setFlagsImage(b.or(b.shl(host.firstEqual(bits, a, x), b.constant(6)), host.firstLess(bits, a, x)), 0x8d5)
    },
  }), () => {
    const [relation, flags] = b.routine(SCALAR[bits].compare, b.vExtract(bits, a, 0), b.vExtract(bits, x, 0), b.constant(quiet), b.special('mxcsr'))
    b.routine(finishSse, flags)
    const bit = (code: number, position: number) => b.shl(b.ne(b.and(relation, b.constant(code)), b.constant(0)), b.constant(position))
    b.setFlagsImage(b.or(b.or(bit(C3, 6), bit(C2, 2)), bit(C0, 0)), 0x8d5)
  })
}

function comparisonsToFlags(): Row[] {
  return ([['ucomi', 0x2e, 1], ['comi', 0x2f, 0]] as const).flatMap(([name, opcode, quiet]) =>
    ([['ss', 'none', 32, 'Vd:r', 'Wd:r', 'sse'], ['sd', '66', 64, 'Vq:r', 'Wq:r', 'sse2']] as const).map(([suffix, prefix, bits, target, source, feature]): Row => ({
      name: `${name}${suffix}`, map: '0f', opcode, prefix, operands: [target, source], feature, faults: FAULTS, unit: 'sse',
      flags: { writes: ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] }, semantics: compareToFlags(bits, quiet),
    })))
}

/** Lanes by 128 bits: what works within a vector does so in each half of a wider one. */
function vectorsOf<T>(bits: Bits, lanes: readonly T[]): T[][] {
  const count = 128 / bits
  return Array.from({ length: lanes.length / count }, (_, index) => lanes.slice(index * count, (index + 1) * count))
}

/** Every two neighbours. */
function pairsOf<T>(values: readonly T[]): (readonly [T, T])[] {
  return values.flatMap((value, index) => {
    const next = values[index + 1]
    return index % 2 === 0 && next !== undefined ? [[value, next] as const] : []
  })
}

/** HADDPS, HSUBPS …: neighbours of the target, then of the source. */
const horizontal = (bits: Bits, operation: number): Semantics => (b, target, source) => {
  const others = vectorsOf(bits, readLanes(b, source, bits))
  const values = vectorsOf(bits, readLanes(b, target, bits)).flatMap((own, index) => [...own, ...(others[index] ?? [])])
  finish(b, target, bits, pairsOf(values).map(([a, x]) => b.routine(SCALAR[bits].arithmetic, b.constant(operation), a, x, b.special('mxcsr'))))
}

/** Even lanes are subtracted, odd ones added. */
const addSubtract: LaneOperation = (b, scalar, a, x, index) =>
  b.routine(scalar.arithmetic, b.constant(index % 2 === 0 ? Operation.subtract : Operation.add), a, x, b.special('mxcsr'))

const SSE3_FORMS = [{ suffix: 'pd', prefix: '66', bits: 64 }, { suffix: 'ps', prefix: 'f2', bits: 32 }] as const

function sse3Row(name: string, opcode: number, prefix: '66' | 'f2', semantics: Semantics): Row {
  return { name, map: '0f', opcode, prefix, operands: ['Vdq:rw', 'Wdq:r'], feature: 'sse3', faults: FAULTS, unit: 'sse', semantics }
}

function sse3(): Row[] {
  return SSE3_FORMS.flatMap(({ suffix, prefix, bits }) => [
    sse3Row(`hadd${suffix}`, 0x7c, prefix, horizontal(bits, Operation.add)),
    sse3Row(`hsub${suffix}`, 0x7d, prefix, horizontal(bits, Operation.subtract)),
    sse3Row(`addsub${suffix}`, 0xd0, prefix, lanewise(bits, addSubtract)),
  ])
}

const MAP_3A: OpcodeMap = '0f3a'
const SSE41: Feature = 'sse4.1'

const roundLanes = (bits: Bits): Semantics => (b, target, source, immediate) => {
  const how = immediate.read()
  finish(b, target, bits, readLanes(b, source, bits).map((x) => b.routine(SCALAR[bits].toIntegral, x, how, b.special('mxcsr'))))
}

/**
 * DPPS, DPPD: products that the immediate's high half chooses, added in pairs, and the sums of the pairs; each step rounds and
 * reports before the next (SDM vol. 2A, DPPS).
 */
const dotProduct = (bits: Bits): Semantics => (b, target, source, immediate) => {
  const mask = immediate.read()
  const chosenBit = (position: number) => b.ne(b.and(mask, b.constant(1 << position)), b.constant(0))
  const own = readLanes(b, target, bits)
  const count = 128 / bits
  const { arithmetic: compute } = SCALAR[bits]
  const products = readLanes(b, source, bits).map((x, index) => {
    const chosenLane = chosenBit(4 + (index % count))
    const [value, flags] = b.routine(compute, b.constant(Operation.multiply), own[index] ?? x, x, b.special('mxcsr'))
    return [b.select(chosenLane, value, b.constant(0)), b.select(chosenLane, flags, b.constant(0))] as const
  })
  report(b, products)
  let values = products.map(([value]) => value)
  while (values.length > own.length / count) {
    const sums = pairsOf(values).map(([a, x]) => b.routine(compute, b.constant(Operation.add), a, x, b.special('mxcsr')))
    report(b, sums)
    values = sums.map(([value]) => value)
  }
  const zero = b.constant(0)
  writeLanes(b, target, bits, own.map((_, index) => b.select(chosenBit(index % count), values[Math.floor(index / count)] ?? zero, zero)))
}

function sse41(): Row[] {
  const row = (name: string, opcode: number, operands: readonly OperandSpec[], semantics: Semantics): Row => ({
    name, map: MAP_3A, opcode, prefix: '66', operands, feature: SSE41, faults: FAULTS, unit: 'sse', semantics,
  })
  return [
    row('roundps', 0x08, ['Vdq:w', 'Wdq:r', 'Ib:r'], roundLanes(32)), row('roundpd', 0x09, ['Vdq:w', 'Wdq:r', 'Ib:r'], roundLanes(64)),
    row('roundss', 0x0a, ['Vd:w', 'Wd:r', 'Ib:r'], roundLanes(32)), row('roundsd', 0x0b, ['Vq:w', 'Wq:r', 'Ib:r'], roundLanes(64)),
    row('dpps', 0x40, ['Vdq:rw', 'Wdq:r', 'Ib:r'], dotProduct(32)), row('dppd', 0x41, ['Vdq:rw', 'Wdq:r', 'Ib:r'], dotProduct(64)),
  ]
}

export const sseFloatRows: readonly Row[] = [
  ...forms('add', 0x58, arithmetic(Operation.add), quickArithmetic('add')), ...forms('mul', 0x59, arithmetic(Operation.multiply), quickArithmetic('mul')),
  ...forms('sub', 0x5c, arithmetic(Operation.subtract), quickArithmetic('sub')), ...forms('div', 0x5e, arithmetic(Operation.divide), quickArithmetic('div')),
  ...forms('min', 0x5d, chosen(0), quickLesser), ...forms('max', 0x5f, chosen(1), quickGreater),
  ...rootRows,
  ...estimates('rsqrt', 0x52, 'reciprocalRoot'), ...estimates('rcp', 0x53, 'reciprocal'),
  ...comparisonRows(7), ...comparisonsToFlags(), ...sse3(), ...sse41(),
]
