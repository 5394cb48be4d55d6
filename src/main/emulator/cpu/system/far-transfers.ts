/** Far JMP, CALL and RET, direct and through call gates (Intel SDM vol. 2, CALL, JMP, RET; vol. 3A, 5.8). */
import { CpuFault, Vector } from '../faults'
import { CS, SS } from '../state/bits'
import type { Helpers } from '../semantics/builder'
import { checkDirectTarget, checkOffset, checkWidth, commitCode, enterCode } from './code-targets'
import { modesChanged, type SystemContext } from './context'
import { Descriptor, extend, isNull, markAccessed, readDescriptor, rpl, selectorError, SystemType } from './descriptors'
import { checkCodeOffset, enterRealCode, moveStack, storeWords, topWord, WORD } from './real-mode'
import { checkStackDescriptor, dropPrivilegedSegments, loadPlainSegment, nullStackSegment } from './segments'
import { currentStack, flatStack, movedPointer, peek, push, replaceBits, segmentStack, setStackPointer, type StackSize } from './stack'
import { jumpToTask } from './task-switch'
import { innerStack, longStackPointer } from './task-state'

const RSP = 4

export function farTransferHelpers(cx: SystemContext): Pick<Helpers, 'farJump' | 'farCall' | 'farReturn'> {
  return {
    farJump: (selector, offset, size) => farJump(cx, Number(selector), truncate(offset, stackSize(size))),
    farCall: (selector, offset, size, next) => farCall(cx, Number(selector), truncate(offset, stackSize(size)), stackSize(size), next),
    farReturn: (size, release) => farReturn(cx, stackSize(size), release),
  }
}

export function stackSize(size: bigint): StackSize {
  return size === 64n ? 64 : size === 32n ? 32 : 16
}

function truncate(offset: bigint, size: StackSize): bigint {
  return BigInt.asUintN(size, offset)
}

/** CS:RIP in real and virtual-8086 mode. */
function checkPlainOffset(cx: SystemContext, offset: bigint): void {
  if (offset > BigInt(cx.state.limit(CS))) throw new CpuFault(Vector.GP, 0)
}

function enterPlain(cx: SystemContext, selector: number, offset: bigint): void {
  loadPlainSegment(cx.state, CS, selector)
  cx.state.rip = offset
  modesChanged(cx)
}

function farJump(cx: SystemContext, selector: number, offset: bigint): void {
  const { state } = cx
  if (!state.protectedMode) {
    checkCodeOffset(cx, Number(offset))
    enterRealCode(cx, selector, Number(offset))
    return
  }
  if (!state.usesDescriptors) {
    checkPlainOffset(cx, offset)
    enterPlain(cx, selector, offset)
    return
  }
  const descriptor = readTarget(cx, selector)
  if (descriptor.isSegment) {
    checkDirectTarget(cx, selector, descriptor)
    checkOffset(cx, descriptor, offset)
    enterCode(cx, selector, descriptor, offset, state.cpl)
    return
  }
  checkGateAccess(cx, selector, descriptor)
  if (isTaskTarget(cx, descriptor)) {
    jumpToTask(cx, selector, descriptor, 'jump', cx.nextRip())
    return
  }
  const gate = readCallGate(cx, selector, descriptor)
  const target = gateTarget(cx, gate)
  if (target.conforming ? target.dpl > state.cpl : target.dpl !== state.cpl) throw new CpuFault(Vector.GP, selectorError(gate.gateSelector))
  requirePresent(gate.gateSelector, target)
  const entry = gateOffset(gate)
  checkOffset(cx, target, entry)
  enterCode(cx, gate.gateSelector, target, entry, state.cpl)
}

function farCall(cx: SystemContext, selector: number, offset: bigint, size: StackSize, next: bigint): void {
  const { state } = cx
  if (!state.protectedMode && size === 16) {
    checkCodeOffset(cx, Number(offset))
    storeWords(cx, [state.selector(CS), Number(next & 0xffffn)])
    enterRealCode(cx, selector, Number(offset))
    moveStack(cx, -2 * WORD)
    return
  }
  const returnAddress = [BigInt(state.selector(CS)), next]
  if (!state.usesDescriptors) {
    const stack = currentStack(cx)
    checkPlainOffset(cx, offset)
    const pointer = push(cx, stack, state.gpr(RSP), size, returnAddress)
    enterPlain(cx, selector, offset)
    setStackPointer(cx, pointer)
    return
  }
  const descriptor = readTarget(cx, selector)
  if (descriptor.isSegment) {
    checkDirectTarget(cx, selector, descriptor)
    // Hardware stores the return address before it looks at the offset; the stack pointer has not moved yet.
    const pointer = push(cx, currentStack(cx), state.gpr(RSP), size, returnAddress)
    checkOffset(cx, descriptor, offset)
    enterCode(cx, selector, descriptor, offset, state.cpl)
    setStackPointer(cx, pointer)
    return
  }
  checkGateAccess(cx, selector, descriptor)
  if (isTaskTarget(cx, descriptor)) {
    jumpToTask(cx, selector, descriptor, 'call', next)
    return
  }
  const gate = readCallGate(cx, selector, descriptor)
  const target = gateTarget(cx, gate)
  if (target.dpl > state.cpl) throw new CpuFault(Vector.GP, selectorError(gate.gateSelector))
  requirePresent(gate.gateSelector, target)
  const entry = gateOffset(gate)
  const gateSize: StackSize = state.longMode ? 64 : gate.type === SystemType.callGate32 ? 32 : 16
  if (!target.conforming && target.dpl < state.cpl) callInner(cx, gate, target, entry, gateSize, returnAddress)
  else {
    checkOffset(cx, target, entry)
    // In long mode the target is 64-bit code: the return address is pushed as 64-bit values, also out of compatibility mode.
    const stack = gateSize === 64 ? flatStack(state.cpl) : currentStack(cx)
    const pointer = push(cx, stack, state.gpr(RSP), gateSize, returnAddress)
    enterCode(cx, gate.gateSelector, target, entry, state.cpl)
    setStackPointer(cx, pointer)
  }
}

/** Through a call gate to an inner privilege level: another stack, parameters copied, the old SS:rSP pushed first. */
function callInner(cx: SystemContext, gate: Descriptor, target: Descriptor, entry: bigint, size: StackSize, returnAddress: readonly bigint[]): void {
  const { state } = cx
  const level = target.dpl
  const oldStack = [BigInt(state.selector(SS)), state.gpr(RSP)]
  if (size === 64) {
    const top = longStackPointer(cx, level, 0, 0)
    checkOffset(cx, target, entry)
    const pointer = push(cx, flatStack(level), top, 64, [...oldStack, ...returnAddress])
    state.setSegment(SS, nullStackSegment(level))
    enterCode(cx, gate.gateSelector, target, entry, level)
    state.setGpr(RSP, pointer)
    return
  }
  const inner = innerStack(cx, level, 0)
  checkOffset(cx, target, entry)
  const parameters = peek(cx, currentStack(cx), state.gpr(RSP), size, gate.gateParameters).toReversed()
  const pointer = push(cx, segmentStack(inner.segment, level, selectorError(inner.segment.selector)), inner.pointer, size, [...oldStack, ...parameters, ...returnAddress])
  state.setSegment(SS, inner.segment)
  enterCode(cx, gate.gateSelector, target, entry, level)
  setStackPointer(cx, pointer)
}

function farReturn(cx: SystemContext, size: StackSize, release: bigint): void {
  const { state } = cx
  if (!state.protectedMode && size === 16) {
    const [ip, cs] = [topWord(cx, 0), topWord(cx, 1)]
    checkCodeOffset(cx, ip)
    enterRealCode(cx, cs, ip)
    moveStack(cx, 2 * WORD + Number(release))
    return
  }
  const stack = currentStack(cx)
  const bytes = BigInt(size / 8)
  const [offset = 0n, selectorValue = 0n] = peek(cx, stack, state.gpr(RSP), size, 2)
  const selector = Number(selectorValue & 0xffffn)
  if (!state.usesDescriptors) {
    checkPlainOffset(cx, offset)
    const pointer = movedPointer(cx, 2n * bytes + release)
    enterPlain(cx, selector, offset)
    setStackPointer(cx, pointer)
    return
  }
  const descriptor = readReturnTarget(cx, selector)
  checkOffset(cx, descriptor, offset)
  const level = rpl(selector)
  if (level === state.cpl) {
    const pointer = movedPointer(cx, 2n * bytes + release)
    enterCode(cx, selector, descriptor, offset, level)
    setStackPointer(cx, pointer)
    return
  }
  const outerAt = movedPointer(cx, 2n * bytes + release)
  const [outerPointer = 0n, outerSelector = 0n] = peek(cx, stack, outerAt, size, 2)
  const enterStack = outerStack(cx, Number(outerSelector & 0xffffn), level, descriptor)
  commitCode(cx, selector, descriptor, offset, level)
  enterStack()
  const pointer = outerPointerValue(cx, size, outerPointer)
  dropPrivilegedSegments(state)
  modesChanged(cx)
  setStackPointer(cx, pointer)
  setStackPointer(cx, movedPointer(cx, release))
}

/** rSP as popped, in the width of the outer stack. */
export function outerPointerValue(cx: SystemContext, size: StackSize, popped: bigint): bigint {
  // A 16-bit return keeps the upper bits of ESP, as hardware does.
  return size === 16 ? replaceBits(cx.state.gpr(RSP), 0xffffn, popped) : popped
}

/**
 * Code that RET and IRET return to.
 * @throws CpuFault #GP, #NP
 */
export function readReturnTarget(cx: SystemContext, selector: number): Descriptor {
  if (isNull(selector)) throw new CpuFault(Vector.GP, 0)
  const descriptor = readDescriptor(cx, selector)
  const level = rpl(selector)
  const allowed = level >= cx.state.cpl && (descriptor.conforming ? descriptor.dpl <= level : descriptor.dpl === level)
  if (!descriptor.isCode || !allowed) throw new CpuFault(Vector.GP, selectorError(selector))
  checkWidth(cx, selector, descriptor, 0)
  requirePresent(selector, descriptor)
  return descriptor
}

/**
 * The stack segment of an outer level, checked; the result loads it.
 * @throws CpuFault #GP, #SS
 */
export function outerStack(cx: SystemContext, selector: number, level: number, code: Descriptor): () => void {
  const { state } = cx
  if (isNull(selector)) {
    if (!state.longMode || !code.long || level === 3 || rpl(selector) !== level) throw new CpuFault(Vector.GP, 0)
    return () => state.setSegment(SS, nullStackSegment(selector))
  }
  const descriptor = readDescriptor(cx, selector)
  checkStackDescriptor(selector, descriptor, level, Vector.GP, 0)
  return () => {
    markAccessed(cx, descriptor)
    state.setSegment(SS, descriptor.cache(selector))
  }
}

function readTarget(cx: SystemContext, selector: number): Descriptor {
  if (isNull(selector)) throw new CpuFault(Vector.GP, 0)
  return readDescriptor(cx, selector)
}

function requirePresent(selector: number, descriptor: Descriptor): void {
  if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector))
}

const TASK_TYPES: ReadonlySet<number> = new Set([SystemType.tss16Available, SystemType.tss32Available, SystemType.taskGate])
const LEGACY_GATES: ReadonlySet<number> = new Set([SystemType.callGate16, SystemType.callGate32])

function isTaskTarget(cx: SystemContext, descriptor: Descriptor): boolean {
  return !cx.state.longMode && TASK_TYPES.has(descriptor.type)
}

/** A system descriptor that a far transfer may name: its kind, and DPL against CPL and RPL. */
function checkGateAccess(cx: SystemContext, selector: number, gate: Descriptor): void {
  const { state } = cx
  const known = state.longMode ? gate.type === SystemType.callGate32 : LEGACY_GATES.has(gate.type) || TASK_TYPES.has(gate.type)
  if (!known || gate.dpl < Math.max(state.cpl, rpl(selector))) throw new CpuFault(Vector.GP, selectorError(selector))
}

function readCallGate(cx: SystemContext, selector: number, descriptor: Descriptor): Descriptor {
  const gate = extend(cx, selector, descriptor)
  requirePresent(selector, gate)
  return gate
}

function gateTarget(cx: SystemContext, gate: Descriptor): Descriptor {
  const selector = gate.gateSelector
  if (isNull(selector)) throw new CpuFault(Vector.GP, 0)
  const target = readDescriptor(cx, selector)
  if (!target.isCode || (cx.state.longMode && (!target.long || target.big))) throw new CpuFault(Vector.GP, selectorError(selector))
  return target
}

function gateOffset(gate: Descriptor): bigint {
  return gate.type === SystemType.callGate16 ? gate.gateOffset & 0xffffn : gate.gateOffset
}
