/**
 * IRET (Intel SDM vol. 2) as `system/interrupt-return.ts` does it: 32-bit to flat code, 64-bit to 64-bit code, at the same and to an outer privilege level. Returns to
 * virtual-8086 mode, tasks and compatibility mode, images with TF, data segments that would have to be dropped, and all that faults is left.
 */
import type { ModuleBuilder } from '../../wasm/module-builder'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { AC, ATTRIBUTE, CODE_64, CR0, CS, DF, EFER_BITS, ES, GS, ID, IF, IOPL, NT, SS, TF, VIF, VIP, VM } from '../state/bits'
import * as at from '../state/layout'
import { addRealReturn } from './quick-real'
import { QuickSegments, type CodeKind } from './quick-segments'

const RSP = at.GPR + 4 * 8
const ALL_32 = 0xffff_ffff
const SEGMENT_SS = at.SEGMENTS + SS * at.SEGMENT_STRIDE
const IOPL_SHIFT = 12
/** Flags whose change is left; those that not every processor has are among them. */
const LEFT = TF | AC | ID | VIF | VIP | VM

/** (operand size) → 1 when IRET is done; 0: it is left to the helper. */
export function addReturn(module: ModuleBuilder): number {
  const real = addRealReturn(module)
  return module.function({ parameters: ['i64'], results: ['i32'] }, (body) => {
    const q = new QuickSegments(body, 'return')
    const size = q.parameter(0)
    q.if(q.isZero(q.and(q.field(at.CONTROL), constantValue(CR0.PE))), () => {
      q.leaveIf(q.ne(size, constantValue(16)))
      q.code.call(real)
      q.code.op('return')
    })
    q.leaveIf(q.and(q.field(at.EFLAGS), constantValue(TF | NT | AC | VM)))
    q.if(q.and(q.field(at.EFER), constantValue(EFER_BITS.LMA)), () => {
      q.leaveIf(q.or(q.ne(size, constantValue(64)), q.ne(q.field(at.CODE_MODE), constantValue(CODE_64))))
      returnLong(q)
    }, () => {
      q.leaveIf(q.or(q.ne(size, constantValue(32)), q.ne(q.field(at.STACK_MASK, 64), constantValue(ALL_32))))
      returnLegacy(q)
    })
    q.give(1)
  })
}

function returnLegacy(q: QuickSegments): void {
  const top = q.field(RSP)
  const level = q.field(at.CPL)
  const present = q.localOf(q.field(at.TLB_SET))
  /** Words from the stack, as far as the outer stack pointer if that is to be popped. */
  const frame = (words: number): number => {
    q.leaveIf(q.ltS(top, q.field(SEGMENT_SS + at.SEGMENT_LOW, 64)))
    const last = q.add(top, constantValue(words * 4 - 1))
    q.leaveIf(q.or(q.ltS(q.field(SEGMENT_SS + at.SEGMENT_WRITE_HIGH, 64), last), q.ltU(constantValue(ALL_32), last)))
    return q.known(present, q.zext(32, q.add(q.field(SEGMENT_SS + at.SEGMENT_BASE, 64), top)), constantValue(words * 4), 'r')
  }
  const host = frame(3)
  const [offset, selector, image] = [q.at(host, 0), q.at(host, 4, 16), q.at(host, 8)]
  const set = q.supervisor()
  const code = readCode(q, set, selector, level, image, 'legacy')
  q.leaveIf(q.ltU(code.limit, offset))
  q.if(q.eq(code.level, level), () => {
    finish(q, selector, code, offset, image)
    q.setField(RSP, q.zext(32, q.add(top, constantValue(12))), 64)
  }, () => {
    const whole = frame(5)
    const [pointer, stackSelector] = [q.at(whole, 12), q.at(whole, 16, 16)]
    const stack = q.stackSegment(set, stackSelector, code.level, 'legacy')
    leaveIfDropped(q, code.level)
    finish(q, selector, code, offset, image)
    q.setSegment(SS, stackSelector, stack)
    q.setField(RSP, pointer, 64)
  })
}

function returnLong(q: QuickSegments): void {
  const level = q.field(at.CPL)
  const bytes = constantValue(40)
  const host = q.known(q.localOf(q.field(at.TLB_SET)), q.field(RSP, 64), bytes, 'r')
  const [offset, selector, image, pointer, stackSelector] = [q.at(host, 0, 64), q.at(host, 8, 16), q.at(host, 16), q.at(host, 24, 64), q.at(host, 32, 16)]
  const set = q.supervisor()
  const code = readCode(q, set, selector, level, image, '64-bit')
  q.leaveIf(q.ne(q.shrS(q.shl(offset, constantValue(16)), constantValue(16)), offset))
  q.if(q.ne(code.level, level), () => leaveIfDropped(q, code.level))
  q.if(q.isZero(q.and(stackSelector, constantValue(0xfffc))), () => {
    q.leaveIf(q.or(q.eq(code.level, constantValue(3)), q.ne(stackSelector, code.level)))
    finish(q, selector, code, offset, image)
    q.setNullStack(stackSelector)
  }, () => {
    const stack = q.stackSegment(set, stackSelector, code.level, '64-bit')
    finish(q, selector, code, offset, image)
    q.setSegment(SS, stackSelector, stack)
  })
  q.setField(RSP, pointer, 64)
}

type Code = ReturnType<QuickSegments['codeSegment']>

/** The code that is returned to, at the level of its selector. */
function readCode(q: QuickSegments, set: number, selector: WasmValue, level: WasmValue, image: WasmValue, kind: CodeKind): Code {
  q.leaveIf(q.and(q.xor(image, q.field(at.EFLAGS)), constantValue(LEFT)))
  const code = q.codeSegment(set, selector, kind)
  q.leaveIf(q.or(q.ne(code.level, q.and(selector, constantValue(3))), q.ltU(code.level, level)))
  return code
}

/** Leaves where a data segment must not stay at an outer level. */
function leaveIfDropped(q: QuickSegments, level: WasmValue): void {
  for (let register = ES; register <= GS; register++) {
    if (register === CS || register === SS) continue
    const field = at.DESCRIPTORS + register * at.DESCRIPTOR_STRIDE
    const attributes = q.field(field + at.DESCRIPTOR_ATTRIBUTES)
    const privileged = q.ltU(q.bits(attributes, ATTRIBUTE.dplShift, 3), level)
    const present = q.ne(q.or(attributes, q.field(field + at.DESCRIPTOR_SELECTOR)), constantValue(0))
    q.leaveIf(q.and(privileged, present))
  }
}

/** Flags as the level that is left allows, and the code. */
function finish(q: QuickSegments, selector: WasmValue, code: Code, offset: WasmValue, image: WasmValue): void {
  const level = q.field(at.CPL)
  const before = q.field(at.EFLAGS)
  const interrupts = q.select(q.leU(level, q.bits(before, IOPL_SHIFT, 3)), constantValue(IF), constantValue(0))
  const privileged = q.select(q.isZero(level), constantValue(IOPL), constantValue(0))
  const mask = q.or(constantValue(DF | NT), q.or(interrupts, privileged))
  q.setField(at.EFLAGS, q.or(q.and(before, q.not(mask)), q.and(image, mask)))
  q.setArithmeticFlags(image)
  q.enterCode(selector, code, offset, code.level)
}
