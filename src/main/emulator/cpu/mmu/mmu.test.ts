import { beforeEach, describe, expect, it } from 'vitest'
import { CpuFault } from '../faults'
import { AC, CR0, CR4, DS, EFER_BITS, SS } from '../state/bits'
import { modesChanged } from '../system/context'
import { TestMachine } from '../test-machine'
import type { AccessKind } from './tlb'

const ROOT = 0x1_0000
const LEVEL3 = 0x1_1000
const LEVEL2 = 0x1_2000
const LEVEL1 = 0x1_3000
const FRAME = 0x2_0000

const P = 1n
const W = 2n
const U = 4n
const A = 0x20n
const D = 0x40n
const PS = 0x80n
const NX = 1n << 63n
/** Physical address bit 40: the first beyond MAXPHYADDR. */
const BEYOND = 1n << 40n

let machine: TestMachine

beforeEach(() => {
  machine = new TestMachine('oracle')
})

interface Setup {
  readonly cr0?: bigint
  readonly cr4?: bigint
  readonly efer?: bigint
}

function enable(setup: Setup): void {
  const { state, mmu } = machine.cpu
  state.setControl(3, BigInt(ROOT))
  state.setControl(4, setup.cr4 ?? 0n)
  state.efer = setup.efer ?? 0n
  state.setControl(0, CR0.PE | CR0.PG | (setup.cr0 ?? 0n))
  modesChanged(machine.cpu)
  mmu.flush()
}

/** Error code and address of the page fault that a translation raises, or the physical address. */
function translate(linear: bigint, kind: AccessKind, user: boolean): number | { code: number | undefined; cr2: bigint | undefined } {
  try {
    return machine.cpu.mmu.translate(linear, kind, user)
  } catch (error) {
    if (!(error instanceof CpuFault)) throw error
    expect(error.vector).toBe(14)
    return { code: error.errorCode, cr2: error.address }
  }
}

const fault = (code: number, cr2: bigint): { code: number; cr2: bigint } => ({ code, cr2 })

describe('32-bit paging', () => {
  const LINEAR = 0x40_3456n
  const pde = (value: bigint): void => machine.poke32(ROOT + 4, Number(BigInt(LEVEL1) | value))
  const pte = (value: bigint): void => machine.poke32(LEVEL1 + 3 * 4, Number(BigInt(FRAME) | value))

  it('walks directory and table, and sets accessed and dirty bits as the access needs them', () => {
    pde(P | W | U)
    pte(P | W | U)
    enable({})
    expect(translate(LINEAR, 'r', true)).toBe(FRAME + 0x456)
    expect([machine.peek32(ROOT + 4) & 0x60, machine.peek32(LEVEL1 + 12) & 0x60]).toEqual([0x20, 0x20])
    expect(translate(LINEAR, 'w', true)).toBe(FRAME + 0x456)
    expect([machine.peek32(ROOT + 4) & 0x60, machine.peek32(LEVEL1 + 12) & 0x60]).toEqual([0x20, 0x60])
  })

  it.each([
    ['directory entry absent', 0n, P | W | U, 'r', true, 4],
    ['table entry absent, write', P | W | U, 0n, 'w', true, 6],
    ['table entry absent, supervisor', P | W | U, 0n, 'r', false, 0],
    ['supervisor page, user read', P | W | U, P | W, 'r', true, 5],
    ['supervisor directory, user read', P | W, P | W | U, 'r', true, 5],
    ['read-only, user write', P | W | U, P | U, 'w', true, 7],
    ['read-only directory, user write', P | U, P | W | U, 'w', true, 7],
    ['fetch reports no fetch bit without NX and SMEP', P | W | U, 0n, 'x', true, 4],
  ] as const)('%s', (_name, directory, table, kind, user, code) => {
    pde(directory)
    pte(table)
    enable({})
    expect(translate(LINEAR, kind, user)).toEqual(fault(code, LINEAR))
    expect(machine.peek32(LEVEL1 + 12) & 0x60).toBe(0)
  })

  it('CR0.WP decides whether the supervisor may write to read-only pages', () => {
    pde(P | W | U)
    pte(P | U)
    enable({})
    expect(translate(LINEAR, 'w', false)).toBe(FRAME + 0x456)
    enable({ cr0: CR0.WP })
    expect(translate(LINEAR, 'w', false)).toEqual(fault(3, LINEAR))
  })

  it('4 MiB pages need CR4.PSE; PSE-36 adds address bits; bit 21 is reserved', () => {
    machine.poke32(ROOT + 4, Number(P | W | U | PS) | 0x2000)
    enable({ cr4: CR4.PSE })
    expect(translate(LINEAR, 'r', true)).toBe(0x1_0000_3456)
    machine.poke32(ROOT + 4, Number(P | W | U | PS) | 0x20_0000)
    enable({ cr4: CR4.PSE })
    expect(translate(LINEAR, 'r', true)).toEqual(fault(0xd, LINEAR))
  })
})

describe('PAE paging', () => {
  const LINEAR = 0x20_3456n

  function tables(pdpte: bigint, pde: bigint, pte: bigint): void {
    machine.poke64(ROOT, BigInt(LEVEL2) | pdpte)
    machine.poke64(LEVEL2 + 8, BigInt(LEVEL1) | pde)
    machine.poke64(LEVEL1 + 3 * 8, BigInt(FRAME) | pte)
    enable({ cr4: CR4.PAE, efer: EFER_BITS.NXE })
  }

  it('walks from the PDPTEs that were loaded with CR3', () => {
    tables(P, P | W | U, P | W | U)
    expect(machine.cpu.mmu.loadPdptes(BigInt(ROOT))).toBe(true)
    expect(translate(LINEAR, 'w', true)).toBe(FRAME + 0x456)
    machine.poke64(ROOT, 0n)
    expect(translate(LINEAR, 'w', true)).toBe(FRAME + 0x456)
  })

  it('refuses PDPTEs with reserved bits', () => {
    tables(P | W, P, P)
    expect(machine.cpu.mmu.loadPdptes(BigInt(ROOT))).toBe(false)
  })

  it('NX and reserved bits', () => {
    tables(P, P | W | U, P | U | NX)
    machine.cpu.mmu.loadPdptes(BigInt(ROOT))
    expect(translate(LINEAR, 'x', true)).toEqual(fault(0x15, LINEAR))
    tables(P, P | W | U, P | U | (1n << 52n))
    expect(translate(LINEAR, 'r', true)).toEqual(fault(0xd, LINEAR))
  })
})

describe('4-level paging', () => {
  const LINEAR = 0xffff_8080_4020_1456n

  interface Tables {
    readonly pml4?: bigint
    readonly pdpt?: bigint
    readonly pd?: bigint
    readonly pt?: bigint
  }

  function tables(values: Tables, setup: Setup = {}): void {
    const all = P | W | U
    machine.poke64(ROOT + 0x101 * 8, BigInt(LEVEL3) | (values.pml4 ?? all))
    machine.poke64(LEVEL3 + 8, BigInt(LEVEL2) | (values.pdpt ?? all))
    machine.poke64(LEVEL2 + 8, BigInt(LEVEL1) | (values.pd ?? all))
    machine.poke64(LEVEL1 + 8, BigInt(FRAME) | (values.pt ?? all))
    enable({ cr4: CR4.PAE | (setup.cr4 ?? 0n), efer: EFER_BITS.LME | EFER_BITS.LMA | (setup.efer ?? EFER_BITS.NXE), cr0: setup.cr0 ?? CR0.WP })
  }

  it('walks four levels and marks them', () => {
    tables({})
    expect(translate(LINEAR, 'w', true)).toBe(FRAME + 0x456)
    expect([ROOT + 0x101 * 8, LEVEL3 + 8, LEVEL2 + 8, LEVEL1 + 8].map((entry) => machine.peek64(entry) & (A | D))).toEqual([A, A, A, A | D])
  })

  it.each([
    ['absent PML4E', { pml4: 0n }, 'r', false, 0],
    ['absent PDPTE, user write', { pdpt: 0n }, 'w', true, 6],
    ['absent PDE, fetch', { pd: 0n }, 'x', true, 0x14],
    ['absent PTE', { pt: 0n }, 'r', true, 4],
    ['user access, supervisor at the top', { pml4: P | W }, 'r', true, 5],
    ['read-only in the middle', { pd: P | U }, 'w', false, 3],
    ['no-execute at the top', { pml4: P | W | U | NX }, 'x', false, 0x11],
    ['PS in the PML4E is reserved', { pml4: P | W | U | PS }, 'r', false, 9],
    ['address beyond MAXPHYADDR', { pdpt: P | W | U | BEYOND }, 'w', true, 0xf],
    ['address beyond MAXPHYADDR in the PTE', { pt: P | BEYOND }, 'x', false, 0x19],
  ] as const)('%s', (_name, values, kind, user, code) => {
    tables(values)
    expect(translate(LINEAR, kind, user)).toEqual(fault(code, LINEAR))
  })

  it('bits 52–62 are free for software, NX is reserved without EFER.NXE', () => {
    tables({ pt: P | W | U | (0x7ffn << 52n) })
    expect(translate(LINEAR, 'r', true)).toBe(FRAME + 0x456)
    tables({ pt: P | W | U | NX }, { efer: 0n })
    expect(translate(LINEAR, 'r', true)).toEqual(fault(0xd, LINEAR))
  })

  it('1 GiB and 2 MiB pages, with their reserved bits', () => {
    tables({ pdpt: P | W | U | PS })
    // The entry's table address lies in reserved bits of a large page.
    expect(translate(LINEAR, 'r', true)).toEqual(fault(0xd, LINEAR))
    machine.poke64(LEVEL3 + 8, 0x4000_0000n | P | W | U | PS)
    expect(translate(LINEAR, 'r', true)).toBe(0x4000_0000 + 0x20_1456)
    machine.cpu.mmu.flush()
    machine.poke64(LEVEL3 + 8, BigInt(LEVEL2) | P | W | U)
    machine.poke64(LEVEL2 + 8, 0x60_0000n | P | W | U | PS)
    expect(translate(LINEAR, 'w', true)).toBe(0x60_1456)
    expect(machine.peek64(LEVEL2 + 8) & (A | D)).toBe(A | D)
  })

  it('SMEP forbids the supervisor to fetch from user pages, SMAP to touch them', () => {
    tables({}, { cr4: CR4.SMEP })
    expect(translate(LINEAR, 'x', false)).toEqual(fault(0x11, LINEAR))
    tables({}, { cr4: CR4.SMAP })
    expect(translate(LINEAR, 'r', false)).toEqual(fault(1, LINEAR))
    machine.cpu.state.systemFlags = AC
    expect(translate(LINEAR, 'r', false)).toBe(FRAME + 0x456)
    machine.cpu.state.systemFlags = 0
    expect(translate(LINEAR, 'w', false)).toEqual(fault(3, LINEAR))
  })

  const key = (number: bigint): bigint => number << 59n
  // Key 3: no access; key 5: no writes.
  const RIGHTS = (1 << 6) | (1 << 11)
  it.each([
    ['user page, no access, user read', 3n, U, 'r', true, CR0.WP, 0x25],
    ['user page, no access, user write', 3n, U, 'w', true, CR0.WP, 0x27],
    ['user page, no access, supervisor read', 3n, U, 'r', false, 0n, 0x21],
    ['user page, no access, supervisor write without CR0.WP', 3n, U, 'w', false, 0n, 0x23],
    ['user page, no access, fetch', 3n, U, 'x', true, CR0.WP, undefined],
    ['user page, no writes, user read', 5n, U, 'r', true, CR0.WP, undefined],
    ['user page, no writes, user write without CR0.WP', 5n, U, 'w', true, 0n, 0x27],
    ['user page, no writes, supervisor write', 5n, U, 'w', false, CR0.WP, 0x23],
    ['user page, no writes, supervisor write without CR0.WP', 5n, U, 'w', false, 0n, undefined],
    ['user page, another key', 4n, U, 'w', true, CR0.WP, undefined],
    ['supervisor page, no access, read', 3n, 0n, 'r', false, CR0.WP, 0x21],
    ['supervisor page, no writes, write', 5n, 0n, 'w', false, CR0.WP, 0x23],
    ['supervisor page, no writes, write without CR0.WP', 5n, 0n, 'w', false, 0n, undefined],
    ['supervisor page, no access, user read', 3n, 0n, 'r', true, CR0.WP, 0x25],
  ] as const)('protection keys: %s', (_name, number, user, kind, byUser, cr0, code) => {
    const { state } = machine.cpu
    const [rights, other] = user === U ? (['pkru', 'pkrs'] as const) : (['pkrs', 'pkru'] as const)
    const pt = P | W | user | key(number)
    state[rights] = RIGHTS
    tables({ pt }, { cr4: CR4.PKE | CR4.PKS, cr0 })
    expect(translate(LINEAR, kind, byUser)).toEqual(code === undefined ? FRAME + 0x456 : fault(code, LINEAR))
    // The other register, and the same one without its bit of CR4, have no say.
    for (const [on, cr4] of [[other, CR4.PKE | CR4.PKS], [rights, user === U ? CR4.PKS : CR4.PKE]] as const) {
      state.pkru = state.pkrs = 0
      state[on] = RIGHTS
      tables({ pt }, { cr4, cr0 })
      expect(translate(LINEAR, kind, byUser)).toEqual(user === 0n && byUser ? fault(5, LINEAR) : FRAME + 0x456)
    }
  })

  it('protection keys are those of the entry that maps the page, whatever its size', () => {
    machine.cpu.state.pkru = RIGHTS
    const cr4 = CR4.PKE
    tables({ pt: P | W | U | key(4n), pd: P | W | U | key(3n) }, { cr4 })
    expect(translate(LINEAR, 'r', true)).toBe(FRAME + 0x456)
    for (const [entry, frame] of [[LEVEL2 + 8, 0x60_0000n], [LEVEL3 + 8, 0x4000_0000n]] as const) {
      tables({}, { cr4 })
      machine.poke64(entry, frame | P | W | U | PS | key(3n))
      expect(translate(LINEAR, 'r', true)).toEqual(fault(0x25, LINEAR))
    }
  })

  it('a change of PKRU is seen in spite of the TLB', () => {
    tables({ pt: P | W | U | key(3n) }, { cr4: CR4.PKE })
    const { mmu, state } = machine.cpu
    const page = LINEAR & ~0xfffn
    expect(mmu.read32(page, true)).toBe(0)
    state.pkru = RIGHTS
    mmu.keysChanged()
    for (const user of [true, false]) expect(() => mmu.read32(page, user)).toThrow(expect.objectContaining({ vector: 14, errorCode: user ? 0x25 : 0x21 }))
  })

  it('addresses that are not canonical raise #GP(0), through SS #SS(0)', () => {
    tables({})
    const { state, mmu } = machine.cpu
    state.setSegment(1, { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0xa09b })
    state.updateModes()
    expect(() => mmu.slowRead(DS, 8, 0, 0x8000)).toThrow(expect.objectContaining({ vector: 13, errorCode: 0 }))
    expect(() => mmu.slowRead(SS, 8, 0, 0x8000)).toThrow(expect.objectContaining({ vector: 12, errorCode: 0 }))
    // The last byte crosses the border of the lower half.
    expect(() => mmu.slowRead(DS, 8, 0xffff_fffc, 0x7fff)).toThrow(expect.objectContaining({ vector: 13, errorCode: 0 }))
  })

  it('INVLPG makes a changed entry seen', () => {
    tables({})
    const { mmu } = machine.cpu
    machine.poke32(FRAME, 0x1111)
    machine.poke32(FRAME + 0x1000, 0x2222)
    const page = LINEAR & ~0xfffn
    expect(mmu.read32(page)).toBe(0x1111)
    machine.poke64(LEVEL1 + 8, BigInt(FRAME + 0x1000) | P | W | U)
    expect(mmu.read32(page)).toBe(0x1111)
    mmu.flushPage(Number(page & 0xffff_ffffn), Number(page >> 32n))
    expect(mmu.read32(page)).toBe(0x2222)
  })
})

describe('slow accesses', () => {
  const DEVICE = 0x8_0000

  it('cross a page in two pieces, into different frames', () => {
    machine.poke32(ROOT, LEVEL1 | 3)
    machine.poke32(LEVEL1, (FRAME + 0x1000) | 3, FRAME | 3)
    enable({})
    machine.poke(FRAME + 0x1ffe, [0x11, 0x22])
    machine.poke(FRAME, [0x33, 0x44])
    const { mmu, state } = machine.cpu
    expect(state.view.getUint32(mmu.slowRead(DS, 4, 0xffe, 0), true)).toBe(0x4433_2211)
    const host = mmu.slowWrite(DS, 4, 0xffd, 0, 0)
    state.view.setUint32(host, 0xddcc_bbaa, true)
    mmu.afterStore(host, 4)
    expect([machine.peek32(FRAME + 0x1ffc) >>> 8, machine.peek32(FRAME) & 0xff]).toEqual([0xcc_bbaa, 0xdd])
  })

  it('a fault on the second page reports its first byte, and nothing is written', () => {
    machine.poke32(ROOT, LEVEL1 | 3)
    machine.poke32(LEVEL1, FRAME | 3, 0)
    enable({})
    expect(() => machine.cpu.mmu.slowWrite(DS, 4, 0xffe, 0, 0)).toThrow(expect.objectContaining({ vector: 14, errorCode: 2, address: 0x1000n }))
  })

  it('reach devices with their natural width, and read-modify-write loads first', () => {
    machine.devicePage = DEVICE
    machine.cpu.mmu.flush()
    const { mmu, state } = machine.cpu
    expect(state.view.getUint32(mmu.slowRead(DS, 4, DEVICE + 4, 0), true)).toBe(0x0706_0504)
    const host = mmu.slowWrite(DS, 2, DEVICE + 8, 0, 1)
    expect(state.view.getUint16(host, true)).toBe(0x0908)
    state.view.setUint16(host, 0xbeef, true)
    mmu.afterStore(host, 2)
    expect(machine.deviceWrites).toEqual([{ address: DEVICE + 8, size: 2, value: 0xbeef }])
  })

  it('wrap at 4 GiB outside 64-bit mode, also in compatibility mode', () => {
    // The first and the last page below 4 GiB.
    machine.poke64(ROOT, BigInt(LEVEL3) | P | W | U)
    machine.poke64(LEVEL3, BigInt(LEVEL2) | P | W | U, 0n, 0n, BigInt(LEVEL2) | P | W | U)
    machine.poke64(LEVEL2, BigInt(LEVEL1) | P | W | U)
    machine.poke64(LEVEL2 + 511 * 8, BigInt(LEVEL1) | P | W | U)
    machine.poke64(LEVEL1, BigInt(FRAME) | P | W | U)
    machine.poke64(LEVEL1 + 511 * 8, BigInt(FRAME + 0x1000) | P | W | U)
    enable({ cr4: CR4.PAE, efer: EFER_BITS.LME | EFER_BITS.LMA })
    machine.poke(FRAME + 0x1ffe, [0x11, 0x22])
    machine.poke(FRAME, [0x33, 0x44])
    const { mmu, state } = machine.cpu
    expect(state.mode64).toBe(false)
    expect(state.view.getUint32(mmu.slowRead(DS, 4, 0xffff_fffe, 0), true)).toBe(0x4433_2211)
  })

  it('two stores may wait at once', () => {
    machine.devicePage = DEVICE
    machine.cpu.mmu.flush()
    const { mmu, state } = machine.cpu
    const first = mmu.slowWrite(DS, 1, DEVICE, 0, 0)
    const second = mmu.slowWrite(DS, 1, DEVICE + 1, 0, 0)
    state.u8[first] = 0x11
    state.u8[second] = 0x22
    mmu.afterStore(first, 1)
    mmu.afterStore(second, 1)
    expect(machine.deviceWrites.map(({ address, value }) => [address, value])).toEqual([[DEVICE, 0x11], [DEVICE + 1, 0x22]])
  })

  it('a closed A20 gate folds the odd megabyte onto the even one, page tables too', () => {
    machine.poke32(0x500, 0xaaaa)
    machine.poke32(0x10_0500, 0xbbbb)
    expect(machine.cpu.mmu.read32(0x10_0500n)).toBe(0xbbbb)
    machine.cpu.setA20(false)
    expect(machine.cpu.mmu.read32(0x10_0500n)).toBe(0xaaaa)
    machine.cpu.setA20(true)
    expect(machine.cpu.mmu.read32(0x10_0500n)).toBe(0xbbbb)
  })
})
