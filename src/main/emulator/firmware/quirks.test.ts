import { expect, test } from 'vitest'
import { Machine } from '../machine/machine'
import { testCd } from '../machine/test-cd'
import type { Quirks } from './quirks'
import { biosProgram, parseDumps, SCRATCH, type BiosCall } from './test-program'

const SMAP = 0x534d4150
const PACKET = [16, 0, 2, 0, 0x00, 0x34, 0, 0, 100]
const READ: BiosCall = { int: 0x13, eax: 0x4200, edx: 0x80, esi: SCRATCH }
const READ_ONE: BiosCall = { int: 0x13, eax: 0x0201, ebx: 0x3400, ecx: 0x0026, edx: 0x0180 }
const E820: BiosCall = { int: 0x15, eax: 0xe820, ecx: 24, edx: SMAP, edi: 0x3400 }
const CF = 1

/** AH and carry after each call, and the memory from 3400h on. */
function run(quirks: Quirks, calls: readonly BiosCall[]): { ah: number[]; failed: boolean[]; memory: Uint8Array } {
  const output: number[] = []
  const image = biosProgram(calls, PACKET, 0x800)
  const machine = new Machine({
    image, medium: 'disk', quirks, memoryBytes: 64 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: (byte) => output.push(byte),
  })
  expect(machine.run(2_000_000)).toEqual({ reason: 'debug-exit', value: 0 })
  const { registers, memory } = parseDumps(Uint8Array.from(output), calls.length)
  return { ah: registers.map(({ eax }) => (eax >> 8) & 0xff), failed: registers.map(({ flags }) => (flags & CF) !== 0), memory: memory.subarray(0x400) }
}

test('sectors fail for good, or a few times', () => {
  expect(run({ badSectors: [{ first: 101, last: 101, status: 0x10 }] }, [READ_ONE, READ])).toMatchObject({ ah: [0, 0x10], failed: [false, true] })
  const { ah, memory } = run({ badSectors: [{ first: 100, last: 200, status: 0x80, attempts: 2 }] }, [READ_ONE, READ_ONE, READ_ONE])
  expect(ah).toEqual([0x80, 0x80, 0])
  expect(memory[0]).toBe(100)
})

test('a BIOS may know less, and take less at once', () => {
  expect(run({ noExtensions: true }, [{ int: 0x13, eax: 0x4100, ebx: 0x55aa, edx: 0x80 }, READ, READ_ONE]).failed).toEqual([true, true, false])
  expect(run({ mostSectors: 1 }, [READ, READ_ONE]).ah).toEqual([1, 0])
  expect(run({ e820: 'absent', noMemorySizes: true }, [E820, { int: 0x15, eax: 0xe801 }, { int: 0x15, eax: 0x8800 }]).failed).toEqual([true, true, true])
})

test('memory may be told in any way', () => {
  const { memory } = run({ e820: [{ start: 2 ** 32 + 0x1000, length: 3 * 2 ** 32, type: 5 }] }, [E820])
  expect([...new BigUint64Array(memory.slice(0, 16).buffer)]).toEqual([0x1_0000_1000n, 0x3_0000_0000n])
  expect(memory[16]).toBe(5)
})

/** out E9h,al for DL, CS low and high; then a byte at 100000h and one at 0, each through ES:DI = FFFF:0010 and 0000:0000. */
const TELL = [
  0x88, 0xd0, 0xe6, 0xe9, 0x8c, 0xc8, 0xe6, 0xe9, 0x88, 0xe0, 0xe6, 0xe9,
  0x31, 0xc0, 0x8e, 0xd8, 0xc6, 0x06, 0x00, 0x05, 0x11, // xor ax,ax; mov ds,ax; mov byte [500h],11h
  0xb8, 0xff, 0xff, 0x8e, 0xc0, 0x26, 0xc6, 0x06, 0x10, 0x05, 0x22, // mov es,FFFFh; mov byte es:[510h],22h
  0xa0, 0x00, 0x05, 0xe6, 0xe9, 0xb0, 0x00, 0xe6, 0xf4, 0xf4, // mov al,[500h]; out E9h,al; exit
]

function tell(quirks: Quirks): number[] {
  const sector = new Uint8Array(1 << 20)
  sector.set(TELL)
  sector.set([0x55, 0xaa], 510)
  const output: number[] = []
  const machine = new Machine({ image: sector, quirks, memoryBytes: 16 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: (byte) => output.push(byte) })
  machine.run(2_000_000)
  return output
}

test('the boot sector may be entered strangely, and A20 may stay shut', () => {
  expect(tell({})).toEqual([0x80, 0, 0, 0x11])
  expect(tell({ bootDrive: 0x00, bootAt07C0: true })).toEqual([0x00, 0xc0, 0x07, 0x11])
  expect(tell({ a20Stuck: true })).toEqual([0x80, 0, 0, 0x22])
})

test('a CD that cannot be booted says why', () => {
  const image = testCd({ bootImage: new Uint8Array(512) })
  image[19 * 2048 + 32] = 0
  const machine = new Machine({ image, memoryBytes: 16 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
  expect(machine.run(2_000_000)?.reason).toBe('halted-forever')
  expect(machine.firmware.gaveUp).toMatch(/no bootable entry for a PC/)
})

test.each([
  ['160K', 163_840, 0xb0, true],
  ['360K', 368_640, 0xb0, true],
  ['360K whose first byte is no code', 368_640, 0x05, false],
  ['1.44M', 1_474_560, 0xb0, false],
])('a diskette of %s without the mark 55 AA: booted only in the formats of the PC and XT, when it begins with code', (_name, bytes, first, boots) => {
  const image = new Uint8Array(bytes)
  image.set([first, 0x21, 0xe6, 0xe9, 0xfa, 0xf4]) // mov al,'!'; out E9h,al; cli; hlt
  const told: number[] = []
  const machine = new Machine({ image, medium: 'floppy', memoryBytes: 16 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: (byte) => told.push(byte) })
  expect(machine.run(2_000_000)?.reason).toBe('halted-forever')
  expect(told).toEqual(boots ? [0x21] : [])
  if (boots) expect(machine.firmware.gaveUp).toBeUndefined()
  else expect(machine.firmware.gaveUp).toMatch(/does not end in 55 AA/)
})
