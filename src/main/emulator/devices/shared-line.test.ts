import { expect, test } from 'vitest'
import { shareLine } from './shared-line'
import { probe } from './test-clock'

test('a shared line is up while one of its chips has it up', () => {
  const { line, level, rises } = probe()
  const wire = shareLine(line)
  const [a, b] = [wire(), wire()]
  a(true)
  a(true)
  b(true)
  a(false)
  expect(level()).toBe(true)
  a(false)
  b(false)
  expect([level(), rises()]).toEqual([false, 1])
})
