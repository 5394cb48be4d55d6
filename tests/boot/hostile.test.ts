/** A guest that does its worst: no defect of the emulator shows, its memory is bounded, and it stops when told to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEmulatorWorker, type BuiltWorker } from '../support/emulator-worker'
import { blamed } from '../support/stopwatch'
import { attack, HOSTILE_MODES } from './hostile-guest'

const DURATION = 3_000
const LIFE = 1_300
const LEAST_INSTRUCTIONS = 500_000
const MEBIBYTE = 1 << 20
/** Two machines of 16 MiB at the same time (the next one starts while the last one's thread ends) with their heaps, and room for the collector. */
const MOST_GROWTH = 400 * MEBIBYTE
const SLOWEST_STOP = 100

let worker: BuiltWorker
beforeAll(async () => (worker = await buildEmulatorWorker()), 60_000)
afterAll(() => worker.remove())

describe('a hostile guest', () => {
  it.each(HOSTILE_MODES)('in %i-bit code', { timeout: 60_000 }, async (mode) => {
    const result = await attack(mode, DURATION, LIFE, worker.url)
    expect(result.defects).toEqual([])
    expect(result.instructions).toBeGreaterThan(LEAST_INSTRUCTIONS)
    expect(result.memoryGrowth).toBeLessThan(MOST_GROWTH)
    expect(blamed(result.slowestStop)).toBeLessThan(SLOWEST_STOP)
  })
})
