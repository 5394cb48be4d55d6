import { expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { Machine } from '../machine/machine'
import { outputHere, outputInQemu } from './bios-judge'
import { biosProgram, parseDumps, SCRATCH } from './test-program'

const ENTRY_BYTES = 16
/** 256 bytes at 3010h. */
const BUFFER = [0x00, 0x01, 0x10, 0x30, 0x00, 0x00]
const PROGRAM = { image: biosProgram([{ int: 0x1a, eax: 0xb10e, edi: SCRATCH }], BUFFER, 0x100), medium: 'disk' } as const

/** Registers of the router by bus and device, as INT 1Ah AX=B10Eh tells them. The number of the slot is left out: ours are all on the board. */
function routes(output: Uint8Array): Map<number, string> {
  const { memory } = parseDumps(output, 1)
  const bytes = (memory[0] ?? 0) + (memory[1] ?? 0) * 256
  const entries = Array.from({ length: bytes / ENTRY_BYTES }, (_, i) => memory.subarray(0x10 + i * ENTRY_BYTES, 0x10 + (i + 1) * ENTRY_BYTES))
  return new Map(entries.map((entry) => [entry[1] ?? 0, Buffer.from(entry.subarray(0, 14)).toString('hex')]))
}

const qemu = requireTool('qemu-system-x86_64')
test.skipIf(qemu === undefined)('the pins of a device lead where SeaBIOS says that they do', { timeout: 60_000 }, () => {
  const [ours, theirs] = [routes(outputHere('interp', PROGRAM, 2_000_000)), routes(outputInQemu(qemu ?? '', PROGRAM))]
  const both = [...ours.keys()].filter((device) => theirs.has(device))
  expect(both).toEqual([1 << 3, 2 << 3, 3 << 3])
  for (const device of both) expect(ours.get(device)).toBe(theirs.get(device))
})

test('the ROM has a table of interrupt routes that sums to zero and names the router', () => {
  const machine = new Machine({ image: new Uint8Array(512), memoryBytes: 1 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
  const rom = machine.memory.readBytes(0xf0000, 0x10000)
  const at = Buffer.from(rom).indexOf('$PIR')
  expect(at % 16).toBe(0)
  const view = new DataView(rom.buffer, rom.byteOffset + at)
  const length = view.getUint16(6, true)
  const table = rom.subarray(at, at + length)
  expect(table.reduce((sum, byte) => sum + byte, 0) & 0xff).toBe(0)
  expect(view.getUint16(4, true)).toBe(0x0100)
  expect([view.getUint8(8), view.getUint8(9)]).toEqual([0, 1 << 3])
  const devices = new Set(machine.pci.bus.slots.map(({ device }) => device))
  expect(length).toBe(32 + 16 * devices.size)
  const links = (entry: number): number[] => [0, 1, 2, 3].map((pin) => view.getUint8(32 + entry * 16 + 2 + pin * 3))
  expect(links(0)).toEqual([0x63, 0x60, 0x61, 0x62])
  expect(links(1)).toEqual([0x60, 0x61, 0x62, 0x63])
})
