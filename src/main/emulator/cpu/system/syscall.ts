/** SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS (Intel SDM vol. 2). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { ATTRIBUTE, CS, EFER_BITS, GS, IF, RF, SS, VM } from '../state/bits'
import type { SegmentCache } from '../state/cpu-state'
import { modesChanged, type SystemContext } from './context'
import { MSR } from './msr'
import { requireLevel0 } from './control-registers'
import { setPrivilegedFlags } from './flags'

const RCX = 1
const RDX = 2
const RSP = 4
const R11 = 11

/** Flat code and data as these instructions load them, without a look at the tables. */
const CODE = 0x9b
const DATA = 0x93
const WHOLE = 0xffff_ffff
/** SYSRET: flags that come from R11 (all but RF and VM). */
const SYSRET_FLAGS = 0x3c_7fd7

function flatCode(selector: number, level: number, long: boolean): SegmentCache {
  return { selector, base: 0n, limit: WHOLE, attributes: CODE | (level << ATTRIBUTE.dplShift) | ATTRIBUTE.granular | (long ? ATTRIBUTE.long : ATTRIBUTE.big) }
}

function flatData(selector: number, level: number): SegmentCache {
  return { selector, base: 0n, limit: WHOLE, attributes: DATA | (level << ATTRIBUTE.dplShift) | ATTRIBUTE.granular | ATTRIBUTE.big }
}

export function syscallHelpers(cx: SystemContext): Pick<Helpers, 'syscall' | 'sysret' | 'sysenter' | 'sysexit' | 'swapgs'> {
  const { state } = cx
  const enter = (codeSelector: number, stackSelector: number, level: number, long: boolean): void => {
    state.setSegment(CS, flatCode(codeSelector, level, long))
    state.setSegment(SS, flatData(stackSelector, level))
    state.cpl = level
  }
  return {
    syscall(next) {
      // Legacy-mode SYSCALL is AMD's alone; CPUID reports it for 64-bit mode.
      if (!state.mode64 || (state.efer & EFER_BITS.SCE) === 0n) throw new CpuFault(Vector.UD)
      const selector = Number((cx.msrs.get(MSR.STAR) >> 32n) & 0xfffcn)
      const image = state.flags
      state.setGpr(RCX, next)
      state.setGpr(R11, BigInt(image & ~RF))
      state.rip = cx.msrs.get(MSR.LSTAR)
      state.flags = image & ~(Number(cx.msrs.get(MSR.SFMASK)) | RF)
      enter(selector, selector + 8, 0, true)
      modesChanged(cx)
      cx.suppressTrap()
    },
    sysret(size) {
      if (!state.mode64 || (state.efer & EFER_BITS.SCE) === 0n) throw new CpuFault(Vector.UD)
      requireLevel0(cx)
      const target = state.gpr(RCX)
      const wide = size === 64n
      if (wide && !cx.state.isCanonical(target)) throw new CpuFault(Vector.GP, 0)
      const base = Number((cx.msrs.get(MSR.STAR) >> 48n) & 0xffffn)
      const image = Number(state.gpr(R11) & 0xffff_ffffn)
      state.rip = wide ? target : target & 0xffff_ffffn
      enter(((base + (wide ? 16 : 0)) | 3) & 0xffff, ((base + 8) | 3) & 0xffff, 3, wide)
      setPrivilegedFlags(cx, image, SYSRET_FLAGS | RF)
      state.systemFlags &= ~(RF | VM)
      modesChanged(cx)
      cx.endSlice()
    },
    sysenter() {
      const selector = Number(cx.msrs.get(MSR.SYSENTER_CS) & 0xfffcn)
      if (!state.protectedMode || selector === 0) throw new CpuFault(Vector.GP, 0)
      const long = state.longMode
      state.systemFlags &= ~(VM | IF | RF)
      state.rip = long ? cx.msrs.get(MSR.SYSENTER_EIP) : cx.msrs.get(MSR.SYSENTER_EIP) & 0xffff_ffffn
      state.setGpr(RSP, long ? cx.msrs.get(MSR.SYSENTER_ESP) : cx.msrs.get(MSR.SYSENTER_ESP) & 0xffff_ffffn)
      enter(selector, selector + 8, 0, long)
      modesChanged(cx)
      cx.suppressTrap()
    },
    sysexit(size) {
      const selector = Number(cx.msrs.get(MSR.SYSENTER_CS) & 0xfffcn)
      if (!state.protectedMode || selector === 0 || state.cpl !== 0) throw new CpuFault(Vector.GP, 0)
      const wide = size === 64n
      const target = state.gpr(RDX)
      const stack = state.gpr(RCX)
      if (wide && (!cx.state.isCanonical(target) || !cx.state.isCanonical(stack))) throw new CpuFault(Vector.GP, 0)
      state.rip = wide ? target : target & 0xffff_ffffn
      state.setGpr(RSP, wide ? stack : stack & 0xffff_ffffn)
      const code = selector + (wide ? 32 : 16)
      enter(code | 3, (code + 8) | 3, 3, wide)
      modesChanged(cx)
    },
    swapgs() {
      if (!state.mode64) throw new CpuFault(Vector.UD)
      requireLevel0(cx)
      const base = state.base(GS)
      state.setSegment(GS, { ...state.segment(GS), base: cx.msrs.get(MSR.KERNEL_GS_BASE) })
      cx.msrs.set(MSR.KERNEL_GS_BASE, base)
      state.updateEffectiveSegment(GS)
    },
  }
}
