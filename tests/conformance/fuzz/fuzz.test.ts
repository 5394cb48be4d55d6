import { describe, expect, it } from 'vitest'
import { FUZZ_MODES, FUZZ_SUBJECTS, fuzz } from './fuzzer'

const SEED = 1
const INSTRUCTIONS = 15_000
/** Fewer would mean that programs end at once. */
const LEAST_PER_PROGRAM = 4

/** Each program is compiled when it is translated. */
const TRANSLATED_SHARE = 1 / 12

describe.each(Object.entries(FUZZ_SUBJECTS))('random programs on oracle and %s', (name, subject) => {
  it.each(FUZZ_MODES)('%i-bit code', (mode) => {
    const { difference, instructions, programs } = fuzz(mode, subject, SEED, INSTRUCTIONS * (name === 'interp' ? 1 : TRANSLATED_SHARE))
    expect(difference).toBeUndefined()
    expect(instructions / programs).toBeGreaterThan(LEAST_PER_PROGRAM)
  })
})
