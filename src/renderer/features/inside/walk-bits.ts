/** A linear address as the processor cuts it into indexes (Intel SDM vol. 3A, chapter 4). */
import type { PageWalk } from '../../../shared/debug'

type Paging = PageWalk['paging']

export interface AddressPart {
  /** The table that it is an index of; `offset` in the page; `sign`: bits that must equal the highest of the others. */
  readonly name: string
  readonly kind: 'sign' | 'index' | 'offset'
  readonly high: number
  readonly low: number
  readonly value: bigint
}

const LAST_TWO = [['PD', 21], ['PT', 12]] as const
const FOUR = [['PML4', 39], ['PDPT', 30], ...LAST_TWO] as const

/** Tables, and the lowest bit that each is indexed by; and how many bits an address has. */
const SHAPES: Readonly<Record<Exclude<Paging, 'none'>, { readonly tables: readonly (readonly [name: string, low: number])[]; readonly bits: number; readonly register: number }>> = {
  '32-bit': { tables: [['PD', 22], ['PT', 12]], bits: 32, register: 32 },
  pae: { tables: [['PDPT', 30], ...LAST_TWO], bits: 32, register: 32 },
  '4-level': { tables: FOUR, bits: 48, register: 64 },
  '5-level': { tables: [['PML5', 48], ...FOUR], bits: 57, register: 64 },
}

/** From the highest bit down. @param pageBytes of the page that was found: what is below is offset in it */
export function addressParts(paging: Paging, address: bigint, pageBytes = 4096): AddressPart[] {
  if (paging === 'none') return [part('offset', 'offset', 31, 0, address)]
  const { tables, bits, register } = SHAPES[paging]
  const offsetBits = Math.round(Math.log2(pageBytes))
  const used = tables.filter(([, low]) => low >= offsetBits)
  return [
    ...(register > bits ? [part('sign', 'sign', register - 1, bits, address)] : []),
    ...used.map(([name, low], index) => part(name, 'index', (used[index - 1]?.[1] ?? bits) - 1, low, address)),
    part('offset', 'offset', offsetBits - 1, 0, address),
  ]
}

function part(name: string, kind: AddressPart['kind'], high: number, low: number, address: bigint): AddressPart {
  return { name, kind, high, low, value: (address >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n) }
}
