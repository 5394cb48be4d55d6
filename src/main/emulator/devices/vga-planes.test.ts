import { expect, test } from 'vitest'
import { VgaPlanes } from './vga-planes'

/** Memory, and registers by their numbers: map mask 0Fh and bit mask FFh at first. */
function planes(graphics: Readonly<Record<number, number>> = {}, mapMask = 0x0f): { vga: VgaPlanes; memory: Uint8Array; set: (index: number, value: number) => void } {
  const memory = new Uint8Array(64)
  const registers = { sequencer: Uint8Array.of(0, 0, mapMask, 0, 6), graphics: Uint8Array.of(0, 0, 0, 0, 0, 0, 5, 0x0f, 0xff) }
  for (const [index, value] of Object.entries(graphics)) registers.graphics[Number(index)] = value
  return { vga: new VgaPlanes(memory, registers), memory, set: (index, value) => (registers.graphics[index] = value) }
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
