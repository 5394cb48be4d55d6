import { describe, expect, test } from 'vitest'
import { playOffset } from './speaker'

describe('when a tone of the machine is heard', () => {
  test('a little after it comes, and those that follow keep their distance', () => {
    const offset = playOffset(3, 100, undefined)
    expect(3 + offset).toBeCloseTo(100.06)
    expect(playOffset(3.1, 100.05, offset)).toBe(offset)
  })

  test('what is too late, or far ahead, is heard at once', () => {
    const offset = playOffset(3, 100, undefined)
    expect(3.01 + playOffset(3.01, 101, offset)).toBeCloseTo(101.06)
    expect(9 + playOffset(9, 101, offset)).toBeCloseTo(101.06)
    expect(0 + playOffset(0, 200, offset)).toBeCloseTo(200.06)
  })
})
