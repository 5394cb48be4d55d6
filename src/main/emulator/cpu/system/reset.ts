/** State after power-on, reset or INIT (Intel SDM vol. 3A, table 10-1). */
import { CR0, CS, DS, ES, FS, GS, LDTR, SS, TR } from '../state/bits'
import * as at from '../state/layout'
import { modesChanged, type SystemContext } from './context'
import { SystemType } from './descriptors'

const CR0_RESET = 0x6000_0010n
const CR0_CACHES = CR0.CD | CR0.NW
const DR6_RESET = 0xffff_0ff0n
const DR7_RESET = 0x400n
const RDX = 2
const FCW_RESET = 0x40
/** Every register holds +0.0: none is empty. */
const FTW_RESET = 0xff
const MXCSR_RESET = 0x1f80
/** x87 state cannot be switched off. */
const XCR0_RESET = 1n
const PRESENT = 0x80
const DATA = 0x93

/** Puts the registers to their reset values: the next instruction is at FFFF_FFF0h. */
export function resetRegisters(cx: SystemContext): void {
  cx.state.setControl(0, CR0_RESET)
  cx.state.xcr0 = XCR0_RESET
  cx.state.pkru = cx.state.pkrs = 0
  resetFloatingState(cx)
  cx.msrs.reset()
  initRegisters(cx)
}

/** The same after an INIT, which leaves floating-point and vector state, MSRs and the cache bits of CR0 as they are. */
export function initRegisters(cx: SystemContext): void {
  const { state, mmu } = cx
  for (let index = 0; index < 16; index++) state.setGpr(index, 0n)
  state.setGpr(RDX, BigInt(cx.model.signature))
  state.flags = 2
  state.cpl = 0
  for (const index of [2, 3, 4, 8]) state.setControl(index, 0n)
  state.setControl(0, (state.control(0) & CR0_CACHES) | CR0.ET)
  for (const index of [0, 1, 2, 3]) state.setDebug(index, 0n)
  state.setDebug(6, DR6_RESET)
  state.setDebug(7, DR7_RESET)
  state.efer = 0n
  state.setTable(at.GDTR, 0n, 0xffff)
  state.setTable(at.IDTR, 0n, 0xffff)
  for (const index of [ES, SS, DS, FS, GS]) state.setSegment(index, { selector: 0, base: 0n, limit: 0xffff, attributes: DATA })
  state.setSegment(CS, { selector: 0xf000, base: 0xffff_0000n, limit: 0xffff, attributes: DATA })
  state.setSegment(LDTR, { selector: 0, base: 0n, limit: 0xffff, attributes: PRESENT | SystemType.ldt })
  state.setSegment(TR, { selector: 0, base: 0n, limit: 0xffff, attributes: PRESENT | SystemType.tss32Busy })
  state.rip = 0xfff0n
  state.halted = false
  state.shadowAt = -1
  modesChanged(cx)
  mmu.refreshWatchpoints()
}

function resetFloatingState({ state, model }: SystemContext): void {
  state.u8.fill(0, at.X87, at.XCR0)
  state.u32[at.FCW >> 2] = FCW_RESET
  state.u32[at.FTW >> 2] = FTW_RESET
  state.u32[at.MXCSR >> 2] = MXCSR_RESET
  const { opcode, operand, selectors } = at.X87_REMEMBERS
  // FOP of every instruction: before the Pentium 4 (SDM vol. 1, 8.1.9.1).
  const rules = [[opcode, 'sse2'], [operand, 'fdp-only-on-exceptions'], [selectors, 'no-fpu-selectors']] as const
  state.u32[at.X87_RULES >> 2] = rules.reduce((all, [rule, endedBy]) => (model.has(endedBy) ? all : all | rule), 0)
}
