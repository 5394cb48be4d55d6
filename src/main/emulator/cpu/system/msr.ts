/** Model-specific registers (Intel SDM vol. 4; AMD64 APM vol. 2, 3.2). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { CR0, EFER_BITS, FS, GS } from '../state/bits'
import type { SystemContext } from './context'
import { modesChanged } from './context'
import { isLoadable } from './descriptors'
import type { CpuFeature } from './models'
import { PHYSICAL_ADDRESS_BITS } from '../mmu/page-walk'
import type { StateFields } from '../../state/fields'

export const MSR = {
  TSC: 0x10, PLATFORM_ID: 0x17, APIC_BASE: 0x1b, BIOS_SIGN_ID: 0x8b, MTRR_CAP: 0xfe, ARCH_CAPABILITIES: 0x10a, SYSENTER_CS: 0x174, SYSENTER_ESP: 0x175, SYSENTER_EIP: 0x176, MCG_CAP: 0x179, MCG_STATUS: 0x17a, MISC_ENABLE: 0x1a0, PAT: 0x277, MTRR_DEF_TYPE: 0x2ff, TSC_DEADLINE: 0x6e0, PKRS: 0x6e1,
  EFER: 0xc000_0080, STAR: 0xc000_0081, LSTAR: 0xc000_0082, CSTAR: 0xc000_0083, SFMASK: 0xc000_0084, FS_BASE: 0xc000_0100, GS_BASE: 0xc000_0101,
  KERNEL_GS_BASE: 0xc000_0102, TSC_AUX: 0xc000_0103,
} as const

/** Values after reset (SDM vol. 3A, table 10-1 and 12.12.4 for PAT). */
const RESET_VALUES: ReadonlyMap<number, bigint> = new Map([
  [MSR.APIC_BASE, 0xfee0_0900n],
  [MSR.PAT, 0x0007_0406_0007_0406n],
  [MSR.MISC_ENABLE, 1n],
])

/** Any constant: the guest gets the same numbers in every run. */
const RANDOM_SEED = 0x9e37_79b9_7f4a_7c15n
/** Numbers in `entries` of what has no MSR address. */
const ENTRY = { timestampOffset: 2 ** 32, randomState: 2 ** 32 + 1 } as const

/** Eight variable-range MTRR pairs, fixed ranges by number; capability: fixed ranges, write-combining. */
const VARIABLE_RANGES = 8
const MTRR_CAPABILITY = BigInt(VARIABLE_RANGES) | (1n << 8n) | (1n << 10n)
const MTRR_FIXED: readonly number[] = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f]
const MTRR_VARIABLE = Array.from({ length: VARIABLE_RANGES * 2 }, (_, index) => 0x200 + index)
const MEMORY_TYPES: ReadonlySet<number> = new Set([0, 1, 4, 5, 6])
const PAT_TYPES: ReadonlySet<number> = new Set([0, 1, 4, 5, 6, 7])

/**
 * What a processor that executes nothing ahead of time is immune to (SDM vol. 4, IA32_ARCH_CAPABILITIES): RDCL_NO, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO,
 * TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO. Systems leave out what else protects them, such as page tables of their own for the kernel.
 */
const IMMUNITIES = [0, 4, 5, 6, 8, 13, 14, 15].reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n)

const PHYSICAL_MASK = (1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n
const EFER_WRITABLE = EFER_BITS.SCE | EFER_BITS.LME | EFER_BITS.NXE

/** A register: how it is read and written. `write` returns false for a value that is #GP(0). */
interface Register {
  /** Only processors with this feature have it. */
  readonly of?: CpuFeature
  read(cx: SystemContext): bigint
  write(cx: SystemContext, value: bigint): boolean
}

/** Registers that a saved state has at most. */
const MOST_VALUES = 256

/** The registers that no state field holds. */
export class ModelSpecificRegisters {
  readonly #values = new Map<number, bigint>()
  /** Added to the clock to give the time-stamp counter (WRMSR to TSC moves it). */
  timestampOffset = 0n
  /** State of the random number generator (RDRAND, RDSEED). */
  randomState: bigint
  readonly #seed: bigint

  /** @param processor number of the processor among those of its computer: each has other random numbers */
  constructor(processor = 0) {
    this.#seed = BigInt.asUintN(64, RANDOM_SEED * BigInt(2 * processor + 1))
    this.randomState = this.#seed
    this.reset()
  }

  reset(): void {
    this.#values.clear()
    for (const [index, value] of RESET_VALUES) this.#values.set(index, value)
    this.timestampOffset = 0n
    this.randomState = this.#seed
  }

  get(index: number): bigint {
    return this.#values.get(index) ?? 0n
  }

  set(index: number, value: bigint): void {
    this.#values.set(index, value)
  }

  exchange(state: StateFields): void {
    const values = state.list<[number, bigint]>('values', [...this.#values], MOST_VALUES, (fields, [index, value] = [0, 0n]) => [fields.dword('index', index), fields.big('value', value)])
    this.timestampOffset = state.big('timestamp offset', this.timestampOffset)
    this.randomState = state.big('random state', this.randomState)
    if (!state.loading) return
    this.#values.clear()
    for (const [index, value] of values) this.#values.set(index, value)
  }

  /** All values that differ from zero, in a fixed order: for hashes and snapshots. */
  entries(): [index: number, value: bigint][] {
    const others: [number, bigint][] = [[ENTRY.timestampOffset, this.timestampOffset], [ENTRY.randomState, this.randomState]]
    return [...this.#values.entries(), ...others].filter(([, value]) => value !== 0n).toSorted(([a], [b]) => a - b)
  }
}

function stored(index: number, allowed: (value: bigint, cx: SystemContext) => boolean): [number, Register] {
  return [
    index,
    {
      read: (cx) => cx.msrs.get(index),
      write: (cx, value) => {
        if (!allowed(value, cx)) return false
        cx.msrs.set(index, value)
        return true
      },
    },
  ]
}

/** FS or GS base: lives in the segment register. */
function segmentBase(index: number, segment: number): [number, Register] {
  return [
    index,
    {
      read: (cx) => cx.state.base(segment),
      write: (cx, base) => {
        if (!isLoadable(cx, base)) return false
        cx.state.setSegment(segment, { ...cx.state.segment(segment), base })
        cx.state.updateEffectiveSegment(segment)
        return true
      },
    },
  ]
}

const bytesOf = (value: bigint): number[] => Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(index * 8)) & 0xffn))
const canonical = (value: bigint, cx: SystemContext): boolean => isLoadable(cx, value)
const below32 = (value: bigint): boolean => value >> 32n === 0n

const registers: ReadonlyMap<number, Register> = new Map<number, Register>([
  [MSR.ARCH_CAPABILITIES, { of: 'arch-capabilities', read: () => IMMUNITIES, write: () => false }],
  [
    MSR.TSC,
    {
      read: (cx: SystemContext) => cx.timestamp(),
      write: (cx: SystemContext, value: bigint) => {
        cx.msrs.timestampOffset = BigInt.asUintN(64, cx.msrs.timestampOffset + value - cx.timestamp())
        cx.apic?.timestampMoved()
        return true
      },
    },
  ],
  [
    MSR.EFER,
    {
      read: (cx: SystemContext) => cx.state.efer,
      write: writeEfer,
    },
  ],
  // Platform flags choose among updates of microcode, of which there are none: revision 0 (SDM vol. 3A, 10.11.4 and 10.11.7).
  [MSR.PLATFORM_ID, { of: 'cmov', read: () => 0n, write: () => false }],
  [MSR.BIOS_SIGN_ID, { of: 'cmov', read: () => 0n, write: () => true }],
  [MSR.MTRR_CAP, { read: () => MTRR_CAPABILITY, write: () => false }],
  // Machine-check architecture without a bank that could report anything (SDM vol. 3B, 16.3.1): STATUS can only be cleared.
  [MSR.MCG_CAP, { read: () => 0n, write: () => false }],
  [MSR.MCG_STATUS, { read: () => 0n, write: (_cx: SystemContext, value: bigint) => value === 0n }],
  segmentBase(MSR.FS_BASE, FS),
  segmentBase(MSR.GS_BASE, GS),
  stored(MSR.KERNEL_GS_BASE, canonical),
  stored(MSR.LSTAR, canonical),
  stored(MSR.CSTAR, canonical),
  stored(MSR.STAR, () => true),
  stored(MSR.SFMASK, below32),
  stored(MSR.TSC_AUX, below32),
  [
    MSR.PKRS,
    {
      of: 'pks',
      read: (cx: SystemContext) => BigInt(cx.state.pkrs),
      write: (cx: SystemContext, value: bigint) => {
        if (!below32(value)) return false
        cx.state.pkrs = Number(value)
        cx.mmu.keysChanged()
        return true
      },
    },
  ],
  stored(MSR.SYSENTER_CS, () => true),
  stored(MSR.SYSENTER_ESP, canonical),
  stored(MSR.SYSENTER_EIP, canonical),
  stored(MSR.MISC_ENABLE, () => true),
  [
    MSR.APIC_BASE,
    {
      read: (cx: SystemContext) => cx.apic?.base ?? cx.msrs.get(MSR.APIC_BASE),
      write: (cx: SystemContext, value: bigint) => {
        if ((value & ~PHYSICAL_MASK) !== 0n) return false
        if (cx.apic) return cx.apic.writeBase(value)
        if ((value & 0x6ffn) !== 0n) return false
        cx.msrs.set(MSR.APIC_BASE, value)
        return true
      },
    },
  ],
  stored(MSR.PAT, (value) => bytesOf(value).every((type) => PAT_TYPES.has(type))),
  stored(MSR.MTRR_DEF_TYPE, (value) => (value & ~0xcffn) === 0n && MEMORY_TYPES.has(Number(value & 0xffn))),
  ...MTRR_FIXED.map((index) => stored(index, (value) => bytesOf(value).every((type) => MEMORY_TYPES.has(type)))),
  ...MTRR_VARIABLE.map((index) => stored(index, (value) => (value & ~PHYSICAL_MASK) === 0n)),
])

function registerOf(cx: SystemContext, index: number): Register | undefined {
  const register = registers.get(index)
  return register?.of === undefined || cx.model.has(register.of) ? register : undefined
}

/** A register's value without any rule of privilege; undefined where there is none. Changes nothing. */
export function readMsr(cx: SystemContext, index: number): bigint | undefined {
  if (index === MSR.TSC_DEADLINE) return hasDeadline(cx) ? cx.apic?.deadline : undefined
  return registers.has(index) ? registerOf(cx, index)?.read(cx) : cx.apic?.readMsr(index)
}

/** False: there is no such register, or the value is not allowed. */
function writeMsr(cx: SystemContext, index: number, value: bigint): boolean {
  if (index === MSR.TSC_DEADLINE) {
    if (!hasDeadline(cx) || !cx.apic) return false
    cx.apic.deadline = value
    return true
  }
  return registers.has(index) ? registerOf(cx, index)?.write(cx, value) === true : cx.apic?.writeMsr(index, value) === true
}

const hasDeadline = ({ apic, model }: SystemContext): boolean => apic !== undefined && model.has('tsc-deadline')

/** LME cannot change while paging is on; LMA is the CPU's own. */
function writeEfer(cx: SystemContext, value: bigint): boolean {
  const { state } = cx
  const kept = state.efer & EFER_BITS.LMA
  if ((value & ~(EFER_WRITABLE | EFER_BITS.LMA)) !== 0n) return false
  if (((value ^ state.efer) & EFER_BITS.LME) !== 0n && (state.control(0) & CR0.PG) !== 0n) return false
  state.efer = (value & EFER_WRITABLE) | kept
  modesChanged(cx)
  cx.mmu.flush()
  return true
}

const RAX = 0
const RCX = 1
const RDX = 2

export function msrHelpers(cx: SystemContext): Pick<Helpers, 'rdmsr' | 'wrmsr'> {
  return {
    rdmsr() {
      const value = cx.state.cpl === 0 ? readMsr(cx, cx.state.gpr32(RCX)) : undefined
      if (value === undefined) throw new CpuFault(Vector.GP, 0)
      cx.state.setReg(RAX, 32, value)
      cx.state.setReg(RDX, 32, value >> 32n)
    },
    wrmsr() {
      const value = (BigInt(cx.state.gpr32(RDX)) << 32n) | BigInt(cx.state.gpr32(RAX))
      if (cx.state.cpl !== 0 || !writeMsr(cx, cx.state.gpr32(RCX), value)) throw new CpuFault(Vector.GP, 0)
    },
  }
}
