import { describe, expect, test } from 'vitest'
import type { MachineBreakpoint } from '../../../../shared/debug'
import { ramOf } from '../difference'
import { Machine } from '../../machine/machine'
import { BACKENDS, bootSector, goOn, guest, START } from './test-guest'

const at = (offset: number): string => `0x${(START + offset).toString(16)}`
const [CLI, HLT, STI, NOP, RET, IRET] = [0xfa, 0xf4, 0xfb, 0x90, 0xc3, 0xcf]

function breakAt(machine: Machine, spec: MachineBreakpoint): number {
  return machine.control.breakpoints.set({ spec }).id
}
const code = (...offsets: number[]): MachineBreakpoint => ({ kind: 'code', addresses: offsets.map(at) })
const whereOf = (machine: Machine): number => Number(machine.cpu.codeAddress) - START
const step = (machine: Machine, how: 'into' | 'over' | 'out'): number => {
  machine.control.step(how)
  machine.run(1_000_000_000)
  return whereOf(machine)
}

/** mov cx,200; again: inc word [500h]; loop again; cli; hlt */
const COUNT = [0xb9, 200, 0, 0xff, 0x06, 0x00, 0x05, 0xe2, 0xfa, CLI, HLT]
/** call sub; nop; cli; hlt; sub (6): inc ax; call leaf; inc ax; ret; leaf (12): inc bx; ret */
const CALLS = [0xe8, 3, 0, NOP, CLI, HLT, 0x40, 0xe8, 2, 0, 0x40, RET, 0x43, RET]

describe.each(BACKENDS)('run control on the %s backend', (backend) => {
  test('stands before the first instruction of the boot sector, and time stands with it', () => {
    const machine = guest(COUNT, backend)
    expect(machine.control.paused).toEqual({ reason: { type: 'boot', at: 'boot-sector' }, address: at(0) })
    const { now, instructions } = machine
    machine.run(1_000_000)
    expect([machine.now, machine.instructions]).toEqual([now, instructions])
  })

  test('stops before each arrival, counts, and is off when it is disabled or removed', () => {
    const machine = guest(COUNT, backend)
    const id = breakAt(machine, code(7))
    for (let count = 1; count <= 3; count++) {
      goOn(machine)
      expect(machine.control.paused).toEqual({ reason: { type: 'breakpoint', hits: [{ id, kind: 'code' }] }, address: at(7) })
      expect(machine.memory.read16(0x500)).toBe(count)
    }
    machine.control.breakpoints.change({ id, condition: { when: 'every', count: 50 } })
    goOn(machine)
    expect(machine.memory.read16(0x500)).toBe(50)
    machine.control.breakpoints.change({ id, condition: { when: 'only', count: 77 } })
    goOn(machine)
    expect(machine.memory.read16(0x500)).toBe(77)
    machine.control.breakpoints.change({ id, condition: { when: 'from', count: 100 } })
    goOn(machine)
    expect(machine.memory.read16(0x500)).toBe(100)
    machine.control.breakpoints.change({ id, enabled: false })
    expect(goOn(machine).outcome?.reason).toBe('halted-forever')
    expect(machine.control.breakpoints.list()).toMatchObject([{ id, hits: 100, enabled: false }])
  })

  test('finds a breakpoint under another that the hot loop runs through, on the same page', () => {
    const machine = guest(COUNT, backend)
    const [first, second] = [breakAt(machine, code(3)), breakAt(machine, code(7))]
    const order: (number | undefined)[] = []
    for (let stop = 0; stop < 6; stop++) {
      const reason = goOn(machine).control.paused?.reason
      order.push(reason?.type === 'breakpoint' ? reason.hits[0]?.id : undefined)
    }
    expect(order).toEqual([first, second, first, second, first, second])
    machine.control.breakpoints.remove(first)
    machine.control.breakpoints.remove(second)
    expect(goOn(machine).outcome?.reason).toBe('halted-forever')
  })

  test('a breakpoint at a repeated string instruction stops once, whatever the slices', () => {
    // mov di,600h; mov cx,100; rep stosb (at 6); mov cx,1 (8); dec cx; jz back to mov di
    const machine = guest([0xbf, 0, 6, 0xb9, 100, 0, 0xf3, 0xaa, 0xb9, 1, 0, 0x49, 0x74, 0xf2], backend)
    const id = breakAt(machine, code(6))
    goOn(machine)
    expect([whereOf(machine), machine.cpu.state.gpr(1)]).toEqual([6, 100n])
    machine.control.resume()
    // In slices that end inside the instruction.
    for (let slice = 0; slice < 9; slice++) machine.run(10)
    expect(machine.control.paused).toBeUndefined()
    machine.run(1000)
    expect(machine.cpu.state.gpr(1)).toBe(100n)
    expect(machine.control.breakpoints.list()).toMatchObject([{ id, hits: 2 }])
  })

  test('a jump to itself arrives each time', () => {
    const machine = guest([0xeb, 0xfe], backend)
    breakAt(machine, code(0))
    for (let stop = 0; stop < 3; stop++) goOn(machine)
    expect(machine.control.breakpoints.list()[0]?.hits).toBe(3)
  })

  test('steps into, over and out of functions', () => {
    const machine = guest(CALLS, backend)
    expect(step(machine, 'into')).toBe(6)
    expect(step(machine, 'into')).toBe(7)
    expect(step(machine, 'into')).toBe(12)
    expect(step(machine, 'out')).toBe(10)
    expect(machine.control.paused?.reason).toEqual({ type: 'step' })
    expect(step(machine, 'out')).toBe(3)
    const again = guest(CALLS, backend)
    expect(step(again, 'over')).toBe(3)
    expect([again.cpu.state.gpr(0) & 0xffffn, again.cpu.state.gpr(3) & 0xffffn]).toEqual([0xaa57n, 1n])
  })

  test('step over ends behind the call of its own level, also in recursion', () => {
    // mov cx,3; call f; cli; hlt; f (8): dec cx; jz end; call f (11); nop (14); end (15): ret
    const machine = guest([0xb9, 3, 0, 0xe8, 2, 0, CLI, HLT, 0x49, 0x74, 4, 0xe8, 0xfa, 0xff, NOP, RET], backend)
    step(machine, 'into')
    step(machine, 'into')
    step(machine, 'into')
    step(machine, 'into')
    expect(whereOf(machine)).toBe(11)
    const stack = machine.cpu.state.gpr(4)
    expect(step(machine, 'over')).toBe(14)
    expect([machine.cpu.state.gpr(4), machine.cpu.state.gpr(1)]).toEqual([stack, 0n])
  })

  test('steps on within ranges: over calls and round a loop, until it leads out of them', () => {
    // mov cx,3; again (3): call f; loop again; mov ax,1 (8); cli; hlt; f (13): inc bx; ret
    const bytes = [0xb9, 3, 0, 0xe8, 7, 0, 0xe2, 0xfb, 0xb8, 1, 0, CLI, HLT, 0x43, RET]
    const line = [{ first: 0x7c03n, last: 0x7c07n }]
    const lineStep = (machine: Machine, how: 'into' | 'over'): number => {
      machine.control.step(how, line)
      machine.run(1_000_000)
      return whereOf(machine)
    }
    const over = guest(bytes, backend)
    step(over, 'into')
    expect([lineStep(over, 'over'), over.cpu.state.gpr(3) & 0xffffn]).toEqual([8, 3n])
    expect(over.control.paused?.reason).toEqual({ type: 'step' })
    const into = guest(bytes, backend)
    step(into, 'into')
    expect(lineStep(into, 'into')).toBe(13)
    // A breakpoint on the way stops it.
    const stopped = guest(bytes, backend)
    step(stopped, 'into')
    const { id } = stopped.control.breakpoints.set({ spec: { kind: 'code', addresses: ['0x7c06'] } })
    expect(lineStep(stopped, 'over')).toBe(6)
    expect(stopped.control.paused?.reason).toEqual({ type: 'breakpoint', hits: [{ id, kind: 'code' }] })
    expect(stopped.control.breakpoints.list()[0]?.hits).toBe(1)
  })

  test('steps over all of a repeated instruction, into one iteration of it', () => {
    const machine = guest([0xbf, 0, 6, 0xb9, 100, 0, 0xf3, 0xaa, CLI, HLT], backend)
    step(machine, 'into')
    step(machine, 'into')
    expect([step(machine, 'into'), machine.cpu.state.gpr(1)]).toEqual([6, 99n])
    expect([step(machine, 'over'), machine.cpu.state.gpr(1)]).toEqual([8, 0n])
  })

  test('steps over INT and HLT, and out of an interrupt handler', () => {
    // mov ax,0E41h; int 10h; sti; hlt; cli; hlt
    const machine = guest([0xb8, 0x41, 0x0e, 0xcd, 0x10, STI, HLT, CLI, HLT], backend)
    step(machine, 'into')
    expect(step(machine, 'over')).toBe(5)
    step(machine, 'into')
    expect(whereOf(machine)).toBe(6)
    expect(step(machine, 'over')).toBe(7)
    const inside = guest([0xb8, 0x41, 0x0e, 0xcd, 0x10, STI, HLT, CLI, HLT], backend)
    step(inside, 'into')
    step(inside, 'into')
    expect(inside.cpu.codeAddress >> 16n).toBe(0xfn)
    expect(step(inside, 'out')).toBe(5)
  })

  test('an interrupt ends a step into at its handler; a step over lets the handler run', () => {
    // mov word [20h],handler; mov word [22h],0; sti; hlt … the timer wakes it; handler (16): inc bx; push ax; mov al,20h; out 20h,al; pop ax; iret
    const timer = [0xc7, 0x06, 0x20, 0, 0x10, 0x7c, 0xc7, 0x06, 0x22, 0, 0, 0, STI, HLT, 0xeb, 0xfd, 0x43, 0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, IRET]
    const machine = guest(timer, backend)
    for (let count = 0; count < 4; count++) step(machine, 'into')
    expect([whereOf(machine), machine.halted]).toEqual([14, true])
    expect(step(machine, 'into')).toBe(16)
    expect(machine.control.paused?.reason).toEqual({ type: 'step', interrupted: 8 })
    expect(step(machine, 'out')).toBe(14)
    const over = guest(timer, backend)
    for (let count = 0; count < 4; count++) step(over, 'into')
    expect([step(over, 'over'), over.cpu.state.gpr(3) & 0xffffn]).toEqual([13, 1n])
  })

  test('runs to an address, unless a breakpoint comes first', () => {
    const machine = guest(COUNT, backend)
    machine.control.runTo([BigInt(START + 9)])
    machine.run(1_000_000)
    expect(machine.control.paused).toEqual({ reason: { type: 'reached' }, address: at(9) })
    const other = guest(COUNT, backend)
    const id = breakAt(other, code(7))
    other.control.runTo([BigInt(START + 9)])
    other.run(1_000_000)
    expect(other.control.paused?.reason).toEqual({ type: 'breakpoint', hits: [{ id, kind: 'code' }] })
    other.control.breakpoints.remove(id)
    expect(goOn(other).outcome?.reason).toBe('halted-forever')
  })

  test('watched memory stops after the instruction, and tells what changed', () => {
    const machine = guest(COUNT, backend)
    const id = breakAt(machine, { kind: 'data', space: 'linear', address: '0x501', bytes: 1, access: 'write' })
    goOn(machine)
    expect(machine.control.paused).toEqual({
      reason: { type: 'breakpoint', hits: [{ id, kind: 'data', access: 'write', address: '0x500', physical: '0x500', bytes: 2, before: '0x0', after: '0x1', by: at(3) }] },
      address: at(7),
    })
    goOn(machine)
    expect(machine.control.paused?.reason).toMatchObject({ hits: [{ before: '0x1', after: '0x2' }] })
    machine.control.breakpoints.remove(id)
    // A neighbour on the same page is not meant.
    breakAt(machine, { kind: 'data', space: 'physical', address: '0x508', bytes: 8, access: 'any' })
    expect(goOn(machine).outcome?.reason).toBe('halted-forever')
  })

  test('reads stop only where they are asked for, also across a page', () => {
    // mov ax,[0FFFh] (3); mov [0FFFh],ax (6)
    const cross = [0x31, 0xdb, NOP, 0xa1, 0xff, 0x0f, 0xa3, 0xff, 0x0f, CLI, HLT]
    const machine = guest(cross, backend)
    breakAt(machine, { kind: 'data', space: 'physical', address: '0x1000', bytes: 1, access: 'read' })
    expect(whereOf(goOn(machine))).toBe(6)
    expect(goOn(machine).outcome?.reason).toBe('halted-forever')
    const writes = guest(cross, backend)
    breakAt(writes, { kind: 'data', space: 'linear', address: '0xfff', bytes: 1, access: 'write' })
    expect(whereOf(goOn(writes))).toBe(9)
  })

  test('ports, vectors and modes', () => {
    // mov dx,3F8h; in al,dx (3); out 80h,al (4); int 40h (6); lgdt … mov cr0: see the mode test of the templates; cli; hlt
    const machine = guest([0xba, 0xf8, 3, 0xec, 0xe6, 0x80, 0xcd, 0x40, CLI, HLT], backend)
    const ports = breakAt(machine, { kind: 'port', first: 0x80, last: 0x80, direction: 'out' })
    const vector = breakAt(machine, { kind: 'vector', vector: 0x40, source: 'software' })
    goOn(machine)
    expect(machine.control.paused?.reason).toEqual({ type: 'breakpoint', hits: [{ id: ports, kind: 'port', direction: 'out', port: 0x80, bytes: 1, value: 0, by: at(4) }] })
    goOn(machine)
    expect(machine.control.paused?.reason).toMatchObject({ hits: [{ id: vector, kind: 'vector', vector: 0x40, name: 'INT 40h', source: 'software', returnTo: at(8) }] })
    expect(goOn(machine).outcome?.reason).toBe('halted-forever')
  })

  test('a mode change and a triple fault', () => {
    // lgdt [gdt]; mov eax,cr0; or al,1; mov cr0,eax (10); ud2 (13); gdt at 20h: limit 7, base 7C26h
    const dying = [0x0f, 0x01, 0x16, 0x20, 0x7c, 0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, 0x0f, 0x0b]
    const image = [...dying, ...Array.from({ length: 0x20 - dying.length }, () => 0), 7, 0, 0x26, 0x7c, 0, 0]
    const machine = guest(image, backend)
    const mode = breakAt(machine, { kind: 'mode', mode: 'any' })
    const triple = breakAt(machine, { kind: 'triple-fault' })
    goOn(machine)
    expect(machine.control.paused).toEqual({ reason: { type: 'breakpoint', hits: [{ id: mode, kind: 'mode', from: 'real', to: 'protected' }] }, address: at(13) })
    goOn(machine)
    expect(machine.control.paused?.reason).toEqual({ type: 'breakpoint', hits: [{ id: triple, kind: 'triple-fault', faults: ['#UD', '#GP', '#GP', '#DF', '#GP'] }] })
    expect(machine.outcome).toBeUndefined()
    expect(goOn(machine).outcome?.reason).toBe('triple-fault')
  })

  test('the guest has its own breakpoint registers beside', () => {
    // int 1 vector → handler (24): inc bx; iret. mov eax,7C00h+17h; mov dr0,eax; mov eax,2; mov dr7,eax; …
    const own = [
      0xc7, 0x06, 4, 0, 0x1e, 0x7c, 0xc7, 0x06, 6, 0, 0, 0, 0x66, 0xb8, 0x1b, 0x7c, 0, 0, 0x0f, 0x23, 0xc0, 0x66, 0x31, 0xc0, 0xb0, 2, NOP, NOP, CLI, HLT, 0x43, 0x83, 0xc4, 6, 0xfb, 0xeb, 0xf6,
    ]
    const machine = guest(own, backend)
    breakAt(machine, code(0x1b))
    goOn(machine)
    expect([whereOf(machine), machine.cpu.state.debug(0), machine.cpu.state.debug(7)]).toEqual([0x1b, BigInt(START + 0x1b), 0x400n])
  })
})

describe('the guest notices nothing', () => {
  // Timer interrupts, STI's shadow, a repeated instruction, calls: sti; again (1): inc si; cli; sti; call f; mov di,600h; mov cx,20; rep stosb (13); jmp again;
  // f (17): inc ax; add bx,ax; inc word [500h]; ret
  const BUSY = [STI, 0x46, CLI, STI, 0xe8, 10, 0, 0xbf, 0, 6, 0xb9, 20, 0, 0xf3, 0xaa, 0xeb, 0xf0, 0x40, 0x01, 0xc3, 0xff, 0x06, 0, 5, RET]
  const END = 3_000_000

  const fresh = (backend: 'interp' | 'oracle'): Machine =>
    new Machine({ image: bootSector(BUSY), memoryBytes: 1 << 20, backend, startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
  const stateOf = (machine: Machine): unknown => [machine.instructions, machine.now, machine.cpu.snapshotHash(), Buffer.from(ramOf(machine)).toString('base64').length]

  test.each([['interp', END], ['oracle', 60_000]] as const)('pauses, steps, breakpoints and watches on %s change nothing', (backend, end) => {
    const plain = fresh(backend)
    plain.run(end)
    const debugged = fresh(backend)
    const { control } = debugged
    let random = 1
    const next = (below: number): number => (random = (random * 1_103_515_245 + 12_345) % 2_147_483_648) % below
    for (const offset of [1, 4, 13, 17]) control.breakpoints.set({ spec: code(offset), condition: { when: 'every', count: 400 } })
    control.breakpoints.set({ spec: { kind: 'data', space: 'linear', address: '0x500', bytes: 2, access: 'any' }, condition: { when: 'every', count: 333 } })
    control.breakpoints.set({ spec: { kind: 'vector', vector: 8, source: 'hardware' } })
    let stops = 0
    while (debugged.now < end) {
      if (control.paused) {
        stops++
        const what = next(6)
        if (what === 0) control.step('into')
        else if (what === 1) control.step('over')
        else control.resume()
      }
      debugged.run(Math.min(1 + next(20_000), end - debugged.now))
      if (next(4) === 0) control.pause({ type: 'user' })
    }
    expect(stops).toBeGreaterThan(backend === 'interp' ? 300 : 10)
    expect(stateOf(debugged)).toEqual(stateOf(plain))
  })
})
