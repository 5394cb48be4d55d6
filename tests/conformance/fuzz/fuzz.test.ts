import { describe, expect, it } from 'vitest'
import { FUZZ_MODES, fuzz } from './fuzzer'

const SEED = 1
const INSTRUCTIONS = 15_000
/** Fewer would mean that programs end at once. */
const LEAST_PER_PROGRAM = 4

describe('random programs on oracle and interpreter', () => {
  it.each(FUZZ_MODES)('%i-bit code', (mode) => {
    const { difference, instructions, programs } = fuzz(mode, SEED, INSTRUCTIONS)
    expect(difference).toBeUndefined()
    expect(instructions / programs).toBeGreaterThan(LEAST_PER_PROGRAM)
  })
})
