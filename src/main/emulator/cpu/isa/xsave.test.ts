import { describe, expect, it } from 'vitest'
import { CR0, CR4 } from '../state/bits'
import * as at from '../state/layout'
import { BACKENDS } from '../test-machine'
import { ModeMachine } from '../system/test-modes'

type Backend = (typeof BACKENDS)[number]

const IMAGE = 0xe000
const XSAVE64 = [0x48, 0x0f, 0xae, 0x23]
const XRSTOR64 = [0x48, 0x0f, 0xae, 0x2b]
const XSAVEOPT = [0x0f, 0xae, 0x33]
const XSAVEC = [0x0f, 0xc7, 0x23]
const COMPACTED = 1n << 63n
const AVX_OFFSET = 576
const AVX_END = 832
const PKRU_OFFSET = 2688
const PKRU = 1n << 9n

/** One instruction on the image at [rbx], with `wanted` in EDX:EAX and XCR0 = 3. */
function machineWith(backend: Backend, code: readonly number[], wanted: bigint, setup?: (machine: ModeMachine) => void): ModeMachine {
  const machine = new ModeMachine(backend, 'long')
  const { cpu } = machine
  machine.load(0, [...code, 0x90])
  cpu.state.setGpr(0, wanted)
  cpu.state.setGpr(2, 0n)
  cpu.state.setGpr(3, BigInt(IMAGE))
  cpu.state.setControl(4, cpu.state.control(4) | CR4.OSFXSR | CR4.OSXSAVE)
  cpu.state.xcr0 = 3n
  cpu.state.u32[at.FCW >> 2] = 0x27f
  cpu.state.u32[at.FTW >> 2] = 0x81
  cpu.state.u32[at.MXCSR >> 2] = 0x9fc0
  for (let register = 0; register < 16; register++) {
    cpu.state.u64[(at.XMM + register * at.XMM_STRIDE) >> 3] = BigInt(register + 1)
    cpu.state.u64[(at.XMM + register * at.XMM_STRIDE + 8) >> 3] = 0xffn << BigInt(register)
  }
  cpu.state.u64[at.X87 >> 3] = 0x8000_0000_0000_0001n
  setup?.(machine)
  cpu.run(2)
  return machine
}

/** With AVX state enabled; the upper half of YMMn begins with 0x100 + n. */
function withAvx(before?: (machine: ModeMachine) => void): (machine: ModeMachine) => void {
  return (machine) => {
    const { state } = machine.cpu
    state.xcr0 = 7n
    for (let register = 0; register < 16; register++) state.u64[(at.XMM + register * at.XMM_STRIDE + at.YMM_UPPER) >> 3] = BigInt(0x100 + register)
    before?.(machine)
  }
}

/** All of XMM, or all upper halves, to zero. */
function clear(machine: ModeMachine, half: 0 | 16): void {
  const { state } = machine.cpu
  for (let register = 0; register < 16; register++) state.u8.fill(0, at.XMM + register * at.XMM_STRIDE + half, at.XMM + register * at.XMM_STRIDE + half + 16)
}

const upper = (machine: ModeMachine, register: number): bigint => machine.cpu.state.u64[(at.XMM + register * at.XMM_STRIDE + at.YMM_UPPER) >> 3] ?? 0n
const xmm = (machine: ModeMachine, register: number): bigint => machine.cpu.state.u64[(at.XMM + register * at.XMM_STRIDE) >> 3] ?? 0n

describe.each(BACKENDS)('XSAVE and XRSTOR on %s', (backend) => {
  it.each([['xsave', XSAVE64], ['xsaveopt', XSAVEOPT]] as const)('%s writes the components asked for, and says so in the header', (_name, code) => {
    const all = machineWith(backend, code, 3n)
    expect([all.peek16(IMAGE), all.peek16(IMAGE + 4), all.peek32(IMAGE + 24)]).toEqual([0x27f, 0x81, 0x9fc0])
    expect([all.peek64(IMAGE + 32), all.peek64(IMAGE + 160), all.peek64(IMAGE + 160 + 15 * 16)]).toEqual([0x8000_0000_0000_0001n, 1n, 16n])
    expect(all.peek64(IMAGE + 512)).toBe(3n)
    const sseOnly = machineWith(backend, code, 2n, (machine) => machine.poke64(IMAGE + 512, 1n))
    expect([sseOnly.peek16(IMAGE), sseOnly.peek64(IMAGE + 160), sseOnly.peek64(IMAGE + 512)]).toEqual([0, 1n, 3n])
  })

  it('xrstor loads what the image holds and initialises the rest', () => {
    const machine = machineWith(backend, XRSTOR64, 3n, (before) => {
      before.poke32(IMAGE + 24, 0x1f80)
      before.poke64(IMAGE + 160 + 3 * 16, 0x1234n)
      before.poke64(IMAGE + 512, 2n)
    })
    const { state } = machine.cpu
    expect(machine.handled).toBeUndefined()
    expect([state.u32[at.FCW >> 2], state.u32[at.FTW >> 2], state.u32[at.MXCSR >> 2], state.u64[at.X87 >> 3]]).toEqual([0x37f, 0, 0x1f80, 0n])
    expect([xmm(machine, 3), xmm(machine, 4)]).toEqual([0x1234n, 0n])
  })

  it.each([['xsave', XSAVE64], ['xsaveopt', XSAVEOPT], ['xsavec', XSAVEC]] as const)('%s writes the upper halves of YMM behind the header', (_name, code) => {
    const machine = machineWith(backend, code, 7n, withAvx())
    expect([0, 1, 15].map((register) => machine.peek64(IMAGE + AVX_OFFSET + register * 16))).toEqual([0x100n, 0x101n, 0x10fn])
    expect(machine.peek64(IMAGE + 512)).toBe(7n)
    expect(machine.peek64(IMAGE + 520)).toBe(code === XSAVEC ? COMPACTED | 7n : 0n)
  })

  it('xsaveopt and xsavec do not write what is in its initial state, xsave does', () => {
    const clearUpper = withAvx((machine) => {
      clear(machine, 16)
      machine.poke64(IMAGE + AVX_OFFSET, 0x77n)
    })
    const saved = (code: readonly number[]): bigint[] => {
      const machine = machineWith(backend, code, 7n, clearUpper)
      return [machine.peek64(IMAGE + 512), machine.peek64(IMAGE + AVX_OFFSET)]
    }
    expect([saved(XSAVE64), saved(XSAVEOPT), saved(XSAVEC)]).toEqual([[3n, 0n], [3n, 0x77n], [3n, 0x77n]])
  })

  it('xsavec keeps an MXCSR that is not initial as SSE state, and else nothing of it', () => {
    const empty = (mxcsr: number) => withAvx((machine) => {
      clear(machine, 0)
      machine.cpu.state.u32[at.MXCSR >> 2] = mxcsr
      machine.poke32(IMAGE + 24, 0x1234)
    })
    const saved = (mxcsr: number): [bigint, number] => {
      const machine = machineWith(backend, XSAVEC, 2n, empty(mxcsr))
      return [machine.peek64(IMAGE + 512), machine.peek32(IMAGE + 24)]
    }
    expect([saved(0x1f80), saved(0x9fc0)]).toEqual([[0n, 0x1234], [2n, 0x9fc0]])
  })

  it('xrstor loads or clears the upper halves, and takes MXCSR along', () => {
    const image = (components: bigint) => withAvx((machine) => {
      machine.poke32(IMAGE + 24, 0x1fa0)
      machine.poke64(IMAGE + 512, components)
      machine.poke64(IMAGE + AVX_OFFSET + 5 * 16, 0x55n)
    })
    const loaded = machineWith(backend, XRSTOR64, 4n, image(4n))
    expect([upper(loaded, 5), upper(loaded, 6), xmm(loaded, 5), loaded.cpu.state.u32[at.MXCSR >> 2]]).toEqual([0x55n, 0n, 6n, 0x1fa0])
    const cleared = machineWith(backend, XRSTOR64, 4n, image(0n))
    expect([upper(cleared, 5), upper(cleared, 6), xmm(cleared, 5)]).toEqual([0n, 0n, 6n])
  })

  it('xrstor of a compacted image takes MXCSR for a part of SSE state', () => {
    const image = (components: bigint) => withAvx((machine) => {
      machine.poke32(IMAGE + 24, 0x1fa0)
      machine.poke64(IMAGE + 512, components)
      machine.poke64(IMAGE + 520, COMPACTED | 7n)
      machine.poke64(IMAGE + AVX_OFFSET + 5 * 16, 0x55n)
    })
    const mxcsr = (wanted: bigint, components: bigint) => machineWith(backend, XRSTOR64, wanted, image(components)).cpu.state.u32[at.MXCSR >> 2]
    expect([mxcsr(4n, 6n), mxcsr(6n, 4n), mxcsr(2n, 2n)]).toEqual([0x9fc0, 0x1f80, 0x1fa0])
    expect(upper(machineWith(backend, XRSTOR64, 7n, image(7n)), 5)).toBe(0x55n)
  })

  it('saves PKRU at its place, which follows from the form and, where it is compacted, from what is before it', () => {
    const saved = (code: readonly number[], wanted: bigint, pkru: number): [bigint, ...number[]] => {
      const machine = machineWith(backend, code, wanted, withAvx(({ cpu: { state } }) => {
        state.xcr0 = 7n | PKRU
        state.pkru = pkru
      }))
      return [machine.peek64(IMAGE + 512), ...[AVX_OFFSET, AVX_END, PKRU_OFFSET].map((offset) => machine.peek32(IMAGE + offset))]
    }
    expect(saved(XSAVE64, 7n | PKRU, 0x1234_5678)).toEqual([0x207n, 0x100, 0, 0x1234_5678])
    expect(saved(XSAVEOPT, PKRU, 0xc000_0000)).toEqual([0x200n, 0, 0, 0xc000_0000])
    expect(saved(XSAVEC, 7n | PKRU, 0x1234_5678)).toEqual([0x207n, 0x100, 0x1234_5678, 0])
    expect(saved(XSAVEC, 3n | PKRU, 0x1234_5678)).toEqual([0x203n, 0x1234_5678, 0, 0])
    // Zero is its initial state.
    expect(saved(XSAVEC, PKRU, 0)).toEqual([0n, 0, 0, 0])
  })

  it('xrstor loads PKRU from there, or makes it zero, or leaves it alone', () => {
    const loaded = (wanted: bigint, components: bigint, form: bigint): number => machineWith(backend, XRSTOR64, wanted, withAvx((machine) => {
      machine.cpu.state.xcr0 = 7n | PKRU
      machine.cpu.state.pkru = 0x77
      machine.poke64(IMAGE + 512, components, form)
      for (const [index, offset] of [AVX_OFFSET, AVX_END, PKRU_OFFSET].entries()) machine.poke32(IMAGE + offset, index + 1)
    })).cpu.state.pkru
    expect([loaded(PKRU, PKRU, 0n), loaded(PKRU, 0n, 0n), loaded(7n, PKRU, 0n)]).toEqual([3, 0, 0x77])
    expect([loaded(PKRU, PKRU, COMPACTED | 7n | PKRU), loaded(PKRU, PKRU, COMPACTED | PKRU), loaded(PKRU, 0n, COMPACTED | PKRU)]).toEqual([2, 1, 0])
  })

  it('xrstor leaves components alone that are not asked for', () => {
    const machine = machineWith(backend, XRSTOR64, 1n, (before) => before.poke64(IMAGE + 512, 0n))
    expect([machine.cpu.state.u32[at.FCW >> 2], machine.cpu.state.u32[at.MXCSR >> 2], xmm(machine, 2)]).toEqual([0x37f, 0x9fc0, 3n])
  })

  it.each([
    ['XSAVE without CR4.OSXSAVE', XSAVE64, 6, (m: ModeMachine) => m.cpu.state.setControl(4, CR4.PAE | CR4.OSFXSR)],
    ['XSAVE with CR0.TS', XSAVE64, 7, (m: ModeMachine) => m.cpu.state.setControl(0, m.cpu.state.control(0) | CR0.TS)],
    ['XSAVE, not aligned', XSAVE64, 13, (m: ModeMachine) => m.cpu.state.setGpr(3, BigInt(IMAGE + 16))],
    ['XSAVE with PKRU beyond what is mapped', XSAVE64, 14, (m: ModeMachine) => {
      m.cpu.state.xcr0 = 0x201n
      m.cpu.state.setGpr(0, PKRU)
      m.cpu.state.setGpr(3, 0x20_0000n - 1024n)
    }],
    ['XSAVE, not mapped', XSAVE64, 14, (m: ModeMachine) => m.cpu.state.setGpr(3, 0x20_0000n)],
    ['XRSTOR of a component that XCR0 has not', XRSTOR64, 13, (m: ModeMachine) => m.poke64(IMAGE + 512, 4n)],
    ['XRSTOR of a compacted image with a component that it does not list', XRSTOR64, 13, (m: ModeMachine) => {
      m.poke64(IMAGE + 512, 2n)
      m.poke64(IMAGE + 520, COMPACTED | 1n)
    }],
    ['XRSTOR of a compacted image with a component that XCR0 has not', XRSTOR64, 13, (m: ModeMachine) => m.poke64(IMAGE + 520, COMPACTED | 7n)],
    ['XRSTOR of a compacted image with reserved header bytes', XRSTOR64, 13, (m: ModeMachine) => {
      m.poke64(IMAGE + 520, COMPACTED)
      m.poke64(IMAGE + 568, 1n)
    }],
    ['XRSTOR of the standard form with bits of the other', XRSTOR64, 13, (m: ModeMachine) => m.poke64(IMAGE + 520, 1n)],
    ['XRSTOR with reserved header bytes', XRSTOR64, 13, (m: ModeMachine) => m.poke64(IMAGE + 528, 1n)],
    ['XRSTOR with reserved bits of MXCSR', XRSTOR64, 13, (m: ModeMachine) => m.poke32(IMAGE + 24, 0x1_0000)],
  ] as const)('%s raises its exception', (_name, code, vector, setup) => {
    expect(machineWith(backend, code, 3n, setup).handled).toBe(vector)
  })
})
