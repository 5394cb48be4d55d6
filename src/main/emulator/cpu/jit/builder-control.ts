import type { Decoded } from '../decode/decoded'
import { constantOperand, type WasmOperand } from '../semantics/wasm-operands'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { CS } from '../state/bits'
import * as at from '../state/layout'
import { BlockFlags } from './builder-flags'
import { onPage, Untranslatable } from './builder-state'

/** Where an instruction goes. Offsets count from the start of its page. */
export type Transfer =
  | { readonly kind: 'next' }
  | { readonly kind: 'static'; readonly offset: number }
  /** The address is in `Frame.rip`. */
  | { readonly kind: 'dynamic' }
  | { readonly kind: 'conditional'; readonly condition: WasmValue; readonly taken: Transfer; readonly passed: Transfer }

const CANONICAL_SHIFT = 16

/** Where instructions go: `transfer` says it once the instruction's code is emitted. */
export class BlockControl extends BlockFlags {
  /** What `jump` and `fallThrough` said. */
  #transfer: Transfer = { kind: 'next' }
  #checkedJump = false
  #inCondition = false
  #relative: { value: WasmValue; offset: number } | undefined

  override begin(decoded: Decoded, offset: number, uncounted: number, flagsDead: boolean): void {
    super.begin(decoded, offset, uncounted, flagsDead)
    this.#transfer = { kind: 'next' }
    this.#relative = undefined
    this.#checkedJump = false
  }

  get transfer(): Transfer {
    return this.#transfer
  }

  override if(condition: WasmValue, then: () => void, otherwise?: () => void): void {
    if (condition.kind !== 'constant' && this.decoded.row.setsRip === true) this.#conditionalTransfer(condition, then, otherwise)
    else super.if(condition, then, otherwise)
  }

  /** Both branches of a jump, loop or call say only where they go. */
  #conditionalTransfer(condition: WasmValue, then: () => void, otherwise?: () => void): void {
    this.#inCondition = true
    const taken = this.#capture(then)
    const passed = otherwise === undefined ? this.#transfer : this.#capture(otherwise)
    this.#inCondition = false
    if (taken.kind === 'static' && !onPage(taken.offset)) super.if(condition, () => this.#checkFar(taken.offset))
    if (passed.kind === 'static') throw new Untranslatable('jumps where a condition does not hold')
    if (taken.kind === 'dynamic' || passed.kind === 'dynamic') throw new Untranslatable('jumps by a condition to a computed address')
    this.#transfer = { kind: 'conditional', condition, taken, passed }
  }

  #capture(branch: () => void): Transfer {
    const before = this.#transfer
    branch()
    const captured = this.#transfer
    this.#transfer = before
    return captured
  }

  nextRip(): WasmValue {
    return this.pageAddress(this.offset + this.decoded.length)
  }

  jump(target: WasmValue): void {
    if (this.#relative !== undefined && target === this.#relative.value) {
      const { offset } = this.#relative
      if (!this.#checkedJump && !this.#inCondition) this.#checkFar(offset)
      this.#transfer = { kind: 'static', offset }
      return
    }
    const masked = this.zext(this.operandSize, target)
    if (!this.#checkedJump) this.#checkTarget(masked)
    this.setLocal(this.locals.rip, masked)
    this.#transfer = { kind: 'dynamic' }
  }

  checkJump(target: WasmValue): void {
    this.#checkedJump = true
    if (this.#relative !== undefined && target === this.#relative.value) this.#checkFar(this.#relative.offset)
    else this.#checkTarget(this.zext(this.operandSize, target))
  }

  fallThrough(): void {
    this.#transfer = { kind: 'next' }
  }

  /** Leaves the instruction to the interpreter where a jump to an offset might fault. Nowhere on the page does it (see `Region`). */
  #checkFar(offset: number): void {
    if (!onPage(offset)) this.#checkTarget(this.zext(this.operandSize, this.pageAddress(offset)))
  }

  #checkTarget(masked: WasmValue): void {
    if (this.codeMode === 64) {
      const extended = this.shrS(this.shl(masked, constantValue(CANONICAL_SHIFT)), constantValue(CANONICAL_SHIFT))
      this.pushCondition(this.ne(extended, masked))
    } else {
      const limit = this.load('i64_load32_u', undefined, at.DESCRIPTORS + CS * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_LIMIT, 32)
      this.pushCondition(this.ltU(limit, masked))
    }
    this.leaveIf()
  }

  /** The target of a relative branch. */
  relativeOperand(): WasmOperand {
    const offset = this.offset + this.decoded.length + Number(BigInt.asIntN(64, this.decoded.immediate))
    return constantOperand(64, () => {
      this.#relative ??= { value: this.pageAddress(offset), offset }
      return this.#relative.value
    })
  }
}
