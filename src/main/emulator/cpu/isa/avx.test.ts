import { describe, expect, it } from 'vitest'
import { CpuFault, Vector } from '../faults'
import { createInterpreter } from '../interp/interp'
import { createOracle } from '../semantics/oracle'
import { CODE, DATA, TestBench } from '../semantics/test-bench'
import { CODE_16, CODE_32, CODE_64, CR0, CR4, VM } from '../state/bits'
import * as at from '../state/layout'

const BACKENDS = [['oracle', createOracle], ['interp', createInterpreter]] as const
const RBX = 3
const NOT_CANONICAL = 1n << 62n

/** Instructions, with XMM or YMM registers 0, 1 and 2, memory at [rbx]. */
const CODES = {
  vpaddb: [0xc5, 0xf5, 0xfc, 0xc2],
  vmovups: [0xc5, 0xfc, 0x10, 0x03],
  vmovaps: [0xc5, 0xfc, 0x28, 0x03],
  vmovapsStore: [0xc5, 0xfc, 0x29, 0x03],
  vaddps: [0xc5, 0xf4, 0x58, 0xc2],
  vaddss: [0xc5, 0xf2, 0x58, 0xc2],
  vpaddb128: [0xc5, 0xf1, 0xfc, 0xc2],
  paddb: [0x66, 0x0f, 0xfc, 0xc2],
  vzeroupper: [0xc5, 0xf8, 0x77],
  vzeroall: [0xc5, 0xfc, 0x77],
  vmaskmovps: [0xc4, 0xe2, 0x75, 0x2c, 0x03],
  vmaskmovpsStore: [0xc4, 0xe2, 0x75, 0x2e, 0x03],
  /** ymm0, [rbx + ymm2 * 8], ymm1 */
  vpgatherqq: [0xc4, 0xe2, 0xf5, 0x91, 0x04, 0xd3],
} as const

describe.each(BACKENDS)('AVX on %s', (_, factory) => {
  function bench(code: readonly number[], mode: 0 | 1 | 2 = CODE_64): TestBench {
    const machine = new TestBench(factory, mode)
    machine.setFloating(Uint8Array.from({ length: at.FCW - at.X87 }, (_unused, index) => index & 0xff))
    machine.poke(CODE, code)
    machine.state.rip = BigInt(mode === CODE_16 ? 0 : CODE)
    machine.state.setGpr(RBX, BigInt(DATA))
    return machine
  }

  /** Quarters of a register, the lowest first. */
  function ymm(machine: TestBench, register: number): bigint[] {
    return [0, 1, 2, 3].map((part) => machine.state.u64[((at.XMM + register * at.XMM_STRIDE) >> 3) + part] ?? 0n)
  }

  function setYmm(machine: TestBench, register: number, quarters: readonly bigint[]): void {
    machine.state.u64.set(quarters, (at.XMM + register * at.XMM_STRIDE) >> 3)
  }

  function setSingles(machine: TestBench, register: number, singles: readonly number[]): void {
    machine.state.u32.set(singles, (at.XMM + register * at.XMM_STRIDE) >> 2)
  }

  function vectorOf(machine: TestBench): number | undefined {
    try {
      machine.run(1)
    } catch (error) {
      if (error instanceof CpuFault) return error.vector
      throw error
    }
    return undefined
  }

  describe('availability', () => {
    const fault = (prepare: (machine: TestBench) => void, mode: 0 | 1 | 2 = CODE_64, code: readonly number[] = CODES.vpaddb): number | undefined => {
      const machine = bench(code, mode)
      prepare(machine)
      const before = machine.floating()
      const vector = vectorOf(machine)
      if (vector !== undefined) expect(machine.floating()).toBe(before)
      return vector
    }
    const setCr0 = (bits: bigint) => (machine: TestBench): void => machine.state.setControl(0, machine.state.control(0) | bits)

    it('is #UD unless the system saves YMM registers, #NM with CR0.TS; CR0.EM and CR4.OSFXSR do not matter', () => {
      expect(fault(() => undefined)).toBeUndefined()
      expect(fault((machine) => machine.state.setControl(4, CR4.OSXSAVE))).toBeUndefined()
      expect(fault(setCr0(CR0.EM))).toBeUndefined()
      expect(fault((machine) => machine.state.setControl(4, CR4.OSFXSR))).toBe(Vector.UD)
      for (const states of [1n, 3n, 5n]) {
        expect(fault((machine) => {
          machine.state.xcr0 = states
          setCr0(CR0.TS)(machine)
        })).toBe(Vector.UD)
      }
      expect(fault(setCr0(CR0.TS))).toBe(Vector.NM)
    })

    it('is #UD in real and virtual-8086 mode', () => {
      expect(fault(() => undefined, CODE_16)).toBe(Vector.UD)
      expect(fault(() => undefined, CODE_32)).toBeUndefined()
      expect(fault((machine) => {
        machine.state.flags = VM | 2
      }, CODE_32)).toBe(Vector.UD)
    })

    it.each([['LOCK', 0xf0], ['66', 0x66], ['F2', 0xf2], ['F3', 0xf3], ['REX', 0x40]] as const)('is #UD behind the prefix %s', (_name, prefix) => {
      expect(fault(() => undefined, CODE_64, [prefix, ...CODES.vpaddb])).toBe(Vector.UD)
    })

    it('is #UD where VEX.vvvv names a register that the instruction has no use for', () => {
      expect(fault(() => undefined, CODE_64, [0xc5, 0xf4, 0x10, 0x03])).toBe(Vector.UD)
    })
  })

  it('clears what is above 128 bits, and above scalars takes the first source; SSE leaves it', () => {
    const upper = (code: readonly number[]): bigint[] => {
      const machine = bench(code)
      setSingles(machine, 1, [0x3f80_0000, 11, 12, 13, 14, 15, 16, 17])
      setSingles(machine, 2, [0x3f80_0000, 0, 0, 0, 0, 0, 0, 0])
      expect(vectorOf(machine)).toBeUndefined()
      return ymm(machine, 0)
    }
    expect(upper(CODES.vpaddb128).slice(2)).toEqual([0n, 0n])
    expect(upper(CODES.vaddss)).toEqual([(11n << 32n) | 0x4000_0000n, (13n << 32n) | 12n, 0n, 0n])
    const kept = ymm(bench(CODES.paddb), 0).slice(2)
    expect(upper(CODES.paddb).slice(2)).toEqual(kept)
  })

  it.each([['64-bit', CODE_64, 16], ['32-bit', CODE_32, 8]] as const)('VZEROUPPER and VZEROALL clear the registers of %s code', (_name, mode, count) => {
    const numbers = Array.from({ length: 16 }, (_unused, index) => index)
    const before = bench([], mode)
    const [upper, all] = [bench(CODES.vzeroupper, mode), bench(CODES.vzeroall, mode)]
    for (const machine of [upper, all]) expect(vectorOf(machine)).toBeUndefined()
    for (const index of numbers) {
      const old = ymm(before, index)
      expect(ymm(upper, index)).toEqual(index < count ? [...old.slice(0, 2), 0n, 0n] : old)
      expect(ymm(all, index)).toEqual(index < count ? [0n, 0n, 0n, 0n] : old)
    }
  })

  it('wants alignment only of VMOVAPS and its like, to 32 bytes', () => {
    const at16 = (code: readonly number[]): number | undefined => {
      const machine = bench(code)
      machine.state.setGpr(RBX, BigInt(DATA + 16))
      return vectorOf(machine)
    }
    expect([at16(CODES.vmovups), at16(CODES.vmovaps), at16(CODES.vmovapsStore)]).toEqual([undefined, Vector.GP, Vector.GP])
  })

  it('loads 32 bytes over the end of a page', () => {
    const machine = bench(CODES.vmovups)
    const bytes = Array.from({ length: 32 }, (_unused, index) => index * 7)
    machine.poke(DATA + 0xff3, bytes)
    machine.state.setGpr(RBX, BigInt(DATA + 0xff3))
    machine.run(1)
    expect([...machine.state.u8.subarray(at.XMM, at.XMM + 32)]).toEqual(bytes)
  })

  it('reports exceptions of all lanes together, and writes nothing when one is unmasked', () => {
    const SIGNALING = 0x7f80_0001
    const DENORMAL = 1
    const machine = bench(CODES.vaddps)
    setSingles(machine, 1, [DENORMAL, 0, 0, 0, 0, 0, 0, SIGNALING])
    setSingles(machine, 2, [0, 0, 0, 0, 0, 0, 0, 0])
    // Invalid operations are not masked.
    machine.state.u32[at.MXCSR >> 2] = 0x1f00
    const before = ymm(machine, 0)
    expect(vectorOf(machine)).toBe(Vector.XM)
    expect(ymm(machine, 0)).toEqual(before)
    expect(machine.state.u32[at.MXCSR >> 2]).toBe(0x1f03)
    machine.state.setControl(4, CR4.OSXSAVE)
    expect(vectorOf(machine)).toBe(Vector.UD)
  })

  it('VMASKMOVPS touches only what the mask chooses', () => {
    const NEGATIVE = 0x8000_0000
    const masks = [0, NEGATIVE, 0, 0, 0, 0, 0, NEGATIVE]
    const load = bench(CODES.vmaskmovps)
    setSingles(load, 1, masks)
    load.poke(DATA, Array.from({ length: 32 }, () => 0x11))
    load.run(1)
    expect(ymm(load, 0)).toEqual([0x1111_1111n << 32n, 0n, 0n, 0x1111_1111n << 32n])

    const store = bench(CODES.vmaskmovpsStore)
    setSingles(store, 1, masks)
    setSingles(store, 0, [1, 2, 3, 4, 5, 6, 7, 8])
    store.poke(DATA, Array.from({ length: 32 }, () => 0x11))
    store.run(1)
    expect(store.peek(DATA, 8)).toEqual([0x11, 0x11, 0x11, 0x11, 2, 0, 0, 0])
    expect(store.peek(DATA + 24, 8)).toEqual([0x11, 0x11, 0x11, 0x11, 8, 0, 0, 0])

    for (const code of [CODES.vmaskmovps, CODES.vmaskmovpsStore]) {
      const nowhere = bench(code)
      nowhere.state.setGpr(RBX, NOT_CANONICAL)
      setSingles(nowhere, 1, [0, 0, 0, 0, 0, 0, 0, 0])
      expect(vectorOf(nowhere)).toBeUndefined()
      setSingles(nowhere, 1, [0, 0, 0, 0, 0, NEGATIVE, 0, 0])
      nowhere.state.rip = BigInt(CODE)
      expect(vectorOf(nowhere)).toBe(Vector.GP)
    }
  })

  it('a gather keeps what it has when it faults, and goes on from there', () => {
    const CHOSEN = 1n << 63n
    const machine = bench(CODES.vpgatherqq)
    for (const index of [0, 1, 2, 3]) machine.poke(DATA + index * 16, [index + 1, 0, 0, 0, 0, 0, 0, 0])
    setYmm(machine, 0, [100n, 101n, 102n, 103n])
    setYmm(machine, 1, [CHOSEN, CHOSEN, 0n, CHOSEN])
    setYmm(machine, 2, [0n, NOT_CANONICAL >> 3n, 4n, 6n])
    expect(vectorOf(machine)).toBe(Vector.GP)
    expect(ymm(machine, 0)).toEqual([1n, 101n, 102n, 103n])
    expect(ymm(machine, 1)).toEqual([0n, BigInt.asUintN(64, -1n), 0n, BigInt.asUintN(64, -1n)])

    setYmm(machine, 2, [0n, 2n, 4n, 6n])
    expect(vectorOf(machine)).toBeUndefined()
    expect(ymm(machine, 0)).toEqual([1n, 2n, 102n, 4n])
    expect(ymm(machine, 1)).toEqual([0n, 0n, 0n, 0n])
  })
})
