/** What the VGA shows, against QEMU's standard VGA with its own video BIOS: every scene pixel by pixel. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Picture } from '../support/qemu'
import { requireTool } from '../support/tools'
import { difference, pictureOf, scenesHere, scenesInQemu } from './vga-judge'
import { attribute, colour, crtc, dispi, drawingProgram, graphics, out, outWord, pattern, peek, poke, SCRATCH, sequencer, type Step, video } from './vga-program'

const TEXT = 0xb800
const WINDOW = 0xa000
const MONO = 0xb000
/** The judge draws the ninth dot of B0h–BFh, too, as of C0h–DFh; and it knows neither blinking nor a steady cursor. */
const CHARACTERS = 0x4f
const COLOURS = 0x77
const NO_CURSOR = video({ ax: 0x0100, cx: 0x2000 })
const FONT = SCRATCH
const STRING = SCRATCH + 0x1000
const mode = (number: number): Step => video({ ax: number })

/** A screen of characters and attributes, and a font of its own with cells of `height`. */
const text = (segment: number, height: number, bytes = 0x4000): Step[] => [
  pattern(0, FONT, 256 * 16, { factor: 0x9e37 }),
  video({ ax: 0x1110, bx: height << 8, cx: 256, bp: FONT }),
  pattern(segment, 0, bytes / 2, { mask: CHARACTERS, step: 2 }),
  pattern(segment, 1, bytes / 2, { mask: COLOURS, step: 2, factor: 0x1d3 }),
  NO_CURSOR,
]
/** The beginning of so many bytes, something of their middle, and their end: every byte of a picture would take long. */
const pieces = (segment: number, bytes: number, factor = 0x35d): Step[] => [pattern(segment, 0, 0x500, { factor }), pattern(segment, bytes >> 1, 0x180, { factor }), pattern(segment, bytes - 0x180, 0x180, { factor })]
const allPlanes = (bytes: number): Step[] => [1, 2, 4, 8].flatMap((mask) => [sequencer(2, mask), ...pieces(WINDOW, bytes, 0x35d * mask)]).concat([sequencer(2, 0x0f)])
const modeX: Step[] = [
  mode(0x13), sequencer(4, 0x06), sequencer(0, 0x01), out(0x3c2, 0xe3), sequencer(0, 0x03), crtc(0x11, 0x2c),
  ...([[0x06, 0x0d], [0x07, 0x3e], [0x09, 0x41], [0x10, 0xea], [0x11, 0xac], [0x12, 0xdf], [0x14, 0x00], [0x15, 0xe7], [0x16, 0x06], [0x17, 0xe3]] as const).map(([index, value]) => crtc(index, value)),
]
/** Characters of our own font in graphics: written, combined, scrolled; pixels; teletype over the end of a line. */
const drawing = (height: number, colours: readonly [number, number, number]): Step[] => [
  pattern(0, FONT, 256 * 16, { factor: 0x9e37 }),
  video({ ax: 0x1121, bx: 2, cx: height, bp: FONT }),
  video({ ax: 0x1120, bp: FONT + 128 * 8 }),
  video({ ax: 0x0200, dx: 0x0305 }), video({ ax: 0x0941, bx: colours[0], cx: 20 }),
  video({ ax: 0x0200, dx: 0x0408 }), video({ ax: 0x0ac3, bx: colours[1], cx: 3 }), video({ ax: 0x0942, bx: 0x80 | colours[2], cx: 2 }),
  ...[0x0e58, 0x0e59, 0x0e0d, 0x0e0a, 0x0e5a].map((ax) => video({ ax, bx: colours[1] })),
  video({ ax: 0x0c00 | colours[0], cx: 100, dx: 90 }), video({ ax: 0x0c00 | colours[2], cx: 7, dx: 91 }), video({ ax: 0x0c80 | colours[1], cx: 100, dx: 90 }),
  video({ ax: 0x0601, bx: colours[1] << 8, cx: 0x0202, dx: 0x0a14 }),
  video({ ax: 0x0702, bx: 0, cx: 0x0005, dx: 0x0620 }),
  video({ ax: 0x0200, dx: 0x1826 }), ...[0x0e61, 0x0e62, 0x0e63].map((ax) => video({ ax, bx: colours[0] })),
]

const SCENES: Readonly<Record<string, readonly Step[]>> = {
  'text with a font of 16 lines': [mode(3), ...text(TEXT, 16)],
  'text of 50 rows, with colours of its own': [mode(3), ...text(TEXT, 8), colour(0x14, 10, 20, 30), attribute(3, 0x2a)],
  'text of 28 rows that begins elsewhere': [mode(3), ...text(TEXT, 14), crtc(0x0c, 0x03), crtc(0x0d, 0x21), crtc(0x13, 0x30)],
  'two fonts': [mode(3), ...text(TEXT, 16), pattern(0, FONT, 256 * 16, { factor: 0x5151 }), video({ ax: 0x1100, bx: 0x1005, cx: 256, bp: FONT }), video({ ax: 0x1103, bx: 0x24 }), pattern(TEXT, 1, 0x2000, { step: 2 , mask: 0x7f })],
  'text of 40 columns and 8 dots': [mode(1), ...text(TEXT, 16), sequencer(1, 0x09)],
  'text of 8 dots': [mode(3), ...text(TEXT, 16), sequencer(1, 0x01)],
  // The judge's BIOS does not find the state of the attribute controller in mode 07h.
  'text at B0000h': [mode(3), ...text(TEXT, 16), graphics(6, 0x0a), pattern(MONO, 1, 0x2000, { step: 2, mask: 0x7a })],
  'page 2 of text': [
    mode(3), pattern(0, FONT, 256 * 16, { factor: 0x9e37 }), video({ ax: 0x1100, bx: 0x1000, cx: 256, bp: FONT }), pattern(TEXT, 0x2000, 0x1000, { mask: CHARACTERS }), NO_CURSOR, video({ ax: 0x0502 }),
  ],
  'a font loaded by hand': [
    mode(3), ...text(TEXT, 16), sequencer(2, 0x04), sequencer(4, 0x07), graphics(4, 0x02), graphics(5, 0x00), graphics(6, 0x04), pattern(WINDOW, 0x41 * 32, 0x200),
    sequencer(2, 0x03), sequencer(4, 0x03), graphics(4, 0x00), graphics(5, 0x10), graphics(6, 0x0e),
  ],
  'mode 04h': [mode(4), ...pieces(TEXT, 0x4000)],
  'mode 04h in other colours': [mode(5), ...pieces(TEXT, 0x4000), video({ ax: 0x0b00, bx: 0x0001 }), video({ ax: 0x0b00, bx: 0x0100 }), attribute(0, 0x01)],
  'mode 06h': [mode(6), ...pieces(TEXT, 0x4000)],
  'mode 0Dh': [mode(0x0d), ...allPlanes(8000)],
  'mode 0Eh': [mode(0x0e), ...allPlanes(16_000)],
  'mode 0Fh': [mode(0x0f), ...allPlanes(28_000)],
  'mode 10h': [mode(0x10), ...allPlanes(28_000)],
  'mode 11h': [mode(0x11), ...allPlanes(38_400)],
  'mode 12h': [mode(0x12), ...allPlanes(38_400)],
  'mode 13h': [mode(0x13), ...pieces(WINDOW, 64_000)],
  'page 1 of mode 0Dh': [mode(0x0d), ...allPlanes(16_384), video({ ax: 0x0501 })],
  'write modes, latches and masks': [
    mode(0x12), graphics(5, 2), graphics(8, 0x5a), pattern(WINDOW, 0, 0x1000), peek(WINDOW, 7), graphics(5, 0), graphics(8, 0xf0), graphics(0, 0x05), graphics(1, 0x03), graphics(3, 0x03),
    pattern(WINDOW, 0x800, 0x1000), graphics(3, 0x18), peek(WINDOW, 9), pattern(WINDOW, 0x1000, 0x800), graphics(3, 0x08), peek(WINDOW, 0x901), pattern(WINDOW, 0x1400, 0x800), graphics(3, 0x10),
    pattern(WINDOW, 0x1800, 0x800), graphics(1, 0), graphics(3, 0), graphics(5, 3), graphics(0, 0x0a), graphics(8, 0xff), peek(WINDOW, 0x123), pattern(WINDOW, 0x3000, 0x1000), graphics(5, 1), peek(WINDOW, 0x1234),
    pattern(WINDOW, 0x5000, 0x400), graphics(5, 0), sequencer(2, 0x06), pattern(WINDOW, 0x6000, 0x1000), graphics(5, 8), graphics(2, 5), graphics(7, 0x0d), peek(WINDOW, 0x801),
  ],
  'mode X, its second page': [...modeX, ...allPlanes(0x9600), crtc(0x0c, 0x4b), crtc(0x0d, 0x00)],
  'mode 13h, split': [mode(0x13), ...pieces(WINDOW, 0x10000), crtc(0x11, 0x0e), crtc(0x0c, 0x0b), crtc(0x0d, 0xb8), crtc(0x07, 0x0f), crtc(0x09, 0x01), crtc(0x18, 0xc7)],
  'mode 12h, split in the middle of its pages': [mode(0x12), ...allPlanes(38_400), crtc(0x11, 0x0c), crtc(0x0c, 0x10), crtc(0x07, 0x2e), crtc(0x09, 0x00), crtc(0x18, 0x83)],
  'blocks of colours': [mode(0x12), ...allPlanes(38_400), video({ ax: 0x1013, bx: 0x0100 }), video({ ax: 0x1013, bx: 0x0301 }), colour(0x31, 63, 0, 20), colour(0x3e, 0, 63, 20)],
  'shades of grey': [video({ ax: 0x1200, bx: 0x33 }), mode(0x13), ...pieces(WINDOW, 64_000), video({ ax: 0x1201, bx: 0x33 }), video({ ax: 0x101b, cx: 0x100 })],
  'characters in mode 04h': [mode(4), ...drawing(8, [1, 2, 3])],
  'characters in mode 06h': [mode(6), ...drawing(8, [1, 1, 1])],
  'characters in mode 0Dh': [mode(0x0d), ...drawing(8, [9, 2, 13])],
  'characters in mode 10h': [mode(0x10), ...drawing(14, [9, 2, 13])],
  'characters in mode 12h': [mode(0x12), ...drawing(16, [9, 2, 13])],
  'characters in mode 13h': [mode(0x13), ...drawing(8, [40, 200, 15])],
  'strings and scrolling in text': [
    mode(3), ...text(TEXT, 16), video({ ax: 0x0603, bx: 0x1700, cx: 0x0305, dx: 0x0a30 }), video({ ax: 0x0702, bx: 0x2400, cx: 0x0800, dx: 0x184f }), pattern(0, STRING, 40, { mask: CHARACTERS }), video({ ax: 0x1301, bx: 0x0071, cx: 40, dx: 0x0a4a, bp: STRING }), NO_CURSOR,
  ],
  'a state that was kept and put back': [
    mode(0x12), ...allPlanes(38_400), attribute(5, 0x3c), colour(0x3c, 63, 31, 0), crtc(0x0d, 0x07), video({ ax: 0x1c01, cx: 7, bx: SCRATCH + 0x2000 }), attribute(5, 0), crtc(0x0d, 0), colour(0x3c, 0, 0, 0), crtc(0x13, 0x50),
    video({ ax: 0x1c02, cx: 7, bx: SCRATCH + 0x2000 }),
  ],
  '640×480 in 256 colours, in banks, moved': [
    video({ ax: 0x4f02, bx: 0x101 }), ...[0, 1, 2, 3, 4].flatMap((bank) => [video({ ax: 0x4f05, dx: bank }), ...pieces(WINDOW, 0x10000, 0x35d + bank)]), video({ ax: 0x4f06, cx: 704 }), video({ ax: 0x4f07, cx: 24, dx: 5 }),
  ],
  '320×200 in 16 bits': [video({ ax: 0x4f02, bx: 0x10e }), ...pieces(WINDOW, 0x10000)],
  '640×480 in 24 bits': [video({ ax: 0x4f02, bx: 0x112 }), ...pieces(WINDOW, 0x10000), video({ ax: 0x4f05, dx: 5 }), ...pieces(WINDOW, 0x10000, 0x777)],
  '1024×768 in 32 bits': [video({ ax: 0x4f02, bx: 0x144 }), video({ ax: 0x4f05, dx: 9 }), ...pieces(WINDOW, 0x10000, 0x777)],
  'the display by its own registers': [mode(0x12), dispi(4, 0), dispi(1, 800), dispi(2, 600), dispi(3, 16), dispi(4, 0x41), dispi(5, 1), ...pieces(WINDOW, 0x10000), dispi(6, 1024), dispi(8, 16), dispi(9, 3)],
  'text after all that': [mode(3), ...text(TEXT, 16), outWord(0x3ce, 0xff08), poke(TEXT, 0, 0x41, 0x1e)],
}
const NAMES = Object.keys(SCENES)
const IMAGE = drawingProgram(Object.values(SCENES))
/** The video BIOS of Debian's package seabios, without which QEMU is not installed. */
const VIDEO_BIOS = '/usr/share/seabios/vgabios-isavga.bin'

describe('the VGA', () => {
  test('draws the same on both backends', { timeout: 150_000 }, () => {
    const image = drawingProgram([[mode(0x0d), graphics(5, 2), pattern(WINDOW, 0, 0x80), peek(WINDOW, 3), sequencer(2, 0x05), pattern(WINDOW, 0x40, 0x80)]])
    const [one, other] = [scenesHere(image, 1, 'oracle'), scenesHere(image, 1)].map(([screen]) => screen && pictureOf(screen))
    expect(one && other && difference(one, other)).toBeUndefined()
    expect(one?.pixels.some((value) => value !== 0)).toBe(true)
  })

  const qemu = requireTool('qemu-system-x86_64')
  test.skipIf(qemu === undefined)('draws what QEMU draws', { timeout: 150_000 }, async () => {
    if (qemu === undefined) return
    const theirs = await scenesInQemu(qemu, IMAGE, NAMES.length)
    const differences = scenesHere(IMAGE, NAMES.length).flatMap((screen, scene) => {
      const judge = theirs[scene]
      const found = judge ? difference(pictureOf(screen), judge) : 'no picture'
      return found === undefined ? [] : [`${NAMES[scene]}: ${found}`]
    })
    expect(differences).toEqual([])
  })

  test.skipIf(!process.env['CI'] && !existsSync(VIDEO_BIOS))('draws the same under another video BIOS', { timeout: 150_000 }, () => {
    const rom = readFileSync(VIDEO_BIOS)
    const pictures = (scenes: readonly (readonly Step[])[], ...bios: readonly Uint8Array[]): Picture[] => scenesHere(drawingProgram(scenes, ...bios), scenes.length).map(pictureOf)
    const differences = (scenes: readonly (readonly Step[])[]): (string | undefined)[] => {
      const others = pictures(scenes, rom)
      return pictures(scenes).map((ours, scene) => {
        const theirs = others[scene]
        return theirs && difference(ours, theirs)
      })
    }
    // Its own font shows that it is this BIOS that sets the modes.
    expect(differences([[mode(3), poke(TEXT, 0, 0x41, 0x1e)]])).toEqual([expect.stringContaining('pixel')])
    expect(differences(Object.values(SCENES))).toEqual(NAMES.map(() => undefined))
  })
})
