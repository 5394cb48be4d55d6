/**
 * Delivery of INT n and page faults (Intel SDM vol. 3A, 6.12, 6.14) as `system/interrupts.ts` does it, through 32-bit gates to flat code and through gates of long mode in 64-bit
 * code, also to an inner privilege level. Task gates, virtual-8086 mode, 16-bit gates, conforming code, segments in the LDT, TF, AC, and all that faults itself is left.
 */
import type { ModuleBuilder } from '../../wasm/module-builder'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { AC, CODE_64, CR0, EFER_BITS, IF, NT, RF, SS, TF, TR, VM } from '../state/bits'
import * as at from '../state/layout'
import { QuickSegments, type CodeKind, type QuickSegment } from './quick-segments'

const RSP = at.GPR + 4 * 8
const CR2 = at.CONTROL + 2 * 8
const PAGE_FAULT = 14
const ALL_32 = 0xffff_ffff
const SEGMENT_SS = at.SEGMENTS + SS * at.SEGMENT_STRIDE
const DESCRIPTOR_SS = at.DESCRIPTORS + SS * at.DESCRIPTOR_STRIDE
const DESCRIPTOR_CS = at.DESCRIPTORS + 1 * at.DESCRIPTOR_STRIDE
const TASK = at.DESCRIPTORS + TR * at.DESCRIPTOR_STRIDE
const BUSY_TSS_32 = 11
/** Offsets in a TSS (SDM vol. 3A, figures 8-2 and 8-11). */
const ESP0 = 4
const RSP0 = 4
const IST1 = 0x24
/** Of a gate's second doubleword: S and type but for its lowest bit, which tells trap gates from interrupt gates; 32 bits, or long mode. */
const GATE_MASK = 0x1e00
const GATE = 0x0e00
const PRESENT_SHIFT = 15

/** (vector, offset to return to) → 1 when INT n is delivered; 0: it is left to the helper. */
export function addInterrupt(module: ModuleBuilder): number {
  return module.function({ parameters: ['i64', 'i64'], results: ['i32'] }, (body) => {
    const q = new QuickSegments(body, 'interrupt')
    new Delivery(q, q.parameter(0), q.parameter(1), false).emit()
  })
}

/** () → 1 when the page fault of `FAULT` is delivered; 0: it is to be thrown. */
export function addPageFault(module: ModuleBuilder): number {
  return module.function({ parameters: [], results: ['i32'] }, (body) => {
    const q = new QuickSegments(body, 'fault')
    new Delivery(q, constantValue(PAGE_FAULT), q.field(at.RIP, 64), true).emit()
  })
}

class Delivery {
  readonly #q: QuickSegments
  readonly #vector: WasmValue
  readonly #returnTo: WasmValue
  readonly #isFault: boolean
  readonly #level: WasmValue
  readonly #flags: WasmValue
  /** TLBs of supervisor accesses. */
  readonly #set: number

  constructor(q: QuickSegments, vector: WasmValue, returnTo: WasmValue, isFault: boolean) {
    this.#q = q
    this.#vector = vector
    this.#returnTo = returnTo
    this.#isFault = isFault
    this.#level = q.field(at.CPL)
    this.#flags = q.field(at.EFLAGS)
    q.leaveIf(q.and(this.#flags, constantValue(TF | AC | VM)))
    q.leaveUnless(q.and(q.field(at.CONTROL), constantValue(CR0.PE)))
    this.#set = q.supervisor()
  }

  emit(): void {
    const q = this.#q
    q.if(q.and(q.field(at.EFER), constantValue(EFER_BITS.LMA)), () => this.#long(), () => this.#legacy())
    q.give(1)
  }

  /** The gate: where its 8 or 16 bytes lie, its first doublewords, and the code it leads to. */
  #gate(bytes: number, kind: CodeKind): { host: number; low: WasmValue; high: WasmValue; selector: WasmValue; code: QuickSegment } {
    const q = this.#q
    const offset = q.mul(this.#vector, constantValue(bytes))
    q.leaveIf(q.ltU(q.field(at.IDTR + 8), q.add(offset, constantValue(bytes - 1))))
    const host = q.known(this.#set, q.add(q.field(at.IDTR, 64), offset), constantValue(bytes), 'r')
    const [low, high] = [q.at(host, 0), q.at(host, 4)]
    q.leaveUnless(q.and(q.matches(high, GATE_MASK, GATE), q.bits(high, PRESENT_SHIFT, 1)))
    if (!this.#isFault) q.leaveIf(q.ltU(q.bits(high, 13, 3), this.#level))
    const selector = q.shrU(low, constantValue(16))
    const code = q.codeSegment(this.#set, selector, kind)
    q.leaveIf(q.ltU(this.#level, code.level))
    return { host, low, high, selector, code }
  }

  #legacy(): void {
    const q = this.#q
    const { low, high, selector, code } = this.#gate(8, 'legacy')
    const offset = q.or(q.and(low, constantValue(0xffff)), q.and(high, constantValue(0xffff_0000)))
    q.leaveIf(q.ltU(code.limit, offset))
    q.leaveIf(q.ne(q.field(at.STACK_MASK, 64), constantValue(ALL_32)))
    const inner = q.ltU(code.level, this.#level)
    const words = this.#isFault ? 4 : 3
    q.if(inner, () => {
      q.leaveUnless(q.matches(q.field(TASK + at.DESCRIPTOR_ATTRIBUTES), 0xf, BUSY_TSS_32))
      const place = q.add(q.shl(code.level, constantValue(3)), constantValue(ESP0))
      q.leaveIf(q.ltU(q.field(TASK + at.DESCRIPTOR_LIMIT), q.add(place, constantValue(5))))
      const task = q.known(this.#set, q.add(q.field(TASK + at.DESCRIPTOR_BASE, 64), place), constantValue(6), 'r')
      const stackSelector = q.at(task, 4, 16)
      const stack = q.stackSegment(this.#set, stackSelector, code.level, 'legacy')
      const { host, bottom } = this.#legacyFrame(q.at(task, 0), words + 2, this.#set)
      q.setAt(host, words * 4, q.field(RSP))
      q.setAt(host, words * 4 + 4, q.field(DESCRIPTOR_SS + at.DESCRIPTOR_SELECTOR))
      this.#storeFrame(host, 32)
      q.setSegment(SS, stackSelector, stack)
      q.setField(RSP, bottom, 64)
    }, () => {
      const { host, bottom } = this.#legacyFrame(q.field(RSP), words, q.localOf(q.field(at.TLB_SET)))
      this.#storeFrame(host, 32)
      q.setField(RSP, bottom, 64)
    })
    this.#enter(selector, code, offset, high)
  }

  /** Room for a frame below `top` on a flat stack: its host address (i32 local), and the new stack pointer. */
  #legacyFrame(top: WasmValue, words: number, set: number): { host: number; bottom: WasmValue } {
    const q = this.#q
    const bytes = constantValue(words * 4)
    q.leaveIf(q.ltU(top, bytes))
    const bottom = q.sub(top, bytes)
    q.leaveIf(q.ltS(bottom, q.field(SEGMENT_SS + at.SEGMENT_LOW, 64)))
    q.leaveIf(q.ltS(q.field(SEGMENT_SS + at.SEGMENT_WRITE_HIGH, 64), q.sub(top, constantValue(1))))
    const host = q.known(set, q.zext(32, q.add(q.field(SEGMENT_SS + at.SEGMENT_BASE, 64), bottom)), bytes, 'w')
    q.leaveIfCode(host, bytes)
    return { host, bottom }
  }

  #long(): void {
    const q = this.#q
    q.leaveIf(q.ne(q.field(at.CODE_MODE), constantValue(CODE_64)))
    const { host: gate, low, high, selector, code } = this.#gate(16, '64-bit')
    const half = q.or(q.and(low, constantValue(0xffff)), q.and(high, constantValue(0xffff_0000)))
    const offset = q.or(half, q.shl(q.at(gate, 8), constantValue(32)))
    q.leaveIf(q.ne(q.shrS(q.shl(offset, constantValue(16)), constantValue(16)), offset))
    const inner = q.ltU(code.level, this.#level)
    const stackTable = q.and(high, constantValue(7))
    const top = q.variable(q.field(RSP, 64))
    q.if(q.or(inner, q.ne(stackTable, constantValue(0))), () => {
      const ofTable = q.add(q.shl(stackTable, constantValue(3)), constantValue(IST1 - 8))
      const place = q.select(q.isZero(stackTable), q.add(q.shl(code.level, constantValue(3)), constantValue(RSP0)), ofTable)
      q.leaveIf(q.ltU(q.field(TASK + at.DESCRIPTOR_LIMIT), q.add(place, constantValue(7))))
      const task = q.known(this.#set, q.add(q.field(TASK + at.DESCRIPTOR_BASE, 64), place), constantValue(8), 'r')
      top.set(q.at(task, 0, 64))
    })
    const words = this.#isFault ? 6 : 5
    const bytes = constantValue(words * 8)
    const bottom = q.sub(q.and(top.get(), constantValue(~0xfn)), bytes)
    // At level 3 the handler's stack is a user's.
    const set = q.select(inner, q.parameter(this.#set, 'i32'), q.field(at.TLB_SET))
    const host = q.known(q.localOf(set), bottom, bytes, 'w')
    q.leaveIfCode(host, bytes)
    q.setAt(host, (words - 2) * 8, q.field(RSP, 64), 64)
    q.setAt(host, (words - 1) * 8, q.field(DESCRIPTOR_SS + at.DESCRIPTOR_SELECTOR), 64)
    this.#storeFrame(host, 64)
    q.if(inner, () => q.setNullStack(code.level))
    q.setField(RSP, bottom, 64)
    this.#enter(selector, code, offset, high)
  }

  /** Error code, offset, CS and flags, lowest first. */
  #storeFrame(host: number, bits: 32 | 64): void {
    const q = this.#q
    const image = q.flagsImage()
    const values = [this.#returnTo, q.field(DESCRIPTOR_CS + at.DESCRIPTOR_SELECTOR), this.#isFault ? q.or(image, constantValue(RF)) : image]
    if (this.#isFault) values.unshift(q.field(at.FAULT.errorCode))
    values.forEach((value, index) => q.setAt(host, (index * bits) / 8, value, bits))
  }

  #enter(selector: WasmValue, code: QuickSegment, offset: WasmValue, gate: WasmValue): void {
    const q = this.#q
    if (this.#isFault) q.setField(CR2, q.field(at.FAULT.address, 64), 64)
    q.enterCode(selector, code, offset, code.level)
    const kept = q.and(this.#flags, constantValue(~BigInt(TF | NT | RF | VM)))
    const trap = q.bits(gate, 8, 1)
    q.setField(at.EFLAGS, q.select(trap, kept, q.and(kept, constantValue(~BigInt(IF)))))
  }
}
