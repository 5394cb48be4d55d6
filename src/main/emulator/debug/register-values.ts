/** Every architectural register of a CPU by its name: to compare two of them. */
import type { Cpu } from '../cpu/cpu'
import * as at from '../cpu/state/layout'

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const
const TABLES = [['gdtr', at.GDTR], ['idtr', at.IDTR]] as const
const CONTROL = [0, 2, 3, 4, 8] as const
const DEBUG = [0, 1, 2, 3, 6, 7] as const
const WORDS = [['fcw', at.FCW], ['fsw', at.FSW], ['ftw', at.FTW], ['fop', at.FOP], ['mxcsr', at.MXCSR], ['fds:fcs', at.FPU_SELECTORS], ['pkru', at.PKRU], ['pkrs', at.PKRS]] as const
const QUADWORDS = [['fip', at.FIP], ['fdp', at.FDP], ['xcr0', at.XCR0]] as const
const QUADWORD_BITS = 64n

/** All values unsigned; of segment registers also the hidden part. */
export function registerValues(cpu: Cpu): Map<string, bigint> {
  const { state } = cpu
  const values = new Map<string, bigint>([['rip', state.rip], ['rflags', BigInt(state.flags)], ['cpl', BigInt(state.cpl)], ['efer', state.efer]])
  const quadword = (offset: number): bigint => state.u64[offset >> 3] ?? 0n
  GENERAL.forEach((name, index) => values.set(name, state.gpr(index)))
  for (const index of CONTROL) values.set(`cr${index}`, state.control(index))
  for (const index of DEBUG) values.set(`dr${index}`, state.debug(index))
  for (const [index, name] of SEGMENTS.entries()) {
    const { selector, base, limit, attributes } = state.segment(index)
    values.set(name, BigInt(selector)).set(`${name}.base`, base).set(`${name}.limit`, BigInt(limit)).set(`${name}.attributes`, BigInt(attributes))
  }
  for (const [name, field] of TABLES) {
    const { base, limit } = state.table(field)
    values.set(`${name}.base`, base).set(`${name}.limit`, BigInt(limit))
  }
  for (const [name, offset] of WORDS) values.set(name, BigInt(state.u32[offset >> 2] ?? 0))
  for (const [name, offset] of QUADWORDS) values.set(name, quadword(offset))
  for (let index = 0; index < 8; index++) {
    const offset = at.X87 + index * at.X87_STRIDE
    values.set(`x87 R${index}`, (BigInt(state.u16[(offset + at.X87_EXPONENT) >> 1] ?? 0) << QUADWORD_BITS) | quadword(offset))
  }
  for (let index = 0; index < 16; index++) {
    const offset = at.XMM + index * at.XMM_STRIDE
    values.set(`ymm${index}`, [0, 1, 2, 3].reduce((value, part) => value | (quadword(offset + part * 8) << (QUADWORD_BITS * BigInt(part))), 0n))
  }
  for (const [index, value] of cpu.msrs.entries()) values.set(`msr 0x${index.toString(16)}`, value)
  return values
}

/** A value in hexadecimal; `none` for a register that is not there. */
export function formatValue(value: bigint | undefined): string {
  return value === undefined ? 'none' : `0x${value.toString(16)}`
}
