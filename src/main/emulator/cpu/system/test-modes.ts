/** Ready-made protected and long mode for tests: flat segments, an IDT whose handlers halt, a TSS. */
import type { BackendFactory } from '../semantics/backend'
import type { BackendName } from '../cpu'
import { CR0, CR4, CS, DS, EFER_BITS, ES, FS, GS, SS, TR } from '../state/bits'
import { GDTR, IDTR } from '../state/layout'
import { TestMachine } from '../test-machine'
import { modesChanged } from './context'

export const GDT = 0x1000
export const IDT = 0x2000
export const TSS = 0x3000
/** Handler of vector v: a HLT at HANDLERS + v × 16. */
export const HANDLERS = 0x5000
export const USER_CODE = 0x8000
export const KERNEL_CODE = 0x9000
export const USER_STACK = 0xb000
export const KERNEL_STACK = 0xc000
export const IST_STACK = 0xd000
const PAGE_TABLES = 0x10_0000

/** Selectors of the GDT below. */
export const SELECTOR = { kernelCode: 0x08, kernelData: 0x10, userCode: 0x1b, userData: 0x23, tss: 0x28, free: 0x38, otherTss: 0x48 } as const

export const GateType = { task: 5, call16: 4, call32: 12, interrupt: 14, trap: 15 } as const

const HLT = 0xf4
const WHOLE = 0xffff_ffff

/** A descriptor: `flags` is the high nibble G D/B L AVL. */
export function descriptor(base: number, limit: number, access: number, flags: number): bigint {
  const units = BigInt(flags & 8 ? limit >>> 12 : limit)
  const at = BigInt(base >>> 0)
  return (units & 0xffffn) | ((at & 0xff_ffffn) << 16n) | (BigInt(access) << 40n) | ((units >> 16n) << 48n) | (BigInt(flags) << 52n) | ((at >> 24n) << 56n)
}

export function gate(selector: number, offset: number, type: number, dpl: number, extra = 0, present = true): bigint {
  const at = BigInt(offset >>> 0)
  const access = BigInt((present ? 0x80 : 0) | (dpl << 5) | type)
  return (at & 0xffffn) | (BigInt(selector) << 16n) | (BigInt(extra) << 32n) | (access << 40n) | ((at >> 16n) << 48n)
}

export class ModeMachine extends TestMachine {
  readonly long: boolean

  /** CPL 0 at KERNEL_CODE with RSP = KERNEL_STACK; every vector leads to its HLT, at DPL 0 but 0x80 and 3 (DPL 3). */
  constructor(backend: BackendName | BackendFactory, mode: 'protected' | 'long') {
    super(backend)
    this.long = mode === 'long'
    const codeFlags = this.long ? 0xa : 0xc
    this.poke64(GDT, 0n, ...[0x9b, 0x93, 0xfb, 0xf3].map((access) => descriptor(0, WHOLE, access, access & 8 ? codeFlags : 0xc)))
    this.poke64(GDT + SELECTOR.tss, descriptor(TSS, 0x67, 0x8b, 0), 0n)
    for (let vector = 0; vector < 256; vector++) {
      this.poke(HANDLERS + vector * 16, [HLT])
      this.setGate(vector, SELECTOR.kernelCode, HANDLERS + vector * 16, GateType.interrupt, vector === 0x80 || vector === 3 ? 3 : 0)
    }
    // The I/O permission map begins behind the limit: there is none.
    this.poke32(TSS + 0x64, 0x68 << 16)
    if (this.long) {
      this.poke64(TSS + 4, BigInt(KERNEL_STACK))
      this.poke64(TSS + 0x24, BigInt(IST_STACK))
    } else this.poke32(TSS + 4, KERNEL_STACK, SELECTOR.kernelData)
    this.begin()
  }

  /** Into the mode, out of the state after a reset; memory is as it is, but for the page tables of long mode. */
  begin(): void {
    const { state, mmu } = this.cpu
    if (this.long) this.#mapIdentity()
    else state.setControl(0, CR0.PE | CR0.ET)
    state.setTable(GDTR, BigInt(GDT), 0xff)
    state.setTable(IDTR, BigInt(IDT), this.long ? 0xfff : 0x7ff)
    state.setSegment(TR, { selector: SELECTOR.tss, base: BigInt(TSS), limit: 0x67, attributes: 0x8b })
    this.enter(0, KERNEL_CODE, KERNEL_STACK)
    mmu.flush()
  }

  /** Puts the CPU at a privilege level. */
  enter(level: 0 | 3, rip: number, rsp: number): void {
    const { state } = this.cpu
    const [code, data] = level === 0 ? [SELECTOR.kernelCode, SELECTOR.kernelData] : [SELECTOR.userCode, SELECTOR.userData]
    const dpl = level << 5
    state.setSegment(CS, { selector: code, base: 0n, limit: WHOLE, attributes: (this.long ? 0xa09b : 0xc09b) | dpl })
    for (const index of [ES, SS, DS, FS, GS]) state.setSegment(index, { selector: data, base: 0n, limit: WHOLE, attributes: 0xc093 | dpl })
    state.cpl = level
    state.rip = BigInt(rip)
    state.setGpr(4, BigInt(rsp))
    modesChanged(this.cpu)
  }

  setGate(vector: number, selector: number, offset: number, type: number, dpl: number, ist = 0): void {
    if (this.long) this.poke64(IDT + vector * 16, gate(selector, offset, type, dpl, ist), 0n)
    else this.poke64(IDT + vector * 8, gate(selector, offset, type, dpl))
  }

  /** Code at KERNEL_CODE or USER_CODE, and there we go. */
  load(level: 0 | 3, code: readonly number[]): void {
    const at = level === 0 ? KERNEL_CODE : USER_CODE
    this.poke(at, code)
    this.enter(level, at, level === 0 ? KERNEL_STACK : USER_STACK)
  }

  /** The vector in whose handler the CPU has halted, or undefined. */
  get handled(): number | undefined {
    const offset = Number(this.cpu.state.rip) - 1 - HANDLERS
    return this.cpu.halted && offset >= 0 && offset % 16 === 0 && offset < 4096 ? offset / 16 : undefined
  }

  /** Values on the stack, top first. */
  stack(count: number): number[] {
    const top = Number(this.cpu.state.gpr(4))
    return Array.from({ length: count }, (_, index) => (this.long ? Number(this.peek64(top + index * 8)) : this.peek32(top + index * 4)))
  }

  /** First 2 MiB, one large user page. */
  #mapIdentity(): void {
    const { state } = this.cpu
    this.poke64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1000) | 7n)
    this.poke64(PAGE_TABLES + 0x1000, BigInt(PAGE_TABLES + 0x2000) | 7n)
    this.poke64(PAGE_TABLES + 0x2000, 0x87n)
    state.setControl(3, BigInt(PAGE_TABLES))
    state.setControl(4, CR4.PAE)
    state.setControl(0, CR0.PE | CR0.PG | CR0.ET | CR0.WP)
    state.efer = EFER_BITS.LME | EFER_BITS.LMA | EFER_BITS.SCE
  }
}
