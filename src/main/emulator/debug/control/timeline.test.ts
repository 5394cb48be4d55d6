import { describe, expect, test } from 'vitest'
import type { LogEntry } from '../../../../shared/debug'
import { logEventSchema } from '../../../../shared/debug'
import { Machine, type MachineOptions } from '../../machine/machine'
import { describeLogEntry } from '../../../../shared/log-text'
import { Logs } from './logs'
import { BACKENDS, bootSector } from './test-guest'

const [CLI, HLT] = [0xfa, 0xf4]

function machineOf(code: readonly number[], more: Partial<MachineOptions> = {}): Machine {
  return new Machine({ image: bootSector(code), memoryBytes: 1 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined, ...more })
}

const steps = (machine: Machine): string[] => machine.timeline.entries.map(({ step, detail }) => (detail === undefined ? step : `${step}: ${detail}`))

describe.each(BACKENDS)('the timeline on the %s backend', (backend) => {
  test.each([
    // mov ax,0E41h; int 10h
    ['the BIOS', [0xb8, 0x41, 0x0e, 0xcd, 0x10], 'first-output: BIOS'],
    // mov ax,B800h; mov es,ax; mov [es:0],ax
    ['text memory', [0xb8, 0x00, 0xb8, 0x8e, 0xc0, 0x26, 0xa3, 0, 0], 'first-output: text memory'],
    // mov dx,3F8h; out dx,al
    ['the serial line', [0xba, 0xf8, 3, 0xee], 'first-output: COM1'],
    ['port E9h', [0xe6, 0xe9], 'first-output: port 0xe9'],
  ])('sees the first output through %s', (_name, code, expected) => {
    const machine = machineOf([...code, 0x90, CLI, HLT], { backend })
    machine.run(10_000_000)
    expect(steps(machine)).toEqual(['firmware: floppy', 'boot-sector', expected, 'halted: interrupts off'])
    const [, sector, output, halted] = machine.timeline.entries
    expect(output?.instructions).toBeGreaterThan(sector?.instructions ?? Infinity)
    expect(halted?.instructions).toBe(machine.instructions)
  })

  test('counts from the kernel on when there is one, and only when it is entered with the right code', () => {
    // Prints as a loader would; jmp 7C20h: there the "kernel" divides by zero, which its own vector 0 (at 7C30h: iret behind the fault) takes
    const code = Array.from({ length: 0x40 }, () => 0x90)
    code.splice(0, 16, 0xb8, 0x41, 0x0e, 0xcd, 0x10, 0xc7, 0x06, 0, 0, 0x30, 0x7c, 0xc7, 0x06, 2, 0, 0)
    code.splice(16, 3, 0, 0xeb, 0x0d)
    code.splice(0x20, 4, 0x31, 0xdb, 0xf7, 0xf3)
    code.splice(0x30, 2, CLI, HLT)
    const machine = machineOf(code, { backend, marks: { kernel: { address: 0x7c20n, codeSize: 16 } } })
    machine.run(10_000_000)
    expect(steps(machine)).toEqual(['firmware: floppy', 'boot-sector', 'kernel', 'fault: #DE', 'halted: interrupts off'])
    const other = machineOf(code, { backend, marks: { kernel: { address: 0x7c20n, codeSize: 64 } } })
    other.run(10_000_000)
    expect(steps(other)).toEqual(['firmware: floppy', 'boot-sector'])
  })

  test('a stage counts when its magic is there; a reset begins anew, and pauses no second time', () => {
    // out 80h,al at 7C08h; then reset through port 92h
    const code = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xe6, 0x80, 0xb0, 3, 0xe6, 0x92, 0xeb, 0xfe]
    const stage2 = { address: 0x7c08n, magicAt: 0x7c00, magic: 0x9090_9090 }
    const machine = machineOf(code, { backend, marks: { stage2 }, pauseAt: 'boot-sector' })
    machine.run(10_000_000)
    expect(machine.control.paused?.reason).toEqual({ type: 'boot', at: 'boot-sector' })
    machine.control.resume()
    const before = machine.timeline.entries
    expect(before).toHaveLength(2)
    const again = (): boolean => machine.timeline.entries[0] !== before[0] && machine.timeline.entries.length === 3
    for (let slice = 0; slice < 1000 && !again(); slice++) machine.run(1)
    expect(machine.control.paused).toBeUndefined()
    expect(steps(machine)).toEqual(['firmware: floppy', 'boot-sector', 'stage-2'])
    const other = machineOf(code, { backend, marks: { stage2: { ...stage2, magic: 1 } } })
    other.run(1_000)
    expect(steps(other)).not.toContain('stage-2')
  })
})

describe('logs', () => {
  test('nothing is noted before somebody listens, and filters choose', () => {
    // in al,60h; out 80h,al; mov ax,0E41h; int 10h; int 12h; jmp
    const machine = machineOf([0xe4, 0x60, 0xe6, 0x80, 0xb8, 0x41, 0x0e, 0xcd, 0x10, 0xcd, 0x12, 0xeb, 0xf3], { pauseAt: 'boot-sector' })
    machine.run(10_000_000)
    machine.control.resume()
    const logs = new Logs(machine)
    expect([machine.firmware.onServed, machine.cpu.observer.port]).toEqual([undefined, undefined])
    logs.set(1, { bios: { vectors: [0x12] }, ports: { ranges: [{ first: 0x80, last: 0x80 }] } })
    logs.set(2, { bios: {} })
    machine.run(100)
    const [one, two] = [logs.take(1, 512), logs.take(2, 512)]
    expect(new Set(one.entries.map(kindOf))).toEqual(new Set(['port 128', 'bios 18']))
    expect(two.entries.map(kindOf).slice(0, 2)).toEqual(['bios 16', 'bios 18'])
    logEventSchema.parse(one)
    const teletype = two.entries[0]
    expect(teletype && describeLogEntry(teletype)).toMatch(/^ +[\d,]+ {2}INT 10h AX=0e41 Teletype output {2}AL=0x41 BH=0x00 {2}from 0000:7c09$/)
    const out = one.entries.find(({ kind }) => kind === 'port')
    expect(out && describeLogEntry(out)).toMatch(/^ +[\d,]+ {2}out 0080 ← [0-9a-f]{2} {2}at 0x7c02 {2}Debug ports$/)
    logs.end(1)
    logs.end(2)
    expect([machine.firmware.onServed, machine.cpu.observer.port]).toEqual([undefined, undefined])
  })

  test('one who does not take loses the oldest, and hears how many', () => {
    // again: in al,60h; jmp again
    const machine = machineOf([0xe4, 0x60, 0xeb, 0xfc])
    const logs = new Logs(machine)
    logs.set(7, { ports: {} })
    machine.run(40_000)
    let [taken, lost, last] = [0, 0, 0]
    while (logs.ids.length > 0) {
      const piece = logs.take(7, 512)
      taken += piece.entries.length
      lost += piece.lost
      last = piece.entries.at(-1)?.instructions ?? last
    }
    expect(taken).toBeLessThanOrEqual(4096)
    expect(taken + lost).toBeGreaterThan(19_000)
    expect(machine.instructions - last).toBeLessThan(4)
  })

  test('a service that waits is told when it returns', () => {
    // xor ax,ax; int 16h; jmp $
    const machine = machineOf([0x31, 0xc0, 0xcd, 0x16, 0xeb, 0xfe])
    const logs = new Logs(machine)
    logs.set(1, { bios: { vectors: [0x16] } })
    machine.run(100_000_000)
    expect(logs.ids).toEqual([])
    machine.kbc.keyboard.key('KeyA', true)
    machine.run(100_000_000)
    expect(logs.take(1, 10).entries).toMatchObject([{ name: 'Read key', results: [{ name: 'AX', value: '0x1e61' }] }])
  })
})

function kindOf(entry: LogEntry): string {
  return entry.kind === 'port' ? `port ${entry.port}` : `bios ${entry.vector}`
}
