/** Delivery of interrupts and exceptions (Intel SDM vol. 3A, chapter 6; 20.1.4 and 20.3 for real and virtual-8086 mode). */
import { CpuFault, Vector } from '../faults'
import { AC, CS, DS, ES, FS, GS, IF, IOPL, NT, RF, SS, TF, VM } from '../state/bits'
import { IDTR } from '../state/layout'
import { checkOffset, checkWidth, enterCode } from './code-targets'
import { type SystemContext } from './context'
import { Descriptor, isNull, readDescriptor, selectorError, SystemType } from './descriptors'
import { checkCodeOffset, enterRealCode, moveStack, storeWords, WORD } from './real-mode'
import { nullDataSegments, nullStackSegment } from './segments'
import { currentStack, flatStack, push, segmentStack, setStackPointer, type StackSize } from './stack'
import { jumpToTask } from './task-switch'
import { innerStack, longStackPointer } from './task-state'
import { hasVirtualFlag, redirectInterrupt } from './virtual-interrupts'

const RSP = 4

/** An event on its way to its handler. */
export interface Event {
  readonly vector: number
  /** `software`: INT n, INT3, INTO (gate DPL counts); `external`: exceptions, INT1, interrupt pins (EXT is set in error codes). */
  readonly source: 'software' | 'external'
  /** It came from an interrupt pin. */
  readonly pin?: boolean
  readonly errorCode?: number | undefined
  /** RIP to push. */
  readonly returnTo: bigint
  /** The pushed image has RF set (faults), so that an instruction breakpoint does not fire again. */
  readonly resume?: boolean
}

/**
 * Carries one event to its handler: pushes the frame, loads CS:RIP, changes flags.
 * @throws CpuFault what goes wrong on the way; nothing but memory below the stack pointer was changed then
 */
export function deliver(cx: SystemContext, event: Event): void {
  const { state } = cx
  if (!state.protectedMode) deliverReal(cx, event)
  else if (state.longMode) deliverLong(cx, event)
  else deliverProtected(cx, event)
  cx.observer.delivered?.({ vector: event.vector, source: event.pin === true ? 'hardware' : event.source === 'software' ? 'software' : 'exception', errorCode: event.errorCode, returnTo: event.returnTo })
}

function deliverReal(cx: SystemContext, event: Event): void {
  const { state, mmu } = cx
  const { base, limit } = state.table(IDTR)
  if (event.vector * 4 + 3 > limit) throw new CpuFault(Vector.GP)
  const entry = Number(base) + event.vector * 4
  const offset = mmu.readLow(entry >>> 0, WORD)
  const selector = mmu.readLow((entry + 2) >>> 0, WORD)
  storeWords(cx, [state.flags & 0xffff, state.selector(CS), Number(event.returnTo & 0xffffn)])
  checkCodeOffset(cx, offset)
  state.systemFlags &= ~(IF | TF | AC | RF)
  enterRealCode(cx, selector, offset)
  moveStack(cx, -3 * WORD)
}

const GATE_INTERRUPT: ReadonlySet<number> = new Set([SystemType.interruptGate16, SystemType.interruptGate32])
const LEGACY_GATES: ReadonlySet<number> = new Set([
  SystemType.taskGate, SystemType.interruptGate16, SystemType.trapGate16, SystemType.interruptGate32, SystemType.trapGate32,
])
const LONG_GATES: ReadonlySet<number> = new Set([SystemType.interruptGate32, SystemType.trapGate32])

/** The gate of a vector, checked for kind, privilege and presence. */
function readGate(cx: SystemContext, event: Event): Descriptor {
  const { state, mmu } = cx
  const table = state.table(IDTR)
  const bytes = state.longMode ? 16 : 8
  const software = event.source === 'software'
  const code = event.vector * 8 + 2 + (software ? 0 : 1)
  if ((event.vector + 1) * bytes - 1 > table.limit) throw new CpuFault(Vector.GP, code)
  const address = table.base + BigInt(event.vector * bytes)
  const upper = state.longMode ? mmu.read32(address + 8n) : 0
  const gate = new Descriptor(address, mmu.read32(address), mmu.read32(address + 4n), upper)
  const known = (state.longMode ? LONG_GATES : LEGACY_GATES).has(gate.type) && !gate.isSegment
  if (!known || (software && gate.dpl < state.cpl)) throw new CpuFault(Vector.GP, code)
  if (!gate.present) throw new CpuFault(Vector.NP, code)
  return gate
}

/** The code segment a gate leads to. */
function readTarget(cx: SystemContext, gate: Descriptor, ext: number): Descriptor {
  const selector = gate.gateSelector
  if (isNull(selector)) throw new CpuFault(Vector.GP, ext)
  const target = readDescriptor(cx, selector, Vector.GP, ext)
  if (!target.isCode || target.dpl > cx.state.cpl) throw new CpuFault(Vector.GP, selectorError(selector, ext))
  checkWidth(cx, selector, target, ext)
  if (!target.present) throw new CpuFault(Vector.NP, selectorError(selector, ext))
  return target
}

function pushedFlags(cx: SystemContext, event: Event): number {
  const flags = cx.state.flags
  return event.resume ? flags | RF : flags
}

function deliverProtected(cx: SystemContext, event: Event): void {
  const { state } = cx
  const ext = event.source === 'software' ? 0 : 1
  const gate = readGate(cx, event)
  if (gate.type === SystemType.taskGate) {
    const descriptor = readDescriptor(cx, gate.gateSelector, Vector.GP, ext)
    jumpToTask(cx, gate.gateSelector, descriptor, 'interrupt', event.returnTo, event.errorCode)
    return
  }
  const target = readTarget(cx, gate, ext)
  const wide = gate.type === SystemType.interruptGate32 || gate.type === SystemType.trapGate32
  const size: StackSize = wide ? 32 : 16
  const offset = wide ? gate.gateOffset : gate.gateOffset & 0xffffn
  const frame = [pushedFlags(cx, event), state.selector(CS), event.returnTo]
  if (event.errorCode !== undefined) frame.push(event.errorCode)
  const level = target.conforming ? state.cpl : target.dpl
  const fromVirtual8086 = state.virtual8086
  if (fromVirtual8086 && level !== 0) throw new CpuFault(Vector.GP, selectorError(gate.gateSelector, ext))
  if (level === state.cpl) {
    const pointer = push(cx, currentStack(cx, ext), state.gpr(RSP), size, frame)
    checkOffset(cx, target, offset, ext)
    enterCode(cx, gate.gateSelector, target, offset, level)
    clearFlags(cx, gate)
    setStackPointer(cx, pointer)
    return
  }
  const inner = innerStack(cx, level, ext)
  const saved = [state.selector(SS), state.gpr(RSP)]
  if (fromVirtual8086) saved.unshift(...[GS, FS, DS, ES].map((index) => state.selector(index)))
  const stack = segmentStack(inner.segment, level, selectorError(inner.segment.selector, ext))
  const pointer = push(cx, stack, inner.pointer, size, [...saved, ...frame])
  checkOffset(cx, target, offset, ext)
  state.systemFlags &= ~VM
  if (fromVirtual8086) nullDataSegments(state)
  state.setSegment(SS, inner.segment)
  enterCode(cx, gate.gateSelector, target, offset, level)
  clearFlags(cx, gate)
  setStackPointer(cx, pointer)
}

function deliverLong(cx: SystemContext, event: Event): void {
  const { state } = cx
  const ext = event.source === 'software' ? 0 : 1
  const gate = readGate(cx, event)
  const target = readTarget(cx, gate, ext)
  if (!target.long || target.big) throw new CpuFault(Vector.GP, selectorError(gate.gateSelector, ext))
  const level = target.conforming ? state.cpl : target.dpl
  const ist = gateIst(gate)
  const inner = level < state.cpl
  const top = inner || ist !== 0 ? longStackPointer(cx, level, ist, ext) : state.gpr(RSP)
  if (!cx.state.isCanonical(top)) throw new CpuFault(Vector.SS, ext)
  const frame = [state.selector(SS), state.gpr(RSP), pushedFlags(cx, event), state.selector(CS), event.returnTo]
  if (event.errorCode !== undefined) frame.push(event.errorCode)
  const pointer = push(cx, flatStack(level, ext), top & ~0xfn, 64, frame)
  checkOffset(cx, target, gate.gateOffset, ext)
  if (inner) state.setSegment(SS, nullStackSegment(level))
  enterCode(cx, gate.gateSelector, target, gate.gateOffset, level)
  clearFlags(cx, gate)
  state.setGpr(RSP, pointer)
}

/** Interrupt stack table index of a long-mode gate: bits 32–34 of the gate. */
function gateIst(gate: Descriptor): number {
  return gate.high & 7
}

function clearFlags(cx: SystemContext, gate: Descriptor): void {
  cx.state.systemFlags &= ~(TF | NT | RF | VM | (GATE_INTERRUPT.has(gate.type) ? IF : 0))
  cx.mmu.refresh()
}

/** INT n, INT3, INTO, INT1 (kind 0, 1, 1, 2). */
export function softwareInterrupt(cx: SystemContext, vector: number, kind: number, next: bigint): void {
  const { state } = cx
  if (kind === 0 && hasVirtualFlag(cx) && redirectInterrupt(cx, vector, next)) {
    cx.suppressTrap()
    return
  }
  // Without VME, INT n in virtual-8086 mode needs IOPL 3 (SDM vol. 3A, 20.3.3); INT3, INTO and INT1 do not.
  if (kind === 0 && state.virtual8086 && (state.systemFlags & IOPL) !== IOPL) throw new CpuFault(Vector.GP, 0)
  if (kind === 2) cx.mergeTraps()
  deliver(cx, { vector, source: kind === 2 ? 'external' : 'software', returnTo: next })
  cx.suppressTrap()
}
