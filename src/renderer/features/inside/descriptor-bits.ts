/** The bits of descriptors, gates and vectors, as the manuals draw them (Intel SDM vol. 3A, 3.4.5, 3.5, 6.11, 6.14.1, 8.2.3). */
import type { DescriptorTable, DescriptorView } from '../../../shared/debug'

interface Field {
  readonly name: string
  readonly low: number
  readonly bits: number
}

export interface BitField extends Field {
  readonly value: bigint
}

const field = (name: string, low: number, bits: number): Field => ({ name, low, bits })

const ACCESS = [field('S', 44, 1), field('DPL', 45, 2), field('P', 47, 1)] as const
const segmentOf = (...type: Field[]): Field[] => [
  field('Limit 15:0', 0, 16), field('Base 15:0', 16, 16), field('Base 23:16', 32, 8), ...type, ...ACCESS,
  field('Limit 19:16', 48, 4), field('AVL', 52, 1), field('L', 53, 1), field('D/B', 54, 1), field('G', 55, 1), field('Base 31:24', 56, 8),
]
const CODE = segmentOf(field('A', 40, 1), field('R', 41, 1), field('C', 42, 1), field('X', 43, 1))
const DATA = segmentOf(field('A', 40, 1), field('W', 41, 1), field('E', 42, 1), field('X', 43, 1))
const SYSTEM = segmentOf(field('Type', 40, 4))
const SYSTEM_WIDE = [...SYSTEM, field('Base 63:32', 64, 32), field('0', 96, 32)]
const GATE_LOW = [field('Offset 15:0', 0, 16), field('Selector', 16, 16)]
const GATE_HIGH = [field('Type', 40, 4), ...ACCESS, field('Offset 31:16', 48, 16)]
const GATE = [...GATE_LOW, field('Count', 32, 5), field('0', 37, 3), ...GATE_HIGH]
const GATE_WIDE = [...GATE_LOW, field('IST', 32, 3), field('0', 35, 5), ...GATE_HIGH, field('Offset 63:32', 64, 32), field('0', 96, 32)]
const VECTOR = [field('Offset', 0, 16), field('Segment', 16, 16)]

const SEGMENT_BIT = 1n << 44n
const CODE_BIT = 1n << 43n
/** Types of system segments; the other types are gates. */
const SYSTEM_TYPES: ReadonlySet<number> = new Set([1, 2, 3, 9, 11])

function layoutOf(raw: bigint, table: DescriptorTable['table'], bytes: number): readonly Field[] {
  if (bytes === 4) return VECTOR
  if (raw & SEGMENT_BIT) return raw & CODE_BIT ? CODE : DATA
  const isGate = table === 'idt' || !SYSTEM_TYPES.has(Number((raw >> 40n) & 15n))
  if (isGate) return bytes === 16 ? GATE_WIDE : GATE
  return bytes === 16 ? SYSTEM_WIDE : SYSTEM
}

/** Of the descriptor itself: system descriptors of long mode take two places of the table. */
export function bytesOf({ raw, kind }: Pick<DescriptorView, 'raw' | 'kind'>, { table, entryBytes }: Pick<DescriptorTable, 'table' | 'entryBytes'>): number {
  if (table === 'idt') return entryBytes
  return BigInt(raw) >> 64n !== 0n || kind.startsWith('64-bit') ? 16 : 8
}

/** The fields of each doubleword, from the highest bit down; the highest doubleword first. */
export function descriptorBits(raw: bigint, table: DescriptorTable['table'], bytes: number): BitField[][] {
  const fields = layoutOf(raw, table, bytes).map((one): BitField => ({ ...one, value: (raw >> BigInt(one.low)) & ((1n << BigInt(one.bits)) - 1n) }))
  return Array.from({ length: bytes / 4 }, (_, index) => {
    const from = bytes * 8 - 32 * (index + 1)
    return fields.filter(({ low }) => low >= from && low < from + 32).toSorted((a, b) => b.low - a.low)
  })
}

/** Bits as they are read best: single ones, short ones in binary, numbers in hexadecimal. */
export function bitsText({ value, bits }: Pick<BitField, 'value' | 'bits'>): string {
  return bits <= 4 ? value.toString(2).padStart(bits, '0') : `0x${value.toString(16).padStart(Math.ceil(bits / 4), '0')}`
}
