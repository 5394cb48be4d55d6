import { describe, expect, it } from 'vitest'
import type { BackendFactory } from '../semantics/backend'
import { Random } from '../semantics/random'
import { AC, CR0, CR4, DF, EFER_BITS, IF, IOPL, NT, TF } from '../state/bits'
import { GDTR, IDTR } from '../state/layout'
import { modesChanged } from '../system/context'
import { GDT, HANDLERS, IDT, KERNEL_CODE, KERNEL_STACK, ModeMachine, TSS, USER_CODE, USER_STACK } from '../system/test-modes'
import { createInterpreter } from './interp'

/** What the interpreter asks of TypeScript: helpers by name, `slowRead`, `slowWrite`. */
class Calls {
  made: string[] = []

  readonly factory: BackendFactory = (context) => {
    const note = <F extends object>(functions: F, names: (name: string) => boolean): F =>
      new Proxy(functions, {
        get: (target, name, receiver) => {
          const value: unknown = Reflect.get(target, name, target)
          if (typeof value !== 'function' || typeof name !== 'string' || !names(name)) return typeof value === 'function' ? value.bind(target) : Reflect.get(target, name, receiver)
          return (...args: unknown[]): unknown => {
            this.made.push(name)
            return Reflect.apply(value, target, args)
          }
        },
      })
    return createInterpreter({ ...context, helpers: note(context.helpers, () => true), mmu: note(context.mmu, (name) => name.startsWith('slow')) })
  }
}

const INT_80 = [0xcd, 0x80]
const HLT = 0xf4
const FLAGS = [0, IF, DF, NT, AC, TF, IOPL, IF | IOPL, 0x8d5] as const
const TABLES = 0x3000
const UNMAPPED = 0x30
const WINDOW = 0x4000_0000

const iret = (long: boolean): number[] => (long ? [0x48, 0xcf] : [0xcf])
/** mov al, [unmapped] */
const touchUnmapped = [0x8a, 0x04, 0x25, 0, 0, 0, UNMAPPED]

describe.each(['protected', 'long'] as const)('in %s mode', (mode) => {
  const long = mode === 'long'

  it('INT n and IRET between privilege levels and on one need no helper once the tables are known', () => {
    for (const level of [0, 3] as const) {
      const calls = new Calls()
      const machine = new ModeMachine(calls.factory, mode)
      machine.poke(HANDLERS + 0x80 * 16, iret(long))
      for (let round = 0; round < 3; round++) {
        machine.load(level, [...INT_80, 0x90])
        calls.made = []
        machine.cpu.run(2)
        expect(machine.cpu.state.rip).toBe(BigInt(level === 0 ? KERNEL_CODE + 2 : USER_CODE + 2))
        expect(machine.cpu.state.cpl).toBe(level)
      }
      expect(calls.made).toEqual([])
    }
  })

  it('what is delivered and returned from is as on the oracle, with tables, stacks and flags of all kinds', () => {
    const random = new Random(long ? 64 : 32)
    const calls = new Calls()
    const pair = [new ModeMachine('oracle', mode), new ModeMachine(calls.factory, mode)] as const
    const tables = pair[0].cpu.state.u8.slice(pair[0].ramBase + GDT, pair[0].ramBase + GDT + TABLES)
    let quick = 0
    for (let trial = 0; trial < 200; trial++) {
      const level = random.pick([0, 3] as const)
      const faults = long && random.chance(3)
      const code = faults ? touchUnmapped : INT_80
      const handler = random.chance(4) ? [HLT] : iret(long)
      const flags = random.pick(FLAGS) | 2
      const stack = (level === 0 ? KERNEL_STACK : USER_STACK) - random.pick([0, 0, 0, 4, 8, 2, 0xff0, 0xff8])
      const changed = Array.from({ length: random.below(3) }, () => {
        const start = random.pick([GDT, GDT, TSS, IDT + (faults ? 14 : 0x80) * (long ? 16 : 8)])
        return { at: start + random.below(start === GDT ? 0x38 : start === TSS ? 0x30 : long ? 16 : 8), bit: 1 << random.below(8) }
      })
      const limits = random.chance(8) ? [random.below(0x40), random.below(0x900)] : undefined
      const steps = 1 + random.below(3)
      for (const machine of pair) {
        const { cpu } = machine
        const { state } = cpu
        const enter = (): void => {
          machine.poke(GDT, tables)
          for (const vector of [14, 0x80]) machine.poke(HANDLERS + vector * 16, handler)
          state.setTable(GDTR, BigInt(GDT), 0xff)
          state.setTable(IDTR, BigInt(IDT), long ? 0xfff : 0x7ff)
          state.flags = 2
          machine.load(level, code)
        }
        cpu.reset()
        machine.begin()
        // So that the tables are in the TLB.
        enter()
        cpu.run(2)
        enter()
        state.halted = false
        for (const { at, bit } of changed) machine.poke(at, [(state.u8[machine.ramBase + at] ?? 0) ^ bit])
        state.setGpr(4, BigInt(stack))
        state.flags = flags
        if (limits) {
          state.setTable(GDTR, BigInt(GDT), limits[0] ?? 0)
          state.setTable(IDTR, BigInt(IDT), limits[1] ?? 0)
        }
        modesChanged(cpu)
        calls.made = []
        cpu.run(steps)
      }
      const seen = pair.map(({ cpu }) => ({ registers: cpu.registers(), shutdown: cpu.shutdown?.chain, hash: cpu.snapshotHash() }))
      expect(seen[1], `trial ${trial}`).toEqual(seen[0])
      if (!calls.made.some((name) => name === 'softwareInterrupt' || name === 'iret')) quick++
    }
    expect(quick).toBeGreaterThan(60)
  })
})

describe('flags', () => {
  it('are changed and pushed as on the oracle, whatever IOPL and privilege allow', () => {
    const random = new Random(9)
    const calls = new Calls()
    let quick = 0
    for (const mode of ['protected', 'long'] as const) {
      const pair = [new ModeMachine('oracle', mode), new ModeMachine(calls.factory, mode)] as const
      for (let trial = 0; trial < 250; trial++) {
        const level = random.pick([0, 3] as const)
        // CLI, STI, PUSHF, POPF with both sizes; what POPF finds is below.
        const code = Array.from({ length: 6 }, () => random.pick<readonly number[]>([[0xfa], [0xfb], [0x9c], [0x9d], [0x66, 0x9c], [0x66, 0x9d], [0x90]])).flat()
        const flags = random.pick([0, IF, IOPL, IF | IOPL, 0x1000 | DF, 0x8d5 | NT]) | 2
        const images = Array.from({ length: 8 }, () => random.u32() & random.pick([0x4fd5, 0x7fd5, 0x24_7fd5, 0xffff_ffff] as const) & (random.chance(4) ? 0xffff_ffff : ~TF))
        for (const machine of pair) {
          const { cpu } = machine
          cpu.reset()
          machine.begin()
          machine.load(level, [...code, HLT])
          const top = level === 0 ? KERNEL_STACK : USER_STACK
          machine.poke32(top - 32, ...images)
          cpu.state.setGpr(4, BigInt(top - 16))
          cpu.state.flags = flags
          modesChanged(cpu)
          calls.made = []
          cpu.run(6)
        }
        const seen = pair.map(({ cpu }) => ({ registers: cpu.registers(), hash: cpu.snapshotHash() }))
        expect(seen[1], `${mode}, trial ${trial}`).toEqual(seen[0])
        if (!calls.made.some((name) => ['cli', 'sti', 'popf', 'pushfImage'].includes(name))) quick++
      }
    }
    expect(quick).toBeGreaterThan(60)
  })
})

/** Window at `WINDOW`: its tables, by mode, lie behind each other. */
const ROOT = 0x11_0000

interface Paging {
  readonly name: string
  readonly mode: 'protected' | 'long'
  readonly cr4: bigint
  /** Bytes of an entry, and how many levels there are. */
  readonly entry: 4 | 8
  readonly levels: number
}

const PAGINGS: readonly Paging[] = [
  { name: '32-bit paging', mode: 'protected', cr4: CR4.PSE, entry: 4, levels: 2 },
  { name: 'PAE', mode: 'protected', cr4: CR4.PAE, entry: 8, levels: 3 },
  { name: '4-level paging', mode: 'long', cr4: CR4.PAE, entry: 8, levels: 4 },
]
const PRESENT = 7n
const LARGE = 0x80n

/** Maps the first megabytes as they are, and the window through tables with these bits. */
function map(machine: ModeMachine, { entry, levels, cr4 }: Paging, bits: readonly bigint[], root: bigint): void {
  const { cpu } = machine
  const put = (table: number, index: number, value: bigint): void => {
    if (entry === 4) machine.poke32(table + index * 4, Number(value & 0xffff_ffffn))
    else machine.poke64(table + index * 8, value)
  }
  const table = (level: number): number => ROOT + level * 0x1000
  const indexOf = (level: number): number => (entry === 4 ? (WINDOW >>> (32 - 10 * (level + 1))) & 0x3ff : Math.floor(WINDOW / 2 ** (12 + 9 * (levels - 1 - level))) & 0x1ff)
  for (let level = 0; level < levels - 1; level++) {
    // With PAE, the first level has reserved bits of its own, and is looked at when CR3 is loaded.
    const plain = levels === 3 && level === 0 ? 1n : (bits[level] ?? 0n)
    put(table(level), indexOf(level), BigInt(table(level + 1)) ^ plain)
  }
  for (let page = 0; page < 4; page++) put(table(levels - 1), page, BigInt(0x12_0000 + page * 0x1000) ^ (bits[levels - 1] ?? 0n))
  // What is not the window's.
  if (entry === 4) put(table(0), 0, LARGE | PRESENT)
  else {
    const low = ROOT + 0x8000
    if (levels === 4) {
      put(table(1), 0, BigInt(low) | PRESENT)
    } else put(table(0), 0, BigInt(low) | 1n)
    put(low, 0, LARGE | PRESENT)
  }
  const { state, mmu } = cpu
  state.setControl(3, BigInt(ROOT))
  state.setControl(4, cr4)
  state.setControl(0, CR0.PE | CR0.PG | CR0.ET | root)
  mmu.loadPdptes(BigInt(ROOT))
  modesChanged(cpu)
  mmu.flush()
}

/** mov al, [rbx + n]; mov [rbx + n], al; add [rbx + n], al; the displacement is appended */
const ACCESSES = [[0x8a, 0x83], [0x88, 0x83], [0x00, 0x83]] as const

describe.each(PAGINGS)('page walks with $name', (paging) => {
  it('find what the oracle finds, fault as it does, and set the same bits', () => {
    const random = new Random(paging.levels)
    const calls = new Calls()
    const pair = [new ModeMachine('oracle', paging.mode), new ModeMachine(calls.factory, paging.mode)] as const
    let quick = 0
    let faults = 0
    const bit = (): bigint => 1n << BigInt(random.pick(paging.entry === 4 ? [0, 1, 2, 5, 6, 7, 13, 21] : [0, 1, 2, 5, 6, 7, 12, 13, 40, 52, 59, 60, 63]))
    for (let trial = 0; trial < 250; trial++) {
      const level = random.pick([0, 3] as const)
      const bits = Array.from({ length: paging.levels }, () => {
        let value = PRESENT
        if (random.chance(3)) value ^= bit()
        if (random.chance(6)) value ^= bit()
        return value
      })
      const cr0 = random.chance(2) ? CR0.WP : 0n
      const smap = random.chance(6) ? CR4.SMAP : 0n
      const flags = random.chance(6) ? AC : 0
      const keys = random.chance(3) ? random.u32() : 0
      const noExecute = random.chance(2) ? EFER_BITS.NXE : 0n
      const code = [0, 1, 2].flatMap((page) => [...random.pick<readonly number[]>(ACCESSES), random.pick([0, 8, 0xfd]), page * 0x10 + random.pick([0, 0xf]), 0, 0])
      for (const machine of pair) {
        const { cpu } = machine
        const { state } = cpu
        cpu.reset()
        machine.begin()
        state.efer = (state.efer & ~EFER_BITS.NXE) | noExecute
        machine.poke(0x12_0000, new Uint8Array(0x4000).fill(trial))
        state.pkru = keys & ~3
        state.pkrs = keys >>> 16
        map(machine, { ...paging, cr4: paging.cr4 | smap | (keys === 0 ? 0n : CR4.PKE | CR4.PKS) }, bits, cr0)
        machine.load(level, code)
        state.setGpr(3, BigInt(WINDOW))
        state.setGpr(0, 0n)
        state.flags = flags | 2
        modesChanged(cpu)
        calls.made = []
        cpu.run(3)
      }
      const seen = pair.map(({ cpu }) => ({ registers: cpu.registers(), shutdown: cpu.shutdown?.chain, hash: cpu.snapshotHash() }))
      expect(seen[1], `trial ${trial}`).toEqual(seen[0])
      if (!calls.made.some((name) => name.startsWith('slow'))) quick++
      if (pair[1].handled === 14) faults++
    }
    expect(quick).toBeGreaterThan(60)
    expect(faults).toBeGreaterThan(40)
  })
})

describe('in real mode', () => {
  it('INT n and IRET need no helper, on a stack beside the code as well', () => {
    const calls = new Calls()
    const machine = new ModeMachine(calls.factory, 'protected')
    const { cpu } = machine
    cpu.reset()
    for (let round = 0; round < 3; round++) {
      machine.loadReal(0x7d00, [...INT_80, 0x90])
      cpu.state.setTable(IDTR, 0n, 0x3ff)
      machine.poke(0x200, [0x40, 0x7d, 0, 0])
      machine.poke(0x7d40, [0xcf])
      cpu.state.setGpr(4, 0x7c80n)
      calls.made = []
      cpu.run(2)
      expect(cpu.state.rip).toBe(0x7d02n)
      expect(cpu.state.gpr(4)).toBe(0x7c80n)
    }
    expect(calls.made).toEqual([])
  })
})
