import { describe, expect, test } from 'vitest'
import { portsOf, TestClock } from './test-clock'
import { Vga } from './vga'
import { vgaRaster } from './vga-geometry'
import { VGA_MODES } from './vga-modes'

interface Setup {
  clock: TestClock
  chip: Vga
  io: ReturnType<typeof portsOf>
  crtc: (index: number, value: number) => void
  sequencer: (index: number, value: number) => void
  graphics: (index: number, value: number) => void
  attribute: (index: number, value: number) => void
  memory: Uint8Array
  text: Uint8Array
  windows: boolean[]
}

function vga(): Setup {
  const clock = new TestClock()
  const [memory, text, windows] = [new Uint8Array(1 << 18), new Uint8Array(0x8000), new Array<boolean>()]
  const chip = new Vga({ clock, memory, text, wideDac: () => false, windowChanged: (copied) => windows.push(copied) })
  chip.reset()
  const io = portsOf(chip)
  const indexed = (port: number) => (index: number, value: number): void => (io.out(port, index), io.out(port + 1, value))
  const attribute = (index: number, value: number): void => {
    io.in(0x3da)
    io.out(0x3c0, index, value, 0x20)
  }
  return { clock, chip, io, crtc: indexed(0x3d4), sequencer: indexed(0x3c4), graphics: indexed(0x3ce), attribute, memory, text, windows }
}

function mode(number: number): Setup {
  const setup = vga()
  const registers = VGA_MODES.get(number)
  if (!registers) throw new RangeError(`There is no mode ${number}.`)
  setup.chip.setMode(registers, undefined)
  return setup
}

describe('VGA text mode', () => {
  test('moves, shapes and hides the cursor by the CRTC', () => {
    const { chip, io, crtc } = vga()
    crtc(0x0e, 0x03)
    crtc(0x0f, 0x21)
    crtc(0x0a, 0x02)
    crtc(0x0b, 0x0d)
    expect(chip.geometry.cursor).toEqual({ cell: 0x321, visible: true, start: 2, end: 13 })
    io.out(0x3d4, 0x0f)
    expect(io.in(0x3d5)).toBe(0x21)
    crtc(0x0a, 0x20)
    expect(chip.geometry.cursor.visible).toBe(false)
  })

  test('starts the screen where the start address says', () => {
    const { chip, crtc } = vga()
    crtc(0x0c, 0x01)
    crtc(0x0d, 0x40)
    expect(chip.geometry.start).toBe(0x140)
  })

  test('chooses blinking or bright backgrounds by the attribute controller', () => {
    const { chip, io } = vga()
    expect(chip.geometry.blink).toBe(true)
    io.in(0x3da)
    io.out(0x3c0, 0x30, 0x04)
    expect(chip.geometry.blink).toBe(false)
    io.in(0x3da)
    io.out(0x3c0, 0x30)
    expect(io.in(0x3c1)).toBe(0x04)
  })

  test('reading 3DAh sets the attribute controller back to its index', () => {
    const { chip, io } = vga()
    io.out(0x3c0, 0x30)
    io.in(0x3da)
    io.out(0x3c0, 0x30, 0x00)
    expect(chip.geometry.blink).toBe(false)
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
    for (const [index, colour] of expected) expect(chip.colour(index), `colour ${index}`).toEqual(colour)
    io.out(0x3c8, 0)
    io.out(0x3c9, 63, 0, 63)
    expect(chip.colour(0)).toEqual([255, 0, 255])
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

describe('registers', () => {
  test('are at 3Bxh or at 3Dxh, by the kind of monitor', () => {
    const { io } = mode(7)
    io.out(0x3b4, 0x0c)
    io.out(0x3b5, 0x12)
    expect([io.in(0x3b5), io.in(0x3d5), io.in(0x3da), io.in(0x3ba) & 0xf6]).toEqual([0x12, 0xff, 0xff, 0])
    io.out(0x3d4, 0x0d)
    expect(io.in(0x3b4)).toBe(0x0c)
  })

  test('take only the bits that exist', () => {
    const { io, sequencer, graphics } = vga()
    sequencer(4, 0xff)
    graphics(5, 0xff)
    expect([io.in(0x3c5), io.in(0x3cf)]).toEqual([0x0e, 0x7b])
    io.out(0x3c4, 5)
    io.out(0x3ce, 0x0c)
    expect([io.in(0x3c5), io.in(0x3cf)]).toEqual([0, 0])
  })

  test('hold out against any byte at any port', () => {
    const { io, chip } = vga()
    for (let port = 0x3c0; port <= 0x3cf; port++) for (let value = 0; value < 256; value++) io.out(port, value)
    for (let index = 0; index < 256; index++) io.out(0x3d4, index, 0xff)
    for (let port = 0x3c0; port <= 0x3cf; port++) expect(io.in(port)).toBeLessThan(256)
    const { width, height } = vgaRaster(chip.geometry)
    expect(width * height).toBeLessThan(4096 * 1024)
    expect(chip.describe()).toHaveLength(2)
  })
})

describe('palette', () => {
  test('takes a colour when its third part came, and reads on by itself', () => {
    const { io, chip } = vga()
    io.out(0x3c8, 1)
    io.out(0x3c9, 1, 2)
    expect(chip.dac.colour(1)).toEqual([0, 0, 170])
    io.out(0x3c9, 3, 63, 62, 61)
    io.out(0x3c7, 1)
    expect([io.in(0x3c7), ...Array.from({ length: 6 }, () => io.in(0x3c9))]).toEqual([3, 1, 2, 3, 63, 62, 61])
    expect(io.in(0x3c8)).toBe(3)
  })

  test('shows through its mask', () => {
    const { io, chip } = vga()
    io.out(0x3c6, 0xfe)
    expect(chip.dac.colour(1)).toEqual(chip.dac.colour(0))
  })

  test('has its upper bits by the colour select register', () => {
    const { io, chip, attribute } = vga()
    const setColour = (index: number, red: number): void => (io.out(0x3c8, index), io.out(0x3c9, red, 0, 0))
    setColour(0x42, 1)
    setColour(0x92, 2)
    attribute(0x02, 0x32)
    attribute(0x14, 0x04)
    setColour(0x72, 3)
    expect(chip.colour(2)[0]).toBe(3 << 2)
    attribute(0x10, 0x8c)
    expect(chip.colour(2)[0]).toBe(1 << 2)
    attribute(0x14, 0x09)
    expect(chip.colour(2)[0]).toBe(2 << 2)
    attribute(0x12, 0x0d)
    expect(chip.colour(2)).toEqual(chip.colour(0))
  })
})

describe('geometry', () => {
  test.each([
    [0x00, 'text', 360 * 2, 400], [0x03, 'text', 720, 400], [0x04, 'pairs', 320, 200], [0x06, 'planes', 640, 200], [0x07, 'text', 720, 400], [0x0d, 'planes', 320, 200],
    [0x0e, 'planes', 640, 200], [0x0f, 'planes', 640, 350], [0x10, 'planes', 640, 350], [0x11, 'planes', 640, 480], [0x12, 'planes', 640, 480], [0x13, 'bytes', 320, 200],
  ] as const)('mode %i', (number, kind, width, height) => {
    const { geometry } = mode(number).chip
    const raster = vgaRaster(geometry)
    expect([geometry.kind, raster.width, raster.height]).toEqual([kind, width, height])
  })

  test('comes from the registers: 320×240 of mode X', () => {
    const { chip, io, crtc, sequencer } = mode(0x13)
    sequencer(4, 0x06)
    io.out(0x3c2, 0xe3)
    crtc(0x11, 0x2c)
    for (const [index, value] of [[0x06, 0x0d], [0x07, 0x3e], [0x09, 0x41], [0x10, 0xea], [0x11, 0xac], [0x12, 0xdf], [0x14, 0x00], [0x15, 0xe7], [0x16, 0x06], [0x17, 0xe3]] as const) crtc(index, value)
    expect(vgaRaster(chip.geometry)).toEqual({ width: 320, height: 240, across: 1, down: 2 })
    expect(chip.window.kind).toBe('planes')
  })

  test('has a split that begins within doubled lines in all of its lines', () => {
    const { chip, crtc } = mode(0x13)
    crtc(0x11, 0x0e)
    crtc(0x07, 0x0f)
    crtc(0x09, 0x01)
    crtc(0x18, 100)
    expect(vgaRaster(chip.geometry)).toEqual({ width: 640, height: 400, across: 2, down: 1 })
    crtc(0x18, 99)
    expect(vgaRaster(chip.geometry)).toEqual({ width: 320, height: 200, across: 1, down: 2 })
  })

  test('knows when nothing is shown', () => {
    const { chip, io, sequencer } = vga()
    io.in(0x3da)
    io.out(0x3c0, 0x00)
    expect(chip.geometry.kind).toBe('blank')
    io.in(0x3da)
    io.out(0x3c0, 0x20)
    expect(chip.geometry.kind).toBe('text')
    sequencer(1, 0x20)
    expect(chip.geometry.kind).toBe('blank')
  })

  test('chooses two of eight fonts', () => {
    const { chip, sequencer } = vga()
    expect(chip.geometry.fonts).toEqual([0, 0])
    // Without bit 3 the font of bits 4, 1 and 0, with it that of bits 5, 3 and 2.
    sequencer(3, 0b01_0110)
    expect(chip.geometry.fonts).toEqual([0xa000, 0x4000])
  })
})

describe('text memory', () => {
  test('moves to the planes when a font is loaded, and back', () => {
    const { chip, memory, text, windows, sequencer, graphics } = vga()
    text.set([0x41, 0x1f])
    expect(chip.cell(0)).toBe(0x1f41)
    sequencer(2, 0x04)
    sequencer(4, 0x07)
    graphics(5, 0x00)
    graphics(6, 0x04)
    expect([memory[0], memory[1], chip.window.kind, chip.cell(0), chip.text()[0]]).toEqual([0x41, 0x1f, 'planes', 0x1f41, 0x41])
    chip.planes.write(0x41 * 32, 0xaa)
    expect(memory[0x41 * 32 * 4 + 2]).toBe(0xaa)
    memory[0] = 0x42
    sequencer(2, 0x03)
    sequencer(4, 0x03)
    graphics(6, 0x0e)
    graphics(5, 0x10)
    expect([chip.window.kind, text[0], text[1], windows.at(-1)]).toEqual(['text', 0x42, 0x1f, true])
    expect(chip.snapshot().slice(0, 2)).toEqual(Uint8Array.of(0x42, 0x1f))
  })
})
