/** INT n and IRET of real mode (Intel SDM vol. 3A, 20.1.3, 20.1.4), as `system/real-mode.ts` and those who use it do them. What wraps, faults or overwrites code is left. */
import type { ModuleBuilder } from '../../wasm/module-builder'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { AC, ATTRIBUTE, CR0, CS, DF, IF, IOPL, NT, REAL_MODE_ATTRIBUTES, RF, SS, TF } from '../state/bits'
import * as at from '../state/layout'
import { QuickSegments } from './quick-segments'

const RSP = at.GPR + 4 * 8
const CODE = at.DESCRIPTORS + CS * at.DESCRIPTOR_STRIDE
const STACK = at.DESCRIPTORS + SS * at.DESCRIPTOR_STRIDE
const SEEN_CODE = at.SEGMENTS + CS * at.SEGMENT_STRIDE + at.SEGMENT_BASE
const SEEN_STACK = at.SEGMENTS + SS * at.SEGMENT_STRIDE + at.SEGMENT_BASE
const WORDS = 3
const FRAME_BYTES = WORDS * 2
const ALL_16 = 0xffff
const FLAT_LIMIT = 0xffff_ffff

/** (vector, offset to return to) → 1 when INT n is done; 0: it is left to the helper. */
export function addRealInterrupt(module: ModuleBuilder): number {
  return module.function({ parameters: ['i64', 'i64'], results: ['i32'] }, (body) => {
    const q = new QuickSegments(body, 'interrupt')
    const [vector, next] = [q.parameter(0), q.parameter(1)]
    const flags = requireReal(q)
    const set = q.localOf(q.field(at.TLB_SET))
    const place = q.mul(vector, constantValue(4))
    q.leaveIf(q.ltU(q.field(at.IDTR + 8), q.add(place, constantValue(3))))
    const entry = q.known(set, q.zext(32, q.add(q.field(at.IDTR), place)), constantValue(4), 'r')
    const [offset, selector] = [q.at(entry, 0, 16), q.at(entry, 2, 16)]
    q.leaveIf(q.ltU(q.field(CODE + at.DESCRIPTOR_LIMIT), offset))
    const top = q.and(q.field(RSP), constantValue(ALL_16))
    q.leaveIf(q.ltU(top, constantValue(FRAME_BYTES)))
    const host = stackFrame(q, set, q.sub(top, constantValue(FRAME_BYTES)), 'w')
    q.leaveIfCode(host, constantValue(FRAME_BYTES))
    q.setAt(host, 0, next, 16)
    q.setAt(host, 2, q.field(CODE + at.DESCRIPTOR_SELECTOR), 16)
    q.setAt(host, 4, q.flagsImage(), 16)
    q.setField(at.EFLAGS, q.and(flags, constantValue(~BigInt(IF | TF | AC | RF))))
    enter(q, selector, offset)
    movePointer(q, -FRAME_BYTES)
  })
}

/** () → 1 when a 16-bit IRET is done; 0: it is left to the helper. */
export function addRealReturn(module: ModuleBuilder): number {
  return module.function({ parameters: [], results: ['i32'] }, (body) => {
    const q = new QuickSegments(body, 'return')
    const flags = requireReal(q)
    const host = stackFrame(q, q.localOf(q.field(at.TLB_SET)), q.and(q.field(RSP), constantValue(ALL_16)), 'r')
    const [offset, selector, image] = [q.at(host, 0, 16), q.at(host, 2, 16), q.at(host, 4, 16)]
    q.leaveIf(q.ltU(q.field(CODE + at.DESCRIPTOR_LIMIT), offset))
    // Not every processor has these.
    q.leaveIf(q.and(q.xor(image, flags), constantValue(TF | IOPL | NT)))
    const mask = BigInt(DF | IF)
    q.setField(at.EFLAGS, q.or(q.and(flags, constantValue(~mask)), q.and(image, constantValue(mask))))
    q.setArithmeticFlags(image)
    enter(q, selector, offset)
    movePointer(q, FRAME_BYTES)
  })
}

/** Leaves outside real mode, with TF, on a big stack, and where CS has all 4 GiB. @returns EFLAGS without the arithmetic flags */
function requireReal(q: QuickSegments): WasmValue {
  const flags = q.field(at.EFLAGS)
  q.leaveIf(q.or(q.and(q.field(at.CONTROL), constantValue(CR0.PE)), q.and(flags, constantValue(TF))))
  q.leaveIf(q.or(q.ne(q.field(at.STACK_MASK, 64), constantValue(ALL_16)), q.eq(q.field(CODE + at.DESCRIPTOR_LIMIT), constantValue(FLAT_LIMIT))))
  return flags
}

/** Host address (i32 local) of three words on the stack. */
function stackFrame(q: QuickSegments, set: number, bottom: WasmValue, access: 'r' | 'w'): number {
  const last = q.add(bottom, constantValue(FRAME_BYTES - 1))
  q.leaveIf(q.or(q.ltU(q.field(STACK + at.DESCRIPTOR_LIMIT), last), q.ltU(constantValue(ALL_16), last)))
  return q.known(set, q.add(q.field(SEEN_STACK), bottom), constantValue(FRAME_BYTES), access)
}

/** CS as real mode loads it, and IP. */
function enter(q: QuickSegments, selector: WasmValue, offset: WasmValue): void {
  const base = q.shl(selector, constantValue(4))
  const kept = q.and(q.field(CODE + at.DESCRIPTOR_ATTRIBUTES), constantValue(ATTRIBUTE.big | ATTRIBUTE.granular))
  q.setField(CODE + at.DESCRIPTOR_BASE, base, 64)
  q.setField(SEEN_CODE, base, 64)
  q.setField(CODE + at.DESCRIPTOR_ATTRIBUTES, q.or(kept, constantValue(REAL_MODE_ATTRIBUTES)))
  q.setField(CODE + at.DESCRIPTOR_SELECTOR, selector)
  q.setField(at.RIP, offset, 64)
  q.closeFetchWindow()
}

/** Moves a 16-bit stack pointer; 1 is the function's result. */
function movePointer(q: QuickSegments, bytes: number): void {
  q.code.i32(0)
  q.push(q.add(q.field(RSP), constantValue(bytes)))
  q.code.memory('i64_store16', RSP)
  q.code.i32(1)
}
