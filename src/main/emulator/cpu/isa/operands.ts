/**
 * What the operand codes of the rows mean (notation: SDM vol. 2D, A.2.1 and A.2.2). Decoder, disassembler and backends
 * all look here.
 */
import type { Size } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import type { Access, OperandCode, OperandSpec, Row } from './row'

/**
 * Where an operand is found:
 *   rm         ModRM.rm: register (slot `rm`) or memory           reg       ModRM.reg: general register (slot `reg`)
 *   opcode     low three bits of the opcode (slot `rm`)           memory    ModRM.rm, memory only
 *   register   ModRM.rm, register only                            fixed     a register given by the row (`fixed`)
 *   segment, control, debug   ModRM.reg: `read()` gives the register's *number*; rows pass it to the helpers
 *   immediate  `immediate` (the second one: `immediate2`)         one       the constant 1
 *   relative   next RIP + `immediate`: the target, not yet masked
 *   far        `immediate` = selector << 32 | offset              offset    memory at `immediate` (MOV moffs)
 *   vvvv       VEX.vvvv (slot `vvvv`)                             is4       the immediate's bits 7–4: vector register (slot `immediate`)
 *   vsib       memory, its index a vector register: as an operand, base and displacement alone
 *   index      that vector register (slot `rm`)                   scale     its scale: `read()` gives 0–3. The disassembler shows both with the memory
 *   x87        stack register ModRM.rm: `read()` gives i of ST(i)     x87top    ST(0), always; for the disassembler
 *   string     memory at the register `fixed`: rSI, rBX and rDI (T) in DS or the overriding segment, rDI (Y) always in ES
 */
export type Place =
  | 'rm' | 'reg' | 'opcode' | 'memory' | 'register' | 'fixed' | 'segment' | 'control' | 'debug' | 'immediate' | 'one' | 'relative' | 'far'
  | 'offset' | 'string' | 'vvvv' | 'is4' | 'vsib' | 'index' | 'scale' | 'x87' | 'x87top'

/**
 * b w d q dq qq: 8 to 256; t: 80 (operands read and write the low 64); v: the operand size; z: 16 or 32; y: 32 or 64; s and i: the operand size, but encoded as a sign-extended byte (s) or in
 * 16 or 32 bits (i).
 */
export type Width = 'b' | 'w' | 'd' | 'q' | 't' | 'dq' | 'qq' | 'v' | 'z' | 'y' | 's' | 'i'

/** Which registers ModRM or the row names. */
export type RegisterFile = 'general' | 'xmm' | 'mm'

export interface OperandKind {
  readonly place: Place
  readonly width: Width
  /** x86 number of the register of a `fixed` or `string` operand. */
  readonly fixed: number
  /** Not 'general': a vector operand, also where it is memory. */
  readonly file: RegisterFile
}

export interface RowOperand extends OperandKind {
  readonly code: OperandCode
  readonly access: Access
}

function kind(place: Place, width: Width, fixed = 0): OperandKind {
  return { place, width, fixed, file: 'general' }
}

function xmm(place: Place, width: Width): OperandKind {
  return { place, width, fixed: 0, file: 'xmm' }
}

function mm(place: Place, width: Width): OperandKind {
  return { place, width, fixed: 0, file: 'mm' }
}

const KINDS: Readonly<Record<OperandCode, OperandKind>> = {
  Eb: kind('rm', 'b'), Ew: kind('rm', 'w'), Ed: kind('rm', 'd'), Ev: kind('rm', 'v'), Ez: kind('rm', 'z'), Ey: kind('rm', 'y'), Eq: kind('rm', 'q'),
  Gb: kind('reg', 'b'), Gw: kind('reg', 'w'), Gd: kind('reg', 'd'), Gv: kind('reg', 'v'), Gy: kind('reg', 'y'),
  Mb: kind('memory', 'b'), Mw: kind('memory', 'w'), Md: kind('memory', 'd'), Mq: kind('memory', 'q'), Mv: kind('memory', 'v'), My: kind('memory', 'y'),
  Mt: kind('memory', 't'), STi: kind('x87', 't'), ST: kind('x87top', 't'),
  Ma: kind('memory', 'v'), Mp: kind('memory', 'v'), M: kind('memory', 'v'),
  Rv: kind('register', 'v'), Rd: kind('register', 'd'), Ry: kind('register', 'y'),
  Zb: kind('opcode', 'b'), Zv: kind('opcode', 'v'), Zy: kind('opcode', 'y'),
  Ib: kind('immediate', 'b'), Iw: kind('immediate', 'w'), Iz: kind('immediate', 'i'), Iv: kind('immediate', 'v'), sIb: kind('immediate', 's'),
  Jb: kind('relative', 'b'), Jz: kind('relative', 'z'), Ap: kind('far', 'z'),
  Ob: kind('offset', 'b'), Ov: kind('offset', 'v'),
  Sw: kind('segment', 'w'), Cy: kind('control', 'y'), Dy: kind('debug', 'y'),
  Xb: kind('string', 'b', Reg.rsi), Xv: kind('string', 'v', Reg.rsi), Xz: kind('string', 'z', Reg.rsi), Bb: kind('string', 'b', Reg.rbx),
  Yb: kind('string', 'b', Reg.rdi), Yv: kind('string', 'v', Reg.rdi), Yz: kind('string', 'z', Reg.rdi),
  Tb: kind('string', 'b', Reg.rdi), By: kind('vvvv', 'y'),
  Vdq: xmm('reg', 'dq'), Vq: xmm('reg', 'q'), Vd: xmm('reg', 'd'),
  Wdq: xmm('rm', 'dq'), Wq: xmm('rm', 'q'), Wd: xmm('rm', 'd'), Ww: xmm('rm', 'w'),
  Udq: xmm('register', 'dq'), Uq: xmm('register', 'q'), Ud: xmm('register', 'd'), Mdq: xmm('memory', 'dq'), xmm0: xmm('fixed', 'dq'),
  Vqq: xmm('reg', 'qq'), Wqq: xmm('rm', 'qq'), Uqq: xmm('register', 'qq'), Mqq: xmm('memory', 'qq'),
  Hqq: xmm('vvvv', 'qq'), Hdq: xmm('vvvv', 'dq'), Hq: xmm('vvvv', 'q'), Hd: xmm('vvvv', 'd'), Lqq: xmm('is4', 'qq'), Ldq: xmm('is4', 'dq'),
  VMd: kind('vsib', 'd'), VMq: kind('vsib', 'q'), VXdq: xmm('index', 'dq'), VXqq: xmm('index', 'qq'), VS: kind('scale', 'q'),
  Pq: mm('reg', 'q'), Pd: mm('reg', 'd'), Qq: mm('rm', 'q'), Qd: mm('rm', 'd'), Nq: mm('register', 'q'),
  al: kind('fixed', 'b', Reg.rax), cl: kind('fixed', 'b', Reg.rcx), ax: kind('fixed', 'w', Reg.rax), dx: kind('fixed', 'w', Reg.rdx),
  rax: kind('fixed', 'v', Reg.rax), eax: kind('fixed', 'z', Reg.rax), '1': kind('one', 'b'),
}

/** The one operand at rDI that other segments than ES are for. */
export const MASKED_STORE: OperandCode = 'Tb'

const parsed = new Map<OperandSpec, RowOperand>()

/** Meaning of `CODE:access`. */
export function rowOperand(spec: OperandSpec): RowOperand {
  let operand = parsed.get(spec)
  if (operand === undefined) {
    const [code, access] = splitSpec(spec)
    operand = { ...KINDS[code], code, access }
    parsed.set(spec, operand)
  }
  return operand
}

function splitSpec(spec: OperandSpec): [OperandCode, Access] {
  const colon = spec.indexOf(':')
  const code = spec.slice(0, colon)
  const access = spec.slice(colon + 1)
  if (!isCode(code) || !isAccess(access)) throw new Error(`Unknown operand "${spec}" in the instruction table.`)
  return [code, access]
}

function isCode(code: string): code is OperandCode {
  return Object.hasOwn(KINDS, code)
}

function isAccess(access: string): access is Access {
  return access === 'r' || access === 'w' || access === 'rw' || access === 'a'
}

/** Width in bits of a vector operand; 0 for others. */
export function vectorBits({ file, width }: OperandKind): number {
  return file === 'general' ? 0 : width === 'qq' ? 256 : width === 'dq' ? 128 : operandBits(width, 64)
}

/** Width in bits of an operand when the instruction's operand size is `operandSize`; of wider vectors the low 64. */
export function operandBits(width: Width, operandSize: Size): Size {
  switch (width) {
    case 'b': return 8
    case 'w': return 16
    case 'd': return 32
    case 'q': case 't': case 'dq': case 'qq': return 64
    case 'z': return operandSize === 64 ? 32 : operandSize
    case 'y': return operandSize === 64 ? 64 : 32
    case 'v': case 's': case 'i': return operandSize
  }
}

const BY_OPERAND_SIZE: ReadonlySet<Width> = new Set<Width>(['v', 'z', 'y', 's', 'i'])
const FIXED_SIZE: readonly Size[] = [32]
const BYTE: readonly Size[] = [8]
const LEGACY: readonly Size[] = [16, 32]
const ALL: readonly Size[] = [16, 32, 64]
const VEX: readonly Size[] = [32, 64]

/**
 * Operand sizes in which a row occurs: 8 alone for byte forms; 32 alone when neither operands nor semantics depend on the
 * operand size (the decoder then says 32 whatever the prefixes); else 16, 32 and, where the row exists in 64-bit mode, 64.
 * VEX knows no 16-bit operands.
 */
export function operandSizes(row: Row): readonly Size[] {
  const operands = row.operands.map(rowOperand)
  const dependent = row.sized === true || operands.some((o) => BY_OPERAND_SIZE.has(o.width) || o.place === 'relative' || o.place === 'far')
  if (dependent && row.vex !== undefined) return VEX
  if (dependent) return row.modes === 'not64' ? LEGACY : ALL
  return operands.some((o) => o.width === 'b' && o.place !== 'immediate' && o.place !== 'one') ? BYTE : FIXED_SIZE
}

const MODRM_PLACES: ReadonlySet<Place> = new Set<Place>(['rm', 'reg', 'memory', 'register', 'segment', 'control', 'debug', 'vsib', 'x87'])

/** Whether the row's encoding has a ModRM byte. */
export function hasModRm(row: Row): boolean {
  return row.reg !== undefined || row.rm !== undefined || row.form !== undefined || row.operands.some((spec) => MODRM_PLACES.has(rowOperand(spec).place))
}

/** Whether one of the row's opcode's three low bits name a register: it then stands for eight opcodes. */
export function hasOpcodeRegister(row: Row): boolean {
  return row.operands.some((spec) => rowOperand(spec).place === 'opcode')
}

/** Whether the row has a register form and a memory form of its ModRM operand; a row without one has only the register form. */
export function formsOf(row: Row): readonly ('register' | 'memory')[] {
  const places = row.operands.map((spec) => rowOperand(spec).place)
  if (places.includes('memory') || places.includes('vsib') || places.includes('offset') || row.form === 'memory') return ['memory']
  if (places.includes('register') || places.includes('x87') || row.form === 'register' || row.rm !== undefined) return ['register']
  return places.includes('rm') ? ['register', 'memory'] : ['register']
}
