import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { outputHere, outputInQemu } from './bios-judge'
import { biosProgram, parseDumps, SCRATCH, type BiosCall } from './test-program'
import { VBE_MODES } from './vbe-modes'

const RUN_TICKS = 20_000_000
const INFORMATION = SCRATCH
const MODE_BLOCKS = SCRATCH + 0x400
const MODE_BYTES = 256
/** What palettes read as; behind the blocks of the modes. */
const COLOURS = MODE_BLOCKS + VBE_MODES.length * MODE_BYTES
const EGA_COLOURS = COLOURS + 768
const MEMORY_BYTES = EGA_COLOURS + 192 - SCRATCH
const LINEAR = 0x4000

const call = (eax: number, rest: Omit<BiosCall, 'int' | 'eax'> = {}): BiosCall => ({ int: 0x10, eax, ...rest })
const PALETTE = SCRATCH + 0x300

/** Name, call, and the registers that are compared beside AX. */
const CALLS: readonly (readonly [name: string, call: BiosCall, ...registers: ('ebx' | 'ecx' | 'edx')[]])[] = [
  ['information', call(0x4f00, { edi: INFORMATION })],
  ...VBE_MODES.map(({ number }, i) => [`mode ${number.toString(16)}`, call(0x4f01, { ecx: number, edi: MODE_BLOCKS + i * MODE_BYTES })] as const),
  ['no such mode', call(0x4f01, { ecx: 0x1ff, edi: PALETTE })],
  ['the mode at the start', call(0x4f03), 'ebx'],
  ['set no such mode', call(0x4f02, { ebx: 0x1ff })],
  ['set 1024x768x32', call(0x4f02, { ebx: 0x144 | LINEAR })],
  ['the mode now', call(0x4f03), 'ebx'],
  ['length of a line', call(0x4f06, { ebx: 1 }), 'ebx', 'ecx', 'edx'],
  ['longest line', call(0x4f06, { ebx: 3 }), 'ebx', 'ecx', 'edx'],
  ['longer lines', call(0x4f06, { ebx: 0, ecx: 1280 }), 'ebx', 'ecx', 'edx'],
  ['start of the picture', call(0x4f07, { ebx: 0, ecx: 16, edx: 5 })],
  ['it is there', call(0x4f07, { ebx: 1 }), 'ecx', 'edx'],
  ['a bank of the linear framebuffer', call(0x4f05, { ebx: 0, edx: 3 })],
  ['set 640x480x8', call(0x4f02, { ebx: 0x101 })],
  ['bank 3', call(0x4f05, { ebx: 0, edx: 3 })],
  ['which bank', call(0x4f05, { ebx: 0x100 }), 'edx'],
  ['the mode now', call(0x4f03), 'ebx'],
  ['bits of the palette', call(0x4f08, { ebx: 1 }), 'ebx'],
  ['8 bits', call(0x4f08, { ebx: 0x0800 }), 'ebx'],
  ['6 bits', call(0x4f08, { ebx: 0x0600 }), 'ebx'],
  ['read the palette', call(0x4f09, { ebx: 1, ecx: 4, edx: 40, edi: PALETTE })],
  ['all of the palette', call(0x1017, { ebx: 0, ecx: 256, edx: COLOURS })],
  ['no such function', call(0x4fee)],
  ['back to text', call(0x4f02, { ebx: 3 })],
  ['mode 13h', call(0x0013)],
  ['it is the mode', call(0x0f00), 'ebx'],
  ['a pixel', call(0x0c2a, { ecx: 319, edx: 199 })],
  ['it is there', call(0x0d00, { ecx: 319, edx: 199 })],
  ['its neighbour', call(0x0d00, { ecx: 318, edx: 199 })],
  ['mode 12h', call(0x0012)],
  ['a pixel of planes', call(0x0c0b, { ecx: 639, edx: 479 })],
  ['it is there', call(0x0d00, { ecx: 639, edx: 479 })],
  ['exclusive or', call(0x0c89, { ecx: 639, edx: 479 })],
  ['it is another', call(0x0d00, { ecx: 639, edx: 479 })],
  ['the first 16 colours', call(0x1017, { ebx: 0, ecx: 64, edx: EGA_COLOURS })],
  ['text again', call(0x0003)],
  ['the mode at the end', call(0x4f03), 'ebx'],
]

/** Where the judge knows less. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'longest line': 'it has no such request',
  'a bank of the linear framebuffer': 'it leaves AL as it was; AL = 4Fh says that the function is there',
  'read the palette': 'it has no such function',
}

const PROGRAM = { image: biosProgram(CALLS.map(([, one]) => one), Array.from(Buffer.from('VBE2')), MEMORY_BYTES), medium: 'disk' } as const
const run = (output: Uint8Array): ReturnType<typeof parseDumps> => {
  expect(output).toHaveLength(CALLS.length * 36 + MEMORY_BYTES)
  return parseDumps(output, CALLS.length)
}

describe('VBE', () => {
  test('is the same on both backends', () => {
    expect(outputHere('oracle', PROGRAM, RUN_TICKS)).toEqual(outputHere('interp', PROGRAM, RUN_TICKS))
  })

  test('lists its modes', () => {
    const { memory } = run(outputHere('interp', PROGRAM, RUN_TICKS))
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
    expect(Buffer.from(memory.subarray(0, 4)).toString()).toBe('VESA')
    expect([view.getUint16(4, true), view.getUint16(18, true)]).toEqual([0x0300, 256])
  })

  const qemu = requireTool('qemu-system-x86_64')
  test.skipIf(qemu === undefined)('says what the video BIOS of QEMU says', { timeout: 60_000 }, () => {
    if (qemu === undefined) return
    const [here, there] = [run(outputHere('interp', PROGRAM, RUN_TICKS)), run(outputInQemu(qemu, PROGRAM))]
    const shown = ({ registers }: typeof here): string[] =>
      CALLS.flatMap(([name, , ...compared], i) => name in DIFFERENT ? [] : [name, `AX ${((registers[i]?.eax ?? 0) & 0xffff).toString(16)}`, ...compared.map((register) => `${register} ${((registers[i]?.[register] ?? 0) & 0xffff).toString(16)}`)].join(' '))
    expect(shown(here)).toEqual(shown(there))
    const blocks = ({ memory }: typeof here): string[] =>
      VBE_MODES.map(({ number, width, height, bits }, i) => {
        const block = memory.slice(0x400 + i * MODE_BYTES, 0x400 + i * MODE_BYTES + 62)
        // A far function for the window, and the pages of the linear framebuffer: the one is not here, the others are not there.
        block.fill(0, 12, 16).fill(0, 52, 54)
        // Where only one page fits, SeaBIOS counts two.
        if (block[29] === 0) block[29] = 1
        return `${number.toString(16)} ${width}x${height}x${bits} ${Buffer.from(block).toString('hex')}`
      })
    expect(blocks(here)).toEqual(blocks(there))
    expect(Array.from(here.memory.slice(COLOURS - SCRATCH))).toEqual(Array.from(there.memory.slice(COLOURS - SCRATCH)))
  })
})
