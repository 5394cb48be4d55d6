import { expect, test } from 'vitest'
import { bitsText, bytesOf, descriptorBits } from './descriptor-bits'

const fields = (raw: bigint, table: 'gdt' | 'idt', bytes: number): Record<string, string> => Object.fromEntries(descriptorBits(raw, table, bytes).flat().map((field) => [field.name, bitsText(field)]))

test('a flat 64-bit code segment', () => {
  expect(fields(0x00af9a000000ffffn, 'gdt', 8)).toEqual({
    'Limit 15:0': '0xffff', 'Base 15:0': '0x0000', 'Base 23:16': '0x00', A: '0', R: '1', C: '0', X: '1', S: '1', DPL: '00', P: '1',
    'Limit 19:16': '1111', AVL: '0', L: '1', 'D/B': '0', G: '1', 'Base 31:24': '0x00',
  })
})

test('a gate of long mode, with a stack of its own', () => {
  expect(fields(0x00000000_ffffffff_8010ee03_0008abcdn, 'idt', 16)).toMatchObject({ 'Offset 15:0': '0xabcd', Selector: '0x0008', IST: '011', Type: '1110', DPL: '11', P: '1', 'Offset 31:16': '0x8010', 'Offset 63:32': '0xffffffff' })
})

test('a task state segment of long mode, and a vector of real mode', () => {
  expect(fields(0x00000000_ffff8000_80008b12_34560067n, 'gdt', 16)).toMatchObject({ 'Limit 15:0': '0x0067', 'Base 15:0': '0x3456', 'Base 23:16': '0x12', Type: '1011', 'Base 63:32': '0xffff8000' })
  expect(fields(0xf000e05bn, 'idt', 4)).toEqual({ Offset: '0xe05b', Segment: '0xf000' })
})

test.each([
  [0x00af9a000000ffffn, 'gdt', 8],
  [0x00cf92000000ffffn, 'gdt', 8],
  [0x8010ee030008abcdn, 'idt', 8],
  [0x8010ee030008abcdn, 'idt', 16],
  [0x00008b0000000067n, 'gdt', 16],
  [0xf000e05bn, 'idt', 4],
] as const)('the drawing of %s has every bit once (%s, %s bytes)', (raw, table, bytes) => {
  for (const row of descriptorBits(raw, table, bytes)) {
    expect(row.reduce((sum, { bits }) => sum + bits, 0)).toBe(32)
    row.forEach((field, index) => expect(field.low).toBe((row[index - 1]?.low ?? field.low + field.bits) - field.bits))
  }
})

test('how long a descriptor is', () => {
  const gdt = { table: 'gdt', entryBytes: 8 } as const
  expect(bytesOf({ raw: '0xaf9a000000ffff', kind: 'code' }, gdt)).toBe(8)
  expect(bytesOf({ raw: '0x8b0000000067', kind: '64-bit TSS (busy)' }, gdt)).toBe(16)
  expect(bytesOf({ raw: '0x1', kind: '64-bit interrupt gate' }, { table: 'idt', entryBytes: 16 })).toBe(16)
})
