/** INT 10h in all modes, against the video BIOS of QEMU: registers after every call, the data area after every mode, fonts and palettes. */
import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { outputHere, outputInQemu } from './bios-judge'
import { biosProgram, parseDumps, SCRATCH, type BiosCall, type Registers } from './test-program'

const RUN_TICKS = 100_000_000
type Register = 'ebx' | 'ecx' | 'edx' | 'ebp'
type Case = readonly [name: string, call: BiosCall, ...registers: Register[]]

const call = (eax: number, rest: Omit<BiosCall, 'int' | 'eax'> = {}): BiosCall => ({ int: 0x10, eax, ...rest })
const MODES = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13] as const
const STATE_BYTES = 64
/** Of a mode: the state of AH=1Bh, the attribute registers of AX=1009h, the sixteen colours they show. */
const MODE_BYTES = 256
const [ATTRIBUTES, COLOURS] = [STATE_BYTES, STATE_BYTES + 32]
const modeAt = (index: number): number => SCRATCH + 0x400 + index * MODE_BYTES
/** The state up to the number of colours, which is always 16 there. */
const BEFORE_COLOURS = 35
const AFTER_MODES = modeAt(MODES.length)
const SAVED = AFTER_MODES + 0x100
const MEMORY_BYTES = AFTER_MODES + 0x100 - SCRATCH

const modeCases = (number: number, index: number): Case[] => {
  const at = modeAt(index)
  const name = `mode ${number.toString(16)}`
  return [
    [name, call(number)],
    [`${name}, what is it`, call(0x0f00), 'ebx'],
    [`${name}, cursor`, call(0x0300), 'ecx', 'edx'],
    [`${name}, state`, call(0x1b00, { edi: at })],
    [`${name}, attributes`, call(0x1009, { edx: at + ATTRIBUTES })],
    [`${name}, colours`, call(0x1017, { ecx: 48, edx: at + COLOURS })],
    [`${name}, character`, call(0x0941, { ebx: 7, ecx: 3 })],
    [`${name}, it is there`, call(0x0800)],
    [`${name}, pixel`, call(0x0c01, { ecx: 101, edx: 51 })],
    [`${name}, it is there, too`, call(0x0d00, { ecx: 101, edx: 51 })],
    [`${name}, combined`, call(0x0c81, { ecx: 101, edx: 51 })],
    [`${name}, it changed`, call(0x0d00, { ecx: 101, edx: 51 })],
    [`${name}, scrolled`, call(0x0601, { ebx: 0, edx: 0x184f })],
    [`${name}, teletype`, call(0x0e42, { ebx: 7 })],
    [`${name}, cursor after it`, call(0x0300), 'edx'],
  ]
}

const CASES: readonly Case[] = [
  ...MODES.flatMap(modeCases),
  ['text', call(0x0003)],
  ['font of 8 lines', call(0x1112, { ebx: 0 })],
  ['where is it', call(0x1130, { ebx: 0x0300 }), 'ecx', 'edx'],
  ['cursor of 8 lines', call(0x0300), 'ecx'],
  ['state of 50 rows', call(0x1b00, { edi: AFTER_MODES })],
  ['font of 14 lines', call(0x1111, { ebx: 0 })],
  ['rows of 14 lines', call(0x1130, { ebx: 0x0200 }), 'ecx', 'edx'],
  ['cursor of 14 lines', call(0x0300), 'ecx'],
  ['font of 16 lines', call(0x1114, { ebx: 0 })],
  ['rows of 16 lines', call(0x1130, { ebx: 0x0600 }), 'ecx', 'edx'],
  ['no such font', call(0x1130, { ebx: 0x0900, ecx: 0x1234, edx: 0x5678 }), 'ecx', 'edx'],
  ['graphics font of 43 rows', call(0x1123, { ebx: 3 })],
  ['its rows', call(0x1130, { ebx: 0x0100 }), 'ecx', 'edx'],
  ['text again', call(0x0003)],
  ['attribute register', call(0x1000, { ebx: 0x2a05 })],
  ['read it', call(0x1007, { ebx: 0x0005 }), 'ebx'],
  ['overscan', call(0x1001, { ebx: 0x1500 })],
  ['read it, too', call(0x1008), 'ebx'],
  ['bright backgrounds', call(0x1003, { ebx: 0 })],
  ['mode register', call(0x1007, { ebx: 0x0010 }), 'ebx'],
  ['a colour', call(0x1010, { ebx: 0x21, ecx: 0x1516, edx: 0x1400 })],
  ['read the colour', call(0x1015, { ebx: 0x21 }), 'ecx', 'edx'],
  ['blocks of 16 colours', call(0x1013, { ebx: 0x0100 })],
  ['block 5', call(0x1013, { ebx: 0x0501 })],
  ['which block', call(0x101a), 'ebx'],
  ['blocks of 64 colours', call(0x1013, { ebx: 0 })],
  ['block 2', call(0x1013, { ebx: 0x0201 })],
  ['which block now', call(0x101a), 'ebx'],
  ['shades of grey', call(0x101b, { ebx: 0x20, ecx: 4 })],
  ['read a grey', call(0x1015, { ebx: 0x21 }), 'ecx', 'edx'],
  ['adapter', call(0x1200, { ebx: 0x10 }), 'ebx', 'ecx'],
  ['350 lines', call(0x1201, { ebx: 0x30 })],
  ['no palette with modes', call(0x1201, { ebx: 0x31 })],
  ['palette with modes', call(0x1200, { ebx: 0x31 })],
  ['no greys', call(0x1201, { ebx: 0x33 })],
  ['cursor as it is', call(0x1201, { ebx: 0x34 })],
  ['cursor scaled', call(0x1200, { ebx: 0x34 })],
  ['no such option', call(0x1277, { ebx: 0x77 })],
  ['displays', call(0x1a00), 'ebx'],
  ['other displays', call(0x1a01, { ebx: 0x0c })],
  ['displays now', call(0x1a00), 'ebx'],
  ['displays as before', call(0x1a01, { ebx: 0x08 })],
  ['size of the state', call(0x1c00, { ecx: 7 }), 'ebx'],
  ['size of no such state', call(0x1c00, { ecx: 0x10, ebx: 0x1234 }), 'ebx'],
  ['save', call(0x1c01, { ecx: 7, ebx: SAVED })],
  ['graphics in between', call(0x0012)],
  ['restore', call(0x1c02, { ecx: 7, ebx: SAVED })],
  ['the mode is there again', call(0x0f00), 'ebx'],
  ['no such function', call(0x7700)],
  ['VBE: no such state', call(0x4f04, { ecx: 0x10 })],
  ['VBE: save', call(0x4f04, { ecx: 0x0f, edx: 1, ebx: SAVED })],
  ['VBE: graphics in between', call(0x4f02, { ebx: 0x103 })],
  ['VBE: the data area knows', call(0x0f00), 'ebx'],
  ['VBE: restore', call(0x4f04, { ecx: 0x0f, edx: 2, ebx: SAVED })],
  ['VBE: planes', call(0x4f02, { ebx: 0x104 })],
  ['VBE: length of a line of planes', call(0x4f06, { ebx: 1 }), 'ebx', 'ecx'],
  ['VBE: bank of planes', call(0x4f05, { edx: 1 })],
  ['text at the end', call(0x0003)],
]

/** Where the judge knows less, or otherwise. */
const DIFFERENT: Readonly<Record<string, string>> = { 'size of the state': 'what is kept, and so its size, is each BIOS\'s own' }

const PROGRAM = { image: biosProgram(CASES.map(([, one]) => one), [], MEMORY_BYTES), medium: 'disk' } as const
function run(output: Uint8Array): { registers: Registers[]; memory: Uint8Array } {
  expect(output).toHaveLength(CASES.length * 36 + MEMORY_BYTES)
  return parseDumps(output, CASES.length)
}

describe('INT 10h', () => {
  test('is the same on both backends', { timeout: 60_000 }, () => {
    const program = { ...PROGRAM, image: biosProgram([0x04, 0x0d, 0x13].flatMap((number) => modeCases(number, 0)).map(([, one]) => one), [], MODE_BYTES + 0x400) }
    expect(outputHere('oracle', program, RUN_TICKS)).toEqual(outputHere('interp', program, RUN_TICKS))
  })

  const qemu = requireTool('qemu-system-x86_64')
  test.skipIf(qemu === undefined)('does what the video BIOS of QEMU does', { timeout: 60_000 }, () => {
    if (qemu === undefined) return
    const [here, there] = [run(outputHere('interp', PROGRAM, RUN_TICKS)), run(outputInQemu(qemu, PROGRAM))]
    const shown = ({ registers }: typeof here): string[] =>
      CASES.flatMap(([name, , ...compared], i) => (name in DIFFERENT ? [] : [[name, `AX ${((registers[i]?.eax ?? 0) & 0xffff).toString(16)}`, ...compared.map((register) => `${register} ${((registers[i]?.[register] ?? 0) & 0xffff).toString(16)}`)].join(' ')]))
    expect(shown(here)).toEqual(shown(there))
    const part = ({ memory }: typeof here, from: number, bytes: number): string => Buffer.from(memory.slice(from - SCRATCH, from - SCRATCH + bytes)).toString('hex')
    const modes = (ran: typeof here): string[] => MODES.map((number, i) => `${number.toString(16)} ${part(ran, modeAt(i) + 4, BEFORE_COLOURS)} ${part(ran, modeAt(i) + ATTRIBUTES, 17)} ${part(ran, modeAt(i) + COLOURS, 144)}`)
    expect(modes(here)).toEqual(modes(there))
    expect(part(here, AFTER_MODES + 4, BEFORE_COLOURS)).toBe(part(there, AFTER_MODES + 4, BEFORE_COLOURS))
  })
})
