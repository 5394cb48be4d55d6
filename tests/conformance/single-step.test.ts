import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { BACKENDS } from '../../src/main/emulator/cpu/test-machine'
import { findVectors, Suite } from './suite'

const FOLDER = fileURLToPath(new URL('vectors', import.meta.url))
/** Tests of the smallest file; fewer would mean that the rig has stopped judging. */
const AT_LEAST = 1_500

describe.each(BACKENDS)('kept single-step vectors on %s', (backend) => {
  const suite = new Suite(backend, 3)
  it.each(findVectors([FOLDER]))('$name-bit code', (vectors) => {
    const results = suite.run(vectors)
    expect(results.flatMap((result) => result.failures.map((failure) => ({ file: result.file, ...failure })))).toEqual([])
    expect(results.reduce((sum, result) => sum + result.passed, 0)).toBeGreaterThan(AT_LEAST)
  })
})
