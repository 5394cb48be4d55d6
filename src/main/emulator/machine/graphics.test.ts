import { PNG } from 'pngjs'
import { describe, expect, test } from 'vitest'
import type { GraphicsScreen } from '../../../shared/machine-schemas'
import { differences } from '../debug/difference'
import { DISPI, DISPI_ENABLE } from '../devices/bochs-vbe'
import { GraphicsCapture } from './graphics-screen'
import { type BackendName, Machine } from './machine'
import { FRAMEBUFFER } from './memory-map'
import { screenPng } from './picture'

const BACKENDS: readonly BackendName[] = ['block', 'interp', 'oracle']
const RUN_TICKS = 3_000_000
const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)]

/** mov dx,1CEh; mov ax,register; out dx,ax; inc dx; mov ax,value; out dx,ax */
const dispi = (register: number, value: number): number[] => [0xba, ...word(0x1ce), 0xb8, ...word(register), 0xef, 0x42, 0xb8, ...word(value), 0xef]
/** mov ax,A000h; mov es,ax */
const WINDOW = [0xb8, 0x00, 0xa0, 0x8e, 0xc0]
/** mov byte es:[at],value */
const poke = (at: number, value: number): number[] => [0x26, 0xc6, 0x06, ...word(at), value]
const HALT = [0xfa, 0xf4]
const mode = (width: number, height: number, bits: number): number[] => [
  ...dispi(DISPI.enable, 0), ...dispi(DISPI.width, width), ...dispi(DISPI.height, height), ...dispi(DISPI.bits, bits),
  ...dispi(DISPI.enable, DISPI_ENABLE.on | DISPI_ENABLE.linear),
]

function run(code: readonly number[], backend: BackendName): Machine {
  const image = new Uint8Array(1 << 20)
  image.set(code)
  image.set([0x55, 0xaa], 510)
  const machine = new Machine({ image, memoryBytes: 16 << 20, backend, startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
  expect(machine.run(RUN_TICKS)?.reason).toBe('halted-forever')
  return machine
}

function picture(machine: Machine): GraphicsScreen {
  const { screen } = machine
  if (screen.mode !== 'graphics') throw new Error('The machine shows text.')
  return screen
}

const pixel = ({ width, pixels }: GraphicsScreen, x: number, y: number): number[] => Array.from(pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3))

describe.each(BACKENDS)('graphics on the %s backend', (backend) => {
  test('32 bits a pixel through the window and its banks', () => {
    const machine = run([...mode(640, 480, 32), ...WINDOW, ...poke(4, 0x33), ...poke(5, 0x22), ...poke(6, 0x11), ...dispi(DISPI.bank, 1), ...poke(2, 0xff), ...HALT], backend)
    const screen = picture(machine)
    expect([screen.width, screen.height]).toEqual([640, 480])
    expect(pixel(screen, 1, 0)).toEqual([0x11, 0x22, 0x33])
    // Bank 1 begins at pixel 16384.
    expect(pixel(screen, 16_384 % 640, Math.floor(16_384 / 640))).toEqual([0xff, 0, 0])
    expect(machine.memoryMap.read32(FRAMEBUFFER + 4)).toBe(0x112233)
  })

  test('the linear framebuffer, in protected mode', () => {
    // lgdt; CR0.PE; ds = flat from 0; mov dword [FRAMEBUFFER + 8],00FF8040h
    const gdt = 0x7c00 + 0x100
    const code = [
      ...mode(800, 600, 32), 0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x0f, 0x01, 0x16, ...word(gdt), 0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0,
      0xb8, 0x08, 0x00, 0x8e, 0xd8, 0x67, 0x66, 0xc7, 0x05, ...dword(FRAMEBUFFER + 8), ...dword(0x00ff8040), 0xf4,
    ]
    const sector = Array.from({ length: 0x118 }, (_, i) => code[i] ?? 0)
    sector.splice(0x100, 6, ...word(15), ...dword(gdt + 8))
    sector.splice(0x108, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0)
    expect(pixel(picture(run(sector, backend)), 2, 0)).toEqual([0xff, 0x80, 0x40])
  })

  test('mode 13h, with a colour of its own', () => {
    const setColour = [0xb0, 40, 0xba, ...word(0x3c8), 0xee, 0x42, 0xb0, 63, 0xee, 0xb0, 0, 0xee, 0xb0, 32, 0xee]
    const screen = picture(run([0xb8, 0x13, 0x00, 0xcd, 0x10, ...setColour, ...WINDOW, ...poke(321, 40), ...poke(322, 15), ...HALT], backend))
    expect([screen.width, screen.height, pixel(screen, 1, 1), pixel(screen, 2, 1)]).toEqual([320, 200, [255, 0, 130], [255, 255, 255]])
  })

  test('mode 12h, through map mask and write mode 2', () => {
    const out = (port: number, index: number, value: number): number[] => [0xba, ...word(port), 0xb8, index, value, 0xef]
    const screen = picture(run([0xb8, 0x12, 0x00, 0xcd, 0x10, ...WINDOW, ...out(0x3c4, 2, 0x04), ...poke(80, 0x80), ...out(0x3c4, 2, 0x0f), ...out(0x3ce, 5, 0x02), ...poke(0, 0x0e), ...HALT], backend))
    expect([screen.width, screen.height, pixel(screen, 0, 1), pixel(screen, 1, 1), pixel(screen, 7, 0)]).toEqual([640, 480, [170, 0, 0], [0, 0, 0], [255, 255, 85]])
  })

  test('800×600 in four planes, through the write modes, and its banks', () => {
    const set = [0xb8, ...word(0x4f02), 0xbb, ...word(0x102), 0xcd, 0x10]
    const out = (port: number, index: number, value: number): number[] => [0xba, ...word(port), 0xb8, index, value, 0xef]
    const screen = picture(run([...set, ...WINDOW, ...out(0x3c4, 2, 0x0c), ...poke(100, 0x40), ...out(0x3c4, 2, 0x0f), ...out(0x3ce, 5, 0x02), ...poke(1, 0x0e), ...HALT], backend))
    expect([screen.width, screen.height, pixel(screen, 1, 1), pixel(screen, 0, 1), pixel(screen, 8, 0)]).toEqual([800, 600, [255, 85, 85], [0, 0, 0], [255, 255, 85]])
    const high = picture(run([...mode(1280, 1024, 4), ...out(0x3c4, 2, 0x0f), ...out(0x3c4, 4, 0x06), ...out(0x3ce, 5, 0x00), ...dispi(DISPI.bank, 1), ...WINDOW, ...poke(0, 0x80), ...HALT], backend))
    // Bank 1 begins at address 65536 of the planes, 160 to a line.
    expect(pixel(high, (65_536 % 160) * 8, Math.floor(65_536 / 160))).toEqual([255, 255, 255])
  })

  test('the functions of VBE for protected mode', () => {
    const at = 0x9000
    const [gdt, code32, colours] = [0x7c00 + 0x180, 0x7c00 + 0x100, 0x7c00 + 0x1a0]
    const start = (5 * 640 + 16) / 4
    /** movzx eax,word [at + entry]; add eax,at; call eax */
    const enter = (entry: number): number[] => [0x0f, 0xb7, 0x05, ...dword(at + entry), 0x05, ...dword(at), 0xff, 0xd0]
    const real = [
      0xb8, ...word(0x4f02), 0xbb, ...word(0x101), 0xcd, 0x10, // 640×480, 8 bits
      0xb8, ...word(0x4f0a), 0x31, 0xdb, 0xcd, 0x10, 0x06, 0x1f, 0x89, 0xfe, 0x31, 0xc0, 0x8e, 0xc0, 0xbf, ...word(at), 0xf3, 0xa4, 0x8e, 0xd8, // copied to 9000h
      0xfa, 0x0f, 0x01, 0x16, ...word(gdt), 0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, 0x66, 0xea, ...dword(code32), ...word(8),
    ]
    const protectedCode = [
      0xb8, ...dword(16), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, ...dword(0x7000), // mov ds/es/ss,16; mov esp,7000h
      0x31, 0xdb, 0xba, ...dword(3), ...enter(0), // bank 3
      0xb9, ...dword(start & 0xffff), 0xba, ...dword(start >> 16), 0x31, 0xdb, ...enter(2),
      0xb9, ...dword(1), 0xba, ...dword(7), 0xbf, ...dword(colours), 0x31, 0xdb, ...enter(4),
      0xb7, 0x01, ...enter(0), 0xf4, // which bank? hlt
    ]
    const sector = Array.from({ length: 0x1a4 }, (_, i) => real[i] ?? 0)
    sector.splice(0x100, protectedCode.length, ...protectedCode)
    // The table's limit and place; its first entry, which nobody reads, begins two bytes before; code and data of 4 GiB.
    sector.splice(0x180, 22, ...word(23), ...dword(gdt - 2), 0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0)
    sector.splice(0x1a0, 4, 0x03, 0x02, 0x01, 0)
    const machine = run(sector, backend)
    expect(machine.vbe.view).toMatchObject({ width: 640, height: 480, bits: 8, start: 5 * 640 + 16 })
    expect([machine.cpu.state.gpr32(0) & 0xffff, machine.cpu.state.gpr32(2) & 0xffff]).toEqual([0x4f, 3])
    expect(machine.vga.dac.colour(7)).toEqual([1 << 2, 2 << 2, 3 << 2])
  })

  test('text comes back', () => {
    const machine = run([...mode(640, 480, 32), 0xb8, 0x03, 0x00, 0xcd, 0x10, 0xb8, 0x48, 0x0e, 0xcd, 0x10, ...HALT], backend)
    expect([machine.showsGraphics, machine.screen.mode, machine.textScreen.cells[0]]).toEqual([false, 'text', 0x748])
  })
})

test('modes that cannot be are not entered', () => {
  for (const [width, height, bits] of [[0, 480, 32], [640, 480, 12], [2561, 480, 8], [2560, 1600, 0], [1920, 1200, 64]] as const) {
    expect(run([...mode(width, height, bits), ...HALT], 'interp').showsGraphics).toBe(false)
  }
})

test('a difference in the video memory is told', () => {
  const [a, b] = [run(HALT, 'interp'), run(HALT, 'interp')]
  expect(differences(a, b)).toEqual([])
  b.memoryMap.videoMemory[5] = 7
  expect(differences(a, b)).toEqual([{ what: 'memory 0xfd000005', values: ['0x00', '0x07'] }])
})

describe('pictures', () => {
  const view = { width: 4, height: 2, bits: 16, pitch: 8, start: 0 }
  const noPalette = (): [number, number, number] => [0, 0, 0]

  test.each([
    [15, [0xff, 0x7f], [255, 255, 255]],
    [15, [0x00, 0x7c], [255, 0, 0]],
    [16, [0xe0, 0x07], [0, 255, 0]],
    [24, [1, 2, 3], [3, 2, 1]],
    [32, [1, 2, 3, 0xff], [3, 2, 1]],
  ])('%i bits a pixel', (bits, bytes, colour) => {
    const memory = new Uint8Array(64)
    memory.set(bytes)
    const { pixels } = new GraphicsCapture(memory).take({ width: 2, height: 1, bits, pitch: 8, start: 0 }, noPalette)
    expect(Array.from(pixels)).toEqual([...colour, 0, 0, 0])
  })

  test.each([[4, 0], [8, 4], [5, 0], [8, 2]])('32 bits a pixel, %i of them, from byte %i on', (width, start) => {
    const memory = Uint8Array.from({ length: 64 }, (_, index) => index * 3 + 1)
    const { pixels } = new GraphicsCapture(memory).take({ width, height: 1, bits: 32, pitch: 32, start }, noPalette)
    expect(Array.from(pixels)).toEqual(Array.from({ length: width }, (_, x) => [2, 1, 0].map((byte) => memory[start + x * 4 + byte])).flat())
  })

  test('are the same object while nothing changes, and another when something does', () => {
    const memory = new Uint8Array(64)
    const capture = new GraphicsCapture(memory)
    const first = capture.take(view, noPalette)
    expect(capture.take(view, noPalette)).toBe(first)
    memory[8] = 0x1f
    const second = capture.take(view, noPalette)
    expect([second === first, pixel(second, 0, 1), pixel(first, 0, 1)]).toEqual([false, [0, 0, 255], [0, 0, 0]])
    expect(capture.take({ ...view, start: 8 }, noPalette)).not.toBe(second)
  })

  test('become PNG files', () => {
    const pixels = Uint8Array.from({ length: 3 * 2 * 3 }, (_, i) => i * 10)
    const png = PNG.sync.read(Buffer.from(screenPng({ mode: 'graphics', width: 3, height: 2, pixels })))
    expect([png.width, png.height, Array.from(png.data.subarray(4, 8))]).toEqual([3, 2, [30, 40, 50, 255]])
  })
})
