/** SSE and SSE2: conversions between numbers and integers, MXCSR (SDM vol. 2A, CVT…; vol. 1, 10.2.3). */
import { finishSse, SCALAR } from '../float/sse-arithmetic'
import { Quick } from '../float/quick'
import { Vector } from '../faults'
import type { Builder } from '../semantics/builder'
import { enterMmx, requireMmx } from './fpu-access'
import { readLanes, writeLanes, type Bits } from './lanes'
import type { Row, Semantics } from './row'

const FAULTS = ['#UD', '#NM', '#XM'] as const
/** Bits of MXCSR that exist; others are #GP(0). */
export const MXCSR_MASK = 0xffff

function report<V>(b: Builder<V>, flags: readonly V[]): void {
  b.routine(finishSse, flags.reduce((all, one) => b.or(all, one), b.constant(0)))
}

/** A number of one format into the other. */
const convertOne = (from: Bits): Semantics => (b, target, source) => {
  const above = target.readVector()
  const x = source.readVector()
  b.shortcut((host) => {
    const result = host.convert(from === 32 ? 64 : 32, above, x)
    const exactness = new Quick(b, host, from, 'one')
    const conditions = from === 32 ? exactness.plain(x) : [exactness.narrowed(x, result), exactness.rounded(() => exactness.widensTo(x, result))]
    return { conditions, take: () => target.writeVector(result) }
  }, () => {
    const [value, flags] = b.routine(SCALAR[from].convert, b.vExtract(from, x, 0), b.special('mxcsr'))
    report(b, [flags])
    target.write(value)
  })
}

/** Numbers of one format into the other. */
const convertLanes = (from: Bits): Semantics => (b, target, source) => {
  const results = readLanes(b, source, from).map((x) => b.routine(SCALAR[from].convert, x, b.special('mxcsr')))
  report(b, results.map(([, flags]) => flags))
  writeLanes(b, target, from === 32 ? 64 : 32, results.map(([value]) => value))
}

/** Signed integers of 32 bits in lanes into numbers. */
const fromLanes = (to: Bits): Semantics => (b, target, source) => {
  const results = readLanes(b, source, 32).map((x) => b.routine(SCALAR[to].fromInteger, b.sext(32, x), b.special('mxcsr')))
  report(b, results.map(([, flags]) => flags))
  writeLanes(b, target, to, results.map(([value]) => value))
}

/** Numbers in lanes into signed integers of 32 bits; lanes without a source are cleared. */
const toLanes = (from: Bits, chop: number): Semantics => (b, target, source) => {
  const results = readLanes(b, source, from).map((x) => b.routine(SCALAR[from].toInteger, x, b.constant(32), b.constant(chop), b.special('mxcsr')))
  report(b, results.map(([, flags]) => flags))
  writeLanes(b, target, 32, results.map(([value]) => value))
}

const fromRegister = (to: Bits): Semantics => (b, target, source) => {
  const above = target.readVector()
  const integer = b.sext(source.size, source.read())
  b.shortcut((host) => ({
    // All 32-bit integers are doubles.
    conditions: source.size < to ? [] : [new Quick(b, host, to, 'one').ofInteger(integer)],
    take: () => target.writeVector(host.fromInteger(to, above, integer)),
  }), () => {
    const [value, flags] = b.routine(SCALAR[to].fromInteger, integer, b.special('mxcsr'))
    report(b, [flags])
    target.write(value)
  })
}

const toRegister = (from: Bits, chop: number): Semantics => (b, target, source) => {
  const x = source.readVector()
  b.shortcut((host) => ({
    conditions: new Quick(b, host, from, 'one').toInteger(x, target.size, chop === 1),
    take: () => target.write(b.zext(target.size, host.toInteger(from, chop === 1, x))),
  }), () => {
    const [value, flags] = b.routine(SCALAR[from].toInteger, b.vExtract(from, x, 0), b.constant(target.size), b.constant(chop), b.special('mxcsr'))
    report(b, [flags])
    target.write(value)
  })
}

/** With a memory operand there is no MMX register, and its state is left alone. */
const fromMmx = (to: Bits): Semantics => (b, target, source) => {
  if (!source.isMemory) requireMmx(b)
  const pair = source.read()
  const results = [0, 32].map((shift) => b.routine(SCALAR[to].fromInteger, b.sext(32, b.shrU(pair, b.constant(shift))), b.special('mxcsr')))
  // Also when an exception follows.
  if (!source.isMemory) enterMmx(b)
  report(b, results.map(([, flags]) => flags))
  if (to === 64) {
    writeLanes(b, target, to, results.map(([value]) => value))
    return
  }
  const [low, high] = results
  if (low !== undefined && high !== undefined) target.write(b.or(b.zext(32, low[0]), b.shl(high[0], b.constant(32))))
}

const toMmx = (from: Bits, chop: number): Semantics => (b, target, source) => {
  requireMmx(b)
  const results = readLanes(b, source, from).map((x) => b.routine(SCALAR[from].toInteger, x, b.constant(32), b.constant(chop), b.special('mxcsr')))
  // Also when an exception follows.
  enterMmx(b)
  report(b, results.map(([, flags]) => flags))
  const [low, high] = results
  if (low !== undefined && high !== undefined) target.write(b.or(b.zext(32, low[0]), b.shl(high[0], b.constant(32))))
}

function row(name: string, opcode: number, prefix: NonNullable<Row['prefix']>, operands: Row['operands'], feature: 'sse' | 'sse2', semantics: Semantics): Row {
  return { name, map: '0f', opcode, prefix, operands, feature, faults: FAULTS, unit: 'sse', semantics }
}

const loadMxcsr: Semantics = (b, source) => {
  const value = source.read()
  b.raiseIf(b.ltU(b.constant(MXCSR_MASK), value), Vector.GP, b.constant(0))
  b.setSpecial('mxcsr', value)
}

const storeMxcsr: Semantics = (b, target) => target.write(b.special('mxcsr'))

export const sseConvertRows: readonly Row[] = [
  row('cvtps2pd', 0x5a, 'none', ['Vdq:w', 'Wq:r'], 'sse2', convertLanes(32)), row('cvtpd2ps', 0x5a, '66', ['Vdq:w', 'Wdq:r'], 'sse2', convertLanes(64)),
  row('cvtss2sd', 0x5a, 'f3', ['Vq:w', 'Wd:r'], 'sse2', convertOne(32)), row('cvtsd2ss', 0x5a, 'f2', ['Vd:w', 'Wq:r'], 'sse2', convertOne(64)),
  row('cvtdq2ps', 0x5b, 'none', ['Vdq:w', 'Wdq:r'], 'sse2', fromLanes(32)), row('cvtps2dq', 0x5b, '66', ['Vdq:w', 'Wdq:r'], 'sse2', toLanes(32, 0)),
  row('cvttps2dq', 0x5b, 'f3', ['Vdq:w', 'Wdq:r'], 'sse2', toLanes(32, 1)), row('cvttpd2dq', 0xe6, '66', ['Vdq:w', 'Wdq:r'], 'sse2', toLanes(64, 1)),
  row('cvtdq2pd', 0xe6, 'f3', ['Vdq:w', 'Wq:r'], 'sse2', fromLanes(64)), row('cvtpd2dq', 0xe6, 'f2', ['Vdq:w', 'Wdq:r'], 'sse2', toLanes(64, 0)),
  row('cvtsi2ss', 0x2a, 'f3', ['Vd:w', 'Ey:r'], 'sse', fromRegister(32)), row('cvtsi2sd', 0x2a, 'f2', ['Vq:w', 'Ey:r'], 'sse2', fromRegister(64)),
  row('cvttss2si', 0x2c, 'f3', ['Gy:w', 'Wd:r'], 'sse', toRegister(32, 1)), row('cvttsd2si', 0x2c, 'f2', ['Gy:w', 'Wq:r'], 'sse2', toRegister(64, 1)),
  row('cvtss2si', 0x2d, 'f3', ['Gy:w', 'Wd:r'], 'sse', toRegister(32, 0)), row('cvtsd2si', 0x2d, 'f2', ['Gy:w', 'Wq:r'], 'sse2', toRegister(64, 0)),
  row('cvtpi2ps', 0x2a, 'none', ['Vq:w', 'Qq:r'], 'sse', fromMmx(32)), row('cvtpi2pd', 0x2a, '66', ['Vdq:w', 'Qq:r'], 'sse2', fromMmx(64)),
  row('cvttps2pi', 0x2c, 'none', ['Pq:w', 'Wq:r'], 'sse', toMmx(32, 1)), row('cvttpd2pi', 0x2c, '66', ['Pq:w', 'Wdq:r'], 'sse2', toMmx(64, 1)),
  row('cvtps2pi', 0x2d, 'none', ['Pq:w', 'Wq:r'], 'sse', toMmx(32, 0)), row('cvtpd2pi', 0x2d, '66', ['Pq:w', 'Wdq:r'], 'sse2', toMmx(64, 0)),
  { name: 'ldmxcsr', map: '0f', opcode: 0xae, reg: 2, prefix: 'none', operands: ['Md:r'], feature: 'sse', faults: ['#UD', '#NM', '#GP: reserved bits'], unit: 'sse', semantics: loadMxcsr },
  { name: 'stmxcsr', map: '0f', opcode: 0xae, reg: 3, prefix: 'none', operands: ['Md:w'], feature: 'sse', faults: ['#UD', '#NM'], unit: 'sse', semantics: storeMxcsr },
]
