/** What is known when a triple fault shuts the CPU down. */
import { CpuFault } from './faults'
import type { Mmu } from './mmu/mmu'
import { CS } from './state/bits'
import type { CpuState, SegmentCache } from './state/cpu-state'
import type { FaultRecord } from './system/exceptions'

const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const
const LONGEST_INSTRUCTION = 15

export interface NamedSegment extends SegmentCache {
  readonly name: (typeof SEGMENT_NAMES)[number]
}

/** Registers as they stand; all values unsigned. */
export interface CpuRegisters {
  readonly cpuMode: 'real' | 'protected' | 'long'
  /** Code mode of CS, in bits. */
  readonly codeSize: 16 | 32 | 64
  readonly rip: bigint
  readonly rflags: bigint
  /** RAX … R15 in x86 order. */
  readonly general: readonly bigint[]
  readonly cr0: bigint
  readonly cr2: bigint
  readonly cr3: bigint
  readonly cr4: bigint
  readonly efer: bigint
  readonly segments: readonly NamedSegment[]
  readonly gdtr: { readonly base: bigint; readonly limit: number }
  readonly idtr: { readonly base: bigint; readonly limit: number }
}

export interface TripleFaultReport {
  /** From the first exception to the one that could not be delivered. */
  readonly chain: readonly FaultRecord[]
  readonly registers: CpuRegisters
  /** Bytes at CS:RIP, as many as could be read (0–15). */
  readonly instruction: Uint8Array
}

/** Bytes at CS:RIP, read without faults to the guest; fewer than `count` where memory is not mapped. */
export function bytesAtRip(state: CpuState, mmu: Mmu, count = LONGEST_INSTRUCTION): Uint8Array {
  const bytes: number[] = []
  const base = state.mode64 ? 0n : state.base(CS)
  try {
    for (let index = 0; index < count; index++) {
      const linear = BigInt.asUintN(64, base + state.rip + BigInt(index))
      bytes.push(mmu.readCode(mmu.translate(linear, 'x', state.cpl === 3)))
    }
  } catch (error) {
    // Not mapped: the report shows what there is.
    if (!(error instanceof CpuFault)) throw error
  }
  return Uint8Array.from(bytes)
}

export function readRegisters(state: CpuState, gdtr: CpuRegisters['gdtr'], idtr: CpuRegisters['idtr']): CpuRegisters {
  return {
    cpuMode: state.longMode ? 'long' : state.protectedMode ? 'protected' : 'real',
    codeSize: state.codeMode === 2 ? 64 : state.codeMode === 1 ? 32 : 16,
    rip: state.rip,
    rflags: BigInt(state.flags),
    general: Array.from({ length: 16 }, (_, index) => state.gpr(index)),
    cr0: state.control(0),
    cr2: state.control(2),
    cr3: state.control(3),
    cr4: state.control(4),
    efer: state.efer,
    segments: SEGMENT_NAMES.map((name, index) => ({ name, ...state.segment(index) })),
    gdtr,
    idtr,
  }
}
