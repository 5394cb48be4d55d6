import type { Decoded } from '../decode/decoded'
import { MASKED_STORE, operandBits, rowOperand, vectorBits, type RowOperand } from '../isa/operands'
import { CpuFault, Vector } from '../faults'
import { CF, PF, AF, ZF, SF, OF, CODE_64 } from '../state/bits'
import * as at from '../state/layout'
import type { Backend, BackendContext } from './backend'
import { NO_VECTOR, Reg, Seg, type Builder, type Flag, type Helpers, type Operand, type Size, type StepFlags, type Values } from './builder'
import { CodeFetcher } from './code-fetch'
import { HELPER_SIGNATURES } from './helper-signatures'
import { OracleMemory } from './oracle-memory'
import { OracleVectors } from './oracle-vectors'
import { runRow } from './run-row'

const IMAGE: Readonly<Record<Flag, number>> = { CF, PF, AF, ZF, SF, OF }
/** Sign and exponent of an x87 register after an MMX instruction wrote it (SDM vol. 1, 9.2.1 and 9.6.2). */
const MMX_EXPONENT = 0xffff
const LOW_FLAGS = ZF | SF | PF
const ADDRESS_MASK = { 16: 0xffffn, 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn } as const

function bit(value: bigint, position: number): number {
  return Number((value >> BigInt(position)) & 1n)
}

/** Evaluates one decoded instruction at once, on the state of the CPU. Slow and obvious: the measure of the other backends. */
class OracleBuilder extends OracleVectors implements Builder<bigint, bigint> {
  readonly operandSize: Size
  readonly codeMode: 16 | 32 | 64
  readonly #context: BackendContext
  readonly #memory: OracleMemory
  readonly #decoded: Decoded
  readonly #stackMask: bigint

  constructor(context: BackendContext, memory: OracleMemory, decoded: Decoded) {
    super(context.state)
    this.#context = context
    this.#memory = memory
    this.#decoded = decoded
    this.#stackMask = context.state.u64[at.STACK_MASK >> 3] ?? 0n
    this.operandSize = decoded.operandSize
    this.codeMode = context.state.codeMode === CODE_64 ? 64 : context.state.codeMode === 1 ? 32 : 16
  }

  operands(): Operand<bigint, bigint>[] {
    let immediates = 0
    return this.#decoded.row.operands.map((spec) => {
      const operand = rowOperand(spec)
      if (operand.file !== 'general') return this.#vectorOperand(operand, operand.file)
      return this.#operand(operand, operand.place === 'immediate' ? immediates++ : 0)
    })
  }

  // — registers —

  shortcut(_quick: unknown, whole: () => void): void {
    whole()
  }

  reg(index: number, size: Size): bigint {
    return this.zext(size, this.#context.state.gpr(index))
  }

  setReg(index: number, size: Size, value: bigint): void {
    this.#context.state.setReg(index, size, value)
  }

  addressMask(): bigint {
    return ADDRESS_MASK[this.#decoded.addressSize]
  }

  addressReg(index: number): bigint {
    return this.reg(index, this.#decoded.addressSize)
  }

  setAddressReg(index: number, value: bigint): void {
    this.setReg(index, this.#decoded.addressSize, value)
  }

  // — flags —

  arithmeticFlags(size: Size, result: bigint, carries: bigint, options?: { keepCarry?: boolean }): void {
    const carry = bit(carries, size - 1)
    const overflow = carry ^ bit(carries, size - 2)
    const keep = options?.keepCarry === true ? CF : 0
    this.#setFlags(this.#lowFlags(size, result) | (carry ? CF : 0) | (overflow ? OF : 0) | (bit(carries, 3) ? AF : 0), CF | OF | AF | LOW_FLAGS, keep)
  }

  sumFlags(size: Size, a: bigint, x: bigint, result: bigint, options?: StepFlags): void {
    this.arithmeticFlags(size, result, (a & x) | ((a | x) & ~result), options)
  }

  differenceFlags(size: Size, a: bigint, x: bigint, result: bigint, options?: StepFlags): void {
    this.arithmeticFlags(size, result, (~a & x) | (~(a ^ x) & result), options)
  }

  logicFlags(size: Size, result: bigint): void {
    this.#setFlags(this.#lowFlags(size, result), CF | OF | AF | LOW_FLAGS)
  }

  resultFlags(size: Size, result: bigint): void {
    this.#setFlags(this.#lowFlags(size, result), LOW_FLAGS)
  }

  flag(flag: Flag): bigint {
    return (this.#context.state.arithmeticFlags & IMAGE[flag]) !== 0 ? 1n : 0n
  }

  setFlag(flag: Flag, value: bigint): void {
    this.#setFlags(value !== 0n ? IMAGE[flag] : 0, IMAGE[flag])
  }

  condition(code: number): bigint {
    const flags = this.#context.state.arithmeticFlags
    const less = ((flags & SF) !== 0) !== ((flags & OF) !== 0)
    const holds = [(flags & OF) !== 0, (flags & CF) !== 0, (flags & ZF) !== 0, (flags & (CF | ZF)) !== 0, (flags & SF) !== 0, (flags & PF) !== 0, less, less || (flags & ZF) !== 0]
    return holds[code >> 1] === ((code & 1) === 0) ? 1n : 0n
  }

  eflag(mask: number): bigint {
    return (this.#context.state.systemFlags & mask) !== 0 ? 1n : 0n
  }

  setEflag(mask: number, value: bigint): void {
    const { state } = this.#context
    state.systemFlags = value !== 0n ? state.systemFlags | mask : state.systemFlags & ~mask
  }

  flagsImage(): bigint {
    return BigInt(this.#context.state.flags)
  }

  setFlagsImage(image: bigint, mask: number): void {
    this.#setFlags(Number(image & 0xffff_ffffn), mask)
  }

  // — stack —

  stack(displacement: bigint, size: Size, access: 'r' | 'w'): Operand<bigint, bigint> {
    return this.#stackOperand(Reg.rsp, displacement, size, access)
  }

  frame(displacement: bigint, size: Size, access: 'r' | 'w'): Operand<bigint, bigint> {
    return this.#stackOperand(Reg.rbp, displacement, size, access)
  }

  moveStack(delta: bigint): void {
    const mask = this.#stackMask
    const old = this.reg(Reg.rsp, 64)
    this.setReg(Reg.rsp, 64, ((old + delta) & mask) | (old & ~mask))
  }

  // — control transfer —

  nextRip(): bigint {
    const { state } = this.#context
    return (state.rip + BigInt(this.#decoded.length)) & (state.u64[at.IP_MASK >> 3] ?? 0n)
  }

  jump(target: bigint): void {
    this.checkJump(target)
    this.#context.state.rip = this.zext(this.operandSize, target)
  }

  checkJump(target: bigint): void {
    const { state } = this.#context
    const masked = this.zext(this.operandSize, target)
    if (!state.isCodeTarget(masked)) throw new CpuFault(Vector.GP, 0)
  }

  fallThrough(): void {
    this.#context.state.rip = this.nextRip()
  }

  // — exceptions and helpers —

  call<K extends keyof Helpers>(helper: K, ...args: Values<Parameters<Helpers[K]>, bigint>): bigint {
    const { helpers } = this.#context
    const invoke: (...values: never[]) => unknown = helpers[helper]
    const values: readonly bigint[] = args
    const { narrow }: { narrow?: boolean } = HELPER_SIGNATURES[helper]
    const result: unknown = Reflect.apply(invoke, helpers, narrow === true ? values.map((value) => Number(BigInt.asUintN(32, value))) : values)
    return typeof result === 'bigint' || typeof result === 'number' ? this.constant(result) : 0n
  }

  x87Opcode(): bigint {
    return this.#decoded.immediate
  }

  attention(): void {
    this.#context.attention()
  }

  inhibitInterrupts(): void {
    const { state } = this.#context
    state.shadowAt = state.remaining
  }

  // — operands —

  #operand(operand: RowOperand, immediate: number): Operand<bigint, bigint> {
    const decoded = this.#decoded
    const size = operandBits(operand.width, this.operandSize)
    switch (operand.place) {
      case 'rm':
        if (!decoded.isMemory) return this.#register(decoded.rm, size)
        return this.#memoryOperand(decoded.segment, this.#effectiveAddress(), this.addressMask(), size, operand.access)
      case 'memory': case 'vsib': return this.#memoryOperand(decoded.segment, this.#effectiveAddress(), this.addressMask(), size, operand.access)
      case 'scale': return constantOperand(size, BigInt(decoded.scale))
      case 'offset': return this.#memoryOperand(decoded.segment, decoded.immediate & this.addressMask(), this.addressMask(), size, operand.access)
      case 'string':
        return this.#memoryOperand(operand.fixed === Reg.rdi && operand.code !== MASKED_STORE ? Seg.es : decoded.segment, this.addressReg(operand.fixed), this.addressMask(), size, operand.access)
      case 'register': case 'opcode': case 'index': return this.#register(decoded.rm, size)
      case 'is4': return this.#register(Number(decoded.immediate), size)
      case 'reg': return this.#register(decoded.reg, size)
      case 'vvvv': return this.#register(decoded.vvvv, size)
      case 'fixed': return this.#register(operand.fixed * 8, size)
      case 'segment': case 'control': case 'debug': return constantOperand(size, BigInt(decoded.reg))
      case 'immediate': return constantOperand(size, this.zext(size, immediate === 0 ? decoded.immediate : BigInt(decoded.immediate2)))
      case 'far': return constantOperand(64, decoded.immediate)
      case 'relative': return constantOperand(64, this.add(this.nextRip(), decoded.immediate))
      case 'one': return constantOperand(size, 1n)
      case 'x87': return constantOperand(size, BigInt(decoded.rm >> 3))
      case 'x87top': return constantOperand(size, 0n)
    }
  }

  #vectorOperand(operand: RowOperand, file: 'xmm' | 'mm'): Operand<bigint, bigint> {
    const decoded = this.#decoded
    const bits = vectorBits(operand)
    const size = operandBits(operand.width, this.operandSize)
    switch (operand.place) {
      case 'fixed': return this.#vectorRegister(file, 0, bits, size)
      case 'reg': return this.#vectorRegister(file, decoded.reg >> 3, bits, size)
      case 'vvvv': return this.#vectorRegister(file, decoded.vvvv >> 3, bits, size)
      case 'is4': return this.#vectorRegister(file, Number(decoded.immediate) >> 3, bits, size)
      case 'index': return this.#vectorRegister(file, decoded.rm >> 3, bits, size)
      default: return decoded.isMemory ? this.#vectorMemory(operand, bits, size) : this.#vectorRegister(file, decoded.rm >> 3, bits, size)
    }
  }

  #vectorRegister(file: 'xmm' | 'mm', number: number, bits: number, size: Size): Operand<bigint, bigint> {
    const { u64, u16 } = this.#context.state
    const slot = (file === 'xmm' ? at.XMM + number * at.XMM_STRIDE : at.X87 + number * at.X87_STRIDE) >> 3
    const low = (): bigint => u64[slot] ?? 0n
    const setLow = (value: bigint): void => {
      u64[slot] = value
      if (file === 'mm') u16[(slot << 2) + (at.X87_EXPONENT >> 1)] = MMX_EXPONENT
    }
    const read128 = (first: number): bigint => ((u64[first + 1] ?? 0n) << 64n) | (u64[first] ?? 0n)
    const write128 = (first: number, value: bigint): void => {
      u64[first] = this.zext(64, value)
      u64[first + 1] = value >> 64n
    }
    const clears = this.#decoded.row.vex !== undefined
    const kept = ~((1n << BigInt(size)) - 1n)
    const writeVector = (value: bigint): void => {
      if (file === 'mm') {
        setLow(this.zext(64, value))
        return
      }
      write128(slot, value)
      if (clears) write128(slot + 2, 0n)
    }
    return {
      ...valueOperand(size, () => this.zext(size, low()), (value) => {
        if (clears) writeVector(this.zext(size, value))
        else setLow((low() & kept) | this.zext(size, value))
      }),
      vectorBits: bits,
      readVector: () => (file === 'xmm' ? read128(slot) : low()),
      writeVector,
      ...(file === 'xmm' && {
        readWide: () => [read128(slot), read128(slot + 2)] as const,
        writeWide: (lowHalf, highHalf) => {
          write128(slot, lowHalf)
          write128(slot + 2, highHalf)
        },
      }),
    }
  }

  #vectorMemory(operand: RowOperand, bits: number, size: Size): Operand<bigint, bigint> {
    const { segment, row } = this.#decoded
    const memory = this.#memory
    const offset = this.#effectiveAddress()
    const resolve = (access: 'r' | 'w'): readonly number[] => {
      const misaligned = bits >= 128 && row.unaligned !== true && memory.linear(segment, offset) % BigInt(bits / 8) !== 0n
      if (misaligned) throw new CpuFault(Vector.GP, 0)
      return memory.resolve(segment, offset, bits / 8, access)
    }
    return {
      ...this.#memoryOperand(segment, offset, this.addressMask(), size, operand.access),
      vectorBits: bits,
      readVector: () => BigInt.asUintN(128, memory.read(resolve('r'))),
      writeVector: (value) => memory.write(resolve('w'), BigInt.asUintN(bits, value)),
      readWide: () => {
        const value = memory.read(resolve('r'))
        return [BigInt.asUintN(128, value), value >> 128n]
      },
      writeWide: (low, high) => memory.write(resolve('w'), BigInt.asUintN(bits, low | (high << 128n))),
    }
  }

  #effectiveAddress(): bigint {
    const { base, index, scale, displacement } = this.#decoded
    return (this.#slot(base) + (this.#slot(index) << BigInt(scale)) + BigInt(displacement)) & this.addressMask()
  }

  #slot(slot: number): bigint {
    return this.#context.state.u64[(at.GPR + slot) >> 3] ?? 0n
  }

  /** @param slot byte offset from `GPR`; odd for AH…BH */
  #register(slot: number, size: Size): Operand<bigint, bigint> {
    const { state } = this.#context
    const index = slot >> 3
    if (slot & 1) {
      const host = at.GPR + slot
      return valueOperand(8, () => BigInt(state.u8[host] ?? 0), (value) => {
        state.u8[host] = Number(value & 0xffn)
      })
    }
    return valueOperand(size, () => this.reg(index, size), (value) => this.setReg(index, size, value))
  }

  #stackOperand(register: number, displacement: bigint, size: Size, access: 'r' | 'w'): Operand<bigint, bigint> {
    const mask = this.#stackMask
    return this.#memoryOperand(Seg.ss, (this.reg(register, 64) + displacement) & mask, mask, size, access)
  }

  #memoryOperand(segment: number, offset: bigint, mask: bigint, size: Size, access: 'r' | 'w' | 'rw' | 'a'): Operand<bigint, bigint> {
    const memory = this.#memory
    let checked: readonly number[] | undefined
    return {
      size,
      isMemory: true,
      ...NO_VECTOR,
      address: () => offset,
      linear: () => memory.linear(segment, offset),
      selector: () => BigInt(this.#context.state.selector(segment)),
      read: () => {
        if (access !== 'rw') return memory.read(memory.resolve(segment, offset, size / 8, 'r'))
        checked ??= memory.resolve(segment, offset, size / 8, 'w')
        return memory.read(checked)
      },
      write: (value) => memory.write(checked ?? memory.resolve(segment, offset, size / 8, 'w'), this.zext(size, value)),
      at: (displacement, otherSize, otherAccess) => this.#memoryOperand(segment, (offset + displacement) & mask, mask, otherSize, otherAccess),
    }
  }

  #lowFlags(size: Size, result: bigint): number {
    const value = this.zext(size, result)
    const even = this.popcnt(value & 0xffn) % 2n === 0n
    return (value === 0n ? ZF : 0) | (bit(value, size - 1) ? SF : 0) | (even ? PF : 0)
  }

  #setFlags(image: number, mask: number, keep = 0): void {
    const { state } = this.#context
    const change = mask & ~keep
    state.arithmeticFlags = (state.arithmeticFlags & ~change) | (image & change)
  }
}

function constantOperand(size: Size, value: bigint): Operand<bigint, bigint> {
  return valueOperand(size, () => value, () => {
    throw new Error('An immediate operand is not written.')
  })
}

function valueOperand(size: Size, read: () => bigint, write: (value: bigint) => void): Operand<bigint, bigint> {
  const noAddress = (): never => {
    throw new Error('Only a memory operand has an address.')
  }
  return { size, isMemory: false, ...NO_VECTOR, read, write, address: noAddress, linear: noAddress, selector: noAddress, at: noAddress }
}

/** The oracle backend: every instruction is fetched, decoded and evaluated anew. */
export function createOracle(context: BackendContext): Backend {
  const fetcher = new CodeFetcher(context)
  const memory = new OracleMemory(context)
  const { state } = context
  const step = (): void => {
    state.remaining -= 1
    context.detour()
    const location = fetcher.locate()
    if (context.code?.armed === true && context.code.atOffset(location.physical)) context.code.reach()
    const { decoded } = fetcher.fetch(location)
    const builder = new OracleBuilder(context, memory, decoded)
    runRow(builder, decoded.row, decoded.repeat, builder.operands(), () => builder.fallThrough())
  }
  return {
    name: 'oracle',
    execute() {
      while (state.remaining !== 0) step()
    },
    // Nothing decoded is kept.
    flushDecoded() {},
    codePlacesChanged() {},
    afterPhysicalWrite() {},
  }
}
