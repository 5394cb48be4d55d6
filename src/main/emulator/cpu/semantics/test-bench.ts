import { CpuFault, Vector } from '../faults'
import { Mmu } from '../mmu/mmu'
import type { PhysicalMemory } from '../ports'
import { ATTRIBUTE, CODE_16, CODE_64, CR0, CR4, CS, DS, EFER_BITS, ES, FS, GS, SS } from '../state/bits'
import { CpuState } from '../state/cpu-state'
import * as at from '../state/layout'
import type { Backend, BackendFactory } from './backend'
import type { Helpers } from './builder'
import { HELPER_NAMES, HELPER_SIGNATURES } from './helper-signatures'

/** Where code, data and the stack of a test lie, as linear and physical addresses. */
export const CODE = 0x1_0000
export const DATA = 0x2_0000
export const STACK = 0x3_0000
const RAM_BYTES = 0x10_0000
const PAGE = 4096
const FLAT_ATTRIBUTES = ATTRIBUTE.present | ATTRIBUTE.segment | ATTRIBUTE.writable

const XCR0_ALL = 7n

const TRUTH_HELPERS: ReadonlySet<string> = new Set(['verr', 'verw'])

/** A bare CPU for backend tests: flat memory without paging, helpers and devices that only note what is asked of them. */
export class TestBench {
  readonly state: CpuState
  readonly backend: Backend
  readonly ramBase: number
  /** Helpers called and devices accessed, with their arguments. */
  readonly calls: string[] = []
  attentions = 0
  /** Runs inside every helper. */
  onHelper: (name: string) => void = () => undefined

  constructor(factory: BackendFactory, mode: 0 | 1 | 2) {
    const { ramBase, wasmPages } = at.memoryLayout(RAM_BYTES)
    this.ramBase = ramBase
    this.state = new CpuState(new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages }))
    const physical = this.#physical()
    const mmu = new Mmu(this.state, physical)
    this.#enter(mode)
    mmu.refresh()
    this.backend = factory({
      state: this.state, mmu, physical, helpers: this.#helpers(), attention: () => {
        this.attentions++
      },
      detour: () => undefined,
    })
    mmu.onCodeWritten((host, bytes) => this.backend.afterPhysicalWrite(host, bytes))
  }

  /** Bytes to physical memory, past the caches of the CPU. */
  poke(address: number, bytes: readonly number[] | Uint8Array): void {
    this.state.u8.set(bytes, this.ramBase + address)
    this.backend.afterPhysicalWrite(this.ramBase + address, bytes.length)
  }

  peek(address: number, count: number): number[] {
    return [...this.state.u8.subarray(this.ramBase + address, this.ramBase + address + count)]
  }

  /** x87 and vector registers from one list of bytes (as long as from `X87` to `FCW`); all exceptions masked, no x87 register empty. */
  setFloating(registers: Uint8Array): void {
    const { state } = this
    state.u8.set(registers, at.X87)
    state.u32[at.FCW >> 2] = 0x37f
    state.u32[at.FSW >> 2] = 0
    state.u32[at.FTW >> 2] = 0xff
    state.u32[at.FOP >> 2] = 0
    state.u32[at.FPU_SELECTORS >> 2] = 0
    state.u64[at.FIP >> 3] = 0n
    state.u64[at.FDP >> 3] = 0n
    state.u32[at.MXCSR >> 2] = 0x1f80
  }

  /** All of the x87 and vector state. */
  floating(): string {
    return Buffer.from(this.state.u8.subarray(at.X87, at.FPU_SELECTORS + 4)).toString('hex')
  }

  /** Executes `count` instructions from RIP. */
  run(count: number): void {
    this.state.remaining = count
    this.backend.execute()
  }

  #enter(mode: 0 | 1 | 2): void {
    const { state } = this
    state.setControl(0, mode === CODE_16 ? 0n : CR0.PE)
    state.setControl(4, CR4.OSFXSR | CR4.OSXMMEXCPT | CR4.OSXSAVE)
    state.xcr0 = XCR0_ALL
    if (mode === CODE_64) state.efer = EFER_BITS.LME | EFER_BITS.LMA
    const limit = mode === CODE_16 ? 0xffff : 0xffff_ffff
    const size = mode === CODE_16 ? 0 : ATTRIBUTE.big
    for (const index of [ES, SS, DS, FS, GS]) state.setSegment(index, { selector: 0x10, base: 0n, limit, attributes: FLAT_ATTRIBUTES | size })
    const codeSize = mode === CODE_64 ? ATTRIBUTE.long : size
    state.setSegment(CS, { selector: 8, base: 0n, limit, attributes: FLAT_ATTRIBUTES | ATTRIBUTE.code | codeSize })
    if (mode === CODE_16) {
      state.setSegment(CS, { selector: CODE >> 4, base: BigInt(CODE), limit, attributes: FLAT_ATTRIBUTES })
      for (const index of [DS, ES, FS, GS]) state.setSegment(index, { selector: DATA >> 4, base: BigInt(DATA), limit, attributes: FLAT_ATTRIBUTES })
      state.setSegment(SS, { selector: STACK >> 4, base: BigInt(STACK), limit, attributes: FLAT_ATTRIBUTES })
    }
    state.flags = 2
    state.updateModes()
  }

  #physical(): PhysicalMemory {
    const { ramBase } = this
    const read = (bytes: number) => (address: number): number => {
      this.calls.push(`read${bytes * 8}(${address})`)
      return address % 2 ** Math.min(bytes * 8, 31)
    }
    const write = (bytes: number) => (address: number, value: number): void => {
      this.calls.push(`write${bytes * 8}(${address},${value})`)
    }
    const frame = (physical: number): number => (physical < RAM_BYTES ? ramBase + physical - (physical % PAGE) : 0)
    return {
      readableFrame: frame, writableFrame: frame,
      read8: read(1), read16: read(2), read32: read(4), write8: write(1), write16: write(2), write32: write(4),
    }
  }

  /** Every helper notes its call; those with a result answer with a number made from their arguments. */
  #helpers(): Helpers {
    const note = (name: keyof Helpers) => (...args: (bigint | number)[]): bigint | number => {
      this.calls.push(`${name}(${args.join()})`)
      this.onHelper(name)
      const result = args.reduce<bigint>((sum, value) => BigInt.asUintN(TRUTH_HELPERS.has(name) ? 1 : 16, sum * 31n + BigInt(value)), 7n)
      const { narrow }: { narrow?: boolean } = HELPER_SIGNATURES[name]
      return narrow === true ? Number(result) : result
    }
    const entries = Object.fromEntries(HELPER_NAMES.map((name) => [name, note(name)]))
    const requireTarget = (target: bigint): void => {
      if (!this.state.isCodeTarget(target)) throw new CpuFault(Vector.GP, 0)
    }
    return { ...NO_HELPERS, ...entries, requireTarget }
  }
}

function absent(): never {
  throw new Error('The test bench lacks this helper.')
}

const NO_HELPERS: Helpers = {
  loadSegment: absent, readSegment: absent, farJump: absent, farCall: absent, farReturn: absent, iret: absent, softwareInterrupt: absent, cli: absent, sti: absent,
  popf: absent, pushfImage: absent, hlt: absent, pause: absent, checkIo: absent, portIn: absent, portOut: absent, readControl: absent, writeControl: absent, readDebug: absent,
  writeDebug: absent, clts: absent, lmsw: absent, smsw: absent, loadTable: absent, tableBase: absent, tableLimit: absent, lldt: absent, sldt: absent, ltr: absent,
  str: absent, lar: absent, lsl: absent, verr: absent, verw: absent, invlpg: absent, flushTlb: absent, rdmsr: absent, wrmsr: absent, cpuid: absent, rdtsc: absent, requireTarget: absent, requireNoUmip: absent, tscAux: absent, readSegmentBase: absent, writeSegmentBase: absent, xgetbv: absent, xsetbv: absent, writePkru: absent, random: absent, invpcid: absent,
  syscall: absent, sysret: absent, sysenter: absent, sysexit: absent, swapgs: absent, div128: absent, transcendental: absent, idiv128: absent, requireCpl0: absent, requireProtectedMode: absent,
}
