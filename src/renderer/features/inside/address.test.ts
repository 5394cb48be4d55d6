import { expect, test } from 'vitest'
import { clamp, hexDigits, parseAddress } from './address'

const at = (value: bigint) => ({ kind: 'number', value })

test.each([
  ['0xb8000', 0xb8000n],
  [' 0B8000 ', 0xb8000n],
  ['0b8000', 0xb8000n],
  ['7c00', 0x7c00n],
  ['7C00h', 0x7c00n],
  ['b8000h', 0xb8000n],
  ['0xffff_ffff_8000_0000', 0xffffffff80000000n],
  ['07c0:0010', 0x7c10n],
  ['ffff:ffff', 0x10ffefn],
  ['7c00 + 1fe', 0x7dfen],
  ['0x10-20', 0n],
  ['0x1_0000_0000_0000_0000', undefined],
  ['', undefined],
  ['0x', undefined],
  ['12zz', undefined],
])('%j is a number', (text, value) => {
  const written = parseAddress(text)
  expect(written?.kind === 'number' ? written : undefined).toEqual(value === undefined ? undefined : at(value))
})

test('a letter first may be a name, and a number where no such name is known', () => {
  expect(parseAddress('b8000')).toEqual({ kind: 'name', name: 'b8000', offset: 0n, number: 0xb8000n })
  expect(parseAddress('face')).toEqual({ kind: 'name', name: 'face', offset: 0n, number: 0xfacen })
  expect(parseAddress('face+10')).toEqual({ kind: 'name', name: 'face', offset: 16n, number: 0xfaden })
})

test('registers and symbols, with a distance', () => {
  expect(parseAddress('rsp')).toEqual({ kind: 'name', name: 'rsp', offset: 0n })
  expect(parseAddress('%esp - 8')).toEqual({ kind: 'name', name: 'esp', offset: -8n })
  expect(parseAddress('kernel_main+0x10')).toEqual({ kind: 'name', name: 'kernel_main', offset: 16n })
  expect(parseAddress('_ZN4core3fmt9Formatter3pad17h0123456789abcdefE')).toMatchObject({ kind: 'name' })
  expect(parseAddress('core::fmt::write')).toEqual({ kind: 'name', name: 'core::fmt::write', offset: 0n })
  expect(parseAddress('two words')).toBeUndefined()
})

test('from the base of a segment register', () => {
  expect(parseAddress('ss:sp')).toEqual({ kind: 'segment', register: 'SS', inner: { kind: 'name', name: 'sp', offset: 0n } })
  expect(parseAddress('gs:28')).toEqual({ kind: 'segment', register: 'GS', inner: at(0x28n) })
  expect(parseAddress('ds:si+2')).toEqual({ kind: 'segment', register: 'DS', inner: { kind: 'name', name: 'si', offset: 2n } })
})

test('addresses stay inside 64 bits, and are shown in 8 digits or 16', () => {
  expect([clamp(-1n), clamp(5n), clamp(1n << 70n)]).toEqual([0n, 5n, 0xffff_ffff_ffff_ffffn])
  expect([hexDigits(0xb8000n), hexDigits(0x1_0000_0000n), hexDigits(5n, true)]).toEqual(['000b8000', '0000000100000000', '0000000000000005'])
})
