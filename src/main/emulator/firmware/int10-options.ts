/** INT 10h AH=12h (alternate select), AH=1Ah (display combination) and AH=1Bh (functionality) (IBM BIOS Interface Technical Reference). */
import { CLOCKING, MISCELLANEOUS, SEQUENCER } from '../devices/vga-registers'
import { BDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost } from './context'
import { FUNCTIONALITY_OFFSET, ROM_SEGMENT } from './rom'
import { MOST_PAGES } from './screen-modes'
import type { TextConsole } from './text-console'
import { VgaPorts } from './vga-ports'

/** AL afterwards: the function is there. */
const SUPPORTED = 0x12
const MONOCHROME_PORT = 0x3b4
/** Scan lines of text modes by AL: bits of the video flags, and the switches. */
const LINES: Readonly<Record<number, { readonly flags: number; readonly switches: number }>> = {
  0: { flags: 0x80, switches: 0x08 },
  1: { flags: 0x00, switches: 0x09 },
  2: { flags: 0x10, switches: 0x09 },
}
const LINE_FLAGS = 0x90
const NO_PALETTE = 0x08
const GREYS = 0x02
const CURSOR_AS_IT_IS = 0x01

export function alternateSelect({ memory, ports }: FirmwareHost): (call: FirmwareCall) => void {
  const vga = new VgaPorts(ports)
  const change = (address: number, mask: number, bits: number): void => memory.write8(address, (memory.read8(address) & ~mask) | (bits & mask))
  const functions: Readonly<Record<number, (al: number) => void>> = {
    0x30: (al) => {
      const lines = LINES[al]
      if (!lines) return
      change(BDA.videoFlags, LINE_FLAGS, lines.flags)
      change(BDA.videoSwitches, 0x0f, lines.switches)
    },
    0x31: (al) => change(BDA.videoFlags, NO_PALETTE, al & 1 ? NO_PALETTE : 0),
    0x32: (al) => {
      vga.miscellaneous = (vga.miscellaneous & ~MISCELLANEOUS.memory) | (al & 1 ? 0 : MISCELLANEOUS.memory)
    },
    0x33: (al) => change(BDA.videoFlags, GREYS, al & 1 ? 0 : GREYS),
    0x34: (al) => change(BDA.videoControl, CURSOR_AS_IT_IS, al & 1),
    // There is one display only: nothing is switched.
    0x35: () => undefined,
    0x36: (al) => vga.writeSequencer(SEQUENCER.clocking, (vga.readSequencer(SEQUENCER.clocking) & ~CLOCKING.screenOff) | (al & 1 ? CLOCKING.screenOff : 0)),
  }
  return (call) => {
    if (call.bl === 0x10) {
      // Colour or monochrome, 256 KiB; feature bits and switches.
      call.bx = (memory.read16(BDA.crtcPort) === MONOCHROME_PORT ? 0x0100 : 0) | 3
      call.cx = memory.read8(BDA.videoSwitches) & 0x0f
      return
    }
    const choose = functions[call.bl]
    if (!choose) return
    choose(call.al)
    call.al = SUPPORTED
  }
}

/** AL=0: which displays are there? AL=1: they are these. */
export function displayCombination({ memory }: FirmwareHost, call: FirmwareCall): void {
  if (call.al === 0) call.bx = memory.read8(BDA.displayCombination)
  else if (call.al === 1) memory.write8(BDA.displayCombination, call.bl)
  else return
  call.al = 0x1a
}

const STATE_BYTES = 64
/** Parts of the data area that the state begins with. */
const FIRST_PART = { from: BDA.videoMode, bytes: 30 } as const
const SECOND_PART = { from: BDA.lastRow, bytes: 3 } as const
/** What scan lines are counted as, and 256 KiB of memory. */
const SCAN_LINES: Readonly<Record<number, number>> = { 200: 0, 350: 1, 400: 2, 480: 3 }
const MEMORY = 3
const PAGE_ROOM = { text: 0x8000, cga: 0x4000, planes: 0x10000, bytes: 0 } as const

/** To ES:DI: where the table of what there is lies, and the state of what there is. */
export function functionality({ memory, vga }: FirmwareHost, console: TextConsole, call: FirmwareCall): void {
  const { mode } = console
  const colours = mode ? 2 ** mode.bits : 0
  const pages = mode ? Math.min(MOST_PAGES, Math.max(1, Math.floor(PAGE_ROOM[mode.memory] / mode.pageBytes))) : 1
  const state = new Uint8Array(STATE_BYTES)
  state.set([FUNCTIONALITY_OFFSET & 0xff, FUNCTIONALITY_OFFSET >> 8, ROM_SEGMENT & 0xff, ROM_SEGMENT >> 8])
  state.set(memory.readBytes(FIRST_PART.from, FIRST_PART.bytes), 4)
  state.set(memory.readBytes(SECOND_PART.from, SECOND_PART.bytes), 34)
  state.set([memory.read8(BDA.displayCombination), 0, colours & 0xff, colours >> 8, pages, SCAN_LINES[vga.geometry.lines] ?? 0], 37)
  state[49] = MEMORY
  memory.writeBytes(call.inEs(call.di), state)
  call.al = 0x1b
}
