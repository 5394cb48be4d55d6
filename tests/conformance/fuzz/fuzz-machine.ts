/** A processor in one of three modes that runs random code: every exception ends in a HLT. */
import type { BackendName } from '../../../src/main/emulator/cpu/cpu'
import type { BackendFactory } from '../../../src/main/emulator/cpu/semantics/backend'
import type { CodeMode } from '../../../src/main/emulator/cpu/decode/decoded'
import { CR4 } from '../../../src/main/emulator/cpu/state/bits'
import * as at from '../../../src/main/emulator/cpu/state/layout'
import { modesChanged } from '../../../src/main/emulator/cpu/system/context'
import { HANDLERS, ModeMachine } from '../../../src/main/emulator/cpu/system/test-modes'
import { TestMachine } from '../../../src/main/emulator/cpu/test-machine'

/** Where random code, its data and its stack lie (linear and physical addresses). */
export const CODE = 0x2_0000
export const DATA = 0x4_0000
export const STACK = 0x6_0000
export const AREA_BYTES = 0x1_0000
/** Below: descriptor tables, handlers. They are put back before each program. */
const TABLES_END = 0x1_0000
const PAGE_TABLES = 0x10_0000
const PAGE_TABLES_END = 0x10_4000
/** Architectural state is what lies below the scratch of the MMU. */
const STATE_BYTES = at.SCRATCH
const HLT = 0xf4
const FCW_MASKED = 0x37f
const YMM_BYTES = 16 * at.XMM_STRIDE
/** Sixteen YMM registers, eight of 80 bits, x87 tags. */
export const VECTOR_BYTES = YMM_BYTES + 8 * 10 + 1
const XCR0_ALL = 7n

/** Real mode: every vector leads to a HLT. */
class RealMachine extends TestMachine {
  constructor(backend: BackendName | BackendFactory) {
    super(backend)
    for (let vector = 0; vector < 256; vector++) {
      this.poke32(vector * 4, (HANDLERS + vector * 16) & 0xffff)
      this.poke(HANDLERS + vector * 16, [HLT])
    }
    this.loadReal(0x1000, [HLT])
    const { state } = this.cpu
    for (const [index, base] of [DATA, CODE, STACK, DATA, DATA, DATA].entries()) {
      state.setSegment(index, { selector: base >> 4, base: BigInt(base), limit: 0xffff, attributes: 0x93 })
    }
    modesChanged(this.cpu)
  }
}

export class FuzzMachine {
  readonly machine: TestMachine
  readonly #mode: CodeMode
  readonly #state: Uint8Array
  readonly #tables: Uint8Array
  readonly #pageTables: Uint8Array

  constructor(backend: BackendName | BackendFactory, mode: CodeMode) {
    this.#mode = mode
    this.machine = mode === 16 ? new RealMachine(backend) : new ModeMachine(backend, mode === 32 ? 'protected' : 'long')
    this.#state = this.machine.cpu.state.u8.slice(0, STATE_BYTES)
    this.#tables = this.ram.slice(0, TABLES_END)
    this.#pageTables = this.ram.slice(PAGE_TABLES, PAGE_TABLES_END)
  }

  get ram(): Uint8Array {
    const { machine } = this
    return machine.cpu.state.u8.subarray(machine.ramBase, machine.ramBase + machine.ramBytes)
  }

  /** Tables and registers as at first; at CPL 3 where the mode has it and `user` asks for it. */
  restore(user: boolean): void {
    const { machine } = this
    const { cpu } = machine
    if (cpu.shutdown !== undefined) cpu.reset()
    this.#putBack(0, this.#tables)
    this.#putBack(PAGE_TABLES, this.#pageTables)
    cpu.state.u8.set(this.#state)
    cpu.msrs.reset()
    machine.portWrites.length = 0
    if (machine instanceof ModeMachine) machine.enter(user ? 3 : 0, CODE, STACK)
    modesChanged(cpu)
    cpu.mmu.flush()
  }

  /** Fills x87 and YMM registers from random bytes (`VECTOR_BYTES`), with all of them enabled and floating-point exceptions masked. */
  setVectors(bytes: Uint8Array): void {
    const { state } = this.machine.cpu
    state.u8.set(bytes.subarray(0, YMM_BYTES), at.XMM)
    for (let index = 0; index < 8; index++) state.u8.set(bytes.subarray(YMM_BYTES + index * 10, YMM_BYTES + index * 10 + 10), at.X87 + index * at.X87_STRIDE)
    state.u32[at.FCW >> 2] = FCW_MASKED
    state.u32[at.FTW >> 2] = bytes[VECTOR_BYTES - 1] ?? 0
    state.setControl(4, state.control(4) | CR4.OSFXSR | CR4.OSXMMEXCPT | CR4.OSXSAVE)
    state.xcr0 = XCR0_ALL
  }

  /** RIP of the byte at a physical address of the code area. */
  ripOf(physical: number): bigint {
    return BigInt(this.#mode === 16 ? physical - CODE : physical)
  }

  #putBack(address: number, bytes: Uint8Array): void {
    if (Buffer.compare(this.ram.subarray(address, address + bytes.length), bytes) !== 0) this.machine.poke(address, bytes)
  }
}

/** What differs between two machines that executed the same; empty when nothing does. */
export function differences(oracle: FuzzMachine, interp: FuzzMachine): string[] {
  const found: string[] = []
  const compare = (name: string, a: unknown, b: unknown): void => {
    if (a !== b) found.push(`${name}: oracle ${String(a)}, interp ${String(b)}`)
  }
  const [a, b] = [oracle.machine.cpu, interp.machine.cpu]
  compare('instructions', a.now(), b.now())
  compare('halted', a.halted, b.halted)
  compare('flags', a.state.flags.toString(16), b.state.flags.toString(16))
  compare('shutdown', JSON.stringify(a.shutdown?.chain, withBigInts), JSON.stringify(b.shutdown?.chain, withBigInts))
  compare('ports', JSON.stringify(oracle.machine.portWrites), JSON.stringify(interp.machine.portWrites))
  compare('MSRs', JSON.stringify(a.msrs.entries(), withBigInts), JSON.stringify(b.msrs.entries(), withBigInts))
  for (const [name, offset, bytes] of STATE_PARTS) {
    const [x, y] = [a.state.u8.subarray(offset, offset + bytes), b.state.u8.subarray(offset, offset + bytes)]
    if (Buffer.compare(x, y) === 0) continue
    for (let index = 0; index < bytes; index += 8) {
      compare(`${name} ${index >> 3}`, a.state.u64[(offset + index) >> 3]?.toString(16), b.state.u64[(offset + index) >> 3]?.toString(16))
    }
  }
  if (Buffer.compare(oracle.ram, interp.ram) !== 0) {
    const first = oracle.ram.findIndex((byte, index) => byte !== interp.ram[index])
    compare(`memory ${first.toString(16)}`, oracle.ram[first], interp.ram[first])
  }
  return found
}

const STATE_PARTS: readonly (readonly [name: string, offset: number, bytes: number])[] = [
  ['general register', at.GPR, 16 * 8],
  ['RIP', at.RIP, 8],
  ['segment', at.SEGMENTS, 6 * at.SEGMENT_STRIDE],
  ['descriptor', at.DESCRIPTORS, 8 * at.DESCRIPTOR_STRIDE],
  ['control register', at.CONTROL, 9 * 8],
  ['debug register', at.DEBUG, 8 * 8],
  ['table', at.GDTR, 0x20],
  ['EFER', at.EFER, 8],
  ['XCR0', at.XCR0, 8],
  ['floating point', at.X87, at.MXCSR + 8 - at.X87],
]

function withBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString(16) : value
}
