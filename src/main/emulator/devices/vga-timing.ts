/**
 * Where the beam is (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem": CRT controller, input status register 1): computed
 * from the registers and virtual time when a program asks.
 */
import { TICKS_PER_SECOND } from '../machine/clock'
import { CLOCKING, CRTC, SEQUENCER, valueOf, type VgaRegisters } from './vga-registers'

/** Dot clocks by bits 3–2 of the miscellaneous output register, in Hz. There is no external one: it has the first. */
const CLOCKS = [25_175_000, 28_322_000, 25_175_000, 25_175_000] as const
/** The CRT controller's register of the length of a line counts five characters less, that of the picture two lines less. */
const TOTAL_MISSING = 5
const VERTICAL_TOTAL_MISSING = 2

export interface VgaTiming {
  /** Ticks that a scan line takes. */
  readonly lineTicks: number
  /** Part of a line that is shown, 0 to 1. */
  readonly shown: number
  readonly lines: number
  readonly shownLines: number
  /** First line of the vertical retrace, and the first after it; counted on beyond `lines`. */
  readonly retraceStart: number
  readonly retraceEnd: number
}

/** Ten bits, of which the overflow register has the upper two. */
function tenBits(crtc: Uint8Array, index: number, bit8: number, bit9: number): number {
  const overflow = valueOf(crtc, CRTC.overflow)
  return valueOf(crtc, index) | (((overflow >> bit8) & 1) << 8) | (((overflow >> bit9) & 1) << 9)
}

export function vgaTiming({ crtc, sequencer, miscellaneous }: VgaRegisters): VgaTiming {
  const clocking = valueOf(sequencer, SEQUENCER.clocking)
  const dots = (clocking & CLOCKING.eightDots ? 8 : 9) * (clocking & CLOCKING.halfClock ? 2 : 1)
  const characters = valueOf(crtc, CRTC.total) + TOTAL_MISSING
  const clock = CLOCKS[(miscellaneous >> 2) & 3] ?? CLOCKS[0]
  const retraceStart = tenBits(crtc, CRTC.verticalRetraceStart, 2, 7)
  // Its end is given in four bits: the first line after the start that has them.
  const length = (valueOf(crtc, CRTC.verticalRetraceEnd) - retraceStart) & 0xf
  return {
    lineTicks: (characters * dots * TICKS_PER_SECOND) / clock,
    shown: Math.min(1, (valueOf(crtc, CRTC.displayEnd) + 1) / characters),
    lines: tenBits(crtc, CRTC.verticalTotal, 0, 5) + VERTICAL_TOTAL_MISSING,
    shownLines: tenBits(crtc, CRTC.verticalDisplayEnd, 1, 6) + 1,
    retraceStart,
    retraceEnd: retraceStart + (length === 0 ? 16 : length),
  }
}

/** Input status 1: bit 0 the beam is outside the picture, bit 3 vertical retrace. @param now in ticks */
export function beamStatus({ lineTicks, shown, lines, shownLines, retraceStart, retraceEnd }: VgaTiming, now: number): number {
  const position = now / lineTicks
  const line = Math.floor(position) % lines
  const visible = line < shownLines && position % 1 < shown
  const retrace = line >= retraceStart && line < retraceEnd
  return (visible ? 0 : 1) | (retrace ? 8 : 0)
}
