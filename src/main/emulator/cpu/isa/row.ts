import type { Builder, Flag, Operand } from '../semantics/builder'

/**
 * One instruction form. Encoding, operands, flags, faults and meaning stand here once; decoder, disassembler, both
 * backends and the tests are made from the rows.
 */
export interface Row {
  /** Lower-case mnemonic as the manuals and disassemblers spell it. */
  readonly name: string
  /** Other names by operand size (CWDE, MOVSQ …; JECXZ goes by the address size). */
  readonly names?: { readonly 16?: string; readonly 32?: string; readonly 64?: string }
  /** Opcode map: '' one-byte, '0f', '0f38', '0f3a'. */
  readonly map: OpcodeMap
  readonly opcode: number
  /** ModRM.reg that selects the form (opcode groups), or undefined. Operands with E, M, G, S … imply a ModRM byte. */
  readonly reg?: number
  /** Only this ModRM.rm with mod = 3 (e.g. 0F 01 F8), or only one of the forms. */
  readonly rm?: number
  readonly form?: 'memory' | 'register'
  /** Mandatory prefix ('none': neither 66 nor F2 nor F3; 'no-repeat': neither F2 nor F3); undefined: prefixes have their ordinary meaning. */
  readonly prefix?: 'none' | 'no-repeat' | '66' | 'f2' | 'f3'
  /**
   * VEX-encoded (SDM vol. 2A, 2.3): `l` and `w` are the values of VEX.L and VEX.W that select the row (undefined: any); `prefix` is then what
   * VEX.pp says. Without a B or H operand VEX.vvvv must be 1111. A write to a vector register clears what lies above it.
   */
  readonly vex?: { readonly l?: 0 | 1; readonly w?: 0 | 1 }
  /** Operands, destination first, in the notation of SDM vol. 2D appendix A.2, with their access. */
  readonly operands: readonly OperandSpec[]
  /** Valid only outside, or only inside, 64-bit mode. */
  readonly modes?: 'not64' | 'only64'
  /** Not recognised in real and virtual-8086 mode (#UD). */
  readonly protectedOnly?: boolean
  /** Operand size in 64-bit mode: 64 whatever the prefixes ('force64'), or 64 unless 66 ('default64'). */
  readonly size64?: 'force64' | 'default64'
  /** No operand shows it, but the semantics depend on the operand size (PUSHA, IRET …). */
  readonly sized?: boolean
  /** Only without REX.B (NOP, which otherwise is XCHG r8, rAX). */
  readonly noRexB?: boolean
  /** POP m: with rSP as base, the address is computed from rSP after the pop (SDM vol. 2B, POP). */
  readonly popsBeforeAddress?: boolean
  /** Register that the opcode itself names and no operand shows (PUSH ES …), for the disassembler. */
  readonly fixedOperand?: string
  /** A memory operand of 128 or 256 bits needs no alignment; without this #GP(0) unless its linear address is a multiple of its bytes. */
  readonly unaligned?: boolean
  /** LOCK allowed (with a memory destination). */
  readonly lock?: boolean
  /** String instruction: REP repeats by rCX; 'zf': REPE/REPNE also look at ZF. `semantics` is one iteration. */
  readonly repeat?: 'count' | 'zf'
  /** What many iterations of it come to: backends may do them at once. */
  readonly bulk?: 'move' | 'fill'
  /** CPU feature (CPUID bit) or generation it came with; later CPU models choose by it. */
  readonly feature?: Feature
  /**
   * Arithmetic flags it reads, writes, and leaves with undefined contents. A flag that is sometimes written and sometimes left alone (shifts by a
   * count that may be 0) stands under `reads` too. REP prefixes are not considered: repeated zero times, a string instruction writes none.
   */
  readonly flags?: { readonly reads?: readonly Flag[]; readonly writes?: readonly Flag[]; readonly undefined?: readonly Flag[] }
  /** Exceptions beyond those that memory operands bring anyway. */
  readonly faults?: readonly string[]
  /** The instruction sets RIP itself (jumps, calls, interrupts): it ends a block, and nothing advances RIP after it. */
  readonly setsRip?: boolean
  /** It ends a block for another reason: it may change mode, mapping, interrupt state, or stop. */
  readonly endsBlock?: boolean
  /** Unit whose presence is checked before the semantics, and marked as used after them (`fpu-access.ts`). */
  readonly unit?: Unit
  readonly semantics: Semantics
}

export type Unit = 'sse' | 'mmx' | 'avx'

export type OpcodeMap = '' | '0f' | '0f38' | '0f3a'

export type Feature =
  | '8086' | '186' | '286' | '386' | '486' | 'pentium' | 'cmov' | 'syscall' | 'sysenter' | 'long' | 'fpu' | 'mmx' | 'sse' | 'sse2' | 'sse3' | 'popcnt'
  | 'movbe' | 'crc32' | 'smap' | 'lahf64' | 'cx16' | 'bmi1' | 'bmi2' | 'lzcnt' | 'adx' | 'rdtscp' | 'nopl'
  | 'avx' | 'avx2' | 'fma' | 'f16c' | 'ssse3' | 'sse4.1' | 'sse4.2' | 'aes' | 'pclmulqdq' | 'sha'
  | 'rdpid' | 'fsgsbase' | 'xsave' | 'xsavec' | 'rdrand' | 'rdseed' | 'clflush' | 'clflushopt' | 'clwb' | 'invpcid' | 'monitor' | 'fxsr' | 'pku'

/** V is the backend's value type, X its vector type; rows work for every backend. */
export type Semantics = <V, X>(b: Builder<V, X>, ...operands: Operand<V, X>[]) => void

export type Access = 'r' | 'w' | 'rw' | 'a'

/**
 * `CODE:access`. Codes (SDM vol. 2D A.2.1, A.2.2): E ModRM r/m; G ModRM.reg; M memory only; R register only (mod ignored for CR/DR moves); Z register
 * in the opcode's low 3 bits; I immediate; J relative branch (value: target RIP); O moffs; S segment register in ModRM.reg; C, D control, debug register; A far pointer;
 * X DS:rSI, Y ES:rDI, Bb DS:rBX (XLAT); Tb DS:rDI (MASKMOVQ); By the general register in VEX.vvvv, H the vector register, L the vector register in the immediate's high half. S, C and D operands `read()` as the register's number, A as selector << 32 | offset. Widths: b 8; w 16; d 32; q 64; v by operand size; z 16 or 32 by operand size (immediate sign-extended to 64-bit
 * operands); y 32 or 64; p far pointer. `sIb` sign-extended imm8. Fixed registers: al, cl, dx, rax (v-sized accumulator), eax (z-sized), 1.
 * VMd, VMq memory of 32, 64 bits with a vector as index (VSIB), VX that vector, VS its scale (0–3).
 * Vector registers: V XMM in ModRM.reg, W XMM or memory in ModRM.rm, U XMM in ModRM.rm; P, Q, N the same with MMX registers; Mdq memory, xmm0. Width dq: 128, qq: 256 (YMM).
 * x87: Mt 80 bits of memory; STi register ST(ModRM.rm), whose `read()` is i; ST the top of the stack, for the disassembler.
 * Access a: address only (LEA, INVLPG).
 */
export type OperandSpec = `${OperandCode}:${Access}`
export type OperandCode =
  | 'Eb' | 'Ew' | 'Ed' | 'Ev' | 'Ez' | 'Ey' | 'Eq' | 'Gb' | 'Gw' | 'Gd' | 'Gv' | 'Gy' | 'Mb' | 'Mw' | 'Md' | 'Mq' | 'My' | 'Mv' | 'Ma' | 'Mp' | 'M' | 'Rv' | 'Rd' | 'Ry'
  | 'Zb' | 'Zv' | 'Zy' | 'Ib' | 'Iw' | 'Iz' | 'Iv' | 'sIb' | 'Jb' | 'Jz' | 'Ob' | 'Ov' | 'Sw' | 'Cy' | 'Dy' | 'Ap' | 'Xb' | 'Xv' | 'Xz' | 'Yb' | 'Yv' | 'Yz' | 'Bb' | 'Tb' | 'By'
  | 'Vdq' | 'Vq' | 'Vd' | 'Wdq' | 'Wq' | 'Wd' | 'Ww' | 'Udq' | 'Uq' | 'Ud' | 'Mdq' | 'Pq' | 'Pd' | 'Qq' | 'Qd' | 'Nq'
  | 'Vqq' | 'Wqq' | 'Uqq' | 'Mqq' | 'Hqq' | 'Hdq' | 'Hq' | 'Hd' | 'Lqq' | 'Ldq' | 'VMd' | 'VMq' | 'VXdq' | 'VXqq' | 'VS'
  | 'Mt' | 'STi' | 'ST'
  | 'al' | 'cl' | 'ax' | 'dx' | 'rax' | 'eax' | '1' | 'xmm0'
