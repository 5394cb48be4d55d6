import { expect, test } from 'vitest'
import { Machine } from '../machine/machine'

/** Lines of Linux's `pirq` messages and QEMU's board say the same: PIRQA of device 1 is register 60h, and each device goes on by one. */
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
