/** Registers in a saved state: the fields of `layout.ts` that nothing else gives. Masks, effective segments and the TLB set follow from them. */
import type { StateFields } from '../../state/fields'
import type { CpuState } from './cpu-state'
import * as at from './layout'

const GENERAL = 16
const CONTROL = [0, 2, 3, 4, 8] as const
const DEBUG = 8
const SEGMENTS = 8
const SIGNED_64 = 64
/** Selectors and attributes are kept in 32 bits each; FSW, FCW and FOP in fewer. */
const FLOATING: readonly (readonly [name: string, offset: number, most: number])[] = [
  ['fcw', at.FCW, 0xffff], ['fsw', at.FSW, 0xffff], ['ftw', at.FTW, 0xff], ['fop', at.FOP, 0x7ff], ['mxcsr', at.MXCSR, 0xffff], ['selectors', at.FPU_SELECTORS, 0xffff_ffff],
]

export function exchangeRegisters(cpu: CpuState, state: StateFields): void {
  const big = (name: string, offset: number): void => void (cpu.u64[offset >> 3] = state.big(name, cpu.u64[offset >> 3] ?? 0n))
  for (let index = 0; index < GENERAL; index++) cpu.setGpr(index, state.big(`r${index}`, cpu.gpr(index)))
  cpu.rip = state.big('rip', cpu.rip)
  // The flags as they are kept: which result they come from makes no difference to anybody, but is part of the run's state.
  cpu.i64[at.FLAGS_RESULT >> 3] = BigInt.asIntN(SIGNED_64, state.big('flags result', BigInt.asUintN(SIGNED_64, cpu.i64[at.FLAGS_RESULT >> 3] ?? 0n)))
  cpu.i32[at.FLAGS_AUX >> 2] = state.dword('flags aux', cpu.i32[at.FLAGS_AUX >> 2] ?? 0)
  cpu.i32[at.EFLAGS >> 2] = state.dword('eflags', cpu.i32[at.EFLAGS >> 2] ?? 0)
  cpu.cpl = state.int('cpl', cpu.cpl, 3)
  cpu.halted = state.flag('halted', cpu.halted)
  for (const index of CONTROL) cpu.setControl(index, state.big(`cr${index}`, cpu.control(index)))
  for (let index = 0; index < DEBUG; index++) cpu.setDebug(index, state.big(`dr${index}`, cpu.debug(index)))
  cpu.efer = state.big('efer', cpu.efer)
  cpu.xcr0 = state.big('xcr0', cpu.xcr0)
  cpu.pkru = state.dword('pkru', cpu.pkru)
  cpu.pkrs = state.dword('pkrs', cpu.pkrs)
  for (let index = 0; index < SEGMENTS; index++) {
    state.part(`segment ${index}`, (fields) => {
      const { selector, base, limit, attributes } = cpu.segment(index)
      const segment = { selector: fields.word('selector', selector), base: fields.big('base', base), limit: fields.dword('limit', limit), attributes: fields.dword('attributes', attributes) }
      if (fields.loading) cpu.setSegment(index, segment)
    })
  }
  for (const [name, field] of [['gdtr', at.GDTR], ['idtr', at.IDTR]] as const) {
    state.part(name, (fields) => {
      const { base, limit } = cpu.table(field)
      cpu.setTable(field, fields.big('base', base), fields.dword('limit', limit))
    })
  }
  for (const [name, offset, most] of FLOATING) cpu.u32[offset >> 2] = state.int(name, cpu.u32[offset >> 2] ?? 0, most)
  big('fip', at.FIP)
  big('fdp', at.FDP)
  state.array('x87', cpu.u8.subarray(at.X87, at.XMM))
  state.array('ymm', cpu.u8.subarray(at.XMM, at.FCW))
  // Whoever loads locates the next instruction anew; so does who has saved.
  cpu.closeFetchWindow()
  if (state.loading) cpu.updateModes()
}
