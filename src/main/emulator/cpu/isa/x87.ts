/** x87: loads, stores, arithmetic, comparisons (SDM vol. 1, chapter 8; vol. 2A). */
import { beginX87 } from '../float/x87-stack'
import { Operation } from '../float/x87-arithmetic'
import { decimalToStore, loadDecimal } from '../float/bcd'
import { unpack32, unpack64 } from '../float/format'
import { fromInteger } from '../float/integer'
import {
  arithmeticOfStack, arithmeticWithValue, changeSign, compareToFlags, compareWithStack, compareWithValue, conditionalMove, examine, exchange, extract, finishStore,
  integerToStore, loadInteger, loadStack, loadValue, patternToStore, rootOfTop, roundTop, storeStack,
} from '../float/x87-operations'
import { Transcendental } from '../float/transcendental'
import { remainder, scale } from '../float/x87-scale'
import { ERROR_SUMMARY } from '../float/bits'
import { pushX87, readStack } from '../float/x87-stack'
import type { Builder, Operand, Size } from '../semantics/builder'
import { X87_REMEMBERS } from '../state/layout'
import type { OperandSpec, Row, Semantics } from './row'

const EFLAGS_OF_COMPARISON = 0x8d5
const IE = 1
const SF = 0x40
const ZERO = 0x800
const SIGN = 0x8000
const SIGN_AND_EXPONENT = 0xffff
/** Upper half of the selectors. */
const FDS = 0xffff_0000

/** What every waiting instruction does first and, unless it is a control instruction, remembers. */
export function waiting(semantics: Semantics): Semantics {
  return (b, ...operands) => {
    b.routine(beginX87)
    semantics(b, ...operands)
    remember(b, operands.find((operand) => operand.isMemory))
  }
}

/**
 * For the handler of an exception: where the instruction and its operand lie, and its opcode. The opcode of every instruction only up to the P6
 * family, later of those with an unmasked exception, so today of the operand; then selectors are not saved any more (SDM vol. 1, 8.1.8, 8.1.9.1;
 * CPUID.7.0:EBX[6] and [13]).
 */
function remember<V>(b: Builder<V>, memory: Operand<V> | undefined): void {
  b.setSpecial('fip', b.special('rip'))
  const rules = b.special('x87Rules')
  const stopped = b.and(b.special('fsw'), b.constant(ERROR_SUMMARY & 0xff))
  b.if(b.ne(b.or(rules, stopped), b.constant(0)), () => {
    const opcode = b.or(b.and(rules, b.constant(X87_REMEMBERS.opcode)), stopped)
    b.if(b.ne(opcode, b.constant(0)), () => b.setSpecial('fop', b.x87Opcode()))
    const operandSelector = memory === undefined ? b.and(b.special('fpuSelectors'), b.constant(FDS)) : b.shl(memory.selector(), b.constant(16))
    b.setSpecial('fpuSelectors', b.or(operandSelector, b.special('cs')))
    if (memory !== undefined) b.setSpecial('fdp', memory.address())
  })
}

type MemoryFormat = 'single' | 'double' | 'int16' | 'int32'
const FORMAT_OPERANDS: Readonly<Record<MemoryFormat, OperandSpec>> = { single: 'Md:r', double: 'Mq:r', int16: 'Mw:r', int32: 'Md:r' }

/** A number in memory, unpacked: sign, e, g, what it is. */
function readNumber<V>(b: Builder<V>, source: Operand<V>, format: MemoryFormat): readonly [V, V, V, V] {
  const value = source.read()
  if (format === 'single') return b.routine(unpack32, value)
  if (format === 'double') return b.routine(unpack64, value)
  const [sign, e, g] = b.routine(fromInteger, b.sext(source.size, value))
  return [sign, e, g, b.select(b.isZero(value), b.constant(ZERO), b.constant(0))]
}

const FORMATS: readonly (readonly [opcode: number, format: MemoryFormat, prefix: 'f' | 'fi'])[] = [
  [0xd8, 'single', 'f'], [0xdc, 'double', 'f'], [0xda, 'int32', 'fi'], [0xde, 'int16', 'fi'],
]
/** ModRM.reg of the arithmetic: name, operation, operands reversed. */
const ARITHMETIC: readonly (readonly [reg: number, name: string, operation: number, reversed: boolean])[] = [
  [0, 'add', Operation.add, false], [1, 'mul', Operation.multiply, false], [4, 'sub', Operation.subtract, false], [5, 'subr', Operation.subtract, true],
  [6, 'div', Operation.divide, false], [7, 'divr', Operation.divide, true],
]

function memoryArithmetic(): Row[] {
  return FORMATS.flatMap(([opcode, format, prefix]) => [
    ...ARITHMETIC.map(([reg, name, operation, reversed]): Row => ({
      name: `${prefix}${name}`, map: '', opcode, reg, operands: [FORMAT_OPERANDS[format]], feature: 'fpu',
      semantics: waiting((b, source) => {
        b.routine(arithmeticWithValue, b.constant(operation), b.constant(reversed ? 1 : 0), ...readNumber(b, source, format))
      }),
    })),
    ...[2, 3].map((reg): Row => ({
      name: `${prefix}com${reg === 3 ? 'p' : ''}`, map: '', opcode, reg, operands: [FORMAT_OPERANDS[format]], feature: 'fpu',
      semantics: waiting((b, source) => {
        b.routine(compareWithValue, ...readNumber(b, source, format), b.constant(0), b.constant(0), b.constant(reg - 2))
      }),
    })),
  ])
}

/** D8: ST op ST(i); DC and DE: ST(i) op ST, where the reversed forms stand in each other's place. */
function stackArithmetic(): Row[] {
  const swapped = (reg: number): number => (reg < 4 ? reg : reg ^ 1)
  return ARITHMETIC.flatMap(([reg, name, operation, reversed]): Row[] => {
    const toStack = (opcode: number, pops: number): Row => ({
      name: `f${name}${pops === 1 ? 'p' : ''}`, map: '', opcode, reg: swapped(reg), form: 'register', operands: ['STi:rw', 'ST:r'], feature: 'fpu',
      semantics: waiting((b, target) => {
        const i = target.read()
        const [first, second] = reversed ? [b.constant(0), i] : [i, b.constant(0)]
        b.routine(arithmeticOfStack, b.constant(operation), i, first, second, b.constant(pops))
      }),
    })
    return [
      {
        name: `f${name}`, map: '', opcode: 0xd8, reg, form: 'register', operands: ['ST:rw', 'STi:r'], feature: 'fpu',
        semantics: waiting((b, _, source) => {
          const i = source.read()
          const [first, second] = reversed ? [i, b.constant(0)] : [b.constant(0), i]
          b.routine(arithmeticOfStack, b.constant(operation), b.constant(0), first, second, b.constant(0))
        }),
      },
      toStack(0xdc, 0), toStack(0xde, 1),
    ]
  })
}

/** Comparisons with ST(i); some encodings are older ones that processors still accept. */
const COMPARISONS: readonly (readonly [name: string, opcode: number, reg: number, quiet: number, pops: number, rm?: number])[] = [
  ['fcom', 0xd8, 2, 0, 0], ['fcomp', 0xd8, 3, 0, 1], ['fcom', 0xdc, 2, 0, 0], ['fcomp', 0xdc, 3, 0, 1], ['fcomp', 0xde, 2, 0, 1], ['fcompp', 0xde, 3, 0, 2, 1],
  ['fucom', 0xdd, 4, 1, 0], ['fucomp', 0xdd, 5, 1, 1], ['fucompp', 0xda, 5, 1, 2, 1],
]
const FLAG_COMPARISONS: readonly (readonly [name: string, opcode: number, reg: number, quiet: number, pops: number])[] = [
  ['fucomi', 0xdb, 5, 1, 0], ['fcomi', 0xdb, 6, 0, 0], ['fucomip', 0xdf, 5, 1, 1], ['fcomip', 0xdf, 6, 0, 1],
]

function comparisons(): Row[] {
  return [
    ...COMPARISONS.map(([name, opcode, reg, quiet, pops, rm]): Row => {
      const common = { name, map: '', opcode, reg, form: 'register', feature: 'fpu' } as const
      const compare = (i: number | undefined): Semantics => waiting((b, _, source) => {
        b.routine(compareWithStack, source === undefined ? b.constant(i ?? 0) : source.read(), b.constant(quiet), b.constant(pops))
      })
      return rm === undefined ? { ...common, operands: ['ST:r', 'STi:r'], semantics: compare(undefined) } : { ...common, rm, operands: [], semantics: compare(rm) }
    }),
    ...FLAG_COMPARISONS.map(([name, opcode, reg, quiet, pops]): Row => ({
      name, map: '', opcode, reg, form: 'register', operands: ['ST:r', 'STi:r'], feature: 'fpu',
      flags: { writes: ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] },
      semantics: waiting((b, _, source) => {
        const [image] = b.routine(compareToFlags, source.read(), b.constant(quiet), b.constant(pops))
        b.setFlagsImage(image, EFLAGS_OF_COMPARISON)
      }),
    })),
  ]
}

/** Stores: the memory is written before the stack and the status change. */
function storeFloat(bits: 32 | 64, pops: number): Semantics {
  return waiting((b, target) => {
    const [pattern, flags, store] = b.routine(patternToStore, b.constant(bits))
    b.if(store, () => target.write(pattern))
    b.routine(finishStore, flags, b.constant(pops))
  })
}

function storeInteger(size: Size, chop: number, pops: number): Semantics {
  return waiting((b, target) => {
    const [value, flags, store] = b.routine(integerToStore, b.constant(size), b.constant(chop))
    b.if(store, () => target.write(value))
    b.routine(finishStore, flags, b.constant(pops))
  })
}

const INTEGERS: readonly (readonly [name: string, opcode: number, reg: number, spec: 'Mw' | 'Md' | 'Mq', size: Size, chop: number, pops: number])[] = [
  ['fist', 0xdf, 2, 'Mw', 16, 0, 0], ['fistp', 0xdf, 3, 'Mw', 16, 0, 1], ['fisttp', 0xdf, 1, 'Mw', 16, 1, 1], ['fist', 0xdb, 2, 'Md', 32, 0, 0],
  ['fistp', 0xdb, 3, 'Md', 32, 0, 1], ['fisttp', 0xdb, 1, 'Md', 32, 1, 1], ['fistp', 0xdf, 7, 'Mq', 64, 0, 1], ['fisttp', 0xdd, 1, 'Mq', 64, 1, 1],
]

/** The two parts of 80 bits in memory. */
function wide<V>(b: Builder<V>, operand: Operand<V>, access: 'r' | 'rw'): { low: Operand<V>; high: Operand<V> } {
  return { low: operand.at(b.constant(0), 64, access), high: operand.at(b.constant(8), 16, access) }
}

function loadsAndStores(): Row[] {
  return [
    { name: 'fld', map: '', opcode: 0xd9, reg: 0, operands: ['Md:r'], feature: 'fpu', semantics: waiting((b, source) => { b.routine(loadValue, ...readNumber(b, source, 'single')) }) },
    { name: 'fld', map: '', opcode: 0xdd, reg: 0, operands: ['Mq:r'], feature: 'fpu', semantics: waiting((b, source) => { b.routine(loadValue, ...readNumber(b, source, 'double')) }) },
    {
      name: 'fld', map: '', opcode: 0xdb, reg: 5, operands: ['Mt:r'], feature: 'fpu',
      semantics: waiting((b, source) => {
        const { low, high } = wide(b, source, 'r')
        const significand = low.read()
        b.routine(pushX87, high.read(), significand, b.constant(0))
      }),
    },
    { name: 'fld', map: '', opcode: 0xd9, reg: 0, form: 'register', operands: ['STi:r'], feature: 'fpu', semantics: waiting((b, source) => { b.routine(loadStack, source.read()) }) },
    { name: 'fst', map: '', opcode: 0xd9, reg: 2, operands: ['Md:w'], feature: 'fpu', semantics: storeFloat(32, 0) },
    { name: 'fstp', map: '', opcode: 0xd9, reg: 3, operands: ['Md:w'], feature: 'fpu', semantics: storeFloat(32, 1) },
    { name: 'fst', map: '', opcode: 0xdd, reg: 2, operands: ['Mq:w'], feature: 'fpu', semantics: storeFloat(64, 0) },
    { name: 'fstp', map: '', opcode: 0xdd, reg: 3, operands: ['Mq:w'], feature: 'fpu', semantics: storeFloat(64, 1) },
    {
      name: 'fstp', map: '', opcode: 0xdb, reg: 7, operands: ['Mt:w'], feature: 'fpu',
      semantics: waiting((b, target) => {
        const { low, high } = wide(b, target, 'rw')
        low.read()
        high.read()
        const [se, significand, empty] = b.routine(readStack, b.constant(0))
        const stopped = b.and(empty, b.not(b.special('fcw')))
        b.if(b.isZero(stopped), () => {
          low.write(b.select(empty, b.constant(3n << 62n), significand))
          high.write(b.select(empty, b.constant(SIGN_AND_EXPONENT), se))
        })
        b.routine(finishStore, b.select(empty, b.constant(IE | SF), b.constant(0)), b.constant(1))
      }),
    },
    ...([[0xdd, 2, 0, 'fst'], [0xdd, 3, 1, 'fstp'], [0xd9, 3, 1, 'fstpnce'], [0xdf, 2, 1, 'fstp'], [0xdf, 3, 1, 'fstp']] as const).map(([opcode, reg, pops, name]): Row => ({
      name, map: '', opcode, reg, form: 'register', operands: opcode === 0xd9 ? ['STi:w', 'ST:r'] : ['STi:w'], feature: 'fpu',
      semantics: waiting((b, target) => { b.routine(storeStack, target.read(), b.constant(pops)) }),
    })),
    ...([[0xdf, 0, 'Mw:r'], [0xdb, 0, 'Md:r'], [0xdf, 5, 'Mq:r']] as const).map(([opcode, reg, spec]): Row => ({
      name: 'fild', map: '', opcode, reg, operands: [spec], feature: 'fpu',
      semantics: waiting((b, source) => { b.routine(loadInteger, b.sext(source.size, source.read())) }),
    })),
    ...INTEGERS.map(([name, opcode, reg, spec, size, chop, pops]): Row => ({
      name, map: '', opcode, reg, operands: [`${spec}:w`], feature: 'fpu', semantics: storeInteger(size, chop, pops),
    })),
    {
      name: 'fbld', map: '', opcode: 0xdf, reg: 4, operands: ['Mt:r'], feature: 'fpu',
      semantics: waiting((b, source) => {
        const { low, high } = wide(b, source, 'r')
        const digits = low.read()
        b.routine(loadDecimal, digits, high.read())
      }),
    },
    {
      name: 'fbstp', map: '', opcode: 0xdf, reg: 6, operands: ['Mt:w'], feature: 'fpu',
      semantics: waiting((b, target) => {
        const { low, high } = wide(b, target, 'rw')
        low.read()
        high.read()
        const [lowDigits, highDigits, flags, store] = b.routine(decimalToStore)
        b.if(store, () => {
          low.write(lowDigits)
          high.write(highDigits)
        })
        b.routine(finishStore, flags, b.constant(1))
      }),
    },
  ]
}

/** FCMOVcc: condition codes of Jcc. */
const CONDITIONAL_MOVES: readonly (readonly [name: string, opcode: number, reg: number, condition: number])[] = [
  ['fcmovb', 0xda, 0, 2], ['fcmove', 0xda, 1, 4], ['fcmovbe', 0xda, 2, 6], ['fcmovu', 0xda, 3, 10], ['fcmovnb', 0xdb, 0, 3], ['fcmovne', 0xdb, 1, 5],
  ['fcmovnbe', 0xdb, 2, 7], ['fcmovnu', 0xdb, 3, 11],
]
const CONDITION_FLAGS = [['OF'], ['CF'], ['ZF'], ['CF', 'ZF'], ['SF'], ['PF']] as const

/** Constants of FLD1 … FLDZ (D9 E8–EE): sign and exponent, 66 bits of significand rounded down and what is lost (SDM vol. 1, 8.3.8). */
const CONSTANTS: readonly (readonly [name: string, exponent: number, significand: bigint, next: number])[] = [
  ['fld1', 0x3fff, 0x8000_0000_0000_0000n, 0], ['fldl2t', 0x4000, 0xd49a_784b_cd1b_8afen, 1], ['fldl2e', 0x3fff, 0xb8aa_3b29_5c17_f0bbn, 3],
  ['fldpi', 0x4000, 0xc90f_daa2_2168_c234n, 3], ['fldlg2', 0x3ffd, 0x9a20_9a84_fbcf_f798n, 3], ['fldln2', 0x3ffe, 0xb172_17f7_d1cf_79abn, 3], ['fldz', 0, 0n, 0],
]

function loadConstant(exponent: number, significand: bigint, next: number): Semantics {
  return waiting((b) => {
    // All are positive and no tie: nearest and up by what follows, down and chop keep the bits. Loading them is exact, as far as flags go.
    const rc = b.and(b.shrU(b.special('fcw'), b.constant(10)), b.constant(3))
    const up = b.select(b.isZero(rc), b.constant(next >= 2 ? 1 : 0), b.and(b.eq(rc, b.constant(2)), b.constant(next === 0 ? 0 : 1)))
    b.routine(pushX87, b.constant(exponent), b.add(b.constant(significand), up), b.constant(0))
  })
}

const TOP_ONLY: readonly (readonly [name: string, reg: number, rm: number, semantics: Semantics])[] = [
  ['fchs', 4, 0, (b) => { b.routine(changeSign, b.constant(SIGN_AND_EXPONENT), b.constant(SIGN)) }],
  ['fabs', 4, 1, (b) => { b.routine(changeSign, b.constant(SIGN_AND_EXPONENT & ~SIGN), b.constant(0)) }],
  ['ftst', 4, 4, (b) => { b.routine(compareWithValue, b.constant(0), b.constant(-0x10_0000), b.constant(0), b.constant(ZERO), b.constant(0), b.constant(0), b.constant(0)) }],
  ['fxam', 4, 5, (b) => { b.routine(examine) }],
  ['fxtract', 6, 4, (b) => { b.routine(extract) }],
  ['fprem1', 6, 5, (b) => { b.routine(remainder, b.constant(1)) }],
  ['fprem', 7, 0, (b) => { b.routine(remainder, b.constant(0)) }],
  ['fsqrt', 7, 2, (b) => { b.routine(rootOfTop) }],
  ['frndint', 7, 4, (b) => { b.routine(roundTop) }],
  ['fscale', 7, 5, (b) => { b.routine(scale) }],
]

/** Functions that a helper computes: name, ModRM.reg and rm. */
const FUNCTIONS: readonly (readonly [name: keyof typeof Transcendental, reg: number, rm: number])[] = [
  ['f2xm1', 6, 0], ['fyl2x', 6, 1], ['fptan', 6, 2], ['fpatan', 6, 3], ['fyl2xp1', 7, 1], ['fsincos', 7, 3], ['fsin', 7, 6], ['fcos', 7, 7],
]

function others(): Row[] {
  return [
    ...TOP_ONLY.map(([name, reg, rm, semantics]): Row => ({ name, map: '', opcode: 0xd9, reg, rm, operands: [], feature: 'fpu', semantics: waiting(semantics) })),
    ...FUNCTIONS.map(([name, reg, rm]): Row => ({
      name, map: '', opcode: 0xd9, reg, rm, operands: [], feature: 'fpu',
      semantics: waiting((b) => { b.call('transcendental', b.constant(Transcendental[name])) }),
    })),
    ...CONSTANTS.map(([name, exponent, significand, next], rm): Row => ({
      name, map: '', opcode: 0xd9, reg: 5, rm, operands: [], feature: 'fpu', semantics: loadConstant(exponent, significand, next),
    })),
    ...([[0xd9, 1], [0xdd, 1], [0xdf, 1]] as const).map(([opcode, reg]): Row => ({
      name: 'fxch', map: '', opcode, reg, form: 'register', operands: ['ST:rw', 'STi:rw'], feature: 'fpu',
      semantics: waiting((b, _, other) => { b.routine(exchange, other.read()) }),
    })),
    ...CONDITIONAL_MOVES.map(([name, opcode, reg, condition]): Row => ({
      name, map: '', opcode, reg, form: 'register', operands: ['ST:rw', 'STi:r'], feature: 'fpu', flags: { reads: CONDITION_FLAGS[condition >> 1] ?? [] },
      semantics: waiting((b, _, source) => { b.routine(conditionalMove, source.read(), b.condition(condition)) }),
    })),
  ]
}

const all: readonly Row[] = [...memoryArithmetic(), ...stackArithmetic(), ...comparisons(), ...loadsAndStores(), ...others()]

export const x87Rows: readonly Row[] = all.map((row): Row => ({ ...row, faults: ['#NM', '#MF'] }))
