import { createHash } from 'node:crypto'
import type { PhysicalMemory } from '../ports'
import type { CpuState } from './cpu-state'
import * as at from './layout'

const SEGMENT_COUNT = 8

/**
 * SHA-256 of the architectural state: registers (flags in their visible form, so that the lazy representation does not
 * matter) and all plain memory from physical address 0 on.
 */
export function hashState(state: CpuState, physical: PhysicalMemory, modelSpecific: readonly (readonly [number, bigint])[]): string {
  const hash = createHash('sha256')
  const values = [state.rip, BigInt(state.flags), BigInt(state.cpl), state.efer, state.xcr0, BigInt(state.pkru), BigInt(state.pkrs), state.halted ? 1n : 0n]
  for (let index = 0; index < 16; index++) values.push(state.gpr(index))
  for (const index of [0, 2, 3, 4, 8]) values.push(state.control(index))
  for (let index = 0; index < 8; index++) values.push(state.debug(index))
  for (let index = 0; index < SEGMENT_COUNT; index++) {
    const segment = state.segment(index)
    values.push(BigInt(segment.selector), segment.base, BigInt(segment.limit), BigInt(segment.attributes))
  }
  for (const field of [at.GDTR, at.IDTR] as const) {
    const table = state.table(field)
    values.push(table.base, BigInt(table.limit))
  }
  for (const [index, value] of modelSpecific) values.push(BigInt(index), value)
  hash.update(BigUint64Array.from(values))
  hash.update(state.u8.subarray(at.X87, at.FPU_SELECTORS + Uint32Array.BYTES_PER_ELEMENT))
  const ram = physical.readableFrame(0)
  if (ram !== 0) hash.update(state.u8.subarray(ram))
  return hash.digest('hex')
}
