import { describe, expect, test } from 'vitest'
import { machineQuestions } from '../../../../shared/debug'
import { CR0, CR4, CS, EFER_BITS, LDTR, SS, TR } from '../../cpu/state/bits'
import { GDTR, IDTR } from '../../cpu/state/layout'
import type { Machine } from '../../machine/machine'
import { guest, START } from '../control/test-guest'
import { descriptorTable } from './descriptors'
import { disassembly } from './disassembly'
import { MemoryReader } from './memory'
import { registersOf } from './registers'
import { setRegister } from './set-register'
import { StackReader } from './stack'
import { taskState } from './task-state'

const NOP_HLT = [0x90, 0xfa, 0xf4]
const reader = (machine: Machine): MemoryReader => new MemoryReader(machine.cpu, machine.memoryMap)

/** Long mode as the registers have it; the tables are the test's. */
function inLongMode(machine: Machine, cr3: bigint): void {
  const { state, mmu } = machine.cpu
  state.setControl(0, CR0.PE | CR0.PG)
  state.setControl(3, cr3)
  state.setControl(4, CR4.PAE)
  state.efer = EFER_BITS.LMA | EFER_BITS.LME | EFER_BITS.NXE
  state.setSegment(CS, { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b })
  state.updateModes()
  mmu.refresh()
}

function poke64(machine: Machine, address: number, value: bigint): void {
  machine.memory.write32(address, Number(value & 0xffff_ffffn))
  machine.memory.write32(address + 4, Number(value >> 32n))
}

describe('memory', () => {
  test('tells neighbouring pages of one kind as one range', () => {
    const machine = guest(NOP_HLT)
    expect(reader(machine).survey('physical', 0x9_e000n, 0x6_4000)).toEqual([
      { address: '0x9e000', bytes: 0x2000, state: 'ram' },
      { address: '0xa0000', bytes: 0x1_0000, state: 'device' },
      { address: '0xb0000', bytes: 0x8000, state: 'nothing' },
      { address: '0xb8000', bytes: 0x8000, state: 'video' },
      { address: '0xc0000', bytes: 0x3_0000, state: 'nothing' },
      { address: '0xf0000', bytes: 0x1_0000, state: 'rom' },
      { address: '0x100000', bytes: 0x2000, state: 'ram' },
    ])
  })

  test('tells what is there, page by page, and changes nothing', () => {
    const machine = guest(NOP_HLT)
    const { pages, data } = reader(machine).view('physical', 0x9fff0n, 0x20)
    expect(pages).toEqual([
      { address: '0x9fff0', bytes: 16, state: 'ram', physical: '0x9fff0' },
      { address: '0xa0000', bytes: 16, state: 'device', physical: '0xa0000' },
    ])
    expect(Buffer.from(data, 'base64')).toHaveLength(0x20)
    const stateAt = (address: bigint): string | undefined => reader(machine).view('physical', address, 1).pages[0]?.state
    expect([0xf_0000n, 0xb_8000n, 0x10_0000n, 0x4000_0000n, 0xfd00_0000n, 0xffff_fff0n, 1n << 60n].map(stateAt)).toEqual(['rom', 'video', 'ram', 'nothing', 'video', 'rom', 'nothing'])
    expect(reader(machine).view('linear', 0xffff_ffff_ffff_fff0n, 100).pages).toMatchObject([{ bytes: 16, state: 'unmapped' }])
  })

  test('looking sets no accessed bit and leaves the state as it was', () => {
    const machine = guest(NOP_HLT)
    poke64(machine, 0x10_1000, 0x10_2003n)
    poke64(machine, 0x10_2000, 0x10_3003n)
    poke64(machine, 0x10_3000, 0x83n)
    inLongMode(machine, 0x10_1000n)
    const before = machine.cpu.snapshotHash()
    reader(machine).view('linear', 0n, 0x4000)
    reader(machine).tables.mappings(0n, 100)
    registersOf(machine)
    machine.describeDevices()
    new StackReader(machine.cpu, reader(machine)).view(100)
    expect(machine.cpu.snapshotHash()).toBe(before)
  })

  test('writes RAM whole or not at all, and the code runs as changed', () => {
    const machine = guest(NOP_HLT)
    const memory = reader(machine)
    expect(() => memory.write('physical', 0xeffffn, Uint8Array.of(1, 2))).toThrow(/no memory that can be written/)
    // inc ax; cli; hlt
    memory.write('linear', BigInt(START), Uint8Array.of(0x40))
    machine.control.step('into')
    machine.run(100)
    expect(machine.cpu.state.gpr(0) & 0xffffn).toBe(0xaa56n)
  })
})

describe('page tables', () => {
  test('a walk names every level, and why there is no page', () => {
    const machine = guest(NOP_HLT)
    poke64(machine, 0x10_1000, 0x10_2027n)
    poke64(machine, 0x10_2000, 0x10_3027n)
    poke64(machine, 0x10_3000, 0x8000_0000_0020_00e3n)
    poke64(machine, 0x10_3008, 0n)
    poke64(machine, 0x10_3010, 0x0040_20e3n)
    inLongMode(machine, 0x10_1000n)
    const { tables } = reader(machine)
    expect(tables.walk(0x1234n)).toEqual({
      address: '0x1234',
      paging: '4-level',
      entries: [
        { level: 'PML4', index: 0, address: '0x101000', value: '0x102027', present: true, flags: ['writable', 'user', 'accessed'] },
        { level: 'PDPT', index: 0, address: '0x102000', value: '0x103027', present: true, flags: ['writable', 'user', 'accessed'] },
        { level: 'PD', index: 0, address: '0x103000', value: '0x80000000002000e3', present: true, flags: ['writable', 'accessed', 'dirty', 'large', 'no-execute'] },
      ],
      result: { physical: '0x201234', pageBytes: 0x20_0000, writable: true, user: false, executable: false },
    })
    expect(tables.walk(0x20_0000n).why).toContain('not present')
    expect(tables.walk(0x8000_0000_0000n).why).toContain('canonical')
    expect(tables.walk(0x40_0000n)).toMatchObject({ why: expect.stringContaining('not aligned') })
    expect(tables.mappings(0n, 10).ranges).toEqual([{ first: '0x0', last: '0x1fffff', physical: '0x200000', writable: true, user: false, executable: false, pageBytes: [0x20_0000] }])
  })

  test('tables that lead back to themselves are listed in pieces, each in a short time', () => {
    const machine = guest(NOP_HLT)
    // Every entry of the only table is the table itself: 2^36 pages.
    for (let index = 0; index < 512; index++) poke64(machine, 0x10_1000 + index * 8, 0x10_1003n)
    inLongMode(machine, 0x10_1000n)
    const first = reader(machine).tables.mappings(0n, 2000)
    expect(first.ranges).toHaveLength(2000)
    expect(first.next).toBeDefined()
    const second = reader(machine).tables.mappings(BigInt(first.next ?? 0), 5)
    expect(second.ranges[0]?.first).toBe(first.next)
  })

  test('tables outside memory, and none that is present', () => {
    const machine = guest(NOP_HLT)
    inLongMode(machine, 0x70_0000_0000n)
    expect(reader(machine).tables.walk(0n).why).toContain('not in memory')
    expect(reader(machine).tables.mappings(0n, 10)).toEqual({ paging: '4-level', ranges: [] })
    inLongMode(machine, 0x20_0000n)
    expect(reader(machine).tables.mappings(0n, 10).ranges).toEqual([])
  })

  test('32-bit tables with large pages', () => {
    const machine = guest(NOP_HLT)
    machine.memory.write32(0x10_1000, 0x87)
    machine.memory.write32(0x10_1004, 0x10_2007)
    machine.memory.write32(0x10_2000, 0x0040_0005)
    const { state, mmu } = machine.cpu
    state.setControl(0, CR0.PE | CR0.PG)
    state.setControl(3, 0x10_1000n)
    state.setControl(4, CR4.PSE)
    mmu.refresh()
    expect(reader(machine).tables.mappings(0n, 10).ranges).toMatchObject([
      { first: '0x0', last: '0x3fffff', physical: '0x0', writable: true, user: true, pageBytes: [0x40_0000] },
      { first: '0x400000', last: '0x400fff', physical: '0x400000', writable: false, user: true, pageBytes: [0x1000] },
    ])
  })
})

describe('tables of descriptors', () => {
  test('the real-mode vectors', () => {
    const machine = guest(NOP_HLT)
    const table = descriptorTable(machine.cpu, reader(machine), 'idt')
    expect(table).toMatchObject({ entryBytes: 4, count: 256, base: '0x0' })
    expect(table.entries.find(({ index }) => index === 0x13)?.target?.selector).toBe(0xf000)
    expect(descriptorTable(machine.cpu, reader(machine), 'ldt').note).toContain('No LDT')
    expect(descriptorTable(machine.cpu, reader(machine), 'gdt')).toMatchObject({ entries: [], note: expect.stringContaining('No GDT') })
  })

  test('limits and bases of nonsense are bounded and told', () => {
    const machine = guest(NOP_HLT)
    const { state } = machine.cpu
    state.setControl(0, CR0.PE)
    state.setTable(GDTR, 0x3f_fff0n, 0xffff)
    state.setTable(IDTR, 0xffff_ffff_ffff_fff0n, 0xffff_ffff)
    const gdt = descriptorTable(machine.cpu, reader(machine), 'gdt')
    expect([gdt.count, gdt.note]).toEqual([8192, 'From 0x400000 on the table is not mapped.'])
    const idt = descriptorTable(machine.cpu, reader(machine), 'idt')
    expect([idt.count, idt.entries]).toEqual([256, []])
    state.setSegment(LDTR, { selector: 0x10, base: 0xdead_0000n, limit: 0xf_ffff, attributes: 0x82 })
    expect(descriptorTable(machine.cpu, reader(machine), 'ldt').note).toContain('not mapped')
  })

  test('descriptors and gates of long mode, with what is wrong', () => {
    const machine = guest(NOP_HLT)
    poke64(machine, 0x10_1000, 0x10_2003n)
    poke64(machine, 0x10_2000, 0x83n)
    inLongMode(machine, 0x10_1000n)
    const { state } = machine.cpu
    state.setTable(GDTR, 0x5000n, 0x3f)
    state.setTable(IDTR, 0x6000n, 0x2f)
    const gdt = [0n, 0x00af_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn, 0x00ef_9b00_0000_ffffn, 0x0000_8900_7000_0067n, 0x0000_0001n, 0x0000_8e00_0008_0000n]
    gdt.forEach((value, index) => poke64(machine, 0x5000 + index * 8, value))
    const idt = [[0x0020_8e01_0008_1234n, 0xffff_8000n], [0x0000_8500_0008_0000n, 0n], [0x0020_8e00_0000_1234n, 0n]]
    idt.forEach(([low = 0n, high = 0n], index) => {
      poke64(machine, 0x6000 + index * 16, low)
      poke64(machine, 0x6008 + index * 16, high)
    })
    const listed = descriptorTable(machine.cpu, reader(machine), 'gdt')
    expect(listed.entries.map(({ selector, kind, flags, problem }) => [selector, kind, flags.join(' '), problem !== undefined])).toEqual([
      [8, 'code', 'readable accessed 64-bit limit in pages', false],
      [16, 'data', 'writable accessed 32-bit limit in pages', false],
      [24, 'code', 'readable accessed 64-bit limit in pages', true],
      [32, '64-bit TSS', '', false],
      [48, '64-bit interrupt gate', '', false],
    ])
    expect(listed.entries[3]).toMatchObject({ base: '0x100007000', limit: '0x67' })
    const gates = descriptorTable(machine.cpu, reader(machine), 'idt')
    expect(gates).toMatchObject({ entryBytes: 16, count: 3, note: expect.stringContaining('before vector 3') })
    expect(gates.entries[0]).toMatchObject({ kind: '64-bit interrupt gate', dpl: 0, present: true, target: { selector: 8, offset: '0xffff800000201234', ist: 1 } })
    expect(gates.entries[1]?.problem).toContain('no gate for an IDT of long mode')
    expect(gates.entries[2]?.problem).toContain('selector is null')
    state.setSegment(TR, { selector: 32, base: 0x7000n, limit: 0x67, attributes: 0x8b })
    poke64(machine, 0x7004, 0x1122_3344_5566_7788n)
    const task = taskState(machine.cpu, reader(machine))
    expect(task.facts.find(({ name }) => name === 'RSP0')?.value).toBe('0x1122334455667788')
    expect(task.facts).toHaveLength(11)
    state.setSegment(TR, { selector: 32, base: 0x7000n, limit: 0x20, attributes: 0x8b })
    expect(taskState(machine.cpu, reader(machine)).note).toContain('fields are missing')
  })
})

describe('code', () => {
  test('forwards and backwards, by segments of 16 bits', () => {
    // jmp over three bytes of data; data; target: mov ax,1; call next; nop; next: hlt
    const machine = guest([0xeb, 3, 0xb8, 0xb8, 0xb8, 0xb8, 1, 0, 0xe8, 1, 0, 0x90, 0xf4])
    const lines = disassembly(machine.cpu, reader(machine), { count: 1 })
    expect(lines).toEqual([{ address: '0x7c00', offset: '0x7c00', bytes: 'eb03', text: 'jmp 0x7c05', target: { address: '0x7c05' } }])
    const back = disassembly(machine.cpu, reader(machine), { address: '0x7c0c', count: 1, before: 3, anchor: '0x7c05' })
    expect(back.map(({ address, text }) => [address, text])).toEqual([['0x7c05', 'mov ax, 0x1'], ['0x7c08', 'call 0x7c0c'], ['0x7c0b', 'nop'], ['0x7c0c', 'hlt']])
    expect(disassembly(machine.cpu, reader(machine), { address: '0x7c0c', count: 1, before: 2 }).slice(0, 2).map(({ address }) => address)).toEqual(['0x7c08', '0x7c0b'])
    machine.cpu.state.setSegment(CS, { selector: 0x7c0, base: 0x7c00n, limit: 0xffff, attributes: 0x93 })
    expect(disassembly(machine.cpu, reader(machine), { address: '0x7c00', count: 1 })[0]).toMatchObject({ offset: '0x0', text: 'jmp 0x5', target: { address: '0x7c05' } })
    expect(disassembly(machine.cpu, reader(machine), { address: '0x7c00', count: 2, mode: 64 }).map(({ text }) => text)).toEqual(['jmp 0x7c05', 'mov eax, 0x1b8b8b8'])
  })

  test('what is not mapped, and the end of the address space', () => {
    const machine = guest(NOP_HLT)
    inLongMode(machine, 0x20_0000n)
    expect(disassembly(machine.cpu, reader(machine), { count: 5 })).toEqual([{ address: '0x7c00', offset: '0x7c00', bytes: '', text: '(unmapped)' }])
    expect(disassembly(machine.cpu, reader(machine), { address: '0xffffffffffffffff', count: 3, before: 3 })).toHaveLength(1)
    expect(disassembly(machine.cpu, reader(machine), { address: '0x0', count: 1, before: 512 })).toHaveLength(1)
  })
})

describe('the stack', () => {
  test('words, return addresses and frame pointers', () => {
    // outer: push bp; mov bp,sp; call inner (3); nop; inner (7): push bp; mov bp,sp; nop
    const machine = guest([0x55, 0x89, 0xe5, 0xe8, 1, 0, 0x90, 0x55, 0x89, 0xe5, 0x90])
    for (let count = 0; count < 5; count++) {
      machine.control.step('into')
      machine.run(100)
    }
    const view = new StackReader(machine.cpu, reader(machine)).view(4)
    expect(view).toMatchObject({ width: 2, words: [{ returns: false }, { value: '0x7c06', returns: true }, { returns: false }, {}] })
    expect(view.frames.map(({ address, by }) => [address, by])).toEqual([['0x7c0a', 'current'], ['0x7c06', 'frame-pointer']])
    expect(view.end).toContain('frame pointer')
  })

  test('ends where memory ends, and a chain that goes in a circle is told', () => {
    const machine = guest(NOP_HLT)
    const { state } = machine.cpu
    state.setControl(0, CR0.PE)
    state.setSegment(CS, { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xc09b })
    state.setSegment(SS, { selector: 16, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 })
    state.updateModes()
    state.setGpr(4, 0x3f_fff8n)
    expect(new StackReader(machine.cpu, reader(machine)).view(100).words).toHaveLength(2)
    // call $+5 before 7C10h; a frame that names itself
    machine.memory.writeBytes(0x7c0b, Uint8Array.of(0xe8, 0, 0, 0, 0))
    state.setGpr(5, 0x5000n)
    machine.memory.write32(0x5000, 0x5000)
    machine.memory.write32(0x5004, 0x7c10)
    expect(new StackReader(machine.cpu, reader(machine)).view(1).end).toContain('broken')
  })
})

describe('registers', () => {
  test('all of them, as the contract has them', () => {
    // fld1; fldpi; sti
    const machine = guest([0xdb, 0xe3, 0xd9, 0xe8, 0xd9, 0xeb, 0xfb, 0x90])
    for (let count = 0; count < 4; count++) {
      machine.control.step('into')
      machine.run(100)
    }
    const registers = machineQuestions.registers.result.parse(registersOf(machine))
    expect(registers).toMatchObject({ cpuMode: 'real', mode: 'real', codeSize: 16, paging: 'none', address: '0x7c07' })
    expect(registers.flags.bits.find(({ name }) => name === 'IF')?.set).toBe(true)
    expect(registers.x87.stack.slice(0, 3)).toMatchObject([{ name: 'st0', register: 'R6', text: '3.141592653589793', empty: false }, { text: '1', empty: false }, { empty: true }])
    expect(registers.modelSpecific.find(({ name }) => name === 'APIC_BASE')?.value).toBe('0xfee00900')
    expect(registers.vectors).toHaveLength(16)
  })

  test('can be set where the processor stands', () => {
    const machine = guest(NOP_HLT)
    const { cpu } = machine
    setRegister(cpu, 'r9', 0x1234_5678_9abc_def0n)
    setRegister(cpu, 'rip', 0x7c01n)
    setRegister(cpu, 'rflags', 0xffff_ffffn)
    setRegister(cpu, 'xmm3', (1n << 127n) | 5n)
    expect([cpu.state.gpr(9), cpu.codeAddress, registersOf(machine).vectors[3]?.value]).toEqual([0x1234_5678_9abc_def0n, 0x7c01n, `0x8${'0'.repeat(30)}5`])
    expect(cpu.state.flags & (1 << 17)).toBe(0)
    for (const [name, value] of [['rip', 0x10000n], ['cr0', 1n], ['xmm16', 0n], ['rax', 1n << 64n], ['xmm0', 1n << 128n]] as const) {
      expect(() => setRegister(cpu, name, value)).toThrow(/\./)
    }
  })
})

test('every chip tells its state', () => {
  // mov al,36h; out 43h,al; mov al,A9h; out 40h,al; mov al,4; out 40h,al; mov al,FEh; out 21h,al
  const machine = guest([0xb0, 0x36, 0xe6, 0x43, 0xb0, 0xa9, 0xe6, 0x40, 0xb0, 0x04, 0xe6, 0x40, 0xb0, 0xfe, 0xe6, 0x21, 0xfa, 0xf4])
  machine.control.resume()
  machine.run(1000)
  const devices = machineQuestions.devices.result.parse(machine.describeDevices())
  const facts = (name: string, title: string): Record<string, string> =>
    Object.fromEntries((devices.find((one) => one.name.includes(name))?.groups.find((group) => group.title.includes(title))?.facts ?? []).map((one) => [one.name, `${one.value} ${one.meaning ?? ''}`.trim()]))
  expect(facts('8254', 'Counter 0')).toMatchObject({ mode: '3 square wave', 'reload value': '1193 1000.15 Hz' })
  expect(facts('8259A', 'Master')['IMR']).toContain('IRQ 1 (keyboard)')
  expect(facts('8259A', 'Master')['first vector']).toContain('vectors 0x08 to 0x0f')
  expect(facts('8259A', 'Slave')['first vector']).toContain('vectors 0x70 to 0x77')
  expect(facts('8042', 'Controller')['A20 gate']).toBe('open')
  expect(facts('16550', 'Line')['speed']).toContain('baud')
  expect(facts('MC146818A', 'Clock')['date']).toContain('1970-01-01')
  expect(facts('VGA', 'Picture')).toMatchObject({ mode: 'text 80 × 25, cells of 9 × 16', 'memory at 0xb8000': 'text' })
  expect(facts('VBE', 'Display')['enabled']).toBe('off')
})
