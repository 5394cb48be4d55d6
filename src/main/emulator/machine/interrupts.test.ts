import { describe, expect, test } from 'vitest'
import type { CpuModelName } from '../cpu/system/models'
import { Apic, APIC_BASE } from '../devices/local-apic-registers'
import { TICK_NANOSECONDS, TICKS_PER_SECOND } from './clock'
import { type BackendName, Machine } from './machine'

const CLI = 0xfa
const HLT = 0xf4
const STI = 0xfb

/** A diskette whose boot sector is the code; handlers for vectors 40h and up stand at 0000:7D00. */
function machine(code: readonly number[], backend: BackendName = 'interp', model?: CpuModelName): Machine & { serial: number[] } {
  const image = new Uint8Array(512)
  image.set(code)
  image.set(HANDLER, 0x100)
  image.set([0x55, 0xaa], 510)
  const serial: number[] = []
  const pc = new Machine({ image, memoryBytes: 8 << 20, backend, model, startDate: 0, onSerial: (byte) => serial.push(byte), onDebugConsole: (byte) => serial.push(byte) })
  return Object.assign(pc, { serial })
}

const dword = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
/** mov dword [fs:register], value, with FS:0 at the APIC (see UNREAL). */
const write = (register: number, value: number): number[] => [0x64, 0x67, 0x66, 0xc7, 0x05, ...dword(APIC_BASE + register), ...dword(value)]
/** Gives FS a limit of 4 GiB and base 0, by way of protected mode. Code begins at 7C00h; the table behind it at 7C00h + 28h. */
const UNREAL = [
  CLI, 0x31, 0xc0, 0x8e, 0xd8, // xor ax,ax; mov ds,ax
  0x0f, 0x01, 0x16, 0x38, 0x7c, // lgdt [7C38h]
  0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, // mov eax,cr0; or al,1; mov cr0,eax
  0xbb, 0x08, 0x00, 0x8e, 0xe3, // mov bx,8; mov fs,bx
  0x24, 0xfe, 0x0f, 0x22, 0xc0, // and al,FEh; mov cr0,eax
  0xeb, 0x22, // jmp 7C40h
  ...Array.from({ length: 0x28 - 30 }, () => 0),
  0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x92, 0x8f, 0, // null, data of 4 GiB
  15, 0, 0x28, 0x7c, 0, 0, 0, 0,
]
/** Vector n is at 0000:7D00: mov word [4 * n], 7D00h; mov word [4 * n + 2], 0. */
const hook = (vector: number): number[] => [0xc7, 0x06, vector * 4, (vector * 4) >> 8, 0x00, 0x7d, 0xc7, 0x06, vector * 4 + 2, (vector * 4 + 2) >> 8, 0, 0]
/** mov al,'!'; out E9h,al; EOI; iret. */
const HANDLER = [0xb0, 0x21, 0xe6, 0xe9, ...write(Apic.endOfInterrupt, 0), 0xcf]
const END = [CLI, HLT]

describe.each(['interp', 'oracle'] as const)('interrupts on the %s backend', (backend) => {
  test('the APIC’s timer wakes HLT at its exact tick, and its own interrupt needs an end', () => {
    const count = 5000
    const pc = machine([...UNREAL, ...hook(0x40), ...write(Apic.lint0, 0x1_0700), ...write(Apic.timer, 0x40), ...write(Apic.divide, 0xb), ...write(Apic.initialCount, count), STI, HLT, ...END], backend)
    expect(pc.run(TICKS_PER_SECOND)).toEqual({ reason: 'halted-forever', interruptsEnabled: false })
    expect(Buffer.from(pc.serial).toString()).toBe('!')
    // A count is a nanosecond; STI and HLT took two of the ticks.
    expect(pc.cpu.idle).toBe(count / TICK_NANOSECONDS - 2)
  })

  test('an interrupt that it sends itself comes right after the instruction', () => {
    const pc = machine([...UNREAL, ...hook(0x40), STI, 0x90, ...write(Apic.command, 0x4_4040), 0xb0, 0x3f, 0xe6, 0xe9, ...END], backend)
    pc.run(TICKS_PER_SECOND)
    expect(Buffer.from(pc.serial).toString()).toBe('!?')
  })

  test('the task priority holds interrupts back, and CR8 follows it', () => {
    const pc = machine([...UNREAL, ...hook(0x40), STI, 0x90, ...write(Apic.taskPriority, 0x40), ...write(Apic.command, 0x4_4040), 0xb0, 0x3f, 0xe6, 0xe9, ...write(Apic.taskPriority, 0), ...END], backend)
    pc.run(TICKS_PER_SECOND)
    expect(Buffer.from(pc.serial).toString()).toBe('?!')
    expect(pc.cpu.state.control(8)).toBe(0n)
  })

  test('an INIT to itself starts the BIOS anew, with memory kept', () => {
    // INIT by the identifier, not by shorthand; a byte in memory says whether it was here before.
    const code = [...UNREAL, 0x80, 0x3e, 0x00, 0x06, 0x5a, 0x74, 0x1b, 0xc6, 0x06, 0x00, 0x06, 0x5a, ...write(Apic.commandHigh, 0), ...write(Apic.command, 0x4500)]
    const pc = machine([...code, ...Array.from({ length: 8 }, () => 0x90), 0xb0, 0x3f, 0xe6, 0xe9, ...END], backend)
    pc.run(2 * TICKS_PER_SECOND)
    expect(Buffer.from(pc.serial).toString()).toBe('?')
  })
})

test('the BIOS leaves the 8259A connected through the APIC: virtual wire mode', () => {
  const { interrupts } = run([...END])
  expect([interrupts.local?.externalPasses, interrupts.local?.enabled, interrupts.local?.read(Apic.lint0, 4), interrupts.local?.read(Apic.lint1, 4)]).toEqual([true, true, 0x700, 0x400])
})

test('with the APIC’s input masked no request of the 8259A can come, and HLT is for good', () => {
  expect(run([...UNREAL, ...write(Apic.lint0, 0x1_0700), STI, HLT, 0xeb, 0xfd]).outcome).toEqual({ reason: 'halted-forever', interruptsEnabled: true })
})

test('in PIC mode requests pass the APIC by', () => {
  // out 22h,70h; out 23h,0; then the local vector is masked all the same.
  const pc = run([...UNREAL, 0xb0, 0x70, 0xe6, 0x22, 0xb0, 0x00, 0xe6, 0x23, ...write(Apic.lint0, 0x1_0700), STI, HLT, ...END])
  expect(pc.outcome).toEqual({ reason: 'halted-forever', interruptsEnabled: false })
})

test('PCI interrupts come in at inputs 16 to 19 of the I/O APIC, and the 8259A’s INTR at input 0', () => {
  const pc = run(END)
  const { ioApic, local } = pc.interrupts
  const route = (input: number, low: number): void => {
    ioApic?.write(0, 4, 0x10 + 2 * input)
    ioApic?.write(0x10, 4, low)
  }
  route(17, 0x8041)
  pc.pci.isa.interrupt(2, 1, true) // INTA# of device 2 is PIRQB
  expect([local?.pending, local?.acknowledge()]).toEqual([true, 0x41])
  local?.write(Apic.lint0, 4, 0x1_0700)
  route(0, 0x700)
  pc.pic.line(1)(true)
  expect([local?.pending, local?.acknowledge()]).toEqual([true, 9])
})

test.each(['486', '386', '8086'] as const)('a PC with an %s has no APIC', (model) => {
  const pc = machine([STI, HLT, ...END], 'interp', model)
  expect([pc.interrupts.local, pc.interrupts.ioApic, pc.memoryMap.read32(0xfec0_0000)]).toEqual([undefined, undefined, 0xffff_ffff])
  expect(pc.run(TICKS_PER_SECOND)).toEqual({ reason: 'halted-forever', interruptsEnabled: false })
})

function run(code: readonly number[]): Machine {
  const pc = machine(code)
  pc.run(TICKS_PER_SECOND)
  return pc
}
