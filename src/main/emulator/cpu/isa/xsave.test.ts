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

  it('xrstor leaves components alone that are not asked for', () => {
    const machine = machineWith(backend, XRSTOR64, 1n, (before) => before.poke64(IMAGE + 512, 0n))
    expect([machine.cpu.state.u32[at.FCW >> 2], machine.cpu.state.u32[at.MXCSR >> 2], xmm(machine, 2)]).toEqual([0x37f, 0x9fc0, 3n])
  })

  it.each([
    ['XSAVE without CR4.OSXSAVE', XSAVE64, 6, (m: ModeMachine) => m.cpu.state.setControl(4, CR4.PAE | CR4.OSFXSR)],
    ['XSAVE with CR0.TS', XSAVE64, 7, (m: ModeMachine) => m.cpu.state.setControl(0, m.cpu.state.control(0) | CR0.TS)],
    ['XSAVE, not aligned', XSAVE64, 13, (m: ModeMachine) => m.cpu.state.setGpr(3, BigInt(IMAGE + 16))],
    ['XSAVE, not mapped', XSAVE64, 14, (m: ModeMachine) => m.cpu.state.setGpr(3, 0x20_0000n)],
    ['XRSTOR of a component that XCR0 has not', XRSTOR64, 13, (m: ModeMachine) => m.poke64(IMAGE + 512, 4n)],
    ['XRSTOR of a compacted image', XRSTOR64, 13, (m: ModeMachine) => m.poke64(IMAGE + 520, 1n << 63n)],
    ['XRSTOR with reserved header bytes', XRSTOR64, 13, (m: ModeMachine) => m.poke64(IMAGE + 528, 1n)],
    ['XRSTOR with reserved bits of MXCSR', XRSTOR64, 13, (m: ModeMachine) => m.poke32(IMAGE + 24, 0x1_0000)],
  ] as const)('%s raises its exception', (_name, code, vector, setup) => {
    expect(machineWith(backend, code, 3n, setup).handled).toBe(vector)
  })
})
