import type { Decoded } from '../decode/decoded'
import type { Helpers, Size, Values } from '../semantics/builder'
import { checkAvx, checkSse } from '../isa/fpu-access'
import type { BulkFunctions } from '../semantics/bulk-code'
import type { Condition } from '../semantics/float-builder'
import { isTuple, type AnyRoutine, type Routine, type Tuple } from '../semantics/routines'
import type { SpecialRegister } from '../semantics/special'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { WasmVectors } from '../semantics/wasm-vectors'
import type { Frame } from './frame'
import { factsOf, isInline } from './routines'

/** The instruction has no translation: the interpreter executes it. */
export class Untranslatable extends Error {}

export interface BlockFunctions {
  /** See `addSettle`. */
  readonly settle: number
  /** Index of the function of a routine that raises nothing. */
  readonly routine: (routine: AnyRoutine) => number
  readonly bulk: () => BulkFunctions
}

const PAGE = 4096
/** Offsets by address or stack size. */
export const ADDRESS_MASKS = { 16: 0xffffn, 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn } as const
const REGISTER_MASK_16 = ~0xffffn
/** Rows call these only where the common case was excluded: that is left to the interpreter. */
const RARE_HELPERS: ReadonlySet<keyof Helpers> = new Set<keyof Helpers>(['div128', 'idiv128'])

const STEADY_CHECKS: ReadonlySet<AnyRoutine> = new Set<AnyRoutine>([checkSse, checkAvx])
/** Bit of the number of a quarter of a YMM register: it is in the upper half. */
const UPPER_PART = 2n

/** The instruction that is translated, how it is left to the interpreter, and the general registers. */
export class BlockState extends WasmVectors {
  readonly locals: Frame
  readonly codeMode: 16 | 32 | 64
  operandSize: Size = 32
  protected readonly functions: BlockFunctions
  #decoded: Decoded | undefined
  /** Of the instruction, in its page. */
  protected offset = 0
  /** How many branches are open inside the instruction. */
  protected depth = 0
  /** Some path of the instruction leaves it to the interpreter. */
  leaves = false
  /** Checks that the block has made already. */
  readonly #checked = new Set<AnyRoutine>()

  constructor(locals: Frame, codeMode: 16 | 32 | 64, functions: BlockFunctions) {
    super(locals.code, { raise: 0, routine: (routine) => functions.routine(routine) })
    this.locals = locals
    this.codeMode = codeMode
    this.functions = functions
  }

  startBlock(): void {
    this.#checked.clear()
  }

  /**
   * Starts an instruction.
   * @param uncounted instructions of the block that are not executed when this one is left to the interpreter: itself and those behind it
   * @param _flagsDead nobody sees the flags that it writes
   */
  begin(decoded: Decoded, offset: number, uncounted: number, _flagsDead: boolean): void {
    this.#decoded = decoded
    this.operandSize = decoded.operandSize
    this.offset = offset
    this.locals.startInstruction(offset, uncounted)
    this.leaves = false
  }

  get decoded(): Decoded {
    if (this.#decoded === undefined) throw new Error('No instruction was begun.')
    return this.#decoded
  }

  // — leaving —

  /** This instruction is left to the interpreter. */
  leave(): void {
    this.leaves = true
    this.code.br(this.locals.left)
  }

  /** The same, where an i32 on the stack is not zero. */
  leaveIf(): void {
    this.leaves = true
    this.code.brIf(this.locals.left)
  }

  /** The same, unless all of it holds. */
  protected leaveUnless(conditions: readonly Condition<WasmValue>[]): void {
    this.leaves = true
    this.branchUnless(conditions, this.locals.left)
  }

  /** Small routines stand in place: what they raise leaves the region. */
  override routine<P extends number, R extends number>(routine: Routine<P, R>, ...args: Tuple<P, WasmValue>): Tuple<R, WasmValue> {
    const nothing: readonly WasmValue[] = []
    if (STEADY_CHECKS.has(routine) && isTuple(nothing, routine.results)) {
      this.#leaveIfChecked(routine)
      return nothing
    }
    if (isInline(routine)) return routine.body<WasmValue>(this, args)
    const { raises, readsRip } = factsOf(routine)
    if (raises || readsRip) throw new Untranslatable(routine.name)
    return super.routine(routine, ...args)
  }

  /** What such a check found was found on entry; it is looked at once in a block. */
  #leaveIfChecked(routine: AnyRoutine): void {
    this.leaves = true
    if (this.#checked.has(routine)) return
    if (this.depth === 0) this.#checked.add(routine)
    this.code.get(this.locals.checkedOnce(routine))
    this.leaveIf()
  }

  /** Only the upper halves of YMM registers are in memory. */
  override ymmPart(part: WasmValue): WasmValue {
    requireUpper(part)
    return super.ymmPart(part)
  }

  override setYmmPart(part: WasmValue, value: WasmValue): void {
    requireUpper(part)
    super.setYmmPart(part, value)
  }

  override special(name: SpecialRegister): WasmValue {
    return name === 'rip' ? this.pageAddress(this.offset) : super.special(name)
  }

  override raise(_vector?: number, _errorCode?: WasmValue): void {
    if (this.depth === 0) throw new Untranslatable('raises an exception')
    this.leave()
  }

  override raiseIf(condition: WasmValue, _vector: number, _errorCode?: WasmValue): void {
    if (condition.kind === 'constant') {
      if (condition.value !== 0n) this.leave()
      return
    }
    this.pushCondition(condition)
    this.leaveIf()
  }

  call<K extends keyof Helpers>(helper: K, ..._args: Values<Parameters<Helpers[K]>, WasmValue>): WasmValue {
    if (this.depth === 0 || !RARE_HELPERS.has(helper)) throw new Untranslatable(helper)
    this.leave()
    return constantValue(0)
  }

  attention(): never {
    throw new Untranslatable('wants attention')
  }

  inhibitInterrupts(): never {
    throw new Untranslatable('inhibits interrupts')
  }

  get bulk(): BulkFunctions {
    return this.functions.bulk()
  }

  /** Instructions that may be executed after this block. */
  remaining(): WasmValue {
    this.code.get(this.locals.remaining)
    return this.pop('i32', 32)
  }

  /** Counts instructions beside those of the block. */
  spend(count: WasmValue): void {
    this.code.get(this.locals.remaining)
    this.push32(count)
    this.code.op('i32_sub')
    this.code.set(this.locals.remaining)
  }

  x87Opcode(): WasmValue {
    return constantValue(this.decoded.immediate & 0xffffn)
  }

  // — registers —

  reg(index: number, size: Size): WasmValue {
    const whole = this.copy(this.locals.register(index), this.codeMode === 64 ? 64 : 32)
    return this.zext(size, whole)
  }

  setReg(index: number, size: Size, value: WasmValue): void {
    const local = this.locals.writtenRegister(index)
    if (size === 64) this.push(value)
    else if (size === 32) this.push(this.zext(32, value))
    else this.pushMerged(local, 0, size, value)
    this.code.set(local)
  }

  addressMask(): WasmValue {
    return constantValue(ADDRESS_MASKS[this.decoded.addressSize])
  }

  addressReg(index: number): WasmValue {
    return this.reg(index, this.decoded.addressSize)
  }

  setAddressReg(index: number, value: WasmValue): void {
    this.setReg(index, this.decoded.addressSize, value)
  }

  // — locals —

  /** A copy of a local that may change before it is used. */
  protected copy(local: number, bits: number): WasmValue {
    this.code.get(local)
    return this.pop('i64', bits)
  }

  protected setLocal(local: number, value: WasmValue): void {
    this.push(value)
    this.code.set(local)
  }

  /** Pushes a register whose bits from `position` on are replaced. */
  protected pushMerged(local: number, position: number, size: Size, value: WasmValue): void {
    const { code } = this
    code.get(local)
    code.i64(size === 16 ? REGISTER_MASK_16 : ~(0xffn << BigInt(position)))
    code.op('i64_and')
    this.push(this.shl(this.zext(size, value), constantValue(position)))
    code.op('i64_or')
  }

  /** RIP at an offset of the page. */
  protected pageAddress(offset: number): WasmValue {
    const sum = this.add(this.copy(this.locals.base, 64), constantValue(offset))
    return this.codeMode === 64 ? sum : this.zext(32, sum)
  }
}

function requireUpper(part: WasmValue): void {
  if (part.kind !== 'constant' || (part.value & UPPER_PART) === 0n) throw new Untranslatable('has XMM registers by number')
}

/** Whether an offset lies on the page that it counts from. */
export function onPage(offset: number): boolean {
  return offset >= 0 && offset < PAGE
}
