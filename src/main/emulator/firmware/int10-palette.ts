/** INT 10h AH=0Bh and AH=10h, colours (IBM BIOS Interface Technical Reference). */
import { ATTRIBUTE, ATTRIBUTE_MODE } from '../devices/vga-registers'
import { BDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost } from './context'
import type { TextConsole } from './text-console'
import { VgaPorts } from './vga-ports'

const COLOURS = 16
const LAST_REGISTER = 0x14
const GUNS = 3
/** Bits of the CGA's palette that the attribute controller's entries have: bright, and the second set. */
const BRIGHT = 0x10
const SECOND_SET = 0x01
const CGA_INK = 4

/** BH=0: background and brightness, BH=1: which set of four colours, both in BL. */
export function cgaPalette({ memory, ports }: FirmwareHost, call: FirmwareCall): void {
  const vga = new VgaPorts(ports)
  const { bl } = call
  const told = memory.read8(BDA.cgaPalette)
  if (call.bh === 0) {
    // The bright half of the sixteen begins at entry 10h of the palette of these modes.
    const colour = bl & 0x0f
    vga.writeAttribute(0, colour & 8 ? colour + 8 : colour)
    for (let index = 1; index < CGA_INK; index++) vga.changeAttribute(index, BRIGHT, bl)
    memory.write8(BDA.cgaPalette, (told & ~0x1f) | (bl & 0x1f))
  } else if (call.bh === 1) {
    for (let index = 1; index < CGA_INK; index++) vga.changeAttribute(index, SECOND_SET, bl)
    memory.write8(BDA.cgaPalette, (told & ~0x20) | ((bl & 1) << 5))
  }
}

export function paletteFunctions({ memory, ports }: FirmwareHost, console: TextConsole): Readonly<Record<number, (call: FirmwareCall) => void>> {
  const vga = new VgaPorts(ports)
  return {
    0x00: (call) => {
      if (call.bl <= LAST_REGISTER) vga.writeAttribute(call.bl, call.bh)
    },
    0x01: (call) => vga.writeAttribute(ATTRIBUTE.overscan, call.bh),
    0x02: (call) => {
      const table = memory.readBytes(call.inEs(call.dx), COLOURS + 1)
      table.forEach((value, index) => vga.writeAttribute(index === COLOURS ? ATTRIBUTE.overscan : index, value))
    },
    0x03: (call) => console.setBlink((call.bl & 1) !== 0),
    0x07: (call) => {
      if (call.bl <= LAST_REGISTER) call.bh = vga.readAttribute(call.bl)
    },
    0x08: (call) => {
      call.bh = vga.readAttribute(ATTRIBUTE.overscan)
    },
    0x09: (call) => {
      const to = call.inEs(call.dx)
      for (let index = 0; index <= COLOURS; index++) memory.write8(to + index, vga.readAttribute(index === COLOURS ? ATTRIBUTE.overscan : index))
    },
    0x10: (call) => vga.writeColour(call.bx, [call.dh, call.ch, call.cl]),
    0x12: (call) => {
      const colours = memory.readBytes(call.inEs(call.dx), call.cx * GUNS)
      for (let i = 0; i < call.cx; i++) vga.writeColour(call.bx + i, [colours[i * GUNS] ?? 0, colours[i * GUNS + 1] ?? 0, colours[i * GUNS + 2] ?? 0])
    },
    // BL=0: blocks of 16 colours or of 64; BL=1: which block.
    0x13: (call) => {
      if (!(call.bl & 1)) vga.changeAttribute(ATTRIBUTE.mode, ATTRIBUTE_MODE.colourSelect, (call.bh & 1) << 7)
      else vga.writeAttribute(ATTRIBUTE.colourSelect, (vga.readAttribute(ATTRIBUTE.mode) & ATTRIBUTE_MODE.colourSelect ? call.bh : call.bh << 2) & 0xf)
    },
    0x15: (call) => {
      const [red, green, blue] = vga.readColour(call.bx)
      call.dh = red
      call.ch = green
      call.cl = blue
    },
    0x17: (call) => {
      const at = call.inEs(call.dx)
      for (let i = 0; i < call.cx; i++) vga.readColour(call.bx + i).forEach((gun, index) => memory.write8(at + i * GUNS + index, gun))
    },
    0x18: (call) => {
      vga.dacMask = call.bl
    },
    0x19: (call) => {
      call.bl = vga.dacMask
    },
    0x1a: (call) => {
      const blocksOf16 = vga.readAttribute(ATTRIBUTE.mode) >> 7
      const select = vga.readAttribute(ATTRIBUTE.colourSelect) & 0xf
      call.bl = blocksOf16
      call.bh = blocksOf16 ? select : select >> 2
    },
    0x1b: (call) => console.modes.sumGreys(call.bx, Math.min(call.cx, 256)),
  }
}
