import { expect, test } from 'vitest'
import { DebugPorts } from './debug-ports'
import { portsOf } from './test-clock'

test('debug console, exit port and power-on codes', () => {
  const output: number[] = []
  const exits: number[] = []
  const device = new DebugPorts((byte) => output.push(byte), (value) => exits.push(value))
  const io = portsOf(device)
  io.out(0xe9, 0x41, 0x42)
  expect(output).toEqual([0x41, 0x42])
  expect(io.in(0xe9)).toBe(0xe9)
  io.out(0xf4, 0x10)
  io.out(0xf5, 0x00)
  expect(exits).toEqual([0x10])
  io.out(0x80, 0x37)
  expect(io.in(0x80)).toBe(0x37)
  for (let code = 0x40; code < 0x50; code++) io.out(0x80, code, code)
  expect(device.describe()[0]?.facts).toEqual([{ name: 'port 80h', value: '0x4f', meaning: 'before: 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e' }])
})
