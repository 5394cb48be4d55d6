import type { Registers } from '../../../shared/machine-schemas'
import { CR0, CS, DS, ES, FS, GS, SS } from '../cpu/state/bits'
import type { CpuState } from '../cpu/state/cpu-state'

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const
const SEGMENTS = [['CS', CS], ['SS', SS], ['DS', DS], ['ES', ES], ['FS', FS], ['GS', GS]] as const
const CONTROLS = [0, 2, 3, 4] as const

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`

/** All registers of the processor for a report; names in lower case, as `Registers` says. */
export function captureRegisters(state: CpuState): Registers {
  const values: Record<string, string> = { rip: hex(state.rip), rflags: hex(state.flags) }
  GENERAL.forEach((name, index) => (values[name] = hex(state.gpr(index))))
  for (const index of CONTROLS) values[`cr${index}`] = hex(state.control(index))
  values['efer'] = hex(state.efer)
  return {
    cpuMode: cpuMode(state),
    values,
    segments: SEGMENTS.map(([name, index]) => ({
      name,
      selector: hex(state.selector(index)),
      base: hex(state.base(index)),
      limit: hex(state.limit(index)),
    })),
  }
}

export function cpuMode(state: CpuState): 'real' | 'protected' | 'long' {
  if ((state.control(0) & CR0.PE) === 0n) return 'real'
  return state.longMode ? 'long' : 'protected'
}
