import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import type { BootMedium } from '../../../shared/machine-schemas'
import type { BackendName } from '../machine/machine'
import type { BiosCall, Registers } from './test-program'
import { testCd } from '../machine/test-cd'
import { outputHere, outputInQemu } from './bios-judge'
import { biosProgram, parseDumps, SCRATCH } from './test-program'

const SMAP = 0x534d4150
const READ_PACKET = SCRATCH
const BEYOND_PACKET = SCRATCH + 0x10
const DRIVE_PARAMETERS = SCRATCH + 0x1a0
const E820_BUFFER = SCRATCH + 0x40
const MOVE_TABLE = SCRATCH + 0x100
const STRING = SCRATCH + 0x140
const READ_BUFFER = SCRATCH + 0x400
const MOVED = SCRATCH + 0x800
/** One sector of track 79, head 1. */
const FORMAT_TABLE = SCRATCH + 0x148
const MEMORY_BYTES = 0xc00
/** A whole program takes about 10,000 instructions and 60 ms of waiting. */
const RUN_TICKS = 20_000_000
const CF = 0x01
const ZF = 0x40
const IF = 0x200
const DF = 0x400

/** A sector of a CD's boot image that holds its own number. */
const CD_LBA = 48

function data(lba = 100): number[] {
  const bytes = Array.from({ length: 0x1a2 }, () => 0)
  const put = (at: number, values: readonly number[]): void => values.forEach((value, i) => (bytes[at - SCRATCH + i] = value))
  put(READ_PACKET, [16, 0, 2, 0, 0x00, 0x34, 0, 0, lba])
  put(BEYOND_PACKET, [16, 0, 1, 0, 0x00, 0x34, 0, 0, 0, 0, 1])
  put(DRIVE_PARAMETERS, [0x42, 0])
  put(MOVE_TABLE + 0x10, [0xff, 0xff, 0x00, 0x34, 0x00, 0x93, 0, 0])
  put(MOVE_TABLE + 0x18, [0xff, 0xff, 0x00, 0x38, 0x00, 0x93, 0, 0])
  put(FORMAT_TABLE, [79, 1, 1, 2])
  put(STRING, [...'HIJK'].map((character) => character.charCodeAt(0)))
  return bytes
}

type Field = keyof Registers | 'CF' | 'ZF'

interface Case {
  name: string
  call: BiosCall
  /** What may differ from the judge, and why that is right. */
  differs?: { fields: readonly Field[]; why: string }
}

const video = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => ({ name: `10h ${name}`, call: { int: 0x10, ...call }, differs })
const disk = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => ({ name: `13h ${name}`, call: { int: 0x13, edx: 0x80, ...call }, differs })
const system = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => ({ name: `15h ${name}`, call: { int: 0x15, ...call }, differs })
const keyboard = (name: string, call: Omit<BiosCall, 'int'>): Case => ({ name: `16h ${name}`, call: { int: 0x16, ...call } })
const cursor = (): Case => video('where is the cursor', { eax: 0x0300 })
const cell = (): Case => video('what is at the cursor', { eax: 0x0800 })

const STATUS = 'our status says that the sector was not found; SeaBIOS gives "invalid" for all'

const CASES: readonly Case[] = [
  { name: '12h', call: { int: 0x12 } },
  video('mode', { eax: 0x0f00 }),
  video('move the cursor', { eax: 0x0200, edx: 0x0510 }),
  video('write characters', { eax: 0x0941, ebx: 0x1e, ecx: 3 }),
  cell(),
  cursor(),
  video('teletype', { eax: 0x0e42, ebx: 7 }),
  cursor(),
  video('scroll up', { eax: 0x0601, ebx: 0x1700, edx: 0x184f }),
  video('move to the scrolled line', { eax: 0x0200, edx: 0x0410 }),
  cell(),
  video('scroll part down', { eax: 0x0702, ebx: 0x4e00, ecx: 0x0305, edx: 0x0820 }),
  video('move to the scrolled part', { eax: 0x0200, edx: 0x0610 }),
  cell(),
  video('move to the last cell', { eax: 0x0200, edx: 0x184f }),
  cell(),
  video('teletype in the last cell scrolls', { eax: 0x0e43, ebx: 7 }),
  cursor(),
  video('teletype: carriage return, line feed, backspace', { eax: 0x0e0d }),
  video('teletype: line feed', { eax: 0x0e0a }),
  video('teletype: backspace', { eax: 0x0e08 }),
  cursor(),
  video('write a string', { eax: 0x1301, ebx: 0x1f, ecx: 4, edx: 0x0203, ebp: STRING }),
  cursor(),
  cell(),
  video('string with attributes, cursor stays', { eax: 0x1302, ecx: 2, edx: 0x0203, ebp: STRING }),
  cursor(),
  video('write without attribute', { eax: 0x0a2b, ecx: 2 }),
  cell(),
  video('display combination', { eax: 0x1a00 }),
  video('adapter', { eax: 0x1200, ebx: 0x10 }),
  video('hide the cursor', { eax: 0x0100, ecx: 0x2000 }),
  cursor(),
  video('page 1', { eax: 0x0501 }),
  video('mode says page 1', { eax: 0x0f00 }),
  video('set mode 3', { eax: 0x0003 }),
  cursor(),
  disk('reset', { eax: 0 }),
  disk('last status', { eax: 0x0100 }),
  disk('parameters', { eax: 0x0800 }, { fields: ['ecx'], why: 'SeaBIOS keeps a cylinder back and rounds down; here all of the image can be reached' }),
  disk('type', { eax: 0x1500 }, { fields: ['edx'], why: 'the same: all sectors count' }),
  disk('extensions', { eax: 0x4100, ebx: 0x55aa }, { fields: ['ecx'], why: 'no removable media functions here' }),
  disk('read by LBA', { eax: 0x4200, esi: READ_PACKET }),
  disk('read by LBA beyond the end', { eax: 0x4200, esi: BEYOND_PACKET }, { fields: ['eax'], why: STATUS }),
  disk('parameters of the extensions', { eax: 0x4800, esi: DRIVE_PARAMETERS }),
  disk('read sector 0', { eax: 0x0201, ebx: READ_BUFFER, ecx: 0 }, { fields: ['eax'], why: 'AL is the number of sectors read, none' }),
  disk('read by CHS', { eax: 0x0202, ebx: READ_BUFFER, ecx: 0x0026, edx: 0x0180 }),
  disk('read a cylinder that is not there', { eax: 0x0201, ebx: READ_BUFFER, ecx: 0xffff }, { fields: ['eax'], why: STATUS }),
  disk('verify', { eax: 0x0401, ebx: READ_BUFFER, ecx: 1 }),
  disk('write by CHS', { eax: 0x0301, ebx: READ_BUFFER, ecx: 0x0027, edx: 0x0180 }),
  disk('read it back', { eax: 0x0201, ebx: READ_BUFFER, ecx: 0x0027, edx: 0x0180 }),
  disk('no such function', { eax: 0x7700 }),
  disk('read from a second disk', { eax: 0x0201, ebx: READ_BUFFER, ecx: 1, edx: 0x81 }),
  disk('parameters of a second disk', { eax: 0x0800, edx: 0x81 }),
  disk('extensions of a second disk', { eax: 0x4100, ebx: 0x55aa, edx: 0x81 }),
  system('A20 state', { eax: 0x2402 }),
  system('A20 support', { eax: 0x2403 }),
  system('A20 off', { eax: 0x2400 }),
  system('A20 is off', { eax: 0x2402 }),
  system('A20 on', { eax: 0x2401 }),
  system('A20, no such function', { eax: 0x2407 }),
  system('extended memory', { eax: 0x8800 }),
  system('E801', { eax: 0xe801 }, { fields: ['ebx', 'edx'], why: 'SeaBIOS keeps 128 KiB at the top for its tables' }),
  system('E820', { eax: 0xe820, ecx: 24, edx: SMAP, edi: E820_BUFFER }),
  system('E820 without signature', { eax: 0xe820, ecx: 24, edx: 0x1234, edi: E820_BUFFER }),
  system('E820 after the end', { eax: 0xe820, ebx: 99, ecx: 24, edx: SMAP, edi: E820_BUFFER }),
  system('configuration', { eax: 0xc000 }),
  system('EBDA', { eax: 0xc100 }),
  system('wait', { eax: 0x8600, edx: 2000 }),
  system('block move', { eax: 0x8700, ecx: 16, esi: MOVE_TABLE }),
  system('keyboard intercept', { eax: 0x4f1e }),
  system('no such function', { eax: 0xff00 }),
  keyboard('no key', { eax: 0x0100 }),
  keyboard('no key, enhanced', { eax: 0x1100 }),
  keyboard('shifts', { eax: 0x0200 }),
  keyboard('shifts, enhanced', { eax: 0x1200 }),
  keyboard('put a key', { eax: 0x0500, ecx: 0x1e61 }),
  keyboard('the key is there', { eax: 0x0100 }),
  keyboard('take it', { eax: 0x0000 }),
  keyboard('put a grey arrow', { eax: 0x0500, ecx: 0x48e0 }),
  keyboard('it is there, enhanced', { eax: 0x1100 }),
  keyboard('it is there, compatible', { eax: 0x0100 }),
  keyboard('take it, enhanced', { eax: 0x1000 }),
  keyboard('put keypad Enter', { eax: 0x0500, ecx: 0xe00d }),
  keyboard('take it, compatible', { eax: 0x0000 }),
  { name: '1Ah no such function', call: { int: 0x1a, eax: 0x7700 } },
  { name: '14h status', call: { int: 0x14, eax: 0x0300 } },
  { name: '14h initialise', call: { int: 0x14, eax: 0x00e3 } },
]

const floppy = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => ({ name: `13h diskette, ${name}`, call: { int: 0x13, ...call }, differs })

const FLOPPY_CASES: readonly Case[] = [
  { name: '11h', call: { int: 0x11 }, differs: { fields: ['eax'], why: 'QEMU has a mouse and a printer port' } },
  floppy('reset', { eax: 0 }),
  floppy('last status', { eax: 0x0100 }),
  floppy('parameters', { eax: 0x0800 }, { fields: ['edi'], why: 'the table lies where the IBM PC has it' }),
  floppy('type', { eax: 0x1500 }),
  floppy('no extensions', { eax: 0x4100, ebx: 0x55aa }),
  floppy('read by CHS', { eax: 0x0202, ebx: READ_BUFFER, ecx: 0x0502, edx: 0x0100 }),
  floppy('verify', { eax: 0x0401, ebx: READ_BUFFER, ecx: 1 }),
  floppy('read over the end of a DMA block', { eax: 0x0202, ebx: 0xff00, ecx: 1 }, { fields: ['eax'], why: STATUS }),
  floppy('read a sector that is not there', { eax: 0x0201, ebx: READ_BUFFER, ecx: 0x0013 }, { fields: ['eax'], why: STATUS }),
  floppy('write by CHS', { eax: 0x0301, ebx: READ_BUFFER, ecx: 0x0603 }),
  floppy('read it back', { eax: 0x0201, ebx: READ_BUFFER + 0x200, ecx: 0x0603 }),
  floppy('parameters of a second drive', { eax: 0x0800, edx: 1 }),
  floppy('parameters of a hard disk', { eax: 0x0800, edx: 0x80 }),
  floppy('type of a hard disk', { eax: 0x1500, edx: 0x80 }, { fields: ['eax'], why: 'type 0 says that there is none; SeaBIOS says that the call is invalid' }),
]

const pointer = (name: string, call: Omit<BiosCall, 'int'>): Case => system(`pointing device, ${name}`, call)
const apm = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => system(`APM, ${name}`, call, differs)
const clock = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => ({ name: `1Ah ${name}`, call: { int: 0x1a, ...call }, differs })
const pci = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => clock(`PCI, ${name}`, call, differs)

/** What few programs use. */
const RARE_CASES: readonly Case[] = [
  disk('seek', { eax: 0x0c00, ecx: 1 }),
  disk('reset of the hard disk', { eax: 0x0d00 }),
  disk('ready', { eax: 0x1000 }),
  disk('recalibrate', { eax: 0x1100 }),
  disk('diagnostics', { eax: 0x1400 }),
  disk('initialise', { eax: 0x0900 }),
  disk('lock', { eax: 0x4500 }),
  disk('eject', { eax: 0x4600 }),
  disk('changed', { eax: 0x4900 }),
  disk('hardware configuration, no such function', { eax: 0x4e09 }),
  apm('is it there', { eax: 0x5300 }),
  apm('connect in 16 bits', { eax: 0x5302 }, { fields: ['ebx'], why: 'the entry is elsewhere' }),
  apm('connect in 16 bits: disconnect', { eax: 0x5304 }),
  apm('connect in 32 bits', { eax: 0x5303 }, { fields: ['ebx'], why: 'the entry is elsewhere' }),
  apm('connect in 32 bits: disconnect', { eax: 0x5304 }),
  apm('connect', { eax: 0x5301 }),
  apm('version of the driver', { eax: 0x530e, ecx: 0x0101 }, { fields: ['eax'], why: 'the older of the two versions is agreed on' }),
  apm('power status', { eax: 0x530a, ebx: 1 }),
  apm('event', { eax: 0x530b }),
  apm('idle', { eax: 0x5305 }),
  apm('busy', { eax: 0x5306 }),
  apm('enable', { eax: 0x5308, ebx: 1, ecx: 1 }),
  apm('engage', { eax: 0x530f, ebx: 1, ecx: 1 }),
  apm('disconnect', { eax: 0x5304 }),
  pointer('initialise', { eax: 0xc205, ebx: 0x0300 }),
  pointer('reset', { eax: 0xc201 }),
  pointer('rate', { eax: 0xc202, ebx: 0x0500 }),
  pointer('no such rate', { eax: 0xc202, ebx: 0x0700 }),
  pointer('resolution', { eax: 0xc203, ebx: 0x0300 }),
  pointer('no such resolution', { eax: 0xc203, ebx: 0x0400 }),
  pointer('identify', { eax: 0xc204 }),
  pointer('status', { eax: 0xc206 }),
  pointer('scaling 2:1', { eax: 0xc206, ebx: 0x0200 }),
  pointer('status with scaling', { eax: 0xc206 }),
  pointer('scaling 1:1', { eax: 0xc206, ebx: 0x0100 }),
  pointer('on without a handler', { eax: 0xc200, ebx: 0x0100 }),
  pointer('handler', { eax: 0xc207, ebx: 0x1234 }),
  pointer('on', { eax: 0xc200, ebx: 0x0100 }),
  pointer('status when on', { eax: 0xc206 }),
  pointer('off', { eax: 0xc200 }),
  pointer('no handler', { eax: 0xc207 }),
  pointer('no such function', { eax: 0xc208 }),
  system('device is waited for', { eax: 0x9000 }, { fields: ['eax'], why: 'AH is 0 as by IBM' }),
  system('no event is waited for', { eax: 0x8301 }, { fields: ['eax'], why: 'AH is 0 as by IBM' }),
  system('no joystick', { eax: 0x8400 }),
  keyboard('repeat rate', { eax: 0x0305, ebx: 0x000b }),
  keyboard('functions', { eax: 0x0900 }),
  keyboard('identity', { eax: 0x0a00 }),
  keyboard('extended functions', { eax: 0x9200 }),
  clock('alarm', { eax: 0x0600, ecx: 0x1320, edx: 0x3000 }),
  clock('another alarm', { eax: 0x0600, ecx: 0x1320, edx: 0x3000 }),
  clock('no alarm', { eax: 0x0700 }, { fields: ['eax'], why: 'SeaBIOS leaves a register of the clock in AL' }),
  clock('no such function', { eax: 0x0900 }),
  pci('is it there', { eax: 0xb101 }, { fields: ['edi'], why: 'no entry point for protected mode' }),
  pci('the host bridge', { eax: 0xb102, edx: 0x8086, ecx: 0x1237 }),
  pci('a device that is not there', { eax: 0xb102, edx: 0x1234, ecx: 0x4321 }),
  pci('the ISA bridge by class', { eax: 0xb103, ecx: 0x060100 }),
  pci('a class that is not there', { eax: 0xb103, ecx: 0x010203 }),
  pci('read byte', { eax: 0xb108 }),
  pci('read word', { eax: 0xb109, edi: 2 }),
  pci('read doubleword', { eax: 0xb10a, ebx: 0x08, edi: 8 }),
  pci('read from nowhere', { eax: 0xb10a, ebx: 0xf8 }),
  pci('special cycle', { eax: 0xb106 }),
  pci('no such function', { eax: 0xb199 }),
]

const RARE_FLOPPY_CASES: readonly Case[] = [
  floppy('format a track', { eax: 0x0501, ecx: 0x4f01, edx: 0x0100, ebx: FORMAT_TABLE }),
  floppy('read it', { eax: 0x0201, ecx: 0x4f01, edx: 0x0100, ebx: 0x5000 }),
  floppy('seek', { eax: 0x0c00 }),
  floppy('lock', { eax: 0x4500 }),
]

/** No emulation: the whole program is the boot image, and drive E0h is read in sectors of 2048 bytes. */
const CD = 0xe0
const CD_PACKET = SCRATCH + 0x180
const cd = (name: string, call: Omit<BiosCall, 'int'>, differs?: Case['differs']): Case => ({ name: `13h CD, ${name}`, call: { int: 0x13, edx: CD, ...call }, differs })
const NOT_HERE = 'what is not there for a CD is an invalid request here'

const CD_CASES: readonly Case[] = [
  cd('reset', { eax: 0 }),
  cd('extensions', { eax: 0x4100, ebx: 0x55aa }, { fields: ['ecx'], why: 'no removable media functions here' }),
  cd('read by LBA', { eax: 0x4200, esi: READ_PACKET }),
  cd('read by LBA beyond the end', { eax: 0x4200, esi: BEYOND_PACKET }, { fields: ['eax'], why: STATUS }),
  cd('write', { eax: 0x4300, esi: READ_PACKET }),
  cd('parameters of the extensions', { eax: 0x4800, esi: DRIVE_PARAMETERS }),
  cd('what was booted', { eax: 0x4b01, esi: CD_PACKET }),
  cd('end the emulation', { eax: 0x4b00, esi: CD_PACKET }),
  cd('read by CHS', { eax: 0x0201, ebx: READ_BUFFER, ecx: 1 }, { fields: ['eax'], why: NOT_HERE }),
  cd('a hard disk', { eax: 0x0201, ebx: READ_BUFFER, ecx: 1, edx: 0x80 }),
]

/** Memory that must be the same after all calls. */
const SAME_MEMORY: Readonly<Record<BootMedium, readonly (readonly [name: string, from: number, bytes: number])[]>> = {
  disk: [
    ['drive parameters after the cylinders', DRIVE_PARAMETERS + 8, 18],
    ['path to the drive', DRIVE_PARAMETERS + 30, 36],
    ['first E820 range', E820_BUFFER, 20],
    ['sectors read', READ_BUFFER, 1024],
    ['block moved', MOVED, 32],
  ],
  floppy: [['sectors read', READ_BUFFER, 1024]],
  cd: [
    ['kind of drive and geometry', DRIVE_PARAMETERS + 2, 14],
    ['bytes in a sector', DRIVE_PARAMETERS + 24, 2],
    // But for the interface, which SeaBIOS calls ATA, and the channel: QEMU's CD is on the first one here.
    ['path to the drive', DRIVE_PARAMETERS + 30, 10],
    ['what was booted', CD_PACKET, 4],
    ['where it lies and went', CD_PACKET + 4, 12],
  ],
}

interface Program {
  readonly cases: readonly Case[]
  readonly image: Uint8Array
  readonly medium: BootMedium
}

const programOf = (cases: readonly Case[], medium: BootMedium, bytes: number): Program => ({
  cases, medium, image: biosProgram(cases.map(({ call }) => call), data(), MEMORY_BYTES, bytes),
})
const PROGRAM = programOf(CASES, 'disk', 1 << 20)
const FLOPPY_PROGRAM = programOf(FLOPPY_CASES, 'floppy', 1_474_560)
const RARE_PROGRAM = programOf(RARE_CASES, 'disk', 1 << 20)
const RARE_FLOPPY_PROGRAM = programOf(RARE_FLOPPY_CASES, 'floppy', 1_474_560)
const CD_PROGRAM: Program = {
  cases: CD_CASES, medium: 'cd', image: testCd({ bootImage: biosProgram(CD_CASES.map(({ call }) => call), data(CD_LBA), MEMORY_BYTES, 128 * 512), sectors: 32 }),
}
const outputBytes = ({ cases }: Program): number => cases.length * 36 + MEMORY_BYTES

function parsed(output: Uint8Array, program: Program): ReturnType<typeof parseDumps> {
  expect(output).toHaveLength(outputBytes(program))
  return parseDumps(output, program.cases.length)
}
const runHere = (backend: BackendName, program: Program): ReturnType<typeof parseDumps> => parsed(outputHere(backend, program, RUN_TICKS), program)
const runQemu = (qemu: string, program: Program): ReturnType<typeof parseDumps> => parsed(outputInQemu(qemu, program), program)

const shown = (registers: Registers, ignored: ReadonlySet<Field>): Record<string, string> => {
  const { flags, ...others } = registers
  const all = { ...others, CF: flags & CF, ZF: (flags & ZF) >> 6, IF: (flags & IF) >> 9, DF: (flags & DF) >> 10 }
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => ![...ignored].some((field) => field === name))
      .map(([name, value]) => [name, value.toString(16)]),
  )
}

describe.each([['a hard disk', PROGRAM], ['a diskette', FLOPPY_PROGRAM], ['a CD', CD_PROGRAM], ['a hard disk, rare ones', RARE_PROGRAM], ['a diskette, rare ones', RARE_FLOPPY_PROGRAM]] as const)('BIOS services with %s', (_drive, program) => {
  test('give the same on both backends', () => {
    expect(runHere('oracle', program)).toEqual(runHere('interp', program))
  })

  const qemu = requireTool('qemu-system-x86_64')
  test.skipIf(qemu === undefined)('give what SeaBIOS gives in QEMU, but for the differences named', { timeout: 60_000 }, () => {
    if (qemu === undefined) return
    const ours = runHere('interp', program)
    const theirs = runQemu(qemu, program)
    program.cases.forEach(({ name, differs }, i) => {
      const ignored = new Set(differs?.fields)
      const [mine, judge] = [ours.registers[i], theirs.registers[i]]
      if (!mine || !judge) throw new Error(`No dump of ${name}.`)
      expect(shown(mine, ignored), name).toEqual(shown(judge, ignored))
    })
    const part = (run: typeof ours, from: number, bytes: number): Uint8Array => run.memory.slice(from - SCRATCH, from - SCRATCH + bytes)
    for (const [name, from, bytes] of SAME_MEMORY[program.medium]) {
      expect(part(ours, from, bytes), name).toEqual(part(theirs, from, bytes))
    }
  })
})
