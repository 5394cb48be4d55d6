/** Bit test, scan and count instructions (SDM vol. 2A–2C: BT, BTS, BTR, BTC, BSF, BSR, TZCNT, LZCNT, POPCNT, CRC32). */
import type { Builder, Operand } from '../semantics/builder'
import { ALL_FLAGS, carryVector } from './flags'
import type { Row, Semantics } from './row'

type Change = <V>(b: Builder<V>, value: V, bit: V) => V

const TESTS: readonly { readonly name: string; readonly number: number; readonly change?: Change }[] = [
  { name: 'bt', number: 4 },
  { name: 'bts', number: 5, change: (b, value, bit) => b.or(value, bit) },
  { name: 'btr', number: 6, change: (b, value, bit) => b.and(value, b.not(bit)) },
  { name: 'btc', number: 7, change: (b, value, bit) => b.xor(value, bit) },
]

/**
 * A bit offset from a register reaches memory beyond the operand: the unit that holds the bit lies at
 * effective address + (offset ÷ operand size, rounded down) × operand bytes.
 */
function bitTest(change: Change | undefined, offsetReaches: boolean): Semantics {
  return <V>(b: Builder<V>, target: Operand<V>, bitOffset: Operand<V>) => {
    const { size } = target
    const offset = bitOffset.read()
    let unit = target
    if (offsetReaches && target.isMemory) {
      const units = b.shrS(b.sext(size, offset), b.constant(Math.log2(size)))
      unit = target.at(b.shl(units, b.constant(Math.log2(size / 8))), size, change === undefined ? 'r' : 'rw')
    }
    const position = b.and(offset, b.constant(size - 1))
    const value = unit.read()
    if (change !== undefined) unit.write(change(b, value, b.shl(b.constant(1), position)))
    b.setFlag('CF', b.and(b.shrU(value, position), b.constant(1)))
  }
}

const TEST_FLAGS = { writes: ['CF'], undefined: ['OF', 'SF', 'AF', 'PF'] } as const

const testRows: readonly Row[] = TESTS.flatMap(({ name, number, change }): Row[] => {
  const target = change === undefined ? 'Ev:r' : 'Ev:rw'
  const common = { name, map: '0f', flags: TEST_FLAGS, feature: '386', lock: change !== undefined } as const
  return [
    { ...common, opcode: 0x83 + number * 8, operands: [target, 'Gv:r'], semantics: bitTest(change, true) },
    { ...common, opcode: 0xba, reg: number, operands: [target, 'Ib:r'], semantics: bitTest(change, false) },
  ]
})

/** BSF, BSR: a zero source sets ZF and leaves the target alone. */
function scan(position: <V>(b: Builder<V>, source: V) => V): Semantics {
  return (b, target, source) => {
    const value = source.read()
    b.if(b.ne(value, b.constant(0)), () => {
      target.write(position(b, value))
    })
    b.logicFlags(source.size, value)
  }
}

/** TZCNT, LZCNT: CF says that the source is zero. */
function count(zeros: <V>(b: Builder<V>, source: Operand<V>, value: V) => V): Semantics {
  return (b, target, source) => {
    const value = source.read()
    const result = zeros(b, source, value)
    target.write(result)
    b.arithmeticFlags(target.size, result, carryVector(b, target.size, b.isZero(value), b.constant(0)))
  }
}

const countOnes: Semantics = (b, target, source) => {
  const result = b.popcnt(source.read())
  target.write(result)
  b.logicFlags(target.size, result)
  b.setFlag('PF', b.constant(0))
}

const SCAN_FLAGS = { writes: ['ZF'], undefined: ['CF', 'OF', 'SF', 'AF', 'PF'] } as const
const COUNT_FLAGS = { writes: ['CF', 'ZF'], undefined: ['OF', 'SF', 'AF', 'PF'] } as const

const scanRows: readonly Row[] = [
  { name: 'bsf', map: '0f', opcode: 0xbc, operands: ['Gv:rw', 'Ev:r'], flags: SCAN_FLAGS, feature: '386', semantics: scan((b, x) => b.ctz(x)) },
  {
    name: 'bsr', map: '0f', opcode: 0xbd, operands: ['Gv:rw', 'Ev:r'], flags: SCAN_FLAGS, feature: '386',
    semantics: scan((b, x) => b.sub(b.constant(63), b.clz(x))),
  },
  {
    name: 'tzcnt', map: '0f', opcode: 0xbc, prefix: 'f3', operands: ['Gv:w', 'Ev:r'], flags: COUNT_FLAGS, feature: 'bmi1',
    // A one above the operand's top bit stops the count there.
    semantics: count((b, { size }, x) => b.ctz(size === 64 ? x : b.or(x, b.constant(1n << BigInt(size))))),
  },
  {
    name: 'lzcnt', map: '0f', opcode: 0xbd, prefix: 'f3', operands: ['Gv:w', 'Ev:r'], flags: COUNT_FLAGS, feature: 'lzcnt',
    semantics: count((b, { size }, x) => b.sub(b.clz(x), b.constant(64 - size))),
  },
  {
    name: 'popcnt', map: '0f', opcode: 0xb8, prefix: 'f3', operands: ['Gv:w', 'Ev:r'], flags: { writes: ALL_FLAGS }, feature: 'popcnt',
    semantics: countOnes,
  },
]

/** The polynomial 0x11EDC6F41, bits reversed. */
const CRC32C_POLYNOMIAL = 0x82f63b78

const crc32: Semantics = <V>(b: Builder<V>, target: Operand<V>, source: Operand<V>) => {
  const remainder = b.variable(b.xor(b.zext(32, target.read()), source.read()))
  const left = b.variable(b.constant(source.size))
  b.while(() => b.ne(left.get(), b.constant(0)), () => {
    const value = remainder.get()
    const subtrahend = b.and(b.constant(CRC32C_POLYNOMIAL), b.neg(b.and(value, b.constant(1))))
    remainder.set(b.xor(b.shrU(value, b.constant(1)), subtrahend))
    left.set(b.sub(left.get(), b.constant(1)))
  })
  target.write(remainder.get())
}

const crcRows: readonly Row[] = [
  { name: 'crc32', map: '0f38', opcode: 0xf0, prefix: 'f2', operands: ['Gy:rw', 'Eb:r'], feature: 'crc32', semantics: crc32 },
  { name: 'crc32', map: '0f38', opcode: 0xf1, prefix: 'f2', operands: ['Gy:rw', 'Ev:r'], feature: 'crc32', semantics: crc32 },
]

export const bitRows: readonly Row[] = [...testRows, ...scanRows, ...crcRows]
