import { expect, test } from 'vitest'
import { limitTop, moved, scrolledTo } from './memory-keys'

test('keys move the cursor by groups, rows and pages', () => {
  const from = (key: string, cursor = 0x124n, group = 4) => moved(key, cursor, group, 12)
  expect([from('ArrowRight'), from('ArrowLeft'), from('ArrowDown'), from('ArrowUp')]).toEqual([0x128n, 0x120n, 0x134n, 0x114n])
  expect([from('Home'), from('End'), from('PageDown'), from('PageUp')]).toEqual([0x120n, 0x12cn, 0x1c4n, 0x84n])
  expect(from('a')).toBeUndefined()
})

test('the cursor stays in the address space, at the start of a group', () => {
  expect(moved('ArrowLeft', 0n, 1, 12)).toBe(0n)
  expect(moved('ArrowDown', 0xffff_ffff_ffff_fff8n, 8, 12)).toBe(0xffff_ffff_ffff_fff8n)
})

test('rows follow the cursor, and end with the address space', () => {
  expect(scrolledTo(0x95n, 0x100n, 4)).toBe(0x90n)
  expect(scrolledTo(0x13fn, 0x100n, 4)).toBe(0x100n)
  expect(scrolledTo(0x140n, 0x100n, 4)).toBe(0x110n)
  expect(limitTop(-5n, 4)).toBe(0n)
  expect(limitTop((1n << 64n) - 1n, 4)).toBe(0xffff_ffff_ffff_ffd0n)
})
