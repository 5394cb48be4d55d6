/**
 * The one interface that instruction rows speak (`semantics(b, …operands)`). A backend implements it:
 *
 *   oracle   evaluates at once on bigint values: slow and obvious
 *   handler  emits the body of a WebAssembly function; operands come from a decoded record
 *   block    emits translated code for hot regions; operands are constants
 *
 * Values (`V`) are 64-bit patterns. A value of an n-bit operand is zero-extended; `zext`/`sext` say where that matters.
 * Truth values are 0 or 1. JavaScript control flow in a row is fixed when code is emitted; what depends on the guest
 * uses `select`, `if` and `while`.
 *
 * Precise faults: every access that can fault (`read`, `write` of memory operands, stack accesses, `raise…`, `call`)
 * comes before the first commit of the instruction (register or flag write), except that a last memory write may
 * come after values were computed. Backends do not roll back.
 */

import type { HostFloat, Shortcut } from './float-builder'
import type { Routine, Tuple } from './routines'
import type { SpecialRegister, WritableSpecial } from './special'
import type { VectorBuilder } from './vector-builder'

export type Size = 8 | 16 | 32 | 64
/** What is special about the flags of a sum or difference. */
export interface StepFlags {
  /** CF stays. */
  readonly keepCarry?: boolean
  /** CF went into the result. */
  readonly carryIn?: boolean
}

export type Flag = 'CF' | 'PF' | 'AF' | 'ZF' | 'SF' | 'OF'
export type Constant = bigint | number

/** x86 numbers of the general registers. */
export const Reg = {
  rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7, r8: 8, r9: 9, r10: 10, r11: 11, r12: 12, r13: 13, r14: 14, r15: 15,
} as const

/** x86 numbers of the segment registers. */
export const Seg = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5 } as const

/** A parameter list with every parameter's type replaced by V. */
export type Values<T extends readonly unknown[], V> = { [I in keyof T]: V }

/** A mutable value inside one instruction. */
export interface Variable<V> {
  get(): V
  set(value: V): void
}

/** An operand of the instruction, as its row declared it. */
export interface Operand<V, X = unknown> {
  /** Width in bits. */
  readonly size: Size
  /** Known when code is emitted: memory or register/immediate form. */
  readonly isMemory: boolean
  /** Width in bits as a vector: 256 or 128 for a whole YMM or XMM register, less where only a part is meant; 0 for other operands. `size` is then 64 at most. */
  readonly vectorBits: number
  /**
   * Zero-extended value (immediates: extended to `size` as the form says). A memory operand declared `rw` is checked for writing here, so that a
   * following `write` cannot fault.
   */
  read(): V
  /** Writes the low `size` bits. A 32-bit register write clears the upper half; in a vector register the rest stays, but in a VEX-encoded row it is cleared. */
  write(value: V): void
  /**
   * Vector operands: an XMM register as a whole (MMX: the low 64 bits), whatever part is meant; memory as wide as the operand (128 bits at most),
   * zero-extended.
   */
  readVector(): X
  /**
   * Vector operands: an XMM register as a whole (MMX: the low 64 bits), memory as wide as the operand. Bits 255–128 of a register stay, but in
   * a VEX-encoded row they are cleared (SDM vol. 1, 14.1.3).
   */
  writeVector(value: X): void
  /** A YMM register, low half first; memory as wide as the operand, zero-extended. Memory of 256 bits is one access. */
  readWide(): readonly [low: X, high: X]
  /** A YMM register as a whole; memory of 256 bits, as one access. */
  writeWide(low: X, high: X): void
  /** Effective address (offset inside the segment, masked to the address size); memory operands only. */
  address(): V
  /** Linear address: `address()` plus the segment's base, masked to 32 bits outside 64-bit mode; memory operands only. */
  linear(): V
  /** Selector of the segment; memory operands only. */
  selector(): V
  /** The memory at effective address + `displacement`, masked to the address size (a value or constant), with another width; memory operands only. */
  at(displacement: V, size: Size, access: 'r' | 'w' | 'rw'): Operand<V, X>
}

/** The vector part of an operand that is none. */
export const NO_VECTOR = { vectorBits: 0, readVector: noVector, writeVector: noVector, readWide: noVector, writeWide: noVector } as const

function noVector(): never {
  throw new Error('The operand is no such vector.')
}

/** Values and control flow: what a computation needs that touches no state. */
export interface Arithmetic<V> {
  // — values —
  constant(value: Constant): V
  add(a: V, b: V): V
  sub(a: V, b: V): V
  mul(a: V, b: V): V
  /** High 64 bits of the 128-bit product. */
  mulHighU(a: V, b: V): V
  mulHighS(a: V, b: V): V
  /** Quotients and remainders of 64-bit values. The row has excluded division by zero and overflow. */
  divU(a: V, b: V): V
  remU(a: V, b: V): V
  divS(a: V, b: V): V
  remS(a: V, b: V): V
  and(a: V, b: V): V
  or(a: V, b: V): V
  xor(a: V, b: V): V
  not(a: V): V
  neg(a: V): V
  /** Shifts by a value taken modulo 64. */
  shl(a: V, count: V): V
  shrU(a: V, count: V): V
  shrS(a: V, count: V): V
  /** A value of `size` bits turned left by fewer. */
  rotl(size: Size, a: V, count: V): V
  /** Leading and trailing zeros of 64 bits (64 for zero), and the number of ones. */
  clz(a: V): V
  ctz(a: V): V
  popcnt(a: V): V
  /** Comparisons of 64-bit values: 0 or 1. */
  eq(a: V, b: V): V
  ne(a: V, b: V): V
  ltU(a: V, b: V): V
  ltS(a: V, b: V): V
  leU(a: V, b: V): V
  leS(a: V, b: V): V
  isZero(a: V): V
  /** Low `size` bits, zero- or sign-extended to 64. */
  zext(size: Size, a: V): V
  sext(size: Size, a: V): V
  select(condition: V, whenTrue: V, whenFalse: V): V

  // — control flow inside an instruction —
  variable(initial: V): Variable<V>
  if(condition: V, then: () => void, otherwise?: () => void): void
  while(condition: () => V, body: () => void): void
}

/** What the body of a `Routine` may use: arithmetic, the state of the floating-point unit, exceptions. */
export interface RoutineBuilder<V> extends Arithmetic<V> {
  /** Calls a routine, which backends keep once as a function of its own. */
  routine<P extends number, R extends number>(routine: Routine<P, R>, ...args: Tuple<P, V>): Tuple<R, V>
  /** A register beside the general ones. What a write must obey (reserved bits, privilege) is up to the row. */
  special(name: SpecialRegister): V
  setSpecial(name: WritableSpecial, value: V): void
  /** Significand (MMn) and sign with exponent (16 bits) of *physical* x87 register `register` (a value, taken modulo 8). */
  x87Significand(register: V): V
  x87Exponent(register: V): V
  setX87(register: V, exponent: V, significand: V): void
  /** 64 bits of the YMM registers as an array: parts 4n and 4n + 1 are XMMn (a value, taken modulo 64). For state images; rows use operands. */
  ymmPart(part: V): V
  setYmmPart(part: V, value: V): void
  raise(vector: number, errorCode?: V): void
  raiseIf(condition: V, vector: number, errorCode?: V): void
}

/** `V` is a value, `X` a vector of 128 bits. */
export interface Builder<V, X = unknown> extends RoutineBuilder<V>, VectorBuilder<V, X> {
  /** Effective operand size of the instruction (16, 32, 64; 8 for byte forms). Known when code is emitted. */
  readonly operandSize: Size
  /** Code mode in which the instruction was decoded, where the backend knows it when emitting (block), else undefined. */
  readonly codeMode: 16 | 32 | 64 | undefined

  /**
   * Does what `whole` does, which is right always. Where the shortcut holds, as it nearly always does, its way may be taken instead. Nothing is committed
   * before it. The oracle only knows the whole way.
   */
  shortcut(quick: (host: HostFloat<V, X>) => Shortcut<V>, whole: () => void): void

  // — registers —
  /** General register by x86 number, zero-extended from `size` (low part; rows reach AH…BH only through operands). */
  reg(index: number, size: Size): V
  setReg(index: number, size: Size, value: V): void
  /** Effective address size of the instruction, as a mask value (0xffff, 0xffffffff, all ones). */
  addressMask(): V
  /** rCX, rSI or rDI by effective address size: read masked, write the low part (32-bit writes clear the upper half). */
  addressReg(index: number): V
  setAddressReg(index: number, value: V): void

  // — flags —
  /**
   * All six arithmetic flags from a `size`-bit result and its vector of carries (bit i: carry or borrow out of bit i). ADD: (a & b) | ((a | b) & ~r);
   * SUB: (~a & b) | (~(a ^ b) & r). `keepCarry`: CF stays (INC, DEC).
   */
  arithmeticFlags(size: Size, result: V, carries: V, options?: { keepCarry?: boolean }): void
  /** The same of `result` = `a` + `x`, or `a` − `x`: operands as `size`-bit values, the result not cut. `carryIn`: a carry or borrow went in. */
  sumFlags(size: Size, a: V, x: V, result: V, options?: StepFlags): void
  differenceFlags(size: Size, a: V, x: V, result: V, options?: StepFlags): void
  /** ZF, SF, PF from the result; CF = OF = AF = 0. */
  logicFlags(size: Size, result: V): void
  /** ZF, SF, PF from the result; the others stay. */
  resultFlags(size: Size, result: V): void
  flag(flag: Flag): V
  setFlag(flag: Flag, value: V): void
  /** Condition code 0–15 (O NO B NB Z NZ BE A S NS P NP L GE LE G): 0 or 1. */
  condition(code: number): V
  /** Non-arithmetic bits of EFLAGS by mask; direct, without privilege rules (CLD, STD, …): 0 or 1. */
  eflag(mask: number): V
  setEflag(mask: number, value: V): void
  /** Whole EFLAGS image with the arithmetic flags materialised. */
  flagsImage(): V
  /** CF, PF, AF, ZF, SF (mask says which, OF too) from an EFLAGS image (SAHF; POPF's arithmetic part). */
  setFlagsImage(image: V, mask: number): void

  // — stack (SS with the stack pointer's own width) —
  /** Memory at SS:(rSP + displacement bytes). */
  stack(displacement: V, size: Size, access: 'r' | 'w' | 'rw'): Operand<V>
  /** The same relative to rBP (ENTER, LEAVE). */
  frame(displacement: V, size: Size, access: 'r' | 'w'): Operand<V>
  /** rSP += delta, in the width the stack pointer had when the instruction first used the stack (POP SS may change it). */
  moveStack(delta: V): void

  // — control transfer —
  /** RIP of the next instruction in sequence. */
  nextRip(): V
  /** Near jump: target masked to the operand size; #GP(0) beyond CS's limit or when not canonical, before it commits. */
  jump(target: V): void
  /** RIP = next instruction; for rows marked `setsRip` where the transfer does not take place (Jcc, LOOP, INTO not taken). */
  fallThrough(): void
  /** Whether a near transfer to `target` would fault is checked now (CALL: before the push). */
  checkJump(target: V): void

  // — exceptions and everything that is not arithmetic —
  /** A helper of `cpu/system`, run on the state as of the start of the instruction plus what was committed. It may raise. */
  call<K extends keyof Helpers>(helper: K, ...args: Values<Parameters<Helpers[K]>, V>): V
  /** FOP of an x87 instruction: low 3 bits of its opcode, and ModRM (SDM vol. 1, 8.1.9). */
  x87Opcode(): V
  /** After this instruction it is looked whether an interrupt or a trap is to be taken (STI, POPF, IRET, OUT …). */
  attention(): void
  /** Inhibits interrupts until after the next instruction (STI, MOV SS, POP SS). */
  inhibitInterrupts(): void
}

/**
 * System helpers: slow, rare operations written once in TypeScript on the CPU state, called by every backend. Arguments and results are
 * 64-bit patterns (unsigned bigint); of those that some guests do little else than call, 32-bit ones (unsigned number), as big integers cost more than the rest of the call. All may throw `CpuFault`; those that transfer control set RIP themselves and their rows are marked
 * `setsRip`. `next` is RIP of the next instruction, for return addresses.
 */
export interface Helpers {
  /** Loads a segment register (MOV Sreg, POP Sreg, LDS …): selector is 16 bits. */
  loadSegment(segment: bigint, selector: bigint): void
  readSegment(segment: bigint): bigint
  /** Far transfers; size: 16, 32, 64 = operand size. */
  farJump(selector: bigint, offset: bigint, size: bigint): void
  farCall(selector: bigint, offset: bigint, size: bigint, next: bigint): void
  farReturn(size: bigint, release: bigint): void
  iret(size: bigint): void
  /** INT n, INT3, INTO, INT1: kind 0 = INT n (checks IOPL in virtual-8086 mode), 1 = INT3/INTO, 2 = INT1. */
  softwareInterrupt(vector: bigint, kind: bigint, next: bigint): void
  /** CLI, STI, POPF, PUSHF with privilege rules. `pushfImage` gives the image to push (size 16/32/64). */
  cli(): void
  sti(): void
  popf(image: bigint, size: bigint): void
  pushfImage(size: bigint): bigint
  hlt(): void
  /** PAUSE while another processor could go on. */
  pause(): void
  /** I/O with permission check; size 8, 16, 32. */
  checkIo(port: number, size: number): void
  portIn(port: number, size: number): number
  portOut(port: number, size: number, value: number): void
  /** Control and debug registers. */
  readControl(index: bigint): bigint
  writeControl(index: bigint, value: bigint): void
  readDebug(index: bigint): bigint
  writeDebug(index: bigint, value: bigint): void
  clts(): void
  lmsw(value: bigint): void
  smsw(): bigint
  /** Descriptor tables: which 0 = GDTR, 1 = IDTR. */
  loadTable(which: bigint, base: bigint, limit: bigint): void
  tableBase(which: bigint): bigint
  tableLimit(which: bigint): bigint
  lldt(selector: bigint): void
  sldt(): bigint
  ltr(selector: bigint): void
  str(): bigint
  /** LAR, LSL: bit 63 of the result says "valid" (ZF), low 32 bits the value. VERR/VERW: 0 or 1. */
  lar(selector: bigint): bigint
  lsl(selector: bigint): bigint
  verr(selector: bigint): bigint
  verw(selector: bigint): bigint
  /** Linear address, as two doublewords. */
  invlpg(low: number, high: number): void
  flushTlb(): void
  rdmsr(): void
  wrmsr(): void
  cpuid(): void
  /** #GP(0) unless a near transfer may go to `target` (already cut to the operand size). */
  requireTarget(target: bigint): void
  rdtsc(): bigint
  /** IA32_TSC_AUX, for RDTSCP and RDPID. */
  tscAux(): bigint
  /** FS and GS base (RDFSBASE …): #UD unless CR4.FSGSBASE; segment 4 or 5. */
  readSegmentBase(segment: bigint): bigint
  writeSegmentBase(segment: bigint, base: bigint): void
  /** XGETBV, XSETBV of the register in ECX. */
  xgetbv(register: bigint): bigint
  xsetbv(register: bigint, value: bigint): void
  /** PKRU, of 32 bits; what may be accessed is decided anew. */
  writePkru(value: bigint): void
  /** RDRAND, RDSEED: 64 bits. */
  random(): bigint
  /** `descriptor`: PCID and linear address. */
  invpcid(type: bigint, pcid: bigint, linear: bigint): void
  syscall(next: bigint): void
  sysret(size: bigint): void
  sysenter(): void
  sysexit(size: bigint): void
  swapgs(): void
  /** F2XM1 … FCOS, by number: on the whole x87 state (`float/transcendental.ts`). */
  transcendental(which: bigint): void
  /** DIV/IDIV of 128 by 64 bits (RDX:RAX): raises #DE, writes RAX and RDX. */
  div128(divisor: bigint): void
  idiv128(divisor: bigint): void
  /** Raises #GP(0) unless CPL is 0; #UD outside protected mode. */
  requireCpl0(): void
  /** Raises #GP(0) where CR4.UMIP forbids a user program to look at system registers. */
  requireNoUmip(): void
  requireProtectedMode(): void
}
