import { describe, expect, test } from 'vitest'
import { TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND } from './clock'
import { TimerPolling } from './timer-polling'

const EVENT = 700 * TICKS_PER_MICROSECOND

function guest(event = Infinity) {
  let [instructions, idle] = [0, 0]
  const now = (): number => instructions + idle
  const polling = new TimerPolling({ now, instructions: () => instructions, skipTo: (tick) => void (idle += Math.max(0, Math.min(tick, event) - now())) })
  const loop = (length: number, ticks: number): { reads: number; took: number } => {
    const begin = now()
    let reads = 0
    for (; now() - begin < ticks; reads++) {
      instructions += length
      polling.read()
    }
    return { reads, took: now() - begin }
  }
  return { loop, now }
}

describe('a wait for a timer', () => {
  test.each([[10 * TICKS_PER_MICROSECOND, 100], [TICKS_PER_MILLISECOND, 150], [100 * TICKS_PER_MILLISECOND, 2200]])('of %i ticks takes few reads, and ends at most a fifteenth late', (ticks, most) => {
    const { reads, took } = guest().loop(12, ticks)
    expect(reads).toBeLessThan(most)
    expect(took).toBeLessThanOrEqual((ticks * 16) / 15 + 12)
  })

  test('with work in between takes its whole time', () => {
    const { reads, took } = guest().loop(100, TICKS_PER_MILLISECOND)
    expect([reads, took]).toEqual([1000, 100_000])
  })

  test('passes no event of a device', () => {
    const { loop, now } = guest(EVENT)
    loop(10, EVENT)
    expect(now() - EVENT).toBeLessThan(10)
  })
})
