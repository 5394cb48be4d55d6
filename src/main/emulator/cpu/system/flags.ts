/** Flags under rules of privilege: CLI, STI, POPF, PUSHF (Intel SDM vol. 2; vol. 3A, 20.2.7 for virtual-8086 mode). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { AC, ARITHMETIC_FLAGS, DF, ID, IF, IOPL, NT, RF, TF, VM } from '../state/bits'
import type { SystemContext } from './context'
import { actsOnVirtualFlag, checkVirtualImage, hasVirtualFlag, setVirtualFlag, takeVirtualFlag, virtualImage } from './virtual-interrupts'

/** POPF clears RF and leaves VM, VIF and VIP. */
const POPF_16 = ARITHMETIC_FLAGS | TF | DF | NT
const POPF_32 = POPF_16 | AC | ID

export function flagHelpers(cx: SystemContext): Pick<Helpers, 'cli' | 'sti' | 'popf' | 'pushfImage'> {
  const { state } = cx
  return {
    cli() {
      if (actsOnVirtualFlag(cx)) {
        setVirtualFlag(cx, false)
        return
      }
      requireInterruptRights(cx)
      state.systemFlags &= ~IF
    },
    sti() {
      if (actsOnVirtualFlag(cx)) {
        setVirtualFlag(cx, true)
        return
      }
      requireInterruptRights(cx)
      if (state.systemFlags & IF) return
      state.systemFlags |= IF
      state.shadowAt = state.remaining
      state.shadowBySti = true
    },
    popf(image, size) {
      if (state.virtual8086 && (state.systemFlags & IOPL) !== IOPL) {
        if (!hasVirtualFlag(cx) || size !== 16n) throw new CpuFault(Vector.GP, 0)
        const flags = Number(image & 0xffffn)
        checkVirtualImage(cx, flags)
        setPrivilegedFlags(cx, flags, POPF_16)
        takeVirtualFlag(cx, flags)
        return
      }
      let mask = size === 16n ? POPF_16 : POPF_32
      if (state.cpl === 0) mask |= IOPL
      if (state.cpl <= currentIopl(cx)) mask |= IF
      if (size !== 16n) state.systemFlags &= ~RF
      setPrivilegedFlags(cx, Number(image & 0xffff_ffffn), mask)
    },
    pushfImage(size) {
      if (state.virtual8086 && (state.systemFlags & IOPL) !== IOPL) {
        if (!hasVirtualFlag(cx) || size !== 16n) throw new CpuFault(Vector.GP, 0)
        return BigInt(virtualImage(cx))
      }
      return BigInt(state.flags & ~(VM | RF))
    },
  }
}

/** Sets the flags in `mask` from `image`, and looks after what hangs on AC. What TF and IF let in is looked for at the end of the instruction. */
export function setPrivilegedFlags(cx: SystemContext, image: number, mask: number): void {
  const { state } = cx
  const before = state.flags
  const writable = mask & cx.model.flags
  const after = ((before & ~writable) | (image & writable)) >>> 0
  state.flags = after
  const changed = before ^ after
  if (changed & AC) cx.mmu.refresh()
}

function currentIopl(cx: SystemContext): number {
  return (cx.state.systemFlags & IOPL) >> 12
}

/** Real mode: always; protected mode: CPL ≤ IOPL; virtual-8086 mode: IOPL 3, which is the same with CPL 3. */
function requireInterruptRights(cx: SystemContext): void {
  if (cx.state.protectedMode && cx.state.cpl > currentIopl(cx)) throw new CpuFault(Vector.GP, 0)
}
