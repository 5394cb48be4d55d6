/** Devices that a machine can do without: they answer nowhere, and the BIOS tells nobody of them. */
import { expect, test } from 'vitest'
import { OPTIONAL_DEVICES, type OptionalDevice } from '../../../shared/machine-schemas'
import { HPET_BASE } from '../devices/hpet'
import { biosProgram } from '../firmware/test-program'
import { Machine } from './machine'

const BOOT_TICKS = 2_000_000
const CONFIG = { address: 0xcf8, data: 0xcfc } as const

/** A machine whose BIOS has started the disk; `program` is to get no further than that it needs. */
function machine(without: readonly OptionalDevice[], onTone: (hertz: number) => void = () => undefined): Machine {
  const made = new Machine({ image: biosProgram([{ int: 0x15, eax: 0xc200, ebx: 0x0100 }]), medium: 'disk', memoryBytes: 8 << 20, backend: 'interp', startDate: 0, without, onSerial: () => undefined, onDebugConsole: () => undefined, onTone })
  made.run(BOOT_TICKS)
  return made
}

const ram = (from: Machine): Buffer => Buffer.from(from.memory.readBytes((8 << 20) - 0x1_0000, 0x1_0000))
const equipment = (from: Machine): number => from.memory.read16(0x410)
const serialPorts = (from: Machine): number[] => [0, 2, 4, 6].map((at) => from.memory.read16(0x400 + at))

test('all are there by default, and tell so', () => {
  const whole = machine([])
  expect(equipment(whole)).toBe(0x4826)
  expect(serialPorts(whole)).toEqual([0x3f8, 0x2f8, 0x3e8, 0x2e8])
  expect(ram(whole).includes('HPET')).toBe(true)
  expect(ram(whole).includes('MOU_')).toBe(true)
  expect(whole.memoryMap.read32(HPET_BASE)).not.toBe(0xffff_ffff)
})

test('without the network card there is none on the PCI bus', () => {
  const id = (one: Machine): number => {
    one.bus.write(CONFIG.address, 4, 0x8000_1800)
    return one.bus.read(CONFIG.data, 4)
  }
  expect(id(machine([]))).toBe(0x100e_8086)
  expect(id(machine(['network']))).toBe(0xffff_ffff)
})

test('without the HPET nothing is in its place, and ACPI has no table of it', () => {
  const one = machine(['hpet'])
  expect(one.memoryMap.read32(HPET_BASE)).toBe(0xffff_ffff)
  expect(ram(one).includes('HPET')).toBe(false)
  // The timer still comes through to IRQ 0.
  expect(one.memory.read32(0x46c)).toBeGreaterThanOrEqual(0)
})

test('without the mouse the BIOS has no pointing device, and the second port is silent', () => {
  const one = machine(['mouse'])
  expect(equipment(one) & 0x04).toBe(0)
  expect(ram(one).includes('MOU_')).toBe(false)
  one.bus.write(0x64, 1, 0xd4)
  one.bus.write(0x60, 1, 0xff)
  one.run(1_000_000)
  expect(one.bus.read(0x64, 1) & 0x21).toBe(0)
})

test('without serial ports and printer their ports float, and the BIOS lists those that are left', () => {
  const one = machine(['com1', 'com3', 'lpt1'])
  expect(one.bus.read(0x3f9, 1)).toBe(0xff)
  expect(one.bus.read(0x37a, 1)).toBe(0xff)
  expect(serialPorts(one)).toEqual([0x2f8, 0x2e8, 0, 0])
  expect(one.memory.read16(0x408)).toBe(0)
  expect(equipment(one) >> 9).toBe(2)
})

test.each([[[], true], [['speaker'] as const, false]])('the speaker is heard unless it is taken out: %j', (without, isHeard) => {
  const tones: number[] = []
  const one = machine(without, (hertz) => tones.push(hertz))
  one.bus.write(0x43, 1, 0xb6)
  one.bus.write(0x42, 1, 0x00)
  one.bus.write(0x42, 1, 0x10)
  one.bus.write(0x61, 1, 0x03)
  expect(tones.some((hertz) => hertz > 0)).toBe(isHeard)
})

test('a machine without any of them boots', () => {
  const one = machine(OPTIONAL_DEVICES)
  expect(one.timeline.entries.map(({ step }) => step)).toContain('boot-sector')
  one.reset()
  one.run(BOOT_TICKS)
  expect(one.timeline.entries.map(({ step }) => step)).toContain('boot-sector')
})
