import { CR0 } from '../cpu/state/bits'
import type { CpuState } from '../cpu/state/cpu-state'

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`

export function cpuMode(state: CpuState): 'real' | 'protected' | 'long' {
  if ((state.control(0) & CR0.PE) === 0n) return 'real'
  return state.longMode ? 'long' : 'protected'
}
