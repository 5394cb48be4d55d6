import { describe, expect, it } from 'vitest'
import { CpuFault, Vector } from '../faults'
import { createInterpreter } from '../interp/interp'
import { createOracle } from '../semantics/oracle'
import { CODE, DATA, STACK, TestBench } from '../semantics/test-bench'
import { CODE_16, CODE_32, CODE_64, CR0, CR4 } from '../state/bits'
import * as at from '../state/layout'

const BACKENDS = [['oracle', createOracle], ['interp', createInterpreter]] as const
const RBX = 3
const FSW_ES = 0x80
/** Beyond the bench's memory: a device. */
const DEVICE = 0x20_0000
const PATTERN = [...Array(16).keys()].map((byte) => byte * 17)

const MOVAPS_LOAD = [0x0f, 0x28, 0x03]
const MOVUPS_LOAD = [0x0f, 0x10, 0x03]
const MOVUPS_STORE = [0x0f, 0x11, 0x03]
const MOVAPS_STORE = [0x0f, 0x29, 0x03]
const PXOR_REGISTERS = [0x66, 0x0f, 0xef, 0xc1]
const PADDB_MMX = [0x0f, 0xfc, 0xc1]
const EMMS = [0x0f, 0x77]

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

describe.each(BACKENDS)('vector instructions on %s', (_, factory) => {
  function bench(code: readonly number[], mode: 0 | 1 | 2 = CODE_64): TestBench {
    const machine = new TestBench(factory, mode)
    machine.setFloating(Uint8Array.from({ length: at.FCW - at.X87 }, (_unused, index) => index & 0xff))
    machine.poke(CODE, code)
    machine.state.rip = BigInt(mode === CODE_16 ? 0 : CODE)
    return machine
  }

  function xmm(machine: TestBench, index: number): number[] {
    const start = at.XMM + index * at.XMM_STRIDE
    return [...machine.state.u8.subarray(start, start + 16)]
  }

  function setXmm(machine: TestBench, index: number, bytes: readonly number[]): void {
    machine.state.u8.set(bytes, at.XMM + index * at.XMM_STRIDE)
  }

  function vectorOf(action: () => void): number | undefined {
    try {
      action()
    } catch (error) {
      if (error instanceof CpuFault) return error.vector
      throw error
    }
    return undefined
  }

  describe('availability', () => {
    const fault = (code: readonly number[], prepare: (machine: TestBench) => void): number | undefined => {
      const machine = bench(code)
      prepare(machine)
      const before = machine.floating()
      const vector = vectorOf(() => machine.run(1))
      if (vector !== undefined) expect(machine.floating()).toBe(before)
      return vector
    }
    const withCr0 = (bits: bigint) => (machine: TestBench): void => machine.state.setControl(0, machine.state.control(0) | bits)

    it('SSE is #UD without CR4.OSFXSR or with CR0.EM, #NM with CR0.TS', () => {
      expect(fault(PXOR_REGISTERS, () => undefined)).toBeUndefined()
      expect(fault(PXOR_REGISTERS, (machine) => machine.state.setControl(4, CR4.OSXMMEXCPT))).toBe(Vector.UD)
      expect(fault(PXOR_REGISTERS, withCr0(CR0.EM))).toBe(Vector.UD)
      expect(fault(PXOR_REGISTERS, withCr0(CR0.TS))).toBe(Vector.NM)
      expect(fault(PXOR_REGISTERS, withCr0(CR0.TS | CR0.EM))).toBe(Vector.UD)
    })

    it('MMX is #UD with CR0.EM, #NM with CR0.TS, #MF when an x87 exception waits, and needs no OSFXSR', () => {
      for (const code of [PADDB_MMX, EMMS]) {
        expect(fault(code, (machine) => machine.state.setControl(4, 0n)), hex(code)).toBeUndefined()
        expect(fault(code, withCr0(CR0.EM)), hex(code)).toBe(Vector.UD)
        expect(fault(code, withCr0(CR0.TS)), hex(code)).toBe(Vector.NM)
        expect(fault(code, (machine) => {
          machine.state.u32[at.FSW >> 2] = FSW_ES
        }), hex(code)).toBe(Vector.MF)
      }
    })

    it('is judged before the operand is looked at', () => {
      expect(fault(MOVAPS_LOAD, (machine) => {
        withCr0(CR0.TS)(machine)
        machine.state.setGpr(RBX, BigInt(DATA + 1))
      })).toBe(Vector.NM)
    })
  })

  it('MMX makes TOP 0 and all registers valid, and writes ones into sign and exponent; EMMS empties them', () => {
    const machine = bench([...PADDB_MMX, ...EMMS])
    machine.state.u32[at.FSW >> 2] = 0x3900
    machine.state.u32[at.FTW >> 2] = 0
    machine.run(1)
    expect(machine.state.u32[at.FSW >> 2]).toBe(0x100)
    expect(machine.state.u32[at.FTW >> 2]).toBe(0xff)
    expect(machine.state.u16[(at.X87 + at.X87_EXPONENT) >> 1]).toBe(0xffff)
    expect(machine.state.u16[(at.X87 + at.X87_STRIDE + at.X87_EXPONENT) >> 1]).toBe(0x1918)
    machine.run(1)
    expect(machine.state.u32[at.FTW >> 2]).toBe(0)
  })

  describe.each([[16, CODE_16], [32, CODE_32], [64, CODE_64]] as const)('alignment in %i-bit code', (bits, mode) => {
    const offset = mode === CODE_16 ? 0x40 : DATA + 0x40
    const prefix = mode === CODE_16 ? [0x67] : []

    it.each([['movaps xmm0, [ebx]', MOVAPS_LOAD], ['movaps [ebx], xmm0', MOVAPS_STORE]] as const)('%s wants a multiple of 16', (_name, code) => {
      const aligned = bench([...prefix, ...code], mode)
      aligned.state.setGpr(RBX, BigInt(offset))
      expect(vectorOf(() => aligned.run(1))).toBeUndefined()
      for (const step of [1, 8, 15]) {
        const machine = bench([...prefix, ...code], mode)
        machine.state.setGpr(RBX, BigInt(offset + step))
        expect(vectorOf(() => machine.run(1)), `${bits} bits, +${step}`).toBe(Vector.GP)
      }
    })

    it('movups does not', () => {
      const machine = bench([...prefix, ...MOVUPS_LOAD], mode)
      machine.poke(DATA + 0x43, PATTERN)
      machine.state.setGpr(RBX, BigInt(offset + 3))
      machine.run(1)
      expect(xmm(machine, 0)).toEqual(PATTERN)
    })
  })

  it('loads and stores across pages', () => {
    for (const split of [1, 4, 7, 15]) {
      const address = STACK + 0x1000 - split
      const machine = bench([...MOVUPS_STORE, 0x0f, 0x10, 0x0b])
      setXmm(machine, 0, PATTERN)
      machine.state.setGpr(RBX, BigInt(address))
      machine.run(2)
      expect(machine.peek(address, 16), `split after ${split}`).toEqual(PATTERN)
      expect(xmm(machine, 1)).toEqual(PATTERN)
    }
  })

  it('reads and writes devices in pieces of four bytes', () => {
    const machine = bench([...MOVUPS_LOAD, ...MOVUPS_STORE])
    machine.state.setGpr(RBX, BigInt(DEVICE))
    machine.run(1)
    expect(machine.calls).toEqual([0, 4, 8, 12].map((step) => `read32(${DEVICE + step})`))
    machine.calls.length = 0
    setXmm(machine, 0, PATTERN)
    machine.run(1)
    expect(machine.calls.map((call) => call.replace(/,.*/, ''))).toEqual([0, 4, 8, 12].map((step) => `write32(${DEVICE + step}`))
  })

  it('stores over code that was executed before', () => {
    // movups [rbx], xmm0; inc eax; jmp back
    const machine = bench([...MOVUPS_STORE, 0xff, 0xc0, 0xeb, 0xf9])
    const registers = Array<number>(16).fill(0x90)
    machine.state.setGpr(RBX, BigInt(DATA))
    machine.run(3)
    expect(machine.state.gpr(0)).toBe(1n)
    // The store now turns INC into two NOPs.
    setXmm(machine, 0, registers)
    machine.state.setGpr(RBX, BigInt(CODE + 3))
    machine.run(3)
    expect(machine.state.gpr(0)).toBe(1n)
    expect(machine.peek(CODE + 3, 2)).toEqual([0x90, 0x90])
  })

  it('MASKMOVDQU writes the chosen bytes only', () => {
    const machine = bench([0x66, 0x0f, 0xf7, 0xc1])
    machine.poke(DATA, Array<number>(16).fill(0xee))
    setXmm(machine, 0, PATTERN)
    setXmm(machine, 1, PATTERN.map((_byte, index) => (index % 3 === 0 ? 0x80 : 0x7f)))
    machine.state.setGpr(7, BigInt(DATA))
    machine.run(1)
    expect(machine.peek(DATA, 16)).toEqual(PATTERN.map((byte, index) => (index % 3 === 0 ? byte : 0xee)))
  })

  it('AES as in the example of FIPS 197, appendix B: the first round', () => {
    const bytes = (text: string): number[] => [...Buffer.from(text, 'hex')]
    // aesenc xmm0, xmm1
    const machine = bench([0x66, 0x0f, 0x38, 0xdc, 0xc1])
    setXmm(machine, 0, bytes('193de3bea0f4e22b9ac68d2ae9f84808'))
    setXmm(machine, 1, bytes('a0fafe1788542cb123a339392a6c7605'))
    machine.run(1)
    expect(Buffer.from(xmm(machine, 0)).toString('hex')).toBe('a49c7ff2689f352b6b5bea43026a5049')
  })
})
