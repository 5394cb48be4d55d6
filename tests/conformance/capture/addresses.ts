/** Memory operands: where they lie, and every way to encode and compute such an address (SDM vol. 2A, 2.1.5, 2.2.1.6). */
import type { Random } from '../../../src/main/emulator/cpu/semantics/random'
import type { Mode } from '../single-step/format'
import { ADDRESS_SIZE_PREFIX } from './forms'
import { random64 } from './values'

/** ModRM but for its reg, SIB, displacement; the registers, and what they must hold. */
export interface Address {
  readonly mod: number
  readonly rm: number
  readonly sib: number | undefined
  readonly displacement: number
  readonly displacementBytes: 0 | 1 | 2 | 4
  /** The displacement is to be counted from the next instruction. */
  readonly ripRelative: boolean
  readonly x: number
  readonly b: number
  /** Prefixes: segment, 67. */
  readonly prefixes: readonly number[]
  readonly registers: ReadonlyMap<number, bigint>
  /** SS is the segment, unless a prefix says another. */
  readonly stack: boolean
}

export interface Place {
  /** Linear address. */
  readonly linear: bigint
  /** Segment prefix, or undefined. */
  readonly override: 'fs' | 'gs' | 'ds' | undefined
}

const OVERRIDES = { ds: 0x3e, fs: 0x64, gs: 0x65 } as const
const RSP = 4
const RBP = 5
const BASES = { ds: 0n, fs: 0x208000n, gs: 0x204000n } as const
/** Bases of DS and SS in 16-bit mode. */
const DATA_16 = 0x200000n
const STACK_16 = 0x300000n
/** Base and index of the forms of 16-bit addresses (SDM vol. 2A, table 2-1). */
const FORMS_16 = [[3, 6], [3, 7], [5, 6], [5, 7], [6], [7], [5], [3]] as const

export const DATA = { start: 0x200000, end: 0x210000 } as const
export const READ_ONLY = { start: 0x220000, end: 0x221000 } as const
const PAGE = 0x1000
/** Not at the edges: the kernel hides what lies beyond them. */
const NOT_CANONICAL = [0x8000_0001_0000n, 0xffff_7000_0000_0000n, 0x1234_5678_9abc_def0n] as const
/** Neither ours nor the program's. */
const NOT_MAPPED = [0x1f_fff0, 0x50_0000, 0x1000, 0x7654_3210, 0x21_5678] as const

/** Where `bytes` bytes shall lie: mostly in the data, seldom where something is wrong with the address. */
export function randomPlace(random: Random, mode: Mode, bytes: number): Place {
  const override = random.chance(8) ? random.pick(['fs', 'gs', 'ds'] as const) : undefined
  // GS is small.
  const low = override === 'fs' ? 0x208000 : override === 'gs' ? 0x204000 : DATA.start
  const high = override === 'gs' ? 0x205000 : DATA.end
  const align = (address: number): number => address - (address % Math.max(bytes, 1))
  const within = (): number => low + random.below(high - low - bytes + 1)
  const linear = ((): bigint => {
    switch (random.below(24)) {
      case 0: return BigInt(DATA.end - random.below(bytes + 1))
      case 1: return BigInt(READ_ONLY.start + align(random.below(PAGE - bytes)))
      case 2: return mode === 64 && random.chance(2) ? random.pick(NOT_CANONICAL) : BigInt(random.pick(NOT_MAPPED))
      case 3: return BigInt(high - bytes)
      case 4: case 5: return BigInt(DATA.start + PAGE * (1 + random.below(14)) - random.below(bytes + 1))
      case 6: case 7: case 8: case 9: case 10: case 11: case 12: return BigInt(within())
      default: return BigInt(align(within()))
    }
  })()
  return { linear, override }
}

/**
 * @param vectorIndex number of the vector register that is the index (VSIB), or undefined
 * @returns undefined when this form does not reach the place
 */
export function randomAddress(random: Random, mode: Mode, place: Place, vectorIndex: number | undefined): Address | undefined {
  const prefixed = random.chance(vectorIndex === undefined ? 8 : 16)
  const size = mode === 64 ? (prefixed ? 32 : 64) : (mode === 32) === prefixed ? 16 : 32
  const prefixes = [...(place.override === undefined ? [] : [OVERRIDES[place.override]]), ...(prefixed ? [ADDRESS_SIZE_PREFIX] : [])]
  if (random.chance(2)) prefixes.reverse()
  if (size === 16) return vectorIndex === undefined ? address16(random, mode, place, prefixes) : undefined
  return address32(random, mode, place, vectorIndex, size, prefixes)
}

/** Effective address of a place. In 16-bit mode DS and SS are not flat, and the same offset leads through SS into the stack. */
function effective(mode: Mode, { linear, override }: Place): bigint {
  if (override === 'fs' || override === 'gs') return linear - BASES[override]
  return mode === 16 ? linear - DATA_16 : linear
}

/** Where the operand lies after all. */
export function operandAt(mode: Mode, place: Place, { stack }: Address): bigint {
  return mode === 16 && place.override === undefined && stack ? place.linear - DATA_16 + STACK_16 : place.linear
}

function address16(random: Random, mode: Mode, place: Place, prefixes: readonly number[]): Address | undefined {
  const rm = random.below(8)
  const mod = random.below(3)
  const ea = BigInt.asIntN(64, effective(mode, place))
  if (ea < 0n || ea > 0xffffn) return undefined
  const target = Number(ea)
  if (mod === 0 && rm === 6) return { mod, rm, sib: undefined, displacement: target, displacementBytes: 2, ripRelative: false, x: 0, b: 0, prefixes, registers: new Map(), stack: false }
  const [base, index] = FORMS_16[rm] ?? [3]
  const displacementBytes = mod === 0 ? 0 : mod === 1 ? 1 : 2
  const displacement = mod === 0 ? 0 : mod === 1 ? random.below(256) - 128 : random.below(0x10000)
  const offset = index === undefined ? 0 : random.below(0x10000)
  const high = (value: number): bigint => BigInt((random.below(0x10000) * 0x10000 + (value & 0xffff)) >>> 0)
  const registers = new Map([[base, high(target - displacement - offset)]])
  if (index !== undefined) registers.set(index, high(offset))
  return { mod, rm, sib: undefined, displacement, displacementBytes, ripRelative: false, x: 0, b: 0, prefixes, registers, stack: base === RBP }
}

const isStack = (base: number): boolean => base === RSP || base === RBP
const fits32 = (value: bigint): boolean => BigInt.asIntN(32, value) === value

function address32(random: Random, mode: Mode, place: Place, vectorIndex: number | undefined, size: 32 | 64, prefixes: readonly number[]): Address | undefined {
  const registers = mode === 64 ? 16 : 8
  const ea = BigInt.asIntN(64, effective(mode, place))
  const signed = size === 32 ? BigInt.asIntN(32, ea) : ea
  if (size === 32 && BigInt.asUintN(32, ea) !== ea) return undefined
  const sized = (value: bigint): bigint => {
    if (size === 64) return BigInt.asUintN(64, value)
    return BigInt.asUintN(32, value) | (mode === 64 ? BigInt(random.u32()) << 32n : 0n)
  }
  if (vectorIndex === undefined && random.chance(8)) {
    // Without registers: displacement alone, which 64-bit mode has relative to RIP.
    const ripRelative = mode === 64
    if (!ripRelative && random.chance(2)) return withSib(0, 4, 5, undefined, 0)
    return ripRelative && size === 32 ? undefined : { mod: 0, rm: 5, sib: undefined, displacement: Number(signed), displacementBytes: 4, ripRelative, x: 0, b: 0, prefixes, registers: new Map(), stack: false }
  }
  const base = random.below(registers)
  const index = random.below(registers)
  const mod = random.below(3)
  const useSib = vectorIndex !== undefined || (base & 7) === RSP || random.chance(3)
  const scale = random.below(4)
  if (useSib && random.chance(6)) return withSib(scale, index, 5, undefined, 0)
  if (mod === 0 && (base & 7) === RBP) return undefined
  return useSib ? withSib(scale, index, base, mod, random.below(2)) : withoutSib()

  function displacementOf(): { displacement: number; displacementBytes: 0 | 1 | 4 } {
    if (mod === 0) return { displacement: 0, displacementBytes: 0 }
    return mod === 1 ? { displacement: random.below(256) - 128, displacementBytes: 1 } : { displacement: random.u32() | 0, displacementBytes: 4 }
  }

  function withoutSib(): Address {
    const { displacement, displacementBytes } = displacementOf()
    return {
      mod, rm: base & 7, sib: undefined, displacement, displacementBytes, ripRelative: false, x: 0, b: base >> 3, prefixes,
      registers: new Map([[base, sized(ea - BigInt(displacement))]]), stack: isStack(base),
    }
  }

  /** @param baseMod mod with a base register, or undefined: none, and a displacement of 32 bits */
  function withSib(shift: number, indexRegister: number, baseRegister: number, baseMod: number | undefined, noIndex: number): Address | undefined {
    const number = vectorIndex ?? (noIndex === 1 ? RSP : indexRegister)
    const general = vectorIndex === undefined && number !== RSP
    if (general && baseMod !== undefined && number === baseRegister) return undefined
    const values = new Map<number, bigint>()
    const offset = general ? (baseMod === undefined ? BigInt(random.below(0x1000)) : random64(random)) : 0n
    if (general) values.set(number, sized(offset))
    const rest = ea - (offset << BigInt(shift))
    const sib = (shift << 6) | ((number & 7) << 3) | (baseRegister & 7)
    const common = { rm: RSP, sib, ripRelative: false, x: number >> 3, prefixes } as const
    if (baseMod === undefined) {
      const constant = size === 32 ? BigInt.asIntN(32, rest) : rest
      return fits32(constant) ? { ...common, mod: 0, displacement: Number(constant), displacementBytes: 4, b: mode === 64 ? random.below(2) : 0, registers: values, stack: false } : undefined
    }
    const { displacement, displacementBytes } = displacementOf()
    values.set(baseRegister, sized(rest - BigInt(displacement)))
    return { ...common, mod: baseMod, displacement, displacementBytes, b: baseRegister >> 3, registers: values, stack: isStack(baseRegister) }
  }
}
