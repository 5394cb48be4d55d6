/** INT 10h, video (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Interrupt 10h"): text services. */
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import { GRAPHICS_MODES } from '../devices/vga-modes'
import { BDA } from './bda'
import { readPixel, setGraphicsMode, writePixel } from './int10-graphics'
import { FONT_OFFSET, ROM_SEGMENT } from './rom'
import { VbeFunctions } from './int10-vbe'
import type { Quirks } from './quirks'
import type { TextConsole } from './text-console'
import { COLUMNS, PAGES, ROWS } from './text-console'
import { ES } from '../cpu/state/bits'

const TEXT_MODES: ReadonlySet<number> = new Set([2, 3, 7])
const KEEP_CONTENTS = 0x80

export function videoService(host: FirmwareHost, quirks: Quirks, console: TextConsole): Service {
  const { memory, vga, ports } = host

  /** Writes CX characters without moving the cursor, on over line ends as the memory goes. */
  const repeat = (call: FirmwareCall, attribute: number | undefined): void => {
    const { row, column } = console.cursor(call.bh)
    for (let i = 0; i < call.cx && i < COLUMNS * ROWS; i++) {
      const cell = row * COLUMNS + column + i
      console.writeCell(call.bh, Math.floor(cell / COLUMNS), cell % COLUMNS, call.al, attribute)
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
      console.type(page, code, call.al & 2 ? memory.read8(at++) : call.bl)
    }
    if (!(call.al & 1)) console.setCursor(page, before.row, before.column)
  }

  const setAttributeRegister = (index: number, value: number): void => {
    ports.read8(0x3da)
    ports.write8(0x3c0, index)
    ports.write8(0x3c0, value)
    ports.write8(0x3c0, 0x20)
  }

  const setColour = (index: number, red: number, green: number, blue: number): void => {
    ports.write8(0x3c8, index)
    for (const gun of [red, green, blue]) ports.write8(0x3c9, gun & 0x3f)
  }

  /** AH=10h, palette. */
  const palette: Readonly<Record<number, (call: FirmwareCall) => void>> = {
    0x00: (call) => setAttributeRegister(call.bl & 0x1f, call.bh),
    0x01: (call) => setAttributeRegister(0x11, call.bh),
    0x02: (call) => {
      const table = memory.readBytes(call.inEs(call.dx), 17)
      table.forEach((value, index) => setAttributeRegister(index === 16 ? 0x11 : index, value))
    },
    0x03: (call) => vga.setBlink((call.bl & 1) !== 0),
    0x10: (call) => setColour(call.bx & 0xff, call.dh, call.ch, call.cl),
    0x12: (call) => {
      const colours = memory.readBytes(call.inEs(call.dx), call.cx * 3)
      for (let i = 0; i < call.cx; i++) setColour((call.bx + i) & 0xff, colours[i * 3] ?? 0, colours[i * 3 + 1] ?? 0, colours[i * 3 + 2] ?? 0)
    },
    0x17: (call) => {
      const at = call.inEs(call.dx)
      ports.write8(0x3c7, call.bl)
      for (let i = 0; i < call.cx * 3; i++) memory.write8(at + i, ports.read8(0x3c9))
    },
    0x15: (call) => {
      ports.write8(0x3c7, call.bl)
      call.dh = ports.read8(0x3c9)
      call.ch = ports.read8(0x3c9)
      call.cl = ports.read8(0x3c9)
    },
  }

  /** AX=1130h: where the ROM's 8×16 font is, bytes a character, last row. Other faces are not in this ROM. */
  const fontInformation = (call: FirmwareCall): void => {
    call.cx = 16
    call.dl = ROWS - 1
    call.state.setSegment(ES, { ...call.state.segment(ES), selector: ROM_SEGMENT, base: BigInt(ROM_SEGMENT << 4) })
    call.state.updateEffectiveSegment(ES)
    call.bp = FONT_OFFSET + (call.bh === 3 ? 128 * 16 : 0)
  }

  /** Sets mode AL & 7Fh; with bit 7 the memory keeps what it holds. */
  const setMode = (request: number): void => {
    const mode = request & ~KEEP_CONTENTS
    const clear = !(request & KEEP_CONTENTS)
    const graphics = GRAPHICS_MODES[mode]
    // Other graphics and 40-column modes are not in this adapter; the screen stays as it is.
    if (!TEXT_MODES.has(mode) && !graphics) return
    vbe.off()
    if (graphics) setGraphicsMode(host, mode, graphics, clear)
    else console.setMode(mode === 7 ? 3 : mode, clear)
  }
  const vbe = new VbeFunctions(host, setMode)

  const functions: Readonly<Record<number, (call: FirmwareCall) => void>> = {
    0x00: (call) => {
      const mode = call.al & ~KEEP_CONTENTS
      setMode(call.al)
      // What the video BIOSes of old left there.
      call.al = mode > 7 ? 0x20 : 0x30
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
    0x05: (call) => {
      if (call.al < PAGES) console.selectPage(call.al)
    },
    0x06: (call) => scroll(call, 1),
    0x07: (call) => scroll(call, -1),
    0x08: (call) => {
      const { row, column } = console.cursor(call.bh)
      call.ax = console.readCell(call.bh, row, column)
    },
    0x09: (call) => repeat(call, call.bl),
    0x0a: (call) => repeat(call, undefined),
    0x0c: (call) => writePixel(host, call),
    0x0d: (call) => readPixel(host, call),
    0x0e: (call) => console.type(console.activePage, call.al),
    0x0f: (call) => {
      call.al = memory.read8(BDA.videoMode) | (memory.read8(BDA.videoControl) & KEEP_CONTENTS)
      call.ah = memory.read16(BDA.columns)
      call.bh = console.activePage
    },
    0x10: (call) => palette[call.al]?.(call),
    0x11: (call) => {
      if (call.al === 0x30) fontInformation(call)
    },
    0x12: (call) => {
      // BL=10h: colour, 256 KiB of memory, switch settings; other alternate selects are accepted where AL=12h says so.
      if (call.bl === 0x10) {
        call.bx = 0x0003
        call.cx = 0x0009
      } else if (call.bl >= 0x30 && call.bl <= 0x34) call.al = 0x12
    },
    0x13: writeString,
    0x4f: (call) => {
      if (quirks.noVbe !== true) vbe.call(call)
    },
    0x1a: (call) => {
      if (call.al !== 0) return
      call.ax = (call.ax & 0xff00) | 0x1a
      // VGA with analogue colour display, no second adapter.
      call.bx = 0x0008
    },
  }

  return (call) => functions[call.ah]?.(call)
}
