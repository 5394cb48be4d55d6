/** CPUID: exactly what is implemented (Intel SDM vol. 2, CPUID; AMD64 APM vol. 3, appendix E for 8000_000xh). */
import { PHYSICAL_ADDRESS_BITS } from '../mmu/page-walk'
import type { Helpers } from '../semantics/builder'
import type { SystemContext } from './context'

/** Family 6, model 15 (Core 2: the first 64-bit member of the family), stepping 1; also in EDX after reset. */
export const SIGNATURE = 0x6f1

const VENDOR = 'BootlabLab64'
const BRAND = 'Bootlab x86-64 virtual processor'

const bits = (...positions: number[]): number => positions.reduce((mask, position) => mask | (1 << position), 0) >>> 0

/** Leaf 1, EDX: DE, PSE, TSC, MSR, PAE, CX8, SEP, MTRR, PGE, CMOV, PAT, PSE-36. */
const FEATURES_EDX = bits(2, 3, 4, 5, 6, 8, 11, 12, 13, 15, 16, 17)
/** Leaf 1, ECX: CX16, MOVBE, POPCNT, hypervisor present. */
const FEATURES_ECX = bits(13, 22, 23, 31)
/** Leaf 7, EBX: SMEP, SMAP. */
const STRUCTURED_EBX = bits(7, 20)
/** Leaf 8000_0001h, EDX: SYSCALL, NX, 1 GiB pages, long mode; ECX: LAHF in 64-bit mode, ABM (LZCNT). */
const EXTENDED_EDX = bits(11, 20, 26, 29)
const EXTENDED_ECX = bits(0, 5)
const LINEAR_ADDRESS_BITS = 48

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number]

function word(text: string, index: number): number {
  let value = 0
  for (let byte = 3; byte >= 0; byte--) value = (value << 8) | (text.charCodeAt(index * 4 + byte) || 0)
  return value >>> 0
}

function brand(part: number): Leaf {
  return [word(BRAND, part * 4), word(BRAND, part * 4 + 1), word(BRAND, part * 4 + 2), word(BRAND, part * 4 + 3)]
}

const HIGHEST_BASIC = 7
const HIGHEST_EXTENDED = 0x8000_0008
const leaves: ReadonlyMap<number, Leaf> = new Map<number, Leaf>([
  [0, [HIGHEST_BASIC, word(VENDOR, 0), word(VENDOR, 2), word(VENDOR, 1)]],
  [1, [SIGNATURE, 0x0001_0800, FEATURES_ECX, FEATURES_EDX]],
  [7, [0, STRUCTURED_EBX, 0, 0]],
  [0x8000_0000, [HIGHEST_EXTENDED, word(VENDOR, 0), word(VENDOR, 2), word(VENDOR, 1)]],
  [0x8000_0001, [SIGNATURE, 0, EXTENDED_ECX, EXTENDED_EDX]],
  [0x8000_0002, brand(0)],
  [0x8000_0003, brand(1)],
  [0x8000_0004, brand(2)],
  // Invariant TSC: it counts virtual time.
  [0x8000_0007, [0, 0, 0, bits(8)]],
  [0x8000_0008, [PHYSICAL_ADDRESS_BITS | (LINEAR_ADDRESS_BITS << 8), 0, 0, 0]],
])
const NOTHING: Leaf = [0, 0, 0, 0]
/** Leaves whose content depends on ECX have one sub-leaf. */
const SUB_LEAVES: ReadonlySet<number> = new Set([7])

const RAX = 0
const RCX = 1
const RDX = 2
const RBX = 3

export function cpuidHelpers(cx: SystemContext): Pick<Helpers, 'cpuid'> {
  return {
    cpuid() {
      const { state } = cx
      const leaf = state.gpr32(RAX)
      const absent = SUB_LEAVES.has(leaf) && state.gpr32(RCX) !== 0
      const [eax, ebx, ecx, edx] = absent ? NOTHING : (leaves.get(leaf) ?? NOTHING)
      state.setReg(RAX, 32, BigInt(eax))
      state.setReg(RBX, 32, BigInt(ebx))
      state.setReg(RCX, 32, BigInt(ecx))
      state.setReg(RDX, 32, BigInt(edx))
    },
  }
}
