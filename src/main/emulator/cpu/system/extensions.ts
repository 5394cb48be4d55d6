/** Small later additions: RDTSCP, RDPID, FSGSBASE, XGETBV, WRPKRU, RDRAND, INVPCID (Intel SDM vol. 2). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { CR4 } from '../state/bits'
import { modesChanged, type SystemContext } from './context'
import { requireLevel0 } from './control-registers'
import { isLoadable } from './descriptors'
import { MSR } from './msr'

type ExtensionHelpers = Pick<Helpers, 'tscAux' | 'readSegmentBase' | 'writeSegmentBase' | 'xgetbv' | 'xsetbv' | 'writePkru' | 'random' | 'invpcid'>

/** States that XCR0 can enable: x87, always; SSE; AVX, only with SSE; PKRU. */
const XCR0_X87 = 1n
const XCR0_SSE = 2n
const XCR0_AVX = 4n
const XCR0_PKRU = 1n << 9n

const INVPCID_ADDRESS = 0n
const INVPCID_CONTEXT = 1n
const INVPCID_LAST_TYPE = 3n
const PCID_MASK = 0xfffn

export function extensionHelpers(cx: SystemContext): ExtensionHelpers {
  const { state } = cx
  const requireCr4 = (bit: bigint): void => {
    if ((state.control(4) & bit) === 0n) throw new CpuFault(Vector.UD)
  }
  return {
    tscAux: () => cx.msrs.get(MSR.TSC_AUX),
    readSegmentBase(segment) {
      requireCr4(CR4.FSGSBASE)
      return state.base(Number(segment))
    },
    writeSegmentBase(segment, base) {
      requireCr4(CR4.FSGSBASE)
      if (!isLoadable(cx, base)) throw new CpuFault(Vector.GP, 0)
      const index = Number(segment)
      state.setSegment(index, { ...state.segment(index), base })
      state.updateEffectiveSegment(index)
    },
    xgetbv(register) {
      requireCr4(CR4.OSXSAVE)
      if (register !== 0n) throw new CpuFault(Vector.GP, 0)
      return state.xcr0
    },
    xsetbv(register, value) {
      requireCr4(CR4.OSXSAVE)
      requireLevel0(cx)
      const possible = XCR0_X87 | XCR0_SSE | (cx.model.has('avx') ? XCR0_AVX : 0n) | (cx.model.has('pku') ? XCR0_PKRU : 0n)
      const avxAlone = (value & (XCR0_SSE | XCR0_AVX)) === XCR0_AVX
      if (register !== 0n || (value & XCR0_X87) === 0n || avxAlone || (value & ~possible) !== 0n) throw new CpuFault(Vector.GP, 0)
      state.xcr0 = value
      modesChanged(cx)
    },
    writePkru(value) {
      const rights = Number(value)
      if (rights === state.pkru) return
      state.pkru = rights
      cx.mmu.keysChanged()
    },
    random() {
      const { msrs } = cx
      // Vigna's splitmix64.
      msrs.randomState = BigInt.asUintN(64, msrs.randomState + 0x9e37_79b9_7f4a_7c15n)
      let mixed = msrs.randomState
      mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58_476d_1ce4_e5b9n)
      mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d0_49bb_1331_11ebn)
      return mixed ^ (mixed >> 31n)
    },
    invpcid(type, pcid, linear) {
      requireLevel0(cx)
      const usesPcid = type === INVPCID_ADDRESS || type === INVPCID_CONTEXT
      if (type > INVPCID_LAST_TYPE || (pcid & ~PCID_MASK) !== 0n) throw new CpuFault(Vector.GP, 0)
      if (usesPcid && pcid !== 0n && (state.control(4) & CR4.PCIDE) === 0n) throw new CpuFault(Vector.GP, 0)
      if (type === INVPCID_ADDRESS && !isLoadable(cx, linear)) throw new CpuFault(Vector.GP, 0)
      // Translations of one PCID only are ever kept: all of them go, which is always allowed.
      cx.mmu.flush()
    },
  }
}
