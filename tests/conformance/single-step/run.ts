/** Runs single-step vectors: state in, one instruction, state out. */
import { decode } from '../../../src/main/emulator/cpu/decode/decode'
import { CpuFault, Vector } from '../../../src/main/emulator/cpu/faults'
import { hex, MOST_DIFFERENCES, PASSED, type Outcome } from '../outcome'
import { USER_BYTES, userLinear, userOffset, type SingleStepEnvironment } from './environment'
import { floatingState, loadFloatingState, type VectorNames } from './floating-state'
import { generalRegisters, SEGMENTS } from './registers'
import { APPROXIMATE_STATUS, isClose, isSameAddress } from './tolerance'
import { big, bytes, type SingleStepFile, type SingleStepTest } from './format'

/** More iterations than any REP of the vectors has. */
const MOST_ITERATIONS = 70_000
const RF = 1 << 16

/** The last page of the lower half: the captures found something there (error code: present), the description has it unmapped. */
const UNDESCRIBED_PAGE = '7ffffffffff8'

const DATA_SEGMENTS: ReadonlySet<string> = new Set(['es', 'ds', 'fs', 'gs'])

/**
 * A selector as the capture shows it: the state went through a return to CPL 3, which replaces null selectors 1–3 by 0
 * (SDM vol. 2, IRET: the hidden DPL is below the new CPL).
 */
function selectorAsCaptured(name: string, selector: number): number {
  return DATA_SEGMENTS.has(name) && selector < 4 ? 0 : selector
}

function vectorNames({ base }: SingleStepFile): VectorNames {
  return base.has('ymm0') ? 'ymm' : 'xmm'
}

export class SingleStepRunner {
  readonly #environment: SingleStepEnvironment
  /** What user memory must look like after the test. */
  readonly #expected = Buffer.alloc(USER_BYTES)
  readonly #touched: [offset: number, count: number][] = []

  constructor(environment: SingleStepEnvironment) {
    this.#environment = environment
  }

  run(file: SingleStepFile, test: SingleStepTest): Outcome {
    if (test.t === 'vendor') return { status: 'skipped', reason: 'outcome not architectural' }
    if (test.e?.[2] === UNDESCRIBED_PAGE) return { status: 'skipped', reason: 'touches a page that the description leaves out' }
    const code = bytes(test.b)
    const decoded = decode(code, file.mode)
    if (decoded.outcome === 'invalid' && test.e?.[0] !== Vector.UD) return { status: 'skipped', reason: 'no row' }
    const repeats = decoded.outcome === 'instruction' && decoded.row.repeat !== undefined && decoded.repeat !== 'none'
    const initial = (name: string): bigint => {
      const own = test.i[name]
      return own === undefined ? (file.base.get(name) ?? 0n) : big(own)
    }
    this.#load(file, test, code, initial)
    const differences: string[] = []
    try {
      this.#execute(repeats, initial('ip'))
      this.#compareException(undefined, test, differences)
    } catch (error) {
      if (error instanceof CpuFault) this.#compareException(error, test, differences)
      else differences.push(`emulator error: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.#compareRegisters(file, test, code.length, initial, differences)
    this.#compareMemory(test, differences)
    this.#cleanUp(differences.length > 0)
    return differences.length === 0 ? PASSED : { status: 'failed', differences: differences.slice(0, MOST_DIFFERENCES) }
  }

  #load(file: SingleStepFile, test: SingleStepTest, code: Uint8Array, initial: (name: string) => bigint): void {
    const environment = this.#environment
    const { state } = environment
    generalRegisters(file.mode).forEach((name, index) => state.setGpr(index, initial(name)))
    state.flags = Number(initial('flags'))
    for (const [index, name] of SEGMENTS.entries()) state.setSegment(index, environment.segment(file.mode, name, Number(initial(name))))
    loadFloatingState(state, file.mode, vectorNames(file), initial)
    state.rip = initial('ip')
    state.halted = false
    state.shadowAt = -1
    environment.ready()
    const base = file.mode === 64 ? 0n : state.base(1)
    this.#poke(Number(base + state.rip), code)
    for (const [address, digits] of test.m ?? []) this.#poke(Number.parseInt(address, 16), bytes(digits))
  }

  /** Writes initial bytes to memory and to the expectation; bytes beyond mapped memory do not exist. */
  #poke(linear: number, data: Uint8Array): void {
    const first = userOffset(linear)
    if (first === undefined) return
    let count = data.length
    while (count > 0 && userOffset(linear + count - 1) !== first + count - 1) count--
    const { user } = this.#environment
    user.set(data.subarray(0, count), first)
    this.#expected.set(data.subarray(0, count), first)
    this.#environment.changed(first, count)
    this.#touched.push([first, count])
  }

  #execute(repeats: boolean, start: bigint): void {
    const { state, backend } = this.#environment
    for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
      state.remaining = 1
      backend.execute()
      if (!repeats || state.rip !== start) return
    }
    throw new Error(`REP did not end after ${MOST_ITERATIONS} iterations`)
  }

  #compareException(fault: CpuFault | undefined, test: SingleStepTest, differences: string[]): void {
    const [vector, code, address] = test.e ?? []
    if (fault?.vector !== vector) {
      const got = fault === undefined ? 'none' : `${fault.vector} (error code ${fault.errorCode === undefined ? 'none' : hex(fault.errorCode)}, ${fault.address === undefined ? '' : hex(fault.address)})`
      differences.push(`exception: expected ${vector === undefined ? 'none' : `${vector} ${code ?? ''}`}, got ${got}`)
      return
    }
    if (fault === undefined) return
    if (typeof code === 'string' && Number.parseInt(code, 16) !== fault.errorCode) differences.push(`error code: expected ${code}, got ${hex(fault.errorCode ?? 0)}`)
    if (typeof address === 'string' && !isSameAddress(test.n, big(address), fault.address)) differences.push(`fault address: expected ${address}, got ${hex(fault.address ?? 0n)}`)
  }

  #compareRegisters(file: SingleStepFile, test: SingleStepTest, length: number, initial: (name: string) => bigint, differences: string[]): void {
    const { state } = this.#environment
    const undefinedRegisters = new Set(test.ur ?? [])
    const expect = (name: string, got: bigint, otherwise?: bigint): void => {
      const own = test.o[name]
      const expected = own === undefined ? (otherwise ?? initial(name)) : big(own)
      if (expected !== got && !undefinedRegisters.has(name)) differences.push(`${name}: expected ${hex(expected)}, got ${hex(got)}`)
    }
    generalRegisters(file.mode).forEach((name, index) => expect(name, file.mode === 64 ? state.gpr(index) : state.gpr(index) & 0xffff_ffffn))
    for (const [index, name] of SEGMENTS.entries()) expect(name, BigInt(selectorAsCaptured(name, state.selector(index))))
    const undefinedStatus = big(test.us ?? '0') | (test.t === 'approx' ? APPROXIMATE_STATUS : 0n)
    for (const [name, got] of floatingState(state, file.mode, vectorNames(file))) {
      const mask = name === 'fsw' ? ~undefinedStatus : ~0n
      const own = test.o[name]
      const expected = own === undefined ? initial(name) : big(own)
      if ((expected & mask) !== (got & mask) && !undefinedRegisters.has(name) && !(test.t === 'approx' && isClose(name, expected, got))) differences.push(`${name}: expected ${hex(expected)}, got ${hex(got)}`)
    }
    const follows = test.e ? initial('ip') : initial('ip') + BigInt(length)
    expect('ip', state.rip, follows)
    const mask = BigInt(~(Number.parseInt(test.uf ?? '0', 16) | RF) >>> 0)
    const flags = test.o['flags'] === undefined ? initial('flags') : big(test.o['flags'])
    if (((flags ^ BigInt(state.flags)) & mask) !== 0n) differences.push(`flags: expected ${hex(flags)}, got ${hex(state.flags)} (mask ${hex(mask)})`)
  }

  #compareMemory(test: SingleStepTest, differences: string[]): void {
    const { user } = this.#environment
    const expected = this.#expected
    for (const [address, digits] of test.w ?? []) {
      const first = userOffset(Number.parseInt(address, 16))
      const data = bytes(digits)
      if (first === undefined) continue
      expected.set(data, first)
      this.#touched.push([first, data.length])
    }
    for (const [address, count] of test.uw ?? []) {
      const first = userOffset(Number.parseInt(address, 16))
      if (first === undefined) continue
      user.copy(expected, first, first, first + count)
      this.#touched.push([first, count])
    }
    if (user.equals(expected)) return
    for (let offset = 0; offset < USER_BYTES && differences.length < MOST_DIFFERENCES; offset++) {
      if (user[offset] !== expected[offset]) differences.push(`memory ${hex(userLinear(offset))}: expected ${hex(expected[offset] ?? 0)}, got ${hex(user[offset] ?? 0)}`)
    }
  }

  /** All memory back to zero. */
  #cleanUp(failed: boolean): void {
    const { user } = this.#environment
    if (failed) this.#touched.push([0, USER_BYTES])
    for (const [offset, count] of this.#touched) {
      user.fill(0, offset, offset + count)
      this.#expected.fill(0, offset, offset + count)
      this.#environment.changed(offset, count)
    }
    this.#touched.length = 0
  }
}
