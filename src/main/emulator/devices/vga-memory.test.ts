import { describe, expect, test } from 'vitest'
import { planesToText, textToPlanes, VgaMemory, windowOf } from './vga-memory'
import { newRegisters, type VgaRegisters } from './vga-registers'

interface Registers {
  readonly sequencer?: Readonly<Record<number, number>>
  readonly graphics?: Readonly<Record<number, number>>
}

/** In mode 12h: map mask 0Fh, bit mask FFh, planes at A0000h. */
function registersOf({ sequencer = {}, graphics = {} }: Registers): VgaRegisters {
  const registers = newRegisters()
  registers.sequencer.set([3, 1, 0x0f, 0, 6])
  registers.graphics.set([0, 0, 0, 0, 0, 0, 5, 0x0f, 0xff])
  registers.miscellaneous = 0xe3
  for (const [index, value] of Object.entries(sequencer)) registers.sequencer[Number(index)] = value
  for (const [index, value] of Object.entries(graphics)) registers.graphics[Number(index)] = value
  return registers
}

function planes(graphics: Readonly<Record<number, number>> = {}, mapMask = 0x0f, sequencer: Readonly<Record<number, number>> = {}): { vga: VgaMemory; memory: Uint8Array; set: (index: number, value: number) => void } {
  const memory = new Uint8Array(64)
  const registers = registersOf({ sequencer: { 2: mapMask, ...sequencer }, graphics })
  return { vga: new VgaMemory(memory, registers), memory, set: (index, value) => (registers.graphics[index] = value) }
}

test('write mode 0 writes the planes of the map mask, rotated', () => {
  const { vga, memory } = planes({ 3: 1 }, 0b0101)
  vga.write(2, 0x81)
  expect(Array.from(memory.slice(8, 12))).toEqual([0xc0, 0, 0xc0, 0])
})

test('set/reset replaces what the processor writes, where it is enabled', () => {
  const { vga, memory } = planes({ 0: 0b0010, 1: 0b0011 })
  vga.write(0, 0x5a)
  expect(Array.from(memory.slice(0, 4))).toEqual([0x00, 0xff, 0x5a, 0x5a])
})

test('the bit mask keeps what the last read latched, and the logic unit combines', () => {
  const { vga, memory, set } = planes({ 8: 0x0f })
  memory.set([0x33, 0x33, 0x33, 0x33])
  vga.read(0)
  vga.write(0, 0x55)
  expect(memory[0]).toBe(0x35)
  vga.read(0)
  set(3, 0x18)
  vga.write(0, 0xff)
  expect(memory[0]).toBe(0x3a)
})

test('write mode 1 copies, 2 draws a colour, 3 draws set/reset through a mask', () => {
  const { vga, memory, set } = planes({ 5: 1 })
  memory.set([1, 2, 3, 4])
  vga.read(0)
  vga.write(5, 0xee)
  expect(Array.from(memory.slice(20, 24))).toEqual([1, 2, 3, 4])
  set(5, 2)
  set(8, 0x80)
  vga.read(1)
  vga.write(1, 0b1010)
  expect(Array.from(memory.slice(4, 8))).toEqual([0, 0x80, 0, 0x80])
  set(5, 3)
  set(8, 0xff)
  set(0, 0b0001)
  vga.read(2)
  vga.write(2, 0x18)
  expect(Array.from(memory.slice(8, 12))).toEqual([0x18, 0, 0, 0])
})

test('read mode 0 gives one plane, 1 the pixels of a colour', () => {
  const { vga, memory, set } = planes({ 4: 2 })
  memory.set([0b1100, 0b1010, 0x77, 0])
  expect(vga.read(0)).toBe(0x77)
  set(5, 8)
  set(2, 0b0011)
  set(7, 0b0011)
  expect(vga.read(0)).toBe(0b1000)
  set(7, 0)
  expect(vga.read(0)).toBe(0xff)
})

describe('chained bytes', () => {
  test('of chain 4 lie one after the other, each in its plane, where the map mask lets them', () => {
    const { vga, memory } = planes({}, 0b1011, { 4: 0x0e })
    for (let offset = 0; offset < 8; offset++) vga.write(offset, 0x10 + offset)
    expect(Array.from(memory.slice(0, 8))).toEqual([0x10, 0x11, 0, 0x13, 0x14, 0x15, 0, 0x17])
    expect(vga.read(7)).toBe(0x17)
  })

  test('of odd/even go to planes 0 and 1, or 2 and 3', () => {
    const { vga, memory, set } = planes({ 5: 0x10, 6: 0x0e }, 0b0011, { 4: 0x02 })
    for (let offset = 0; offset < 4; offset++) vga.write(offset, 0x20 + offset)
    expect(Array.from(memory.slice(0, 8))).toEqual([0x20, 0x21, 0, 0, 0x22, 0x23, 0, 0])
    expect([vga.read(2), vga.read(3)]).toEqual([0x22, 0x23])
    memory[6] = 0x66
    set(4, 2)
    expect(vga.read(2)).toBe(0x66)
  })

  test('go through the write mode and the bit mask all the same', () => {
    const { vga, memory, set } = planes({ 8: 0x0f }, 0x0f, { 4: 0x0e })
    vga.write(1, 0xff)
    expect(memory[1]).toBe(0x0f)
    set(3, 0x18)
    set(8, 0xff)
    vga.read(1)
    vga.write(1, 0xff)
    expect(memory[1]).toBe(0xf0)
  })
})

test('a bank counts in addresses of the planes, and nothing is written past the end', () => {
  const { vga, memory } = planes()
  vga.bank = 8
  vga.write(1, 0xaa)
  expect(Array.from(memory.slice(36, 40))).toEqual([0xaa, 0xaa, 0xaa, 0xaa])
  vga.write(0xffff, 0xaa)
  expect([vga.read(0xffff), memory.length]).toEqual([0, 64])
})

describe('what programs see', () => {
  const TEXT = { sequencer: { 2: 3, 4: 2 }, graphics: { 5: 0x10, 6: 0x0e } }
  const CHAINED = { sequencer: { 4: 0x0e }, graphics: { 5: 0x40 } }

  test.each([
    ['text of a colour monitor', TEXT, { kind: 'text', first: 0xb8000, bytes: 0x8000 }],
    ['text of a monochrome monitor', { ...TEXT, graphics: { ...TEXT.graphics, 6: 0x0a } }, { kind: 'text', first: 0xb0000, bytes: 0x8000 }],
    ['text while a font is loaded', { sequencer: { 2: 4, 4: 7 }, graphics: { 5: 0, 6: 4 } }, { kind: 'planes', first: 0xa0000, bytes: 0x10000 }],
    ['text with a bit mask', { ...TEXT, graphics: { ...TEXT.graphics, 8: 0x7f } }, { kind: 'planes', first: 0xb8000, bytes: 0x8000 }],
    ['mode 13h', CHAINED, { kind: 'bytes', first: 0xa0000, bytes: 0x10000 }],
    ['mode 13h with a plane masked', { ...CHAINED, sequencer: { 2: 7, 4: 0x0e } }, { kind: 'planes', first: 0xa0000, bytes: 0x10000 }],
    ['mode 13h in write mode 2', { ...CHAINED, graphics: { 5: 0x42 } }, { kind: 'planes', first: 0xa0000, bytes: 0x10000 }],
    ['mode X', { sequencer: { 4: 6 }, graphics: { 5: 0x40 } }, { kind: 'planes', first: 0xa0000, bytes: 0x10000 }],
    ['128 KiB', { graphics: { 6: 1 } }, { kind: 'planes', first: 0xa0000, bytes: 0x20000 }],
  ] as const)('%s', (_name, registers, expected) => {
    expect(windowOf(registersOf(registers))).toEqual(expected)
  })

  test('nothing where the memory is switched off', () => {
    const registers = registersOf(TEXT)
    registers.miscellaneous = 0x65
    expect(windowOf(registers).kind).toBe('none')
  })
})

test('text goes to planes 0 and 1 and comes back', () => {
  const text = Uint8Array.of(0x41, 0x07, 0x42, 0x1f)
  const memory = new Uint8Array(16).fill(9)
  textToPlanes(text, memory)
  expect(Array.from(memory)).toEqual([0x41, 0x07, 9, 9, 0x42, 0x1f, 9, 9, ...Array<number>(8).fill(9)])
  memory[4] = 0x43
  planesToText(memory, text)
  expect(Array.from(text)).toEqual([0x41, 0x07, 0x43, 0x1f])
})
