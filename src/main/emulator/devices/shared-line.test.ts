import { expect, test } from 'vitest'
import { SharedLine } from './shared-line'
import { probe } from './test-clock'

test('a shared line is up while one of its chips has it up', () => {
  const { line, level, rises } = probe()
  const shared = new SharedLine(line)
  const [a, b] = [shared.wire(), shared.wire()]
  a(true)
  a(true)
  b(true)
  a(false)
  expect(level()).toBe(true)
  a(false)
  b(false)
  expect([level(), rises()]).toEqual([false, 1])
})
