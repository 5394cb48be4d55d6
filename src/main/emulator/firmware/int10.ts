/**
 * INT 10h, video (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Interrupt 10h"). What the functions do to the screen is
 * in text-console.ts.
 */
import { BDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import { fontFunctions } from './int10-fonts'
import { alternateSelect, displayCombination, functionality } from './int10-options'
import { cgaPalette, paletteFunctions } from './int10-palette'
import { DisplayState, STATE_REQUEST, VGA_STATES } from './int10-state'
import { VbeFunctions } from './int10-vbe'
import type { Quirks } from './quirks'
import type { TextConsole } from './text-console'

const KEEP_CONTENTS = 0x80
/** Colour of pixels: combine with what is there. */
const XOR = 0x80

export function videoService(host: FirmwareHost, quirks: Quirks, console: TextConsole): Service {
  const { memory } = host
  const palette = paletteFunctions(host, console)
  const fonts = fontFunctions(host, console)
  const state = new DisplayState(host, console)

  /** Writes CX characters without moving the cursor, on over line ends as the memory goes. */
  const repeat = (call: FirmwareCall, keep: boolean): void => {
    const { columns, rows } = console
    const { row, column } = console.cursor(call.bh)
    for (let i = 0; i < call.cx && i < columns * rows; i++) {
      const cell = row * columns + column + i
      console.writeCell(call.bh, Math.floor(cell / columns), cell % columns, call.al, call.bl, keep)
    }
  }

  const scroll = (call: FirmwareCall, direction: 1 | -1): void =>
    console.scroll(console.activePage, { top: call.ch, left: call.cl, bottom: call.dh, right: call.dl }, direction * call.al, call.bh)

  /** AL bit 0: move the cursor; bit 1: attributes are in the string. */
  const writeString = (call: FirmwareCall): void => {
    const page = call.bh
    const before = console.cursor(page)
    let at = call.inEs(call.bp)
    console.setCursor(page, call.dh, call.dl)
    for (let i = 0; i < call.cx; i++) {
      const code = memory.read8(at++)
      console.type(page, code, call.al & 2 ? memory.read8(at++) : call.bl, false)
    }
    if (!(call.al & 1)) console.setCursor(page, before.row, before.column)
  }

  /** AL colour, CX column, DX line, BH page. */
  const writePixel = (call: FirmwareCall): void => {
    const surface = console.surface(call.bh)
    if (!surface) return
    const combine = surface.bits < 8 && (call.al & XOR) !== 0
    const colour = combine ? (call.al & ~XOR) ^ surface.read(call.cx, call.dx) : call.al
    surface.write(call.cx, call.dx, colour)
  }

  /** Sets mode AL & 7Fh; with bit 7 the memory keeps what it holds. Where there is no such mode, the screen stays as it is. */
  const setMode = (request: number): boolean => {
    const number = request & ~KEEP_CONTENTS
    if (!console.modes.has(number)) return false
    vbe.off()
    return console.setMode(number, !(request & KEEP_CONTENTS))
  }
  const vbe = new VbeFunctions(host, console, state, setMode)
  const select = alternateSelect(host)

  const functions: Readonly<Record<number, (call: FirmwareCall) => void>> = {
    0x00: (call) => {
      const mode = call.al & ~KEEP_CONTENTS
      setMode(call.al)
      // What the video BIOSes of old left there.
      call.al = mode > 7 ? 0x20 : mode === 6 ? 0x3f : 0x30
    },
    0x01: (call) => console.setCursorShape(call.ch, call.cl),
    0x02: (call) => console.setCursor(call.bh, call.dh, call.dl),
    0x03: (call) => {
      const { row, column } = console.cursor(call.bh)
      const { start, end } = console.cursorShape
      call.dx = (row << 8) | column
      call.cx = (start << 8) | end
    },
    // Light pen: not triggered.
    0x04: (call) => {
      call.ah = 0
    },
    0x05: (call) => console.selectPage(call.al),
    0x06: (call) => scroll(call, 1),
    0x07: (call) => scroll(call, -1),
    0x08: (call) => {
      const { row, column } = console.cursor(call.bh)
      call.ax = console.readCell(call.bh, row, column)
    },
    0x09: (call) => repeat(call, false),
    0x0a: (call) => repeat(call, true),
    0x0b: (call) => cgaPalette(host, call),
    0x0c: writePixel,
    0x0d: (call) => {
      const surface = console.surface(call.bh)
      if (surface) call.al = surface.read(call.cx, call.dx)
    },
    0x0e: (call) => console.type(console.activePage, call.al, call.bl, true),
    0x0f: (call) => {
      call.al = memory.read8(BDA.videoMode) | (memory.read8(BDA.videoControl) & KEEP_CONTENTS)
      call.ah = memory.read16(BDA.columns)
      call.bh = console.activePage
    },
    0x10: (call) => palette[call.al]?.(call),
    0x11: (call) => fonts[call.al]?.(call),
    0x12: select,
    0x13: writeString,
    0x1a: (call) => displayCombination(host, call),
    0x1b: (call) => functionality(host, console, call),
    0x1c: (call) => {
      if (call.cx & ~VGA_STATES) return
      if (call.al === STATE_REQUEST.size) call.bx = state.blocks(call.cx)
      else if (call.al === STATE_REQUEST.save) state.save(call.cx, call.inEs(call.bx))
      else if (call.al === STATE_REQUEST.restore) state.restore(call.cx, call.inEs(call.bx))
      else return
      call.al = 0x1c
    },
    0x4f: (call) => {
      if (quirks.noVbe !== true) vbe.call(call)
    },
  }

  return (call) => functions[call.ah]?.(call)
}
