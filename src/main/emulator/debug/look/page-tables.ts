/**
 * Page tables as they stand in memory (Intel SDM vol. 3A, chapter 4), read without setting accessed bits and without faults. What the processor
 * still has in its TLBs, and the PDPTEs that it loaded with CR3, may be older.
 */
import type { Mappings, PageWalk } from '../../../../shared/debug'
import type { Cpu } from '../../cpu/cpu'
import { PHYSICAL_ADDRESS_BITS, type PagingMode } from '../../cpu/mmu/page-walk'
import { CR4, EFER_BITS } from '../../cpu/state/bits'
import type { MemoryMap } from '../../machine/memory-map'
import { hex } from '../registers'

const PAGE = 4096
const PRESENT = 1n
const LARGE = 1n << 7n
const NO_EXECUTE = 1n << 63n
const ADDRESS = ((1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n) & ~0xfffn
const BEYOND = ((1n << 52n) - 1n) & ~((1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n)
const PAE_RESERVED = 0x7ffn << 52n
const FLAGS = [['writable', 1n], ['user', 2n], ['write-through', 3n], ['cache-disable', 4n], ['accessed', 5n], ['dirty', 6n]] as const
/** Entries looked at for one listing: some milliseconds of work, whatever loops the tables make. */
const MOST_ENTRIES = 1 << 18

interface Level {
  readonly name: string
  /** The first bit of the linear address that the index is made of. */
  readonly shift: number
  readonly indexBits: number
  /** A large entry maps a page here. */
  readonly mayBeLarge: boolean
  /** Rights of the entry count. */
  readonly hasRights: boolean
}

const level = (name: string, shift: number, mayBeLarge = false, indexBits = 9, hasRights = true): Level => ({ name, shift, indexBits, mayBeLarge, hasRights })
const LAST_TWO = [level('PD', 21, true), level('PT', 12)]
const FOUR = [level('PML4', 39), level('PDPT', 30, true), ...LAST_TWO]

const LEVELS: Readonly<Record<Exclude<PagingMode, 'none'>, readonly Level[]>> = {
  '32-bit': [level('PD', 22, true, 10), level('PT', 12, false, 10)],
  pae: [level('PDPT', 30, false, 2, false), ...LAST_TWO],
  '4-level': FOUR,
  '5-level': [level('PML5', 48), ...FOUR],
}

interface Rights {
  writable: boolean
  user: boolean
  executable: boolean
}

/** A page that is mapped. */
interface Page extends Rights {
  first: bigint
  bytes: bigint
  physical: bigint
}

export class PageTables {
  readonly paging: PagingMode
  readonly #cpu: Cpu
  readonly #memory: MemoryMap
  readonly #levels: readonly Level[]
  readonly #wide: boolean
  readonly #noExecute: boolean
  readonly #pageSizeExtensions: boolean

  /** As the control registers stand now. */
  constructor(cpu: Cpu, memory: MemoryMap) {
    const { state } = cpu
    this.#cpu = cpu
    this.#memory = memory
    this.paging = cpu.mmu.pagingMode
    this.#levels = this.paging === 'none' ? [] : LEVELS[this.paging]
    this.#wide = this.paging !== '32-bit'
    this.#noExecute = (state.efer & EFER_BITS.NXE) !== 0n
    this.#pageSizeExtensions = (state.control(4) & CR4.PSE) !== 0n
  }

  /** The whole way of one linear address. */
  walk(linear: bigint): PageWalk {
    const walk: PageWalk = { address: hex(linear), paging: this.paging, entries: [] }
    const outside = this.#outside(linear)
    if (outside !== undefined) return { ...walk, why: outside }
    if (this.paging === 'none') {
      return { ...walk, result: { physical: hex(this.#gated(linear)), pageBytes: PAGE, writable: true, user: true, executable: true } }
    }
    let table = this.#root()
    const rights: Rights = { writable: true, user: true, executable: true }
    for (const one of this.#levels) {
      const index = indexOf(linear, one)
      const address = table + BigInt(index * (this.#wide ? 8 : 4))
      const value = this.#entry(table, index)
      if (value === undefined) return { ...walk, why: `The ${one.name} at ${hex(table)} is not in memory.` }
      const problem = this.#problem(value, one)
      walk.entries.push({ level: one.name, index, address: hex(address), value: hex(value), present: (value & PRESENT) !== 0n, flags: this.#flags(value, one), ...(problem === undefined ? {} : { problem }) })
      if ((value & PRESENT) === 0n) return { ...walk, why: `The entry of the ${one.name} is not present.` }
      if (problem !== undefined) return { ...walk, why: problem }
      this.#narrow(rights, value, one)
      if (this.#isLast(value, one)) {
        const bytes = 1n << BigInt(one.shift)
        return { ...walk, result: { physical: hex(this.#gated(this.#frame(value, one) + (linear & (bytes - 1n)))), pageBytes: Number(bytes), ...rights } }
      }
      table = value & (this.#wide ? ADDRESS : 0xffff_f000n)
    }
    return walk
  }

  /** Physical address behind the A20 gate; undefined: not mapped. */
  translate(linear: bigint): number | undefined {
    const { result } = this.walk(linear)
    return result && Number(BigInt(result.physical))
  }

  /**
   * What is mapped, from an address on.
   * @param most ranges in the list
   */
  mappings(from: bigint, most: number): Mappings {
    if (this.paging === 'none') {
      return { paging: 'none', ranges: [], note: 'Paging is off: linear addresses are physical addresses.' }
    }
    const ranges: Range[] = []
    let left = MOST_ENTRIES
    let next: bigint | undefined
    const take = (page: Page): boolean => {
      const last = ranges.at(-1)
      if (last && follows(last, page)) {
        last.bytes += page.bytes
        last.sizes.add(Number(page.bytes))
        return true
      }
      if (ranges.length >= most) {
        next ??= page.first
        return false
      }
      ranges.push({ ...page, sizes: new Set([Number(page.bytes)]) })
      return true
    }
    /** False: the list is full, or enough was looked at. */
    const visit = (table: bigint, depth: number, base: bigint, rights: Rights): boolean => {
      const one = this.#levels[depth]
      if (!one) return true
      const count = 1 << one.indexBits
      const span = 1n << BigInt(one.shift)
      // Tables above hold what lies before `from`, too.
      const start = from > base ? Number((from - base) / span) : 0
      for (let index = Math.min(start, count); index < count; index++) {
        const first = this.#canonical(base + BigInt(index) * span)
        if (--left < 0) {
          next ??= first
          return false
        }
        const value = this.#entry(table, index)
        if (value === undefined) return true
        if ((value & PRESENT) === 0n || this.#problem(value, one) !== undefined) continue
        const inner = { ...rights }
        this.#narrow(inner, value, one)
        const going = this.#isLast(value, one)
          ? take({ first, bytes: span, physical: this.#frame(value, one), ...inner })
          : visit(value & (this.#wide ? ADDRESS : 0xffff_f000n), depth + 1, first, inner)
        if (!going) return false
      }
      return true
    }
    visit(this.#root(), 0, 0n, { writable: true, user: true, executable: true })
    return {
      paging: this.paging,
      ranges: ranges.map(({ first, bytes, physical, sizes, writable, user, executable }) => ({
        first: hex(first), last: hex(first + bytes - 1n), physical: hex(physical), writable, user, executable, pageBytes: [...sizes].toSorted((a, b) => a - b),
      })),
      ...(next === undefined ? {} : { next: hex(next) }),
    }
  }

  #outside(linear: bigint): string | undefined {
    const { state } = this.#cpu
    if (!state.longMode) return linear > 0xffff_ffffn ? 'Linear addresses have 32 bits in this mode.' : undefined
    return state.isCanonical(linear) ? undefined : `The address is not canonical: its upper bits must all equal bit ${state.linearBits - 1}.`
  }

  #canonical(linear: bigint): bigint {
    const { state } = this.#cpu
    return state.longMode ? BigInt.asUintN(64, BigInt.asIntN(state.linearBits, linear)) : linear
  }

  #gated(physical: bigint): bigint {
    return this.#cpu.mmu.a20 ? physical : physical & ~(1n << 20n)
  }

  #root(): bigint {
    const cr3 = this.#cpu.state.control(3)
    return this.paging === 'pae' ? cr3 & 0xffff_ffe0n : this.paging === '32-bit' ? cr3 & 0xffff_f000n : cr3 & ADDRESS
  }

  /** Undefined: no memory answers there. */
  #entry(table: bigint, index: number): bigint | undefined {
    const address = Number(this.#gated(table)) + index * (this.#wide ? 8 : 4)
    const frame = this.#memory.readableFrame(address - (address % PAGE))
    if (frame === 0) return undefined
    const { u32 } = this.#cpu.state
    const at = (frame + (address % PAGE)) >>> 2
    const low = BigInt(u32[at] ?? 0)
    return this.#wide ? low | (BigInt(u32[at + 1] ?? 0) << 32n) : low
  }

  #isLast(value: bigint, { name, mayBeLarge }: Level): boolean {
    return name === 'PT' || (mayBeLarge && (value & LARGE) !== 0n && (this.#wide || this.#pageSizeExtensions))
  }

  #frame(value: bigint, { name, shift }: Level): bigint {
    // PSE-36: bits 13–20 are physical bits 32–39.
    if (!this.#wide) return name === 'PT' ? value & 0xffff_f000n : (value & 0xffc0_0000n) | (((value >> 13n) & 0xffn) << 32n)
    return value & ADDRESS & ~((1n << BigInt(shift)) - 1n)
  }

  #narrow(rights: Rights, value: bigint, { hasRights }: Level): void {
    if (!hasRights) return
    rights.writable &&= (value & 2n) !== 0n
    rights.user &&= (value & 4n) !== 0n
    rights.executable &&= !this.#wide || (value & NO_EXECUTE) === 0n
  }

  #flags(value: bigint, one: Level): string[] {
    const names = FLAGS.filter(([, bit]) => (value >> bit) & 1n).map(([name]): string => name)
    if (this.#isLast(value, one)) {
      if (one.name !== 'PT') names.push('large')
      if ((value >> 8n) & 1n) names.push('global')
    }
    if (this.#wide && value & NO_EXECUTE) names.push('no-execute')
    return names
  }

  /** A reserved bit that is set in a present entry: the access would be a page fault with bit 3 of its error code. */
  #problem(value: bigint, one: Level): string | undefined {
    if ((value & PRESENT) === 0n) return undefined
    const large = one.name !== 'PT' && this.#isLast(value, one)
    if (!this.#wide) return large && value & (1n << 21n) ? 'Bit 21 of a large page is reserved and is set.' : undefined
    if (value & BEYOND) return `Bits ${PHYSICAL_ADDRESS_BITS} to 51 are reserved and not all zero: this processor has ${PHYSICAL_ADDRESS_BITS}-bit physical addresses.`
    if (value & NO_EXECUTE && !this.#noExecute) return 'No-execute (bit 63) is reserved until EFER.NXE is set.'
    if (this.paging === 'pae' && one.hasRights && value & PAE_RESERVED) return 'Bits 52 to 62 are reserved with PAE paging and not all zero.'
    if (this.paging === 'pae' && !one.hasRights && value & (0x1e6n | NO_EXECUTE | PAE_RESERVED)) return 'A PDPTE of PAE paging has a reserved bit set.'
    if (!one.mayBeLarge && one.name !== 'PT' && value & LARGE) return `Bit 7 is reserved in a ${one.name} and is set.`
    if (large && value & ADDRESS & ((1n << BigInt(one.shift)) - 1n) & ~(1n << 12n)) return 'The physical address of a large page is not aligned to its size.'
    return undefined
  }
}

interface Range extends Page {
  sizes: Set<number>
}

function indexOf(linear: bigint, { shift, indexBits }: Level): number {
  return Number((linear >> BigInt(shift)) & ((1n << BigInt(indexBits)) - 1n))
}

function follows(range: Page, page: Page): boolean {
  return (
    range.first + range.bytes === page.first && range.physical + range.bytes === page.physical &&
    range.writable === page.writable && range.user === page.user && range.executable === page.executable
  )
}
