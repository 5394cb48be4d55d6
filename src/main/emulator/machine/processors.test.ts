import { describe, expect, test } from 'vitest'
import { BACKENDS, bootSector, goOn, guest, START } from '../debug/control/test-guest'
import { Lockstep } from '../debug/lockstep'
import { registersOf } from '../debug/look/registers'
import { reportOutcome } from '../debug/report'
import type { Machine, MachineOptions } from './machine'
import { TURN_TICKS } from './processors'

const [CLI, HLT] = [0xfa, 0xf4]
/** Where the first processor ends up, and where the others start. */
const [FIRST, OTHERS] = [0x39, 0x40]
const SPIN = [0xf3, 0x90, 0xeb, 0xfc] // pause; jmp to it
const COUNT_AND_HALT = [0xf0, 0xff, 0x06, 0x00, 0x05, CLI, HLT] // lock inc word [500h]; cli; hlt

/** Goes to x2APIC mode and sends INIT and start-up to all others, in whose page is a jump to their code. */
function starter(first: readonly number[], others: readonly number[]): number[] {
  const start = [
    0x31, 0xc0, 0x8e, 0xd8, CLI, // xor ax,ax; mov ds,ax
    0x66, 0xc7, 0x06, 0x00, 0x70, 0xea, OTHERS, 0x7c, 0x00, 0xc6, 0x06, 0x04, 0x70, 0x00, // at 7000h: jmp 0:7C40h
    0x66, 0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x80, 0xcc, 0x0c, 0x0f, 0x30, // IA32_APIC_BASE |= EN, EXTD
    0x66, 0xb9, 0x30, 0x08, 0, 0, 0x66, 0x31, 0xd2, // the interrupt command register
    0x66, 0xb8, 0x00, 0x45, 0x0c, 0, 0x0f, 0x30, 0x66, 0xb8, 0x07, 0x46, 0x0c, 0, 0x0f, 0x30,
  ]
  if (start.length !== FIRST) throw new Error(`The first part has ${start.length} bytes.`)
  const code = [...start, ...first]
  return [...code, ...Array.from({ length: OTHERS - code.length }, () => 0x90), 0x31, 0xc0, 0x8e, 0xd8, ...others]
}

const at = (offset: number): string => `0x${(START + offset).toString(16)}`
const pc = (first: readonly number[], others: readonly number[], more: Partial<MachineOptions> = {}, backend = BACKENDS[0]): Machine => guest(starter(first, others), backend, { processors: 4, ...more })

describe.each(BACKENDS)('several processors on the %s backend', (backend) => {
  test('wait for a start-up interrupt, work, and are halted for good when all are', () => {
    const machine = pc([CLI, HLT], COUNT_AND_HALT, {}, backend)
    expect(machine.processors.all.map(({ halted }) => halted)).toEqual([false, true, true, true])
    expect(goOn(machine).outcome).toEqual({ reason: 'halted-forever', interruptsEnabled: false })
    expect(machine.memory.read16(0x500)).toBe(3)
    expect(reportOutcome(machine, { reason: 'halted-forever', interruptsEnabled: false }).summary).toMatch(/^All 4 processors are halted for good/)
  })

  test('one that waits with PAUSE leaves its turn to the others', () => {
    const machine = pc(SPIN, [0xeb, 0xfe], {}, backend)
    goOn(machine, 100 * TURN_TICKS)
    const [first, ...others] = machine.processors.all.map((cpu) => cpu.now())
    expect(others.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(98 * TURN_TICKS)
    expect(first).toBeGreaterThan(0)
  })

  test('a triple fault says whose it is', () => {
    // lidt [600h], where zeros are; int3
    const machine = pc(SPIN, [0x0f, 0x01, 0x1e, 0x00, 0x06, 0xcc], { processors: 2 }, backend)
    expect(goOn(machine).outcome).toEqual({ reason: 'triple-fault' })
    expect(reportOutcome(machine, { reason: 'triple-fault' }).summary).toMatch(/^Triple fault on CPU 1 at/)
  })

  test('breakpoints hold on all, and a processor can be chosen to be looked at and stepped', () => {
    const machine = pc(SPIN, COUNT_AND_HALT, {}, backend)
    const { id } = machine.control.breakpoints.set({ spec: { kind: 'code', addresses: [at(OTHERS + 4)] } })
    const stopped = [1, 2, 3].map(() => goOn(machine).control.paused)
    expect(stopped).toEqual([1, 2, 3].map((cpu) => ({ reason: { type: 'breakpoint', hits: [{ id, kind: 'code' }] }, address: at(OTHERS + 4), cpu })))
    machine.control.lookAt(0)
    expect(registersOf(machine).cpu).toEqual({ number: 0, count: 4 })
    const before = machine.cpu.now()
    machine.control.step('into')
    machine.run(1_000_000)
    expect([machine.control.paused?.reason, machine.control.paused?.cpu, machine.cpu.now()]).toEqual([{ type: 'step' }, 0, before + 1])
    expect(() => machine.control.lookAt(4)).toThrow('There is no processor 4.')
  })

  test('neither debugging nor slices change the run', () => {
    const [plain, debugged] = [pc(SPIN, COUNT_AND_HALT, {}, backend), pc(SPIN, COUNT_AND_HALT, {}, backend)]
    const end = plain.now + 20_000
    goOn(plain, 20_000)
    debugged.control.breakpoints.set({ spec: { kind: 'code', addresses: [at(OTHERS + 4)] } })
    for (let cpu = 3; debugged.now < end; cpu = (cpu + 1) % 4) {
      if (debugged.control.paused) debugged.control.lookAt(cpu)
      goOn(debugged, Math.min(777, end - debugged.now))
    }
    const state = (machine: Machine): unknown => [machine.now, machine.instructions, machine.processors.all.map((cpu) => cpu.now()), machine.processors.snapshotHash()]
    expect(state(debugged)).toEqual(state(plain))
  })
})

test('both backends agree in lockstep', () => {
  const lockstep = new Lockstep({ image: bootSector(starter([CLI, HLT], COUNT_AND_HALT)), memoryBytes: 4 << 20, backends: ['oracle', 'interp'], processors: 3 })
  let end
  while (!end) end = lockstep.step()
  expect(end).toEqual({ reason: 'ended', outcome: { reason: 'halted-forever', interruptsEnabled: false } })
  expect(lockstep.machine.memory.read16(0x500)).toBe(2)
})

test('there are no more than eight, and none beside one without APIC', () => {
  expect(() => pc(SPIN, [], { processors: 9 })).toThrow(RangeError)
  expect(() => pc(SPIN, [], { processors: 2, model: '486' })).toThrow('has no local APIC')
})
