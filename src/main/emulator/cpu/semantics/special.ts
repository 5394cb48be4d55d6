import { CS } from '../state/bits'
import * as at from '../state/layout'

/** Registers beside the general ones that rows reach directly: where they lie, and their bits. `eflags`: without the arithmetic flags. */
export const SPECIAL_REGISTERS = {
  rip: { offset: at.RIP, bits: 64 },
  eflags: { offset: at.EFLAGS, bits: 32 },
  fcw: { offset: at.FCW, bits: 32 },
  fsw: { offset: at.FSW, bits: 32 },
  ftw: { offset: at.FTW, bits: 32 },
  fop: { offset: at.FOP, bits: 32 },
  fip: { offset: at.FIP, bits: 64 },
  fdp: { offset: at.FDP, bits: 64 },
  fpuSelectors: { offset: at.FPU_SELECTORS, bits: 32 },
  x87Rules: { offset: at.X87_RULES, bits: 32 },
  cs: { offset: at.DESCRIPTORS + CS * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_SELECTOR, bits: 32 },
  mxcsr: { offset: at.MXCSR, bits: 32 },
  cpl: { offset: at.CPL, bits: 32 },
  cr0: { offset: at.CONTROL, bits: 64 },
  cr4: { offset: at.CONTROL + 4 * 8, bits: 64 },
  xcr0: { offset: at.XCR0, bits: 64 },
  pkru: { offset: at.PKRU, bits: 32 },
  othersReady: { offset: at.OTHERS_READY, bits: 32 },
} as const

export type SpecialRegister = keyof typeof SPECIAL_REGISTERS
/** Those that rows may write. */
export type WritableSpecial = Exclude<SpecialRegister, 'rip' | 'eflags' | 'cpl' | 'cr0' | 'cr4' | 'xcr0' | 'pkru' | 'cs' | 'x87Rules' | 'othersReady'>
