import { expect, test } from 'vitest'
import { addressParts } from './walk-bits'

const short = (...args: Parameters<typeof addressParts>) => addressParts(...args).map(({ name, high, low, value }) => `${name} ${high}:${low} ${value}`)

test('an address of long mode', () => {
  expect(short('4-level', 0xffff_ffff_8012_3456n)).toEqual(['sign 63:48 65535', 'PML4 47:39 511', 'PDPT 38:30 510', 'PD 29:21 0', 'PT 20:12 291', 'offset 11:0 1110'])
})

test('of a large page the lower tables are offset', () => {
  expect(short('4-level', 0x4034_5678n, 2 ** 21)).toEqual(['sign 63:48 0', 'PML4 47:39 0', 'PDPT 38:30 1', 'PD 29:21 1', `offset 20:0 ${0x14_5678}`])
  expect(short('32-bit', 0xc010_0000n, 2 ** 22)).toEqual(['PD 31:22 768', `offset 21:0 ${0x10_0000}`])
})

test('other kinds of paging, and none', () => {
  expect(short('32-bit', 0xc010_0004n)).toEqual(['PD 31:22 768', 'PT 21:12 256', 'offset 11:0 4'])
  expect(short('pae', 0xc010_0004n)).toEqual(['PDPT 31:30 3', 'PD 29:21 0', 'PT 20:12 256', 'offset 11:0 4'])
  expect(short('5-level', 1n << 50n)[1]).toBe('PML5 56:48 4')
  expect(short('none', 5n)).toEqual(['offset 31:0 5'])
})
