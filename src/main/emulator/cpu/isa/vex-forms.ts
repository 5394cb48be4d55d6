/** The VEX-encoded forms of SSE instructions, made from their rows. */
import { rowOperand } from './operands'
import type { OperandCode, OperandSpec, Row } from './row'
import { inHalves, withFirstSource, type Cut } from './vex-operands'

/** Which have a form of 128 bits alone. */
const ONLY_128: ReadonlySet<string> = new Set([
  'movlps', 'movhps', 'movlpd', 'movhpd', 'movhlps', 'movlhps', 'movd', 'movq', 'maskmovdqu', 'pextrb', 'pextrw', 'pextrd', 'extractps', 'pinsrb', 'pinsrw', 'pinsrd', 'insertps',
  'phminposuw', 'pcmpestrm', 'pcmpestri', 'pcmpistrm', 'pcmpistri', 'aesimc', 'aesenc', 'aesenclast', 'aesdec', 'aesdeclast', 'aeskeygenassist', 'pclmulqdq', 'dppd', 'ldmxcsr',
  'stmxcsr',
])
/** Scalar ones: VEX.L is ignored. */
const SCALAR = /^(?!p).*(?:ss|sd)$|2si$/
/** Alignment is required only of these (SDM vol. 2A, table 2-20 ff.). */
const ALIGNED: ReadonlySet<string> = new Set(['movaps', 'movapd', 'movdqa', 'movntps', 'movntpd', 'movntdq', 'movntdqa'])
/** Their 256-bit forms came with AVX2, as integer instructions; the others with AVX. */
const INTEGER = /^(?:p(?!test)|mpsadbw|movntdqa)/
/** Scalars whose target is only written, but which leave the part above it from the first source. */
const MERGING = /^(?:sqrt|round|rcp|rsqrt|cvtsd2|cvtss2|cvtsi2)(?:ss|sd)$/
/** Bits of the immediate for each half. */
const IMMEDIATE_BITS: Readonly<Record<string, number>> = { blendps: 4, blendpd: 2, shufpd: 2, mpsadbw: 3 }
/** Lanes of a half that a mask has a bit for. */
const MASK_BITS: Readonly<Record<string, number>> = { movmskps: 4, movmskpd: 2, pmovmskb: 16 }
/** Their result is half as wide as their source. */
const NARROWING: ReadonlySet<string> = new Set(['cvtpd2ps', 'cvtpd2dq', 'cvttpd2dq'])
/** Sources that widen have twice their width with 256 bits. */
const DOUBLED: Readonly<Partial<Record<OperandCode, OperandCode>>> = {
  Vdq: 'Vqq', Hdq: 'Hqq', Wdq: 'Wqq', Udq: 'Uqq', Mdq: 'Mqq', Ldq: 'Lqq', Wq: 'Wdq', Wd: 'Wq', Ww: 'Wd',
}
const FIRST_SOURCES: Readonly<Partial<Record<OperandCode, OperandSpec>>> = { Vdq: 'Hdq:r', Vqq: 'Hqq:r', Vq: 'Hq:r', Vd: 'Hd:r' }

/**
 * The VEX form, or forms, of a row.
 * @param anyWidth its semantics take operands of any width; others are of 128 bits
 */
export function vexForms(row: Row, anyWidth: boolean): Row[] {
  const scalar = SCALAR.test(row.name)
  const narrow = vexForm(row, row, scalar ? {} : { l: 0 }, 'avx')
  if (scalar || ONLY_128.has(row.name)) return [narrow]
  return [narrow, wideForm(row, anyWidth)]
}

function vexForm(row: Row, { operands, semantics }: Pick<Row, 'operands' | 'semantics'>, vex: NonNullable<Row['vex']>, feature: 'avx' | 'avx2'): Row {
  const { name } = row
  const wideName = row.names?.[64]
  const form: Row = { ...row, name: `v${name}`, vex, operands, feature, unit: 'avx', unaligned: !ALIGNED.has(name), semantics, ...(wideName !== undefined && { names: { 64: `v${wideName}` } }) }
  const [target, ...sources] = operands
  if (target === undefined) return form
  const { code, access, place } = rowOperand(target)
  if (access !== 'rw' && !MERGING.test(name)) return form
  // Shifts by an immediate have their target in VEX.vvvv and their source in ModRM.rm.
  const specs: readonly OperandSpec[] = place === 'register' ? [code === 'Uqq' ? 'Hqq:w' : 'Hdq:w', `${code}:r`, ...sources] : [`${code}:w`, firstSource(code), ...sources]
  return { ...form, operands: specs, semantics: withFirstSource(semantics) }
}

function firstSource(code: OperandCode): OperandSpec {
  const first = FIRST_SOURCES[code]
  if (first === undefined) throw new Error(`The instruction table names no first source for a target ${code}.`)
  return first
}

function wideForm(row: Row, anyWidth: boolean): Row {
  const { name } = row
  const operands = row.operands.map((spec, index) => doubled(row, rowOperand(spec).code, rowOperand(spec).access, index))
  const cuts = operands.map((spec, index): Cut => {
    const own = row.operands[index]
    if (rowOperand(spec).width === 'qq') return 'wide'
    return spec === own ? 'shared' : 'narrow'
  })
  const semantics = anyWidth ? row.semantics : inHalves(row.semantics, { cuts, immediateBits: IMMEDIATE_BITS[name] ?? 0, maskBits: MASK_BITS[name] ?? 0 })
  return vexForm(row, { operands, semantics }, { l: 1 }, INTEGER.test(name) ? 'avx2' : 'avx')
}

function doubled({ name, operands }: Row, code: OperandCode, access: string, index: number): OperandSpec {
  const spec = operands[index]
  if (spec === undefined) throw new Error(`${name} has no operand ${index}.`)
  if (name === 'movddup') return index === 0 ? 'Vqq:w' : 'Wqq:r'
  if (NARROWING.has(name) && index === 0) return spec
  // A count of shifts has 128 bits always.
  if (/^ps[lr][la]/.test(name) && index === 1 && code === 'Wdq') return spec
  const wide = DOUBLED[code]
  return wide === undefined ? spec : access === 'rw' ? `${wide}:rw` : access === 'w' ? `${wide}:w` : `${wide}:r`
}

/** Whether a row is one of XMM registers alone. */
function hasVexForm(row: Row): boolean {
  return row.unit === 'sse' && !NO_VEX.test(row.name) && row.operands.every((spec) => rowOperand(spec).file !== 'mm')
}

/** Those without a VEX form, and those whose VEX forms differ by more than their operands (`avx.ts`, `avx-move.ts`). */
const NO_VEX = /^(?:sha|cmp[ps][sd]$|movss$|movsd$|p?blendv)/

/** VEX forms of all rows that have one. */
export function allVexForms(rows: readonly Row[], anyWidth: (row: Row) => boolean): Row[] {
  return rows.filter(hasVexForm).flatMap((row) => vexForms(row, anyWidth(row)))
}
