import { expect, test } from 'vitest'
import { EventClock } from './clock'

test('runs what is due in the order of time, then of creation', () => {
  let now = 0
  const earlier: number[] = []
  const clock = new EventClock(() => now, (due) => earlier.push(due))
  const seen: string[] = []
  const a = clock.timer((due) => seen.push(`a${due}`))
  const b = clock.timer((due) => {
    seen.push(`b${due}`)
    if (due < 30) b.set(due + 10)
  })
  b.set(10)
  a.set(20)
  expect(earlier).toEqual([10])
  now = 9
  clock.runDue()
  expect(seen).toEqual([])
  now = 45
  clock.runDue()
  expect(seen).toEqual(['b10', 'a20', 'b20', 'b30'])
  expect(clock.nextDue).toBe(Infinity)
})

test('a cancelled timer does not run; a moved one runs once', () => {
  let now = 0
  const clock = new EventClock(() => now, () => undefined)
  const seen: number[] = []
  const timer = clock.timer((due) => seen.push(due))
  timer.set(5)
  timer.cancel()
  now = 10
  clock.runDue()
  timer.set(20)
  timer.set(15)
  now = 30
  clock.runDue()
  expect(seen).toEqual([15])
})
