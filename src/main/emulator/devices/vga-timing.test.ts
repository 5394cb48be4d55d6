import { expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../machine/clock'
import { VGA_MODES } from './vga-modes'
import { newRegisters, type VgaRegisters } from './vga-registers'
import { beamStatus, vgaTiming } from './vga-timing'

function registersOf(mode: number): VgaRegisters {
  const registers = newRegisters()
  const values = VGA_MODES.get(mode)
  if (!values) throw new RangeError(`There is no mode ${mode}.`)
  registers.crtc.set(values.crtc)
  registers.sequencer.set(values.sequencer)
  registers.miscellaneous = values.miscellaneous
  return registers
}

/** Kilohertz and hertz, as monitors name them. */
test.each([[0x01, 31.47, 70.1], [0x03, 31.47, 70.1], [0x0d, 31.47, 70.1], [0x10, 31.47, 70.1], [0x12, 31.47, 59.9], [0x13, 31.47, 70.1]])('mode %i has the frequencies of the VGA', (mode, lines, frames) => {
  const { lineTicks, lines: total } = vgaTiming(registersOf(mode))
  expect(TICKS_PER_SECOND / lineTicks / 1000).toBeCloseTo(lines, 2)
  expect(TICKS_PER_SECOND / lineTicks / total).toBeCloseTo(frames, 1)
})

test('the beam is in the picture, beside it, below it, and goes back', () => {
  const timing = vgaTiming(registersOf(0x03))
  const at = (line: number, part: number): number => beamStatus(timing, (line + part) * timing.lineTicks)
  expect([at(0, 0.1), at(399, 0.7), at(0, 0.9), at(400, 0.1), at(411, 0.1), at(412, 0.1), at(413, 0.9), at(414, 0.1), at(448, 0.9), at(449, 0.1)]).toEqual([0, 0, 1, 1, 1, 9, 9, 1, 1, 0])
})

test('any registers give a time', () => {
  for (const value of [0x00, 0xff, 0x55]) {
    const registers = registersOf(3)
    registers.crtc.fill(value)
    registers.sequencer.fill(value)
    const status = beamStatus(vgaTiming(registers), 123_456_789)
    expect([0, 1, 8, 9]).toContain(status)
  }
})
