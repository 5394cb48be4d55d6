/** Sleep state S3 (ACPI 6.5, chapter 16): everything but memory, clock and keyboard loses what it holds; the BIOS leads to the system's waking vector. */
import { expect, test } from 'vitest'
import { acpiArea } from '../firmware/acpi-area'
import { TICKS_PER_MICROSECOND, TICKS_PER_SECOND } from './clock'
import { Machine } from './machine'

const MEMORY = 16 << 20
const PM = 0x600
const [STATUS, ENABLE, CONTROL] = [PM, PM + 2, PM + 4] as const
const CLOCK_EVENT = 0x400
const WOKEN = 0x8000
const SLEEP = 0x2400
const FACS_VECTOR = (acpiArea(MEMORY)?.facs ?? 0) + 12
/** At 0:8123h. */
const VECTOR = 0x8123
/** jmp $ */
const FOREVER = [0xeb, 0xfe]

/** Where the boot sector's loop is. */
const BOOTED = 0x7c01n

/** In steps of a millisecond of the guest's time, a second at most. */
function runUntil(machine: Machine, done: () => boolean): void {
  for (let left = 1000; left > 0 && !done(); left--) machine.run(1000 * TICKS_PER_MICROSECOND)
  expect(done()).toBe(true)
}

function asleep(vector = VECTOR): Machine {
  const image = new Uint8Array(1 << 20)
  image.set([0xfa, ...FOREVER])
  image.set([0x55, 0xaa], 510)
  const machine = new Machine({ image, memoryBytes: MEMORY, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
  runUntil(machine, () => machine.cpu.codeAddress === BOOTED)
  machine.memory.writeBytes(VECTOR, Uint8Array.from(FOREVER))
  machine.memory.write32(FACS_VECTOR, vector)
  machine.bus.write(CONTROL, 2, SLEEP)
  return machine
}

/** The alarm rings each second, and may wake. */
function setAlarm({ bus }: Machine): void {
  for (const [register, value] of [[1, 0xc0], [3, 0xc0], [5, 0xc0], [0x0b, 0x22]] as const) {
    bus.write(0x70, 1, register)
    bus.write(0x71, 1, value)
  }
  bus.write(ENABLE, 2, CLOCK_EVENT)
}

test('nothing is executed until the alarm; then the system goes on at its waking vector, in real mode, and finds its memory as it was', () => {
  const machine = asleep()
  setAlarm(machine)
  const { instructions } = machine
  // Whatever a system may have below 640 KiB, the BIOS's vectors and stack included.
  const low = Uint8Array.from({ length: 0x9fc00 - 0x500 }, (_, i) => (i * 7) ^ (i >> 8))
  machine.memory.writeBytes(0x500, low)
  machine.memory.writeBytes(VECTOR, Uint8Array.from(FOREVER))
  const before = machine.memory.readBytes(0, 0x9fc00)
  machine.run(TICKS_PER_SECOND / 2)
  expect([machine.instructions, machine.halted]).toEqual([instructions, true])
  runUntil(machine, () => !machine.halted)
  machine.run(1000 * TICKS_PER_MICROSECOND)
  const { state } = machine.cpu
  expect([machine.halted, machine.cpuMode, machine.cpu.codeAddress, state.rip, state.flags & 0x200]).toEqual([false, 'real', BigInt(VECTOR), BigInt(VECTOR & 0xf), 0])
  expect(Buffer.compare(machine.memory.readBytes(0, 0x9fc00), before)).toBe(0)
  expect(machine.bus.read(STATUS, 2) & (WOKEN | CLOCK_EVENT)).toBe(WOKEN | CLOCK_EVENT)
  // The code that said so is used up: a reset boots.
  machine.bus.write(0x70, 1, 0x0f)
  expect(machine.bus.read(0x71, 1)).toBe(0)
})

test('an alarm that may not wake does not; a key does', () => {
  const machine = asleep()
  setAlarm(machine)
  machine.bus.write(ENABLE, 2, 0)
  machine.run(5 * TICKS_PER_SECOND)
  expect([machine.halted, machine.bus.read(STATUS, 2) & CLOCK_EVENT]).toEqual([true, CLOCK_EVENT])
  machine.bus.write(STATUS, 2, CLOCK_EVENT)
  machine.kbc.keyboard.key('KeyA', true)
  machine.run(1000 * TICKS_PER_MICROSECOND)
  expect([machine.cpu.codeAddress, machine.bus.read(STATUS, 2) & (WOKEN | CLOCK_EVENT)]).toEqual([BigInt(VECTOR), WOKEN])
})

test('without a waking vector it boots anew; so it does when it is reset in its sleep', () => {
  const machine = asleep(0)
  machine.kbc.keyboard.key('KeyA', true)
  runUntil(machine, () => machine.cpu.codeAddress === BOOTED)
  expect(machine.memory.read32(FACS_VECTOR - 12)).toBe(0x5343_4146)
  const other = asleep()
  other.reset()
  expect(other.halted).toBe(false)
  runUntil(other, () => other.cpu.codeAddress === BOOTED)
})

test('a machine that sleeps can be saved, and wakes where it is loaded', () => {
  const machine = asleep()
  setAlarm(machine)
  machine.run(TICKS_PER_SECOND / 4)
  const other = asleep()
  other.load(machine.save())
  expect(other.halted).toBe(true)
  for (const one of [machine, other]) {
    runUntil(one, () => !one.halted)
    one.run(1000 * TICKS_PER_MICROSECOND)
  }
  expect([other.cpu.codeAddress, other.stateHash()]).toEqual([BigInt(VECTOR), machine.stateHash()])
})
