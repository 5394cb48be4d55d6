/** Hardware task switches (Intel SDM vol. 3A, 8.3, 8.6); legacy modes only. */
import { CpuFault, Vector } from '../faults'
import { CR0, CS, DS, ES, FS, GS, LDTR, NT, RF, SS, TR, VM } from '../state/bits'
import { modesChanged, type SystemContext } from './context'
import { Descriptor, isNull, markAccessed, markBusy, readDescriptor, rpl, selectorError, SystemType } from './descriptors'
import { checkStackDescriptor, nullSegment, virtual8086Segment } from './segments'
import { currentStack, push, setStackPointer } from './stack'

const RSP = 4
/** Offset of the T bit in a 32-bit TSS. */
const DEBUG_TRAP_FLAG = 0x64
const DR6_TASK_SWITCH = 1n << 15n
const DR7_LOCAL = 0x155n
const AVAILABLE: ReadonlySet<number> = new Set([SystemType.tss16Available, SystemType.tss32Available])
const BUSY: ReadonlySet<number> = new Set([SystemType.tss16Busy, SystemType.tss32Busy])

/** Field offsets of a TSS (SDM vol. 3A, figures 8-2 and 8-10) and its widths in bytes. */
interface TaskLayout {
  readonly lastByte: number
  readonly width: 2 | 4
  readonly instructionPointer: number
  readonly flags: number
  /** eAX…eDI in x86 order. */
  readonly registers: number
  /** ES, CS, SS, DS and, in a 32-bit TSS, FS, GS. */
  readonly segments: number
  readonly segmentCount: 4 | 6
  readonly ldt: number
  /** What registers get in the bits that the TSS does not hold: ones, as the 80386 and its successors do; the manuals are silent. */
  readonly upperHalves: number
  /** CR3, in a 32-bit TSS. */
  readonly pageDirectory: number | undefined
}
const LAYOUT_16: TaskLayout = { lastByte: 0x2b, width: 2, instructionPointer: 0x0e, flags: 0x10, registers: 0x12, segments: 0x22, segmentCount: 4, ldt: 0x2a, upperHalves: 0xffff_0000, pageDirectory: undefined }
const LAYOUT_32: TaskLayout = { lastByte: 0x67, width: 4, instructionPointer: 0x20, flags: 0x24, registers: 0x28, segments: 0x48, segmentCount: 6, ldt: 0x60, upperHalves: 0, pageDirectory: 0x1c }

const layoutOf = (type: number): TaskLayout => (type & 8 ? LAYOUT_32 : LAYOUT_16)

type Reason = 'jump' | 'call' | 'interrupt' | 'return'

/**
 * Switches to the task that a TSS descriptor or a task gate names. `next` is the RIP that the old task will
 * continue at.
 * @throws CpuFault #GP, #NP, #TS
 */
export function jumpToTask(cx: SystemContext, selector: number, descriptor: Descriptor, reason: Exclude<Reason, 'return'>, next: bigint, errorCode?: number): void {
  const ext = reason === 'interrupt' ? 1 : 0
  let taskSelector = selector
  let task = descriptor
  if (descriptor.type === SystemType.taskGate && !descriptor.isSegment) {
    if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector, ext))
    taskSelector = descriptor.gateSelector
    task = readTask(cx, taskSelector, Vector.GP, ext)
  }
  if (task.isSegment || !AVAILABLE.has(task.type)) throw new CpuFault(Vector.GP, selectorError(taskSelector, ext))
  if (!task.present) throw new CpuFault(Vector.NP, selectorError(taskSelector, ext))
  switchTask(cx, taskSelector, task, reason, next, ext)
  if (errorCode !== undefined) {
    const size = task.type & 8 ? 32 : 16
    setStackPointer(cx, push(cx, currentStack(cx, ext), cx.state.gpr(RSP), size, [BigInt(errorCode)]))
  }
}

/** IRET with NT set: back to the task whose TSS is linked. */
export function returnFromTask(cx: SystemContext, next: bigint): void {
  const { state, mmu } = cx
  const selector = mmu.read16(state.base(TR))
  const task = readTask(cx, selector, Vector.TS, 0)
  if (task.isSegment || !BUSY.has(task.type)) throw new CpuFault(Vector.TS, selectorError(selector))
  if (!task.present) throw new CpuFault(Vector.NP, selectorError(selector))
  switchTask(cx, selector, task, 'return', next, 0)
}

/** A TSS descriptor must be in the GDT. */
function readTask(cx: SystemContext, selector: number, vector: number, ext: number): Descriptor {
  if (isNull(selector) || selector & 4) throw new CpuFault(vector, selectorError(selector, ext))
  return readDescriptor(cx, selector, vector, ext)
}

function switchTask(cx: SystemContext, selector: number, task: Descriptor, reason: Reason, next: bigint, ext: number): void {
  const { state, mmu } = cx
  const layout = layoutOf(task.type)
  if (task.limit < layout.lastByte) throw new CpuFault(Vector.TS, selectorError(selector, ext))
  const oldBase = state.base(TR)
  const oldSelector = state.selector(TR)
  mmu.probeWrite(oldBase, layoutOf(state.attributes(TR)).lastByte + 1)
  mmu.probeWrite(task.base, layout.lastByte + 1)

  saveTask(cx, next, reason === 'return')
  if (reason === 'jump' || reason === 'return') markBusy(cx, oldSelector, false)
  if (reason !== 'return') markBusy(cx, selector, true)
  if (reason === 'call' || reason === 'interrupt') mmu.write16(task.base, oldSelector)

  const image = readTaskImage(cx, task.base, layout)
  const cache = task.cache(selector)
  state.setSegment(TR, { ...cache, attributes: cache.attributes | 2 })
  state.setControl(0, state.control(0) | CR0.TS)
  if (layout.pageDirectory !== undefined && (state.control(0) & CR0.PG) !== 0n) {
    state.setControl(3, image.pageDirectory)
    if (mmu.pagingMode === 'pae' && !mmu.loadPdptes(image.pageDirectory)) throw new CpuFault(Vector.TS, selectorError(selector, ext))
    mmu.flush()
  }
  loadTask(cx, image, reason === 'call' || reason === 'interrupt', ext)
  cx.endSlice()
}

function saveTask(cx: SystemContext, next: bigint, returning: boolean): void {
  const { state } = cx
  const base = state.base(TR)
  const layout = layoutOf(state.attributes(TR))
  const write = (offset: number, value: number, width: number): void => {
    if (width === 4) cx.mmu.write32(base + BigInt(offset), value)
    else cx.mmu.write16(base + BigInt(offset), value & 0xffff)
  }
  write(layout.instructionPointer, Number(next & 0xffff_ffffn), layout.width)
  write(layout.flags, returning ? state.flags & ~NT : state.flags, layout.width)
  for (let register = 0; register < 8; register++) write(layout.registers + register * layout.width, state.gpr32(register), layout.width)
  for (let index = 0; index < layout.segmentCount; index++) write(layout.segments + index * layout.width, state.selector(index), 2)
}

interface TaskImage {
  readonly instructionPointer: number
  readonly flags: number
  readonly registers: readonly number[]
  readonly segments: readonly number[]
  readonly ldt: number
  readonly pageDirectory: bigint
  /** T bit: #DB when the task begins. */
  readonly debugTrap: boolean
}

function readTaskImage(cx: SystemContext, base: bigint, layout: TaskLayout): TaskImage {
  const read = (offset: number, width: number): number => (width === 4 ? cx.mmu.read32(base + BigInt(offset)) : cx.mmu.read16(base + BigInt(offset)))
  return {
    instructionPointer: read(layout.instructionPointer, layout.width),
    flags: read(layout.flags, layout.width),
    registers: Array.from({ length: 8 }, (_, register) => (read(layout.registers + register * layout.width, layout.width) | layout.upperHalves) >>> 0),
    segments: Array.from({ length: 6 }, (_, index) => (index < layout.segmentCount ? read(layout.segments + index * layout.width, 2) : 0)),
    ldt: read(layout.ldt, 2),
    pageDirectory: BigInt(layout.pageDirectory === undefined ? 0 : read(layout.pageDirectory, 4)),
    debugTrap: layout.width === 4 && (read(DEBUG_TRAP_FLAG, 2) & 1) !== 0,
  }
}

/** From here on faults belong to the new task: registers are in place, segments are loaded one by one. */
function loadTask(cx: SystemContext, image: TaskImage, nested: boolean, ext: number): void {
  const { state } = cx
  state.rip = BigInt(image.instructionPointer)
  state.flags = (nested ? image.flags | NT : image.flags) & ~RF
  if (image.flags & RF) cx.resumeOnce()
  if (image.debugTrap) cx.debugTrap(DR6_TASK_SWITCH)
  // Local breakpoints belong to the old task.
  state.setDebug(7, state.debug(7) & ~DR7_LOCAL)
  cx.mmu.refreshWatchpoints()
  image.registers.forEach((value, register) => state.setGpr(register, BigInt(value)))
  image.segments.forEach((selector, index) => state.setSegment(index, nullSegment(selector)))
  state.setSegment(LDTR, nullSegment(image.ldt))
  const virtual = (image.flags & VM) !== 0
  state.cpl = virtual ? 3 : rpl(image.segments[CS] ?? 0)
  modesChanged(cx)

  if (!isNull(image.ldt)) {
    if (image.ldt & 4) throw new CpuFault(Vector.TS, selectorError(image.ldt, ext))
    const descriptor = readDescriptor(cx, image.ldt, Vector.TS, ext)
    if (descriptor.isSegment || descriptor.type !== SystemType.ldt || !descriptor.present) throw new CpuFault(Vector.TS, selectorError(image.ldt, ext))
    state.setSegment(LDTR, descriptor.cache(image.ldt))
  }
  if (virtual) {
    image.segments.forEach((selector, index) => state.setSegment(index, virtual8086Segment(selector)))
    modesChanged(cx)
    return
  }
  loadTaskCode(cx, image.segments[CS] ?? 0, ext)
  loadTaskStack(cx, image.segments[SS] ?? 0, ext)
  for (const index of [ES, DS, FS, GS]) loadTaskData(cx, index, image.segments[index] ?? 0, ext)
  modesChanged(cx)
  if (image.instructionPointer > state.limit(CS)) throw new CpuFault(Vector.GP, ext)
}

function loadTaskCode(cx: SystemContext, selector: number, ext: number): void {
  if (isNull(selector)) throw new CpuFault(Vector.TS, ext)
  const descriptor = readDescriptor(cx, selector, Vector.TS, ext)
  const level = rpl(selector)
  if (!descriptor.isCode || (descriptor.conforming ? descriptor.dpl > level : descriptor.dpl !== level)) throw new CpuFault(Vector.TS, selectorError(selector, ext))
  if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector, ext))
  markAccessed(cx, descriptor)
  cx.state.setSegment(CS, descriptor.cache(selector))
  modesChanged(cx)
}

function loadTaskStack(cx: SystemContext, selector: number, ext: number): void {
  if (isNull(selector)) throw new CpuFault(Vector.TS, ext)
  const descriptor = readDescriptor(cx, selector, Vector.TS, ext)
  checkStackDescriptor(selector, descriptor, cx.state.cpl, Vector.TS, ext)
  markAccessed(cx, descriptor)
  cx.state.setSegment(SS, descriptor.cache(selector))
  modesChanged(cx)
}

function loadTaskData(cx: SystemContext, index: number, selector: number, ext: number): void {
  if (isNull(selector)) return
  const descriptor = readDescriptor(cx, selector, Vector.TS, ext)
  const level = Math.max(rpl(selector), cx.state.cpl)
  if (!descriptor.readable || (!descriptor.conforming && level > descriptor.dpl)) throw new CpuFault(Vector.TS, selectorError(selector, ext))
  if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector, ext))
  markAccessed(cx, descriptor)
  cx.state.setSegment(index, descriptor.cache(selector))
}
