import { expect, test } from 'vitest'
import { TICKS_PER_MICROSECOND } from './clock'
import { Machine, type MachineOptions } from './machine'

/** cli; jmp $ */
const IDLE = [0xfa, 0xeb, 0xfe] as const
const numbered = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 31) ^ (i >> 8))
const disk = numbered(1 << 20)
disk.set(IDLE)
disk.set([0x55, 0xaa], 510)

const options: MachineOptions = {
  image: disk, memoryBytes: 2 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined,
  drives: [{ image: numbered(1_474_560), medium: 'floppy', readOnly: false }, { image: numbered(1 << 18), medium: 'cd', readOnly: true }],
}

const [PRIMARY, SECONDARY] = [0x1f0, 0x170] as const
const pass = (machine: Machine): void => void machine.run(200 * TICKS_PER_MICROSECOND)
const out = (machine: Machine, ...writes: readonly (readonly [port: number, value: number])[]): void => {
  for (const [port, value] of writes) machine.bus.write(port, 1, value)
}
const words = (machine: Machine, port: number, count: number): number[] => Array.from({ length: count }, () => machine.bus.read(port, 2))
const command = (machine: Machine, code: number, count: number): void => {
  out(machine, [PRIMARY + 6, 0xe0], [PRIMARY + 2, count], [PRIMARY + 3, 5], [PRIMARY + 4, 0], [PRIMARY + 5, 0], [PRIMARY + 7, code])
  pass(machine)
}
const packet = (machine: Machine, bytes: readonly number[]): void => {
  for (let i = 0; i < bytes.length; i += 2) machine.bus.write(SECONDARY, 2, (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8))
}
/** A PRD table at 1000h with one region at 2000h; the bus master's registers are where our firmware puts them. */
const busMaster = (machine: Machine, bytes: number): number => {
  const slot = machine.pci.bus.slots.find(({ function: { name } }) => name.includes('IDE'))
  const base = (slot?.config.read(0x20, 4) ?? 0) & 0xfffc
  machine.pci.bus.writeConfig((slot?.device ?? 0) * 8 + (slot?.fn ?? 0), 4, 2, 5)
  machine.memoryMap.write32(0x1000, 0x2000)
  machine.memoryMap.write32(0x1004, (0x8000_0000 | bytes) >>> 0)
  machine.bus.write(base + 4, 4, 0x1000)
  return base
}
const memory = (machine: Machine, count: number): number[] => [...(machine.memoryMap.readable(0x2000, count) ?? [])]

/** What is begun before the machine is saved, and what is seen of it afterwards. */
const CASES: readonly (readonly [name: string, begin: (machine: Machine) => void, rest: (machine: Machine) => unknown])[] = [
  ['a sector that is half read', (machine) => (command(machine, 0x20, 2), words(machine, PRIMARY, 100)), (machine) => {
    const first = words(machine, PRIMARY, 156)
    pass(machine)
    return [first, words(machine, PRIMARY, 256), machine.bus.read(PRIMARY + 7, 1)]
  }],
  ['a command whose drive is busy', (machine) => out(machine, [PRIMARY + 6, 0xe0], [PRIMARY + 2, 1], [PRIMARY + 3, 5], [PRIMARY + 7, 0x20]), (machine) => {
    const busy = machine.bus.read(PRIMARY + 7, 1)
    pass(machine)
    return [busy, words(machine, PRIMARY, 256)]
  }],
  ['a sector that is half written', (machine) => {
    command(machine, 0x30, 1)
    for (let i = 0; i < 100; i++) machine.bus.write(PRIMARY, 2, i)
  }, (machine) => {
    for (let i = 100; i < 256; i++) machine.bus.write(PRIMARY, 2, i)
    pass(machine)
    return [...machine.drives.boot.read(5), machine.bus.read(PRIMARY + 7, 1)]
  }],
  ['a drive that waits for its bus master', (machine) => (busMaster(machine, 1024), command(machine, 0xc8, 2)), (machine) => {
    machine.bus.write(busMaster(machine, 1024), 1, 9)
    pass(machine)
    return [...memory(machine, 1024), machine.bus.read(PRIMARY + 7, 1)]
  }],
  ['a packet that is half given', (machine) => {
    out(machine, [SECONDARY + 6, 0xa0], [SECONDARY + 4, 0], [SECONDARY + 5, 2], [SECONDARY + 7, 0xa0])
    packet(machine, [0x28, 0, 0, 0, 0, 3])
  }, (machine) => {
    packet(machine, [0, 0, 1, 0, 0, 0])
    pass(machine)
    const first = words(machine, SECONDARY, 256)
    pass(machine)
    return [first, words(machine, SECONDARY, 256), machine.bus.read(SECONDARY + 7, 1)]
  }],
  ['an answer of the CD that is half taken', (machine) => {
    out(machine, [SECONDARY + 6, 0xa0], [SECONDARY + 4, 8], [SECONDARY + 5, 0], [SECONDARY + 7, 0xa0])
    packet(machine, [0x12, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0])
    pass(machine)
    words(machine, SECONDARY, 2)
  }, (machine) => Array.from({ length: 5 }, () => (pass(machine), words(machine, SECONDARY, 4)))],
  ['a seek of the diskette drive', (machine) => out(machine, [0x3f2, 0x1c], [0x3f5, 0x0f], [0x3f5, 0], [0x3f5, 7]), (machine) => {
    machine.run(100_000 * TICKS_PER_MICROSECOND)
    out(machine, [0x3f5, 8])
    return [machine.bus.read(0x3f5, 1), machine.bus.read(0x3f5, 1)]
  }],
  ['keys, bytes and a command that are on their way', (machine) => {
    machine.kbc.keyboard.key('KeyQ', true)
    machine.connectors.serial.com2.receive([1, 2, 3])
    out(machine, [0x43, 0x34], [0x40, 0x12], [0x64, 0x60])
  }, (machine) => {
    const seen: number[] = []
    for (let i = 0; i < 6; i++) {
      pass(machine)
      seen.push(machine.bus.read(0x60, 1), machine.bus.read(0x2f8, 1), machine.bus.read(0x40, 1))
    }
    return seen
  }],
  ['rights of protection keys', ({ cpu: { state } }) => {
    state.pkru = 0x5555_5554
    state.pkrs = 0x8000_0002
  }, ({ cpu: { state } }) => [state.pkru, state.pkrs]],
]

test.each(CASES)('%s goes on after the state was loaded', (_name, begin, rest) => {
  const machine = new Machine(options)
  machine.run(2000 * TICKS_PER_MICROSECOND)
  begin(machine)
  const other = new Machine(options)
  other.load(machine.save())
  const seen = rest(machine)
  expect(rest(other)).toEqual(seen)
  expect(other.stateHash()).toBe(machine.stateHash())
  expect(new Set([seen].flat(3)).size).toBeGreaterThan(1)
})
