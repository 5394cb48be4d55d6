import { describe, expect, test } from 'vitest'
import { portsOf, TestClock } from './test-clock'
import { VgaText } from './vga-text'

function vga(): { clock: TestClock; chip: VgaText; io: ReturnType<typeof portsOf>; crtc: (index: number, value: number) => void } {
  const clock = new TestClock()
  const chip = new VgaText(clock)
  chip.reset()
  const io = portsOf(chip)
  return { clock, chip, io, crtc: (index, value) => (io.out(0x3d4, index), io.out(0x3d5, value)) }
}

describe('VGA text mode', () => {
  test('moves, shapes and hides the cursor by the CRTC', () => {
    const { chip, io, crtc } = vga()
    crtc(0x0e, 0x03)
    crtc(0x0f, 0x21)
    crtc(0x0a, 0x02)
    crtc(0x0b, 0x0d)
    expect(chip.view.cursor).toEqual({ cell: 0x321, visible: true, start: 2, end: 13 })
    io.out(0x3d4, 0x0f)
    expect(io.in(0x3d5)).toBe(0x21)
    crtc(0x0a, 0x20)
    expect(chip.view.cursor.visible).toBe(false)
  })

  test('starts the screen where the start address says', () => {
    const { chip, crtc } = vga()
    crtc(0x0c, 0x01)
    crtc(0x0d, 0x40)
    expect(chip.view.start).toBe(0x280)
  })

  test('chooses blinking or bright backgrounds by the attribute controller', () => {
    const { chip, io } = vga()
    expect(chip.view.blink).toBe(true)
    io.in(0x3da)
    io.out(0x3c0, 0x30, 0x04)
    expect(chip.view.blink).toBe(false)
    io.in(0x3da)
    io.out(0x3c0, 0x30)
    expect(io.in(0x3c1)).toBe(0x04)
  })

  test('reading 3DAh sets the attribute controller back to its index', () => {
    const { chip, io } = vga()
    io.out(0x3c0, 0x30)
    io.in(0x3da)
    io.out(0x3c0, 0x30, 0x00)
    expect(chip.view.blink).toBe(false)
  })

  test('shows retrace about 70 times a second', () => {
    const { clock, io } = vga()
    let rises = 0
    let before = 0
    for (let i = 0; i < 100_000; i++) {
      clock.advance(1000)
      const now = io.in(0x3da) & 8
      if (now && !before) rises++
      before = now
    }
    expect(rises).toBe(70)
  })

  test('has the standard colours until the palette is changed', () => {
    const { chip, io } = vga()
    const expected = new Map([[0, [0, 0, 0]], [1, [0, 0, 170]], [6, [170, 85, 0]], [7, [170, 170, 170]], [8, [85, 85, 85]], [12, [255, 85, 85]], [15, [255, 255, 255]]])
    for (const [index, colour] of expected) expect(chip.colours[index], `colour ${index}`).toEqual(colour)
    io.out(0x3c8, 0)
    io.out(0x3c9, 63, 0, 63)
    expect(chip.colours[0]).toEqual([255, 0, 255])
  })

  test('protects CRTC registers 0–7 as long as bit 7 of register 11h says so', () => {
    const { io, crtc } = vga()
    crtc(0x01, 0x27)
    io.out(0x3d4, 0x01)
    expect(io.in(0x3d5)).toBe(0x4f)
    crtc(0x11, 0x0e)
    crtc(0x01, 0x27)
    io.out(0x3d4, 0x01)
    expect(io.in(0x3d5)).toBe(0x27)
  })
})
