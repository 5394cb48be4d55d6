/** Disassembler in Intel syntax, from the same rows as everything else. For reports, traces and the debugger. */
import { RIP_SLOT, ZERO_SLOT } from '../state/layout'
import type { Size } from '../semantics/builder'
import { Reg, Seg } from '../semantics/builder'
import type { RowOperand, Width } from '../isa/operands'
import { MASKED_STORE, operandBits, rowOperand } from '../isa/operands'
import { decode } from './decode'
import type { CodeMode, Decoded } from './decoded'

export interface Disassembly {
  /** `mov eax, dword ptr [rbx+0x10]`; `(bad)` where the bytes are no instruction. */
  readonly text: string
  /** Bytes it takes; 1 for a bad one. */
  readonly length: number
}

const NAMES_64 = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const
const LOW_BYTES = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'] as const
const HIGH_BYTES = ['ah', 'ch', 'dh', 'bh'] as const
const RSP_SLOT = Reg.rsp * 8
const RBP_SLOT = Reg.rbp * 8
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const
const POINTERS: Readonly<Record<Size | 80 | 128 | 256, string>> = { 8: 'byte ptr', 16: 'word ptr', 32: 'dword ptr', 64: 'qword ptr', 80: 'tbyte ptr', 128: 'xmmword ptr', 256: 'ymmword ptr' }
/** Widths beyond an operand's `size`. */
const POINTER_BITS: Readonly<Partial<Record<Width, 80 | 128 | 256>>> = { t: 80, dq: 128, qq: 256 }
const EXTENDED_SUFFIX: Readonly<Record<Size, string>> = { 8: 'b', 16: 'w', 32: 'd', 64: '' }

/** Name of the register at a slot (byte offset from `GPR`). */
export function registerName(slot: number, size: Size): string {
  const index = slot >> 3
  if (size === 8 && (slot & 7) === 1) return HIGH_BYTES[index] ?? '?'
  if (index >= 8) return `r${index}${EXTENDED_SUFFIX[size]}`
  if (size === 8) return LOW_BYTES[index] ?? '?'
  const name = NAMES_64[index] ?? '?'
  return size === 64 ? name : size === 32 ? `e${name.slice(1)}` : name.slice(1)
}

/**
 * The instruction at the start of `bytes`.
 * @param address its offset in the code segment, for branch targets
 */
export function disassemble(bytes: Uint8Array, mode: CodeMode, address: bigint): Disassembly {
  const decoded = decode(bytes, mode)
  if (decoded.outcome !== 'instruction') return { text: '(bad)', length: 1 }
  return { text: format(decoded, mode, address), length: decoded.length }
}

/** Text of a decoded instruction. */
export function format(decoded: Decoded, mode: CodeMode, address: bigint): string {
  const { row } = decoded
  const operands = shownOperands(decoded).map((operand) => operandText(operand, decoded, mode, address))
  if (row.fixedOperand !== undefined) operands.push(row.fixedOperand)
  const text = `${prefixText(decoded)}${mnemonic(decoded)}`
  return operands.length === 0 ? text : `${text} ${operands.join(', ')}`
}

function mnemonic({ row, operandSize, addressSize }: Decoded): string {
  const size = row.name === 'jcxz' ? addressSize : operandSize
  return (size === 8 ? undefined : row.names?.[size]) ?? row.name
}

function prefixText({ row, lock, repeat }: Decoded): string {
  const lockText = lock ? 'lock ' : ''
  if (row.repeat === undefined || repeat === 'none') return lockText
  if (row.repeat === 'count') return `${lockText}rep `
  return `${lockText}${repeat === 'f3' ? 'repe ' : 'repne '}`
}

/** String instructions show their operands, but for the accumulator, only when a prefix changes the source's segment. */
function shownOperands(decoded: Decoded): readonly RowOperand[] {
  const operands = decoded.row.operands.map(rowOperand)
  if (decoded.row.repeat === undefined) return operands.filter(({ code, access, place }) => code !== MASKED_STORE && (code !== 'xmm0' || access !== 'w') && place !== 'index' && place !== 'scale')
  if (!decoded.segmentOverridden || decoded.segment === Seg.ds) return []
  return operands.filter(({ place, width }) => place === 'string' || width === 'w')
}

function operandText(operand: RowOperand, decoded: Decoded, mode: CodeMode, address: bigint): string {
  const size = operandBits(operand.width, decoded.operandSize)
  switch (operand.place) {
    case 'reg': return operandRegister(operand, decoded.reg, size)
    case 'vvvv': return operandRegister(operand, decoded.vvvv, size)
    case 'opcode': case 'register': case 'index': return operandRegister(operand, decoded.rm, size)
    case 'is4': return operandRegister(operand, Number(decoded.immediate), size)
    case 'scale': return hex(BigInt(decoded.scale))
    case 'rm': case 'memory': case 'vsib': return decoded.isMemory ? memoryText(operand, size, decoded) : operandRegister(operand, decoded.rm, size)
    case 'offset': return `${POINTERS[size]} ${segmentText(decoded)}[${hex(decoded.immediate)}]`
    case 'fixed': return operandRegister(operand, operand.fixed * 8, size)
    case 'segment': return SEGMENTS[decoded.reg] ?? '?'
    case 'control': return `cr${decoded.reg}`
    case 'debug': return `dr${decoded.reg}`
    case 'immediate': return hex(isSecondImmediate(operand, decoded) ? BigInt(decoded.immediate2) : decoded.immediate)
    case 'one': return '1'
    case 'x87': return `st(${decoded.rm >> 3})`
    case 'x87top': return 'st'
    case 'far': return `far ${hex(decoded.immediate >> 32n)}:${hex(decoded.immediate & 0xffffffffn)}`
    case 'relative': return hex(branchTarget(decoded, mode, address))
    case 'string': return stringText(operand, size, decoded)
  }
}

function operandRegister({ file, width }: RowOperand, slot: number, size: Size): string {
  return file === 'general' ? registerName(slot, size) : `${width === 'qq' ? 'ymm' : file}${slot >> 3}`
}

/** rDI always means ES. */
function stringText({ fixed }: RowOperand, size: Size, decoded: Decoded): string {
  const segment = fixed === Reg.rdi ? 'es:' : segmentText(decoded)
  return `${POINTERS[size]} ${segment}[${registerName(fixed * 8, decoded.addressSize)}]`
}

function isSecondImmediate(operand: RowOperand, { row }: Decoded): boolean {
  return row.operands.map(rowOperand).filter(({ place }) => place === 'immediate').indexOf(operand) === 1
}

/** Target of a near branch at `address`, wrapped as the processor does. */
export function branchTarget(decoded: Decoded, mode: CodeMode, address: bigint): bigint {
  const bits = decoded.operandSize === 16 ? 16 : mode === 64 ? 64 : 32
  return BigInt.asUintN(bits, address + BigInt(decoded.length) + decoded.immediate)
}

/** The segment, where it is not the one that the address would have anyway. */
function segmentText({ segment, segmentOverridden, base }: Decoded): string {
  const usual = base === RSP_SLOT || base === RBP_SLOT ? Seg.ss : Seg.ds
  return segmentOverridden && segment !== usual ? `${SEGMENTS[segment] ?? '?'}:` : ''
}

/** Memory whose size no width tells: LEA, descriptor tables, far pointers. */
const UNSIZED: ReadonlySet<string> = new Set(['M', 'Ma', 'Mp'])

function memoryText(operand: RowOperand, size: Size, decoded: Decoded): string {
  const { base, index, scale, addressSize } = decoded
  const terms: string[] = []
  if (base === RIP_SLOT) terms.push(addressSize === 64 ? 'rip' : 'eip')
  else if (base !== ZERO_SLOT) terms.push(registerName(base, addressSize))
  const vector = decoded.row.operands.map(rowOperand).find(({ place }) => place === 'index')
  if (vector !== undefined) terms.push(`${operandRegister(vector, decoded.rm, size)}*${1 << scale}`)
  else if (index !== ZERO_SLOT) terms.push(`${registerName(index, addressSize)}${addressSize === 16 ? '' : `*${1 << scale}`}`)
  const displacement = encodedDisplacement(decoded)
  let text = terms.join('+')
  if (terms.length === 0) text = hex(BigInt.asUintN(addressSize, BigInt(displacement)))
  else if (displacement !== 0) text += displacement < 0 ? `-0x${(-displacement).toString(16)}` : `+0x${displacement.toString(16)}`
  const kind = operand.code === 'Mp' && decoded.row.setsRip === true ? 'far ' : UNSIZED.has(operand.code) || operand.access === 'a' ? '' : `${POINTERS[POINTER_BITS[operand.width] ?? size]} `
  return `${kind}${segmentText(decoded)}[${text}]`
}

/** The displacement as it stands in the bytes. */
function encodedDisplacement({ row, base, displacement, length, operandSize }: Decoded): number {
  if (base === RIP_SLOT) return (displacement - length) | 0
  if (row.popsBeforeAddress === true && base === RSP_SLOT) return (displacement - operandSize / 8) | 0
  return displacement
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}
