/** The x87, MMX and SSE registers of a test: set before, shown after. */
import * as at from '../../../src/main/emulator/cpu/state/layout'
import type { CpuState } from '../../../src/main/emulator/cpu/state/cpu-state'
import type { Mode } from './format'
import { vectorRegisters } from './registers'

const X87_REGISTERS = 8
/** Names of the fields of 32 bits. */
const FIELDS: ReadonlyMap<string, number> = new Map([['fcw', at.FCW], ['fsw', at.FSW], ['ftw', at.FTW], ['mxcsr', at.MXCSR]])
const SIGNIFICAND_BITS = 64n
const LOW_64 = 0xffff_ffff_ffff_ffffn

/** How vectors name the vector registers: whole (YMM), or by their low halves where the upper ones are zero and stay so. */
export type VectorNames = 'ymm' | 'xmm'
const VECTOR_WORDS = at.XMM_STRIDE / 8

/** Sets everything from values by name. FIP, FDP and FOP are zero, as the captures have it. */
export function loadFloatingState(state: CpuState, mode: Mode, names: VectorNames, initial: (name: string) => bigint): void {
  for (const [name, offset] of FIELDS) state.u32[offset >> 2] = Number(initial(name))
  state.u32[at.FOP >> 2] = 0
  state.u32[at.FPU_SELECTORS >> 2] = 0
  state.u64[at.FIP >> 3] = 0n
  state.u64[at.FDP >> 3] = 0n
  for (let index = 0; index < X87_REGISTERS; index++) {
    const value = initial(`fp${index}`)
    const offset = at.X87 + index * at.X87_STRIDE
    state.u64[offset >> 3] = value & LOW_64
    state.u16[(offset + at.X87_EXPONENT) >> 1] = Number(value >> SIGNIFICAND_BITS)
  }
  for (let index = 0; index < vectorRegisters(mode); index++) {
    const value = initial(`${names}${index}`)
    const slot = (at.XMM + index * at.XMM_STRIDE) >> 3
    for (let word = 0; word < VECTOR_WORDS; word++) state.u64[slot + word] = (value >> BigInt(word * 64)) & LOW_64
  }
}

/** Everything as it is, by name. */
export function* floatingState(state: CpuState, mode: Mode, names: VectorNames): Generator<readonly [name: string, value: bigint]> {
  for (const [name, offset] of FIELDS) yield [name, BigInt(state.u32[offset >> 2] ?? 0)]
  for (let index = 0; index < X87_REGISTERS; index++) {
    const offset = at.X87 + index * at.X87_STRIDE
    yield [`fp${index}`, (BigInt(state.u16[(offset + at.X87_EXPONENT) >> 1] ?? 0) << SIGNIFICAND_BITS) | (state.u64[offset >> 3] ?? 0n)]
  }
  for (let index = 0; index < vectorRegisters(mode); index++) {
    const slot = (at.XMM + index * at.XMM_STRIDE) >> 3
    let value = 0n
    for (let word = VECTOR_WORDS - 1; word >= 0; word--) value = (value << 64n) | (state.u64[slot + word] ?? 0n)
    yield [`${names}${index}`, value]
  }
}
