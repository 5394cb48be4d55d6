/** IRET in all modes (Intel SDM vol. 2, IRET). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { AC, ARITHMETIC_FLAGS, CS, DF, DS, ES, FS, GS, ID, IF, IOPL, NT, RF, SS, TF, VIF, VIP, VM } from '../state/bits'
import { checkOffset, commitCode } from './code-targets'
import { modesChanged, type SystemContext } from './context'
import { Descriptor, rpl } from './descriptors'
import { outerPointerValue, outerStack, readReturnTarget, stackSize } from './far-transfers'
import { setPrivilegedFlags } from './flags'
import { checkCodeOffset, enterRealCode, moveStack, topWord, WORD } from './real-mode'
import { dropPrivilegedSegments, loadPlainSegment, virtual8086Segment } from './segments'
import { currentStack, movedPointer, peek, setStackPointer, type StackSize } from './stack'
import { returnFromTask } from './task-switch'
import { checkVirtualImage, hasVirtualFlag, takeVirtualFlag } from './virtual-interrupts'

const RSP = 4
/** What every privilege level may change through IRET. */
const ORDINARY = ARITHMETIC_FLAGS | TF | DF | NT
const WIDE_ONLY = AC | ID

export function interruptReturnHelpers(cx: SystemContext): Pick<Helpers, 'iret'> {
  return { iret: (size) => iret(cx, stackSize(size)) }
}

function iret(cx: SystemContext, size: StackSize): void {
  const { state } = cx
  // Also when IRET itself faults (SDM vol. 3A, 6.7.1).
  cx.unblockNmi()
  if (!state.protectedMode && size === 16) returnReal(cx)
  else if (!state.protectedMode) returnPlain(cx, size, flagMask(size) | IF | IOPL)
  else if (state.virtual8086) {
    if ((state.systemFlags & IOPL) === IOPL) returnPlain(cx, size, flagMask(size) | IF)
    else if (hasVirtualFlag(cx) && size === 16) returnPlain(cx, size, flagMask(size), true)
    else throw new CpuFault(Vector.GP, 0)
  } else if (state.systemFlags & NT) {
    if (state.longMode) throw new CpuFault(Vector.GP, 0)
    returnFromTask(cx, cx.nextRip())
  } else returnProtected(cx, size)
}

/** RF lasts for one instruction and only holds back instruction breakpoints: it never stays in EFLAGS. */
function noteResume(cx: SystemContext, size: StackSize, image: number): void {
  if (size !== 16 && image & RF) cx.resumeOnce()
}

function flagMask(size: StackSize): number {
  return size === 16 ? ORDINARY : ORDINARY | WIDE_ONLY
}

function returnReal(cx: SystemContext): void {
  const [offset, selector, image] = [topWord(cx, 0), topWord(cx, 1), topWord(cx, 2)]
  checkCodeOffset(cx, offset)
  enterRealCode(cx, selector, offset)
  setPrivilegedFlags(cx, image, ORDINARY | IF | IOPL)
  moveStack(cx, 3 * WORD)
}

function returnPlain(cx: SystemContext, size: StackSize, mask: number, virtual = false): void {
  const { state } = cx
  const [offset = 0n, selector = 0n, image = 0n] = peek(cx, currentStack(cx), state.gpr(RSP), size, 3)
  if (offset > BigInt(state.limit(CS))) throw new CpuFault(Vector.GP, 0)
  const flags = Number(image & 0xffff_ffffn)
  if (virtual) checkVirtualImage(cx, flags)
  const pointer = movedPointer(cx, BigInt((size / 8) * 3))
  loadPlainSegment(state, CS, Number(selector & 0xffffn))
  state.rip = offset
  setPrivilegedFlags(cx, flags, mask)
  noteResume(cx, size, flags)
  if (virtual) takeVirtualFlag(cx, flags)
  modesChanged(cx)
  setStackPointer(cx, pointer)
}

function returnProtected(cx: SystemContext, size: StackSize): void {
  const { state } = cx
  const stack = currentStack(cx)
  const [offset = 0n, selectorValue = 0n, imageValue = 0n] = peek(cx, stack, state.gpr(RSP), size, 3)
  const selector = Number(selectorValue & 0xffffn)
  const image = Number(imageValue & 0xffff_ffffn)
  if (size === 32 && !state.longMode && image & VM && state.cpl === 0) {
    returnToVirtual8086(cx, offset, selector, image)
    return
  }
  const code = readReturnTarget(cx, selector)
  const level = rpl(selector)
  const mask = returnMask(cx, size)
  // 64-bit mode pops SS:RSP whatever the levels are.
  if (level === state.cpl && !state.mode64) {
    checkOffset(cx, code, offset)
    const pointer = movedPointer(cx, BigInt((size / 8) * 3))
    commitCode(cx, selector, code, offset, level)
    setPrivilegedFlags(cx, image, mask)
    noteResume(cx, size, image)
    modesChanged(cx)
    setStackPointer(cx, pointer)
    return
  }
  returnWithStack(cx, size, code, { offset, selector, image, mask })
}

interface PoppedFrame {
  readonly offset: bigint
  readonly selector: number
  readonly image: number
  /** Flags that may change. */
  readonly mask: number
}

function returnWithStack(cx: SystemContext, size: StackSize, code: Descriptor, frame: PoppedFrame): void {
  const { state } = cx
  const level = rpl(frame.selector)
  const outer = level !== state.cpl
  const [, , , poppedPointer = 0n, stackSelector = 0n] = peek(cx, currentStack(cx), state.gpr(RSP), size, 5)
  const enterStack = outerStack(cx, Number(stackSelector & 0xffffn), level, code)
  checkOffset(cx, code, frame.offset)
  commitCode(cx, frame.selector, code, frame.offset, level)
  enterStack()
  setPrivilegedFlags(cx, frame.image, frame.mask)
  noteResume(cx, size, frame.image)
  const pointer = outerPointerValue(cx, size, poppedPointer)
  if (outer) dropPrivilegedSegments(state)
  modesChanged(cx)
  setStackPointer(cx, pointer)
}

/** Flags that IRET may change at the present privilege level. */
function returnMask(cx: SystemContext, size: StackSize): number {
  const { state } = cx
  let mask = flagMask(size)
  if (state.cpl <= (state.systemFlags & IOPL) >> 12) mask |= IF
  if (state.cpl === 0) mask |= IOPL | (size === 16 ? 0 : VIF | VIP)
  return mask
}

function returnToVirtual8086(cx: SystemContext, offset: bigint, codeSelector: number, image: number): void {
  const { state } = cx
  const [, , , pointer = 0n, ...selectors] = peek(cx, currentStack(cx), state.gpr(RSP), 32, 9)
  if (offset > 0xffffn) throw new CpuFault(Vector.GP, 0)
  state.cpl = 3
  state.flags = image & ~RF
  noteResume(cx, 32, image)
  for (const [position, index] of [SS, ES, DS, FS, GS].entries()) state.setSegment(index, virtual8086Segment(Number((selectors[position] ?? 0n) & 0xffffn)))
  state.setSegment(CS, virtual8086Segment(codeSelector))
  state.rip = offset
  modesChanged(cx)
  state.setGpr(RSP, pointer)
  cx.endSlice()
}
