import { expect, test } from 'vitest'
import type { WriteProgress } from '../../shared/usb'
import { paced } from './write-pace'

function run(steps: readonly [at: number, phase: WriteProgress['phase'], done: number][], total = 1000): WriteProgress[] {
  const told: WriteProgress[] = []
  let time = 0
  const step = paced((progress) => told.push(progress), () => time)
  for (const [at, phase, done] of steps) {
    time = at
    step({ phase, done, total })
  }
  return told
}

test('the first and last step of a phase are told, those between at most ten times a second', () => {
  const steps = Array.from({ length: 101 }, (_, index): [number, 'writing', number] => [index * 10, 'writing', index * 10])
  const told = run([...steps, [1001, 'verifying', 0]])
  expect(told.map(({ done }) => done)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 0])
})

test('speed and time left are those of the last seconds, and unknown at first', () => {
  const told = run([
    [0, 'writing', 0],
    [500, 'writing', 400],
    [1000, 'writing', 500],
    [5000, 'writing', 540],
    [7000, 'writing', 560],
  ])
  expect(told[1]).toEqual({ phase: 'writing', done: 400, total: 1000 })
  expect(told[2]).toMatchObject({ bytesPerSecond: 500, secondsLeft: 1 })
  // 500 of them came long ago.
  expect(told[4]?.bytesPerSecond).toBeCloseTo(10, 0)
  expect(told[4]?.secondsLeft).toBeCloseTo(44, 0)
})

test('a drive that stands still has no time left that anybody knows', () => {
  const told = run([
    [0, 'verifying', 10],
    [2000, 'verifying', 10],
  ])
  expect(told[1]).toEqual({ phase: 'verifying', done: 10, total: 1000, bytesPerSecond: 0 })
})
