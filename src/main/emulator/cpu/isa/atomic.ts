/** XADD, CMPXCHG, CMPXCHG8B, CMPXCHG16B (SDM vol. 2A–2C), ADCX, ADOX. */
import type { Builder, Flag, Operand } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { Vector } from '../faults'
import { ALL_FLAGS, bitAt } from './flags'
import type { Row, Semantics } from './row'

/** The sum goes into the target last: in XADD r, r with one register it wins. */
const exchangeAdd: Semantics = (b, target, source) => {
  const a = target.read()
  const x = source.read()
  const sum = b.add(a, x)
  source.write(a)
  target.write(sum)
  b.sumFlags(target.size, a, x, sum)
}

/** Memory is written in any case; of two registers only the one that changes (its upper half too, when 32 bits wide). */
const compareExchange: Semantics = (b, target, source) => {
  const { size } = target
  const a = target.read()
  const expected = b.reg(Reg.rax, size)
  const equal = b.eq(a, expected)
  const loadAccumulator = (): void => {
    b.setReg(Reg.rax, size, a)
  }
  if (target.isMemory) {
    target.write(b.select(equal, source.read(), a))
    b.if(b.isZero(equal), loadAccumulator)
  } else {
    const replacement = source.read()
    b.if(equal, () => {
      target.write(replacement)
    }, loadAccumulator)
  }
  b.differenceFlags(size, expected, a, b.sub(expected, a))
}

/** CMPXCHG8B: EDX:EAX against 64 bits of memory, which become ECX:EBX. */
function compareExchange8<V>(b: Builder<V>, target: Operand<V>): void {
  const pair = (high: number, low: number): V => b.or(b.shl(b.reg(high, 32), b.constant(32)), b.reg(low, 32))
  const memory = target.at(b.constant(0), 64, 'rw')
  const value = memory.read()
  const equal = b.eq(value, pair(Reg.rdx, Reg.rax))
  memory.write(b.select(equal, pair(Reg.rcx, Reg.rbx), value))
  b.if(b.isZero(equal), () => {
    b.setReg(Reg.rax, 32, value)
    b.setReg(Reg.rdx, 32, b.shrU(value, b.constant(32)))
  })
  b.setFlag('ZF', equal)
}

/** CMPXCHG16B: RDX:RAX against 128 bits. The two halves are checked for writing before either is written. */
function compareExchange16<V>(b: Builder<V>, target: Operand<V>): void {
  b.raiseIf(b.ne(b.and(target.linear(), b.constant(15)), b.constant(0)), Vector.GP, b.constant(0))
  const lowHalf = target.at(b.constant(0), 64, 'rw')
  const highHalf = target.at(b.constant(8), 64, 'rw')
  const low = lowHalf.read()
  const high = highHalf.read()
  const equal = b.and(b.eq(low, b.reg(Reg.rax, 64)), b.eq(high, b.reg(Reg.rdx, 64)))
  lowHalf.write(b.select(equal, b.reg(Reg.rbx, 64), low))
  highHalf.write(b.select(equal, b.reg(Reg.rcx, 64), high))
  b.if(b.isZero(equal), () => {
    b.setReg(Reg.rax, 64, low)
    b.setReg(Reg.rdx, 64, high)
  })
  b.setFlag('ZF', equal)
}

const compareExchangeDouble: Semantics = (b, target) => {
  if (b.operandSize === 64) compareExchange16(b, target)
  else compareExchange8(b, target)
}

/** ADCX, ADOX: an addition that carries through one flag and touches no other. */
function addThrough(flag: Flag): Semantics {
  return (b, target, source) => {
    const a = target.read()
    const x = source.read()
    const sum = b.add(b.add(a, x), b.flag(flag))
    target.write(sum)
    b.setFlag(flag, bitAt(b, b.or(b.and(a, x), b.and(b.or(a, x), b.not(sum))), target.size - 1))
  }
}

const ADD_FLAGS = { writes: ALL_FLAGS } as const

export const atomicRows: readonly Row[] = [
  { name: 'xadd', map: '0f', opcode: 0xc0, operands: ['Eb:rw', 'Gb:rw'], lock: true, flags: ADD_FLAGS, feature: '486', semantics: exchangeAdd },
  { name: 'xadd', map: '0f', opcode: 0xc1, operands: ['Ev:rw', 'Gv:rw'], lock: true, flags: ADD_FLAGS, feature: '486', semantics: exchangeAdd },
  { name: 'cmpxchg', map: '0f', opcode: 0xb0, operands: ['Eb:rw', 'Gb:r'], lock: true, flags: ADD_FLAGS, feature: '486', semantics: compareExchange },
  { name: 'cmpxchg', map: '0f', opcode: 0xb1, operands: ['Ev:rw', 'Gv:r'], lock: true, flags: ADD_FLAGS, feature: '486', semantics: compareExchange },
  {
    name: 'cmpxchg8b', names: { 64: 'cmpxchg16b' }, map: '0f', opcode: 0xc7, reg: 1, operands: ['M:a'], lock: true, flags: { writes: ['ZF'] },
    faults: ['#GP: CMPXCHG16B operand not aligned'], feature: 'pentium', semantics: compareExchangeDouble,
  },
  {
    name: 'adcx', map: '0f38', opcode: 0xf6, prefix: '66', operands: ['Gy:rw', 'Ey:r'], flags: { reads: ['CF'], writes: ['CF'] }, feature: 'adx',
    semantics: addThrough('CF'),
  },
  {
    name: 'adox', map: '0f38', opcode: 0xf6, prefix: 'f3', operands: ['Gy:rw', 'Ey:r'], flags: { reads: ['OF'], writes: ['OF'] }, feature: 'adx',
    semantics: addThrough('OF'),
  },
]
