/** Code that changes while it is hot, but not by a store to RAM: a disk is read over it, a device writes it by DMA, it lies in the memory of the screen. */
import { describe, expect, it } from 'vitest'
import { blockWith } from '../cpu/jit/block'
import { JitStatistics } from '../cpu/jit/statistics'
import { bootSector } from '../debug/control/test-guest'
import { Machine } from './machine'

const ECX = 1
const SECTOR = 512
/** inc cx (or dec cx); dec dx; jnz; ret */
const count = (step: 0x41 | 0x49): number[] => [step, 0x4a, 0x75, 0xfc, 0xc3]

/** Reads sector 1 to 8000h by INT 13h and calls it with DX = 5000, then sector 2, with DX = 1000, and halts. */
const READ_OVER_CODE = [
  0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x70, 0x88, 0x16, 0x4d, 0x7c, 0x31, 0xc9, 0xbd, 0x01, 0x00, 0xe8, 0x14, 0x00, 0xba, 0x88, 0x13, 0xe8, 0xe3, 0x03, 0xbd,
  0x02, 0x00, 0xe8, 0x08, 0x00, 0xba, 0xe8, 0x03, 0xe8, 0xd7, 0x03, 0xfa, 0xf4, 0x89, 0x2e, 0x45, 0x7c, 0xbe, 0x3d, 0x7c, 0x8a, 0x16, 0x4d, 0x7c, 0xb4, 0x42, 0x51, 0xcd, 0x13, 0x59,
  0xc3, 0x10, 0x00, 0x01, 0x00, 0x00, 0x80,
]
/** Copies such a routine (with RETF) to B800:0000, calls it with DX = 5000, writes DEC CX there, calls it with DX = 1000, and halts. */
const IN_VIDEO_MEMORY = [
  0x31, 0xc0, 0x8e, 0xd8, 0xb8, 0x00, 0xb8, 0x8e, 0xc0, 0x31, 0xff, 0xbe, 0x2e, 0x7c, 0xb9, 0x05, 0x00, 0xfc, 0xf3, 0xa4, 0x31, 0xc9, 0xba, 0x88, 0x13, 0x9a, 0x00, 0x00, 0x00, 0xb8,
  0x26, 0xc6, 0x06, 0x00, 0x00, 0x49, 0xba, 0xe8, 0x03, 0x9a, 0x00, 0x00, 0x00, 0xb8, 0xfa, 0xf4, 0x41, 0x4a, 0x75, 0xfc, 0xcb,
]
/** inc cx (or dec cx); jmp back. */
const forEver = (step: 0x41 | 0x49): number[] => [step, 0xeb, 0xfd]
const [PRIMARY, BUS_MASTER_BASE] = [0x1f0, 0x20]

function machineOf(boot: readonly number[], statistics = new JitStatistics()): Machine {
  const image = new Uint8Array(64 * SECTOR)
  image.set(bootSector(boot))
  image.set(count(0x41), SECTOR)
  image.set(count(0x49), 2 * SECTOR)
  image.set(forEver(0x49), 3 * SECTOR)
  return new Machine({ image, medium: 'disk', memoryBytes: 2 << 20, backend: blockWith({ threshold: 16 }, statistics), startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
}

describe('hot code that changes', () => {
  it.each([['because INT 13h reads over it', READ_OVER_CODE], ['in the memory of the screen', IN_VIDEO_MEMORY]])('%s', (_name, boot) => {
    const statistics = new JitStatistics()
    const machine = machineOf(boot, statistics)
    while (!machine.halted || machine.cpu.interruptsEnabled) machine.run(100_000)
    expect(machine.cpu.state.gpr32(ECX) & 0xffff).toBe(4000)
    expect(statistics.regions).toBeGreaterThan(0)
  })

  it('because the disk writes it by bus mastering', () => {
    const statistics = new JitStatistics()
    const machine = machineOf(forEver(0x41), statistics)
    for (let slice = 0; slice < 100 && statistics.regions === 0; slice++) machine.run(100_000)
    const slot = machine.pci.bus.slots.find(({ function: { name } }) => name.includes('IDE'))
    const base = (slot?.config.read(BUS_MASTER_BASE, 4) ?? 0) & 0xfffc
    machine.pci.bus.writeConfig((slot?.device ?? 0) * 8 + (slot?.fn ?? 0), 4, 2, 5)
    // One region of 512 bytes, at the code; READ DMA of sector 3, towards memory.
    machine.memoryMap.write32(0x1000, 0x7c00)
    machine.memoryMap.write32(0x1004, 0x8000_0200)
    machine.bus.write(base + 4, 4, 0x1000)
    for (const [register, value] of [[6, 0xe0], [2, 1], [3, 3], [4, 0], [5, 0], [7, 0xc8]] as const) machine.bus.write(PRIMARY + register, 1, value)
    machine.bus.write(base, 1, 9)
    machine.run(100_000)
    const counted = machine.cpu.state.gpr32(ECX) & 0xffff
    machine.run(300)
    expect(machine.cpu.state.gpr32(ECX) & 0xffff).toBe((counted - 150) & 0xffff)
  })
})
