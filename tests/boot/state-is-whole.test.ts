/**
 * No part of the machine is forgotten when its state is saved: after garbage was written to every port and register, a machine that has loaded the state
 * holds the same as the one that saved it, field by field, private ones and variables of closures included, and goes on the same way.
 */
import { expect, test } from 'vitest'
import { Apic } from '../../src/main/emulator/devices/local-apic-registers'
import { TICKS_PER_MILLISECOND } from '../../src/main/emulator/machine/clock'
import { Machine, type MachineOptions } from '../../src/main/emulator/machine/machine'
import * as at from '../../src/main/emulator/cpu/state/layout'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { type Comparison, differences } from '../support/object-graph'
import { numbers, type Random } from '../support/random'

const MEMORY = 16 << 20
const LIMIT = 120_000
/** Writes of garbage between two looks, and instructions that the guest may execute meanwhile. */
const WRITES = 4000
const MOST_TICKS = 2000

/** What is made anew from the rest, or belongs to who looks on. Nothing else may differ. */
const NOT_SAVED: readonly RegExp[] = [
  // Decoded and compiled code.
  /\.#backend$/, /\.#fetcher\.#bytes$/,
  // Of one run of the processor, or of one access.
  /\.#detours$/, /\.#returnWanted$/, /\.#stopWanted$/, /\.#enough$/, /\.#suppressTrap$/, /\.#walker\.#found\./, /\.mmu\.#pending/, /\.mmu\.#slot$/, /\.codeProbes\.#asked$/, /\.#call\.pushed$/,
  // The chip's timing as its registers give it, made when it is asked for.
  /\.vga\.#timing/,
  // Places that the timeline has passed.
  /\.timeline\.#places/,
  // What was shown last, to say whether it changed.
  /\.#capture\.#/, /\.#vgaCapture\.#/,
]

const comparison: Comparison = {
  ignores: (path) => NOT_SAVED.some((pattern) => pattern.test(path)),
  views: (a, b) => (isWholeMemory(a) && isWholeMemory(b) ? true : undefined),
  // Registers that are mapped somewhere: no two at the same place.
  ordered: (path, values) => (path.endsWith('.#mapped') ? values.toSorted((a, b) => firstOf(a) - firstOf(b)) : values),
}

const isWholeMemory = ({ buffer, byteLength }: ArrayBufferView): boolean => byteLength === buffer.byteLength && byteLength > MEMORY
const firstOf = (mapped: unknown): number => (typeof mapped === 'object' && mapped !== null && 'first' in mapped ? Number(mapped.first) : 0)

/** The processor's part of the memory: registers and TLBs, without what lies there for one instruction or one slice only, and what is only known again after a look. */
function processorMemory({ cpu }: Machine): Uint8Array {
  const bytes = cpu.state.u8.slice(0, at.RECORDS)
  bytes.fill(0, at.REMAINING, at.REMAINING + 8)
  bytes.fill(0, at.QUICK, at.TLB_SUPERVISOR)
  for (const set of [at.TLB_SUPERVISOR, at.TLB_USER]) bytes.fill(0xff, set + at.TLB_LARGE, set + at.TLB_SET_BYTES)
  const view = new DataView(bytes.buffer)
  // Of an empty entry only the tag counts.
  for (let entry = at.TLB_SUPERVISOR; entry < at.TLB_USER + at.TLB_SET_BYTES; entry += at.TLB_ENTRY) if (view.getInt32(entry + 4, true) === -1) bytes.fill(0xff, entry, entry + at.TLB_ENTRY)
  return bytes.subarray(0, at.TLB_USER + at.TLB_SET_BYTES)
}

/** Everything in which a machine differs from one that has loaded its state. */
function forgotten(machine: Machine, other: Machine): string[] {
  const registers = Buffer.compare(processorMemory(machine), processorMemory(other)) === 0 ? [] : ['the registers in memory']
  return [...differences(machine, other, comparison), ...registers]
}

const quiet = { startDate: Date.UTC(2026, 0, 1), onSerial: (): void => undefined, onDebugConsole: (): void => undefined, onOutput: (): void => undefined, onTone: (): void => undefined } as const

/** cli; jmp $: a guest that lets time pass. */
const IDLE = [0xfa, 0xeb, 0xfe] as const

function bootSector(bytes: number): Uint8Array {
  const image = new Uint8Array(bytes)
  image.set(IDLE)
  image.set([0x55, 0xaa], 510)
  return image
}

/** A ROM that does nothing, so that the machine has what it has for a real BIOS. */
function idleRom(): Uint8Array {
  const rom = new Uint8Array(128 << 10)
  rom.set(IDLE, rom.length - 16)
  return rom
}

const OWN_BIOS: MachineOptions = {
  ...quiet, image: bootSector(1 << 20), memoryBytes: MEMORY, backend: DEFAULT_BACKEND,
  drives: [{ image: bootSector(1_474_560), medium: 'floppy', readOnly: false }, { image: new Uint8Array(1 << 20), medium: 'cd', readOnly: true }, { image: new Uint8Array(1 << 20), medium: 'disk', readOnly: false }],
}
const ROM: MachineOptions = { ...quiet, image: bootSector(1_474_560), memoryBytes: MEMORY, backend: DEFAULT_BACKEND, roms: { bios: idleRom() }, network: { bootFile: 'pxelinux.0' } }

/** On controllers of their own. */
const BUSES: MachineOptions = { ...OWN_BIOS, drives: (['ahci', 'nvme'] as const).map((bus) => ({ image: new Uint8Array(1 << 20), medium: 'disk', readOnly: false, bus })) }
const FOUR: MachineOptions = { ...OWN_BIOS, drives: [], processors: 4 }

/** Ports whose writes end the run, or switch the PC off. */
const ENDS = (port: number): boolean => (port >= 0xf4 && port <= 0xf7) || (port >= 0x600 && port < 0x640) || port === 0xcf9 || port === 0xb2
const PORTS = [0x00, 0x20, 0x22, 0x40, 0x60, 0x64, 0x70, 0x80, 0xa0, 0xb0, 0xc0, 0x170, 0x1f0, 0x1f7, 0x278, 0x2e8, 0x2f8, 0x378, 0x3b0, 0x3c0, 0x3d0, 0x3e8, 0x3f0, 0x3f8, 0x4d0, 0x510, 0x1ce, 0xcf8, 0xcfc, 0xc000, 0xc040]
const REGISTERS = [0xfec0_0000, 0xfee0_0000, 0xfed0_0000, 0xfeb0_0000, 0xfebc_0000, 0xa_0000]

/** Where the BIOS has put registers of controllers. */
const storageRegisters = ({ pci }: Machine): number[] =>
  pci.bus.slots.flatMap(({ function: { bars = [], identity }, config }) => (identity.classCode >> 16 === 1 ? bars.flatMap(({ kind, index }) => (kind === 'memory' ? [config.read(0x10 + 4 * Number(index), 4) & ~0xf] : [])) : []))

function scribble(machine: Machine, random: Random): void {
  const sizes = [1, 2, 4] as const
  for (let i = 0; i < WRITES && !machine.outcome; i++) {
    const size = sizes[random(3)] ?? 1
    const value = random(2) === 0 ? random(256) : random(2 ** 32)
    if (random(4) > 0) {
      const port = (PORTS[random(PORTS.length)] ?? 0) + random(16)
      if (ENDS(port)) continue
      if (random(3) === 0) machine.bus.read(port, size)
      else machine.bus.write(port, size, value)
    } else {
      const registers = [...REGISTERS, ...storageRegisters(machine)]
      const address = (registers[random(registers.length)] ?? 0) + random(0x400) * 4
      // An INIT would have the processor begin anew.
      if (address !== 0xfee0_0000 + Apic.command) machine.memoryMap.write32(address, value)
    }
    if (random(50) === 0) machine.run(random(MOST_TICKS))
  }
}

test.each([['own BIOS', OWN_BIOS, 1], ['own BIOS', OWN_BIOS, 2], ['a ROM', ROM, 3], ['four processors', FOUR, 4], ['AHCI and NVMe', BUSES, 5]] as const)('a machine with %s holds the same after its state was loaded', { timeout: LIMIT }, (_name, options, seed) => {
  const machine = new Machine(options)
  machine.run(20 * TICKS_PER_MILLISECOND)
  scribble(machine, numbers(seed))
  expect(machine.outcome).toBeUndefined()
  const other = new Machine(options)
  other.load(machine.save())
  expect(forgotten(machine, other)).toEqual([])
  expect(other.stateHash()).toBe(machine.stateHash())
  for (const one of [machine, other]) one.run(3 * TICKS_PER_MILLISECOND)
  expect(other.stateHash()).toBe(machine.stateHash())
})

test('a chip that saves nothing is noticed', { timeout: LIMIT }, () => {
  const forgetful = (): Machine => {
    const machine = new Machine(OWN_BIOS)
    Object.assign(machine.dma, { exchange: () => undefined })
    return machine
  }
  const machine = forgetful()
  machine.bus.write(0x00, 1, 0x12)
  const other = forgetful()
  other.load(machine.save())
  expect(forgotten(machine, other).join('\n')).toMatch(/dma.*baseAddress/)
})
