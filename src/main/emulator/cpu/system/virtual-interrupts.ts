/** Virtual interrupt flag of virtual-8086 mode (VME) and of user programs (PVI); Intel SDM vol. 3A, 21.3 and 21.4. */
import { CpuFault, Vector } from '../faults'
import { CR4, CS, IF, IOPL, TF, TR, VIF, VIP } from '../state/bits'
import { modesChanged, type SystemContext } from './context'
import { virtual8086Segment } from './segments'
import { currentStack, push, setStackPointer } from './stack'

const RSP = 4
/** Where a 32-bit TSS keeps the offset of its I/O map; the 32 bytes before that map say which INT n are redirected. */
const IO_MAP_BASE = 0x66
const REDIRECTION_BYTES = 32

/** Virtual-8086 mode with CR4.VME. */
export function hasVirtualFlag(cx: SystemContext): boolean {
  return cx.state.virtual8086 && (cx.state.control(4) & CR4.VME) !== 0n
}

function iopl3(cx: SystemContext): boolean {
  return (cx.state.systemFlags & IOPL) === IOPL
}

/** CLI and STI act on VIF instead of IF: VME below IOPL 3, or PVI at CPL 3 below IOPL 3. */
export function actsOnVirtualFlag(cx: SystemContext): boolean {
  const { state } = cx
  if (iopl3(cx)) return false
  if (state.virtual8086) return hasVirtualFlag(cx)
  return state.protectedMode && state.cpl === 3 && (state.control(4) & CR4.PVI) !== 0n
}

/** STI with VIP pending: the monitor must deliver first. */
export function setVirtualFlag(cx: SystemContext, on: boolean): void {
  const { state } = cx
  if (on && state.systemFlags & VIP) throw new CpuFault(Vector.GP, 0)
  state.systemFlags = on ? state.systemFlags | VIF : state.systemFlags & ~VIF
}

/** FLAGS as a virtual-8086 program below IOPL 3 sees them: IF is VIF, IOPL reads as 3. 16 bits. */
export function virtualImage(cx: SystemContext): number {
  const { flags } = cx.state
  return ((flags & 0xffff & ~IF) | IOPL | (flags & VIF ? IF : 0)) & 0xffff
}

/**
 * A 16-bit POPF or IRET below IOPL 3: IF of the image goes to VIF.
 * @throws CpuFault #GP(0) when the monitor must act: TF set, or IF set with VIP pending
 */
export function checkVirtualImage(cx: SystemContext, image: number): void {
  if (image & TF || (image & IF && cx.state.systemFlags & VIP)) throw new CpuFault(Vector.GP, 0)
}

export function takeVirtualFlag(cx: SystemContext, image: number): void {
  const { state } = cx
  state.systemFlags = image & IF ? state.systemFlags | VIF : state.systemFlags & ~VIF
}

/**
 * INT n in virtual-8086 mode with VME: through the 8086 program's own vector table when the bitmap's bit is clear.
 * @returns false: the interrupt goes to the protected-mode handler
 * @throws CpuFault #GP(0) when the bit is set below IOPL 3
 */
export function redirectInterrupt(cx: SystemContext, vector: number, next: bigint): boolean {
  if (isRedirected(cx, vector)) {
    enterVirtualHandler(cx, vector, next)
    return true
  }
  if (!iopl3(cx)) throw new CpuFault(Vector.GP, 0)
  return false
}

function isRedirected(cx: SystemContext, vector: number): boolean {
  const { state, mmu } = cx
  const task = state.base(TR)
  if (IO_MAP_BASE + 1 > state.limit(TR)) throw new CpuFault(Vector.GP, 0)
  const offset = mmu.read16(task + BigInt(IO_MAP_BASE)) - REDIRECTION_BYTES + (vector >>> 3)
  if (offset < 0 || offset > state.limit(TR)) throw new CpuFault(Vector.GP, 0)
  return ((mmu.read8(task + BigInt(offset)) >>> (vector & 7)) & 1) === 0
}

function enterVirtualHandler(cx: SystemContext, vector: number, next: bigint): void {
  const { state, mmu } = cx
  const offset = mmu.read16(BigInt(vector * 4), true)
  const selector = mmu.read16(BigInt(vector * 4 + 2), true)
  const virtual = !iopl3(cx)
  const image = virtual ? virtualImage(cx) : state.flags & 0xffff
  const pointer = push(cx, currentStack(cx), state.gpr(RSP), 16, [BigInt(image), BigInt(state.selector(CS)), next])
  state.setSegment(CS, virtual8086Segment(selector))
  state.rip = BigInt(offset)
  state.systemFlags &= ~(TF | (virtual ? VIF : IF))
  modesChanged(cx)
  setStackPointer(cx, pointer)
  cx.endSlice()
}
