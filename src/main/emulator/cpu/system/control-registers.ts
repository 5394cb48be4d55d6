/** Control and debug registers (Intel SDM vol. 3A, 2.5, 4.1, 10.8.5 for the way into long mode; 18.2 for debug registers). */
import { CpuFault, Vector } from '../faults'
import { PHYSICAL_ADDRESS_BITS, pagingMode } from '../mmu/page-walk'
import type { Helpers } from '../semantics/builder'
import { ATTRIBUTE, CR0, CR4, CS, EFER_BITS, TR } from '../state/bits'
import { modesChanged, type SystemContext } from './context'
import { isImplemented } from './cpuid'
import { SystemType } from './descriptors'
import type { CpuFeature } from './models'

const CR0_WRITABLE = CR0.PE | CR0.MP | CR0.EM | CR0.TS | CR0.NE | CR0.WP | CR0.AM | CR0.NW | CR0.CD | CR0.PG
/** Bits of CR4 by the feature that brings them; any other is #GP(0). */
const CR4_BITS: readonly (readonly [CpuFeature, bigint])[] = [
  ['vme', CR4.VME | CR4.PVI],
  ['tsc', CR4.TSD],
  ['de', CR4.DE],
  ['pse', CR4.PSE],
  ['pae', CR4.PAE],
  ['pentium', CR4.MCE],
  ['pge', CR4.PGE],
  ['msr', CR4.PCE],
  ['fxsr', CR4.OSFXSR],
  ['sse', CR4.OSXMMEXCPT],
  ['umip', CR4.UMIP],
  ['la57', CR4.LA57],
  ['fsgsbase', CR4.FSGSBASE],
  ['pcid', CR4.PCIDE],
  ['xsave', CR4.OSXSAVE],
  ['smep', CR4.SMEP],
  ['smap', CR4.SMAP],
  ['pku', CR4.PKE],
  ['pks', CR4.PKS],
]
/** Changes of these make translations invalid. */
const CR0_TRANSLATION = CR0.PE | CR0.WP | CR0.PG
const CR4_TRANSLATION = CR4.PSE | CR4.PAE | CR4.PGE | CR4.SMEP | CR4.SMAP | CR4.PCIDE | CR4.LA57 | CR4.PKE | CR4.PKS
/** LMSW reaches PE, MP, EM and TS. */
const MACHINE_STATUS_WORD = 0xfn
/** CR3 in long mode: bits beyond the address width. */
const CR3_RESERVED_LONG = 0xffff_ffff_ffff_ffffn ^ ((1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n)

const CR3_KEEP = 1n << 63n
const CR3_PCID = 0xfffn

const DR6_ONES = 0xffff_0ff0n
const DR6_WRITABLE = 0xe00fn
const DR7_ONES = 0x400n
const DR7_WRITABLE = 0xffff_2bffn
const DR7_GENERAL_DETECT = 1n << 13n
const DR6_GENERAL_DETECT = 1n << 13n

type ControlHelpers = Pick<Helpers, 'readControl' | 'writeControl' | 'readDebug' | 'writeDebug' | 'clts' | 'lmsw' | 'smsw' | 'invlpg' | 'flushTlb'>

export function controlRegisterHelpers(cx: SystemContext): ControlHelpers {
  const { state } = cx
  return {
    readControl(index) {
      requireControl(cx, Number(index))
      return state.control(Number(index))
    },
    writeControl(index, value) {
      const number = Number(index)
      requireControl(cx, number)
      writers[number]?.(cx, state.mode64 ? value : value & 0xffff_ffffn)
    },
    readDebug(index) {
      return state.debug(debugRegister(cx, Number(index)))
    },
    writeDebug(index, value) {
      const number = debugRegister(cx, Number(index))
      if (number >= 6 && value >> 32n !== 0n && state.mode64) throw new CpuFault(Vector.GP, 0)
      if (number === 6) state.setDebug(6, (value & DR6_WRITABLE) | DR6_ONES)
      else if (number === 7) state.setDebug(7, (value & DR7_WRITABLE) | DR7_ONES)
      else state.setDebug(number, state.mode64 ? value : value & 0xffff_ffffn)
      cx.mmu.refreshWatchpoints()
    },
    clts() {
      requireLevel0(cx)
      state.setControl(0, state.control(0) & ~CR0.TS)
    },
    lmsw(value) {
      requireLevel0(cx)
      // LMSW can set PE but not clear it.
      const kept = state.control(0) & (~MACHINE_STATUS_WORD | CR0.PE)
      writeCr0(cx, kept | (value & MACHINE_STATUS_WORD))
    },
    smsw() {
      return state.control(0)
    },
    invlpg(low, high) {
      requireLevel0(cx)
      cx.mmu.flushPage(low, high)
    },
    flushTlb() {
      cx.mmu.flush()
    },
  }
}

/** #GP(0) where CR4.UMIP keeps user programs from looking at system registers (SGDT, SIDT, SLDT, SMSW, STR). */
export function requireNoUmip(cx: SystemContext): void {
  if ((cx.state.control(4) & CR4.UMIP) !== 0n && cx.state.cpl !== 0) throw new CpuFault(Vector.GP, 0)
}

/** #GP(0) unless CPL is 0; real mode counts as 0. */
export function requireLevel0(cx: SystemContext): void {
  if (cx.state.cpl !== 0) throw new CpuFault(Vector.GP, 0)
}

const CONTROL_REGISTERS: ReadonlySet<number> = new Set([0, 2, 3, 4, 8])

function requireControl(cx: SystemContext, index: number): void {
  if (!CONTROL_REGISTERS.has(index) || (index === 8 && !cx.state.mode64)) throw new CpuFault(Vector.UD)
  requireLevel0(cx)
}

const writers: Readonly<Record<number, (cx: SystemContext, value: bigint) => void>> = {
  0: writeCr0,
  2: (cx, value) => cx.state.setControl(2, value),
  3: writeCr3,
  4: writeCr4,
  8: (cx, value) => {
    if (value > 15n) throw new CpuFault(Vector.GP, 0)
    if (cx.apic) cx.apic.cr8 = Number(value)
    else cx.state.setControl(8, value)
  },
}

function writeCr0(cx: SystemContext, requested: bigint): void {
  const { state, mmu } = cx
  const old = state.control(0)
  const value = (requested & CR0_WRITABLE) | CR0.ET
  const paging = (value & CR0.PG) !== 0n
  if (requested >> 32n !== 0n) throw new CpuFault(Vector.GP, 0)
  if (paging && (value & CR0.PE) === 0n) throw new CpuFault(Vector.GP, 0)
  if ((value & CR0.NW) !== 0n && (value & CR0.CD) === 0n) throw new CpuFault(Vector.GP, 0)
  let efer = state.efer
  if (paging && (old & CR0.PG) === 0n) efer = enablePaging(cx, efer)
  else if (!paging && (old & CR0.PG) !== 0n) efer = disablePaging(cx, efer)
  if (pagingMode(value, state.control(4), efer) === 'pae' && ((old ^ value) & (CR0.PG | CR0.CD | CR0.NW)) !== 0n && !mmu.loadPdptes(state.control(3))) {
    throw new CpuFault(Vector.GP, 0)
  }
  state.efer = efer
  state.setControl(0, value)
  modesChanged(cx)
  if (((old ^ value) & CR0_TRANSLATION) !== 0n) mmu.flush()
}

/** LMA follows LME when paging goes on. */
function enablePaging(cx: SystemContext, efer: bigint): bigint {
  if ((efer & EFER_BITS.LME) === 0n) return efer
  const { state } = cx
  const taskType = state.attributes(TR) & 0xf
  const task16 = (state.attributes(TR) & ATTRIBUTE.present) !== 0 && (taskType === SystemType.tss16Busy || taskType === SystemType.tss16Available)
  if ((state.control(4) & CR4.PAE) === 0n || (state.attributes(CS) & ATTRIBUTE.long) !== 0 || task16) throw new CpuFault(Vector.GP, 0)
  return efer | EFER_BITS.LMA
}

function disablePaging(cx: SystemContext, efer: bigint): bigint {
  if (cx.state.mode64 || (cx.state.control(4) & CR4.PCIDE) !== 0n) throw new CpuFault(Vector.GP, 0)
  return efer & ~EFER_BITS.LMA
}

function writeCr3(cx: SystemContext, value: bigint): void {
  const { state, mmu } = cx
  // With PCIDs, bit 63 says that translations may be kept. None are: that is always allowed (SDM vol. 3A, 4.10.4.1).
  const loaded = (state.control(4) & CR4.PCIDE) !== 0n ? value & ~CR3_KEEP : value
  if (state.longMode && (loaded & CR3_RESERVED_LONG) !== 0n) throw new CpuFault(Vector.GP, 0)
  if (mmu.pagingMode === 'pae' && !mmu.loadPdptes(value)) throw new CpuFault(Vector.GP, 0)
  state.setControl(3, loaded)
  mmu.flush()
}

function writeCr4(cx: SystemContext, value: bigint): void {
  const { state, mmu } = cx
  const old = state.control(4)
  const writable = CR4_BITS.reduce((mask, [feature, bits]) => (cx.model.has(feature) && isImplemented(feature) ? mask | bits : mask), 0n)
  if ((value & ~writable) !== 0n) throw new CpuFault(Vector.GP, 0)
  if (state.longMode && ((value & CR4.PAE) === 0n || ((old ^ value) & CR4.LA57) !== 0n)) throw new CpuFault(Vector.GP, 0)
  const usesPcids = (value & ~old & CR4.PCIDE) !== 0n
  if (usesPcids && (!state.longMode || (state.control(3) & CR3_PCID) !== 0n)) throw new CpuFault(Vector.GP, 0)
  const reload = CR4.PAE | CR4.PGE | CR4.PSE | CR4.SMEP
  if (pagingMode(state.control(0), value, state.efer) === 'pae' && ((old ^ value) & reload) !== 0n && !mmu.loadPdptes(state.control(3))) throw new CpuFault(Vector.GP, 0)
  state.setControl(4, value)
  modesChanged(cx)
  if (((old ^ value) & CR4.DE) !== 0n) mmu.refreshWatchpoints()
  if (((old ^ value) & CR4_TRANSLATION) !== 0n) mmu.flush()
}

/** DR4 and DR5 are DR6 and DR7 unless CR4.DE is set; DR7.GD traps every access. */
function debugRegister(cx: SystemContext, index: number): number {
  const { state } = cx
  const alias = index === 4 || index === 5
  if (index > 7 || (alias && (state.control(4) & CR4.DE) !== 0n)) throw new CpuFault(Vector.UD)
  requireLevel0(cx)
  if ((state.debug(7) & DR7_GENERAL_DETECT) !== 0n) {
    state.setDebug(7, state.debug(7) & ~DR7_GENERAL_DETECT)
    state.setDebug(6, state.debug(6) | DR6_GENERAL_DETECT)
    throw new CpuFault(Vector.DB)
  }
  return alias ? index + 2 : index
}
