/**
 * Page walks (Intel SDM vol. 3A, chapter 4): 32-bit with PSE and PSE-36, PAE, 4-level and 5-level. One walk checks presence, reserved bits and rights,
 * then sets accessed and dirty bits.
 */
import { CpuFault, Vector } from '../faults'
import { AC, CR0, CR4, EFER_BITS } from '../state/bits'
import type { CpuState } from '../state/cpu-state'
import * as at from '../state/layout'
import type { PhysicalAccess } from './physical-access'
import type { AccessKind } from './tlb'
import type { StateFields } from '../../state/fields'

/** MAXPHYADDR, as CPUID leaf 80000008h reports it. */
export const PHYSICAL_ADDRESS_BITS = 40

/** Bits of the entries of all levels (SDM vol. 3A, 4.3 to 4.5). */
export const PRESENT = 1
export const WRITABLE = 2
export const USER = 4
export const ACCESSED = 0x20
export const DIRTY = 0x40
export const LARGE = 0x80

const ERROR = { protection: 1, write: 2, user: 4, reserved: 8, fetch: 16, key: 32 } as const

/** Of CR4, in doublewords from CR0 on. */
const CR4_WORD = 8
/** High doubleword of a 64-bit entry. */
const XD = 0x8000_0000
/** Physical address bits beyond MAXPHYADDR, 40–51. */
const HIGH_RESERVED = ((1 << (52 - PHYSICAL_ADDRESS_BITS)) - 1) << (PHYSICAL_ADDRESS_BITS - 32)
/** PAE paging reserves bits 52–62 too; 4-level paging ignores them. */
const PAE_HIGH_RESERVED = 0x7ff0_0000 | HIGH_RESERVED
const HIGH_ADDRESS = (1 << (PHYSICAL_ADDRESS_BITS - 32)) - 1

/** The protection key in the high doubleword of the entry that maps a page: bits 59–62. */
const KEY_SHIFT = 27
const KEY_MASK = 0xf
/** The two bits of a key in PKRU and IA32_PKRS. */
const NO_ACCESS = 1
const NO_WRITE = 2

/** PDPTE of PAE paging: bits that must be zero. */
const PDPTE_LOW_RESERVED = 0x1e6
const PDPTE_HIGH_RESERVED = 0xffff_ffff & ~HIGH_ADDRESS

/** Four, of two doublewords each. */
const PDPTE_WORDS = 8

const TWO_32 = 0x1_0000_0000

export type PagingMode = 'none' | '32-bit' | 'pae' | '4-level' | '5-level'

export type PageSize = 'small' | 'large' | 'huge'

/** What a successful walk found. */
export interface Translation {
  /** Physical address of the 4 KiB frame, before the A20 gate. */
  frame: number
  /** Pages of 2 or 4 MiB are large, of 1 GiB huge: INVLPG must drop more than one entry. */
  size: PageSize
  /** All levels allow user access. */
  userPage: boolean
}

/** Rights and mode as the walk needs them, taken from control registers when those change. */
interface Rules {
  mode: PagingMode
  writeProtect: boolean
  noExecute: boolean
  pageSizeExtensions: boolean
  smep: boolean
  smap: boolean
  /** Keys count for user pages (CR4.PKE), and for supervisor pages (CR4.PKS). */
  userKeys: boolean
  supervisorKeys: boolean
}

export class PageWalker {
  readonly #state: CpuState
  readonly #memory: PhysicalAccess
  /** Lower halves of CR0, CR4 and EFER that the rules were taken from. */
  readonly #taken = new Int32Array(3)
  readonly #rules: Rules = { mode: 'none', writeProtect: false, noExecute: false, pageSizeExtensions: false, smep: false, smap: false, userKeys: false, supervisorKeys: false }
  readonly #found: Translation = { frame: 0, size: 'small', userPage: false }
  /** The four PDPTEs of PAE paging, loaded with CR3: low, high, low, … */
  readonly #pdptes: Uint32Array

  constructor(state: CpuState, memory: PhysicalAccess) {
    this.#state = state
    this.#memory = memory
    this.#pdptes = state.u32.subarray(at.PDPTES >> 2, (at.PDPTES >> 2) + PDPTE_WORDS)
  }

  /** The PDPTEs: all else follows from control registers. */
  exchange(state: StateFields): void {
    state.array('pdptes', this.#pdptes)
  }

  get mode(): PagingMode {
    return this.#rules.mode
  }

  get smap(): boolean {
    return this.#rules.smap
  }

  /** Takes over CR0, CR4 and EFER. */
  updateRules(): void {
    const { i32 } = this.#state
    const [control0, control4, extended] = [i32[at.CONTROL >> 2] ?? 0, i32[(at.CONTROL >> 2) + CR4_WORD] ?? 0, i32[at.EFER >> 2] ?? 0]
    const taken = this.#taken
    if (control0 === taken[0] && control4 === taken[1] && extended === taken[2]) return
    taken[0] = control0
    taken[1] = control4
    taken[2] = extended
    const cr0 = this.#state.control(0)
    const cr4 = this.#state.control(4)
    const efer = this.#state.efer
    const rules = this.#rules
    rules.mode = pagingMode(cr0, cr4, efer)
    rules.writeProtect = (cr0 & CR0.WP) !== 0n
    rules.noExecute = (efer & EFER_BITS.NXE) !== 0n
    rules.pageSizeExtensions = (cr4 & CR4.PSE) !== 0n
    rules.smep = (cr4 & CR4.SMEP) !== 0n
    rules.smap = (cr4 & CR4.SMAP) !== 0n
    rules.userKeys = (efer & EFER_BITS.LMA) !== 0n && (cr4 & CR4.PKE) !== 0n
    rules.supervisorKeys = (efer & EFER_BITS.LMA) !== 0n && (cr4 & CR4.PKS) !== 0n
  }

  /**
   * Loads the PDPTEs that CR3 points to (SDM vol. 3A, 4.4.1), when PAE paging will be in use.
   * @returns false when a present one has reserved bits set: the load of CR0, CR3 or CR4 is #GP(0)
   */
  loadPdptes(cr3: bigint): boolean {
    const table = Number(cr3 & 0xffff_ffe0n)
    const loaded = new Uint32Array(PDPTE_WORDS)
    for (let index = 0; index < PDPTE_WORDS; index++) loaded[index] = this.#memory.read32(table + index * 4)
    for (let index = 0; index < PDPTE_WORDS; index += 2) {
      const low = loaded[index] ?? 0
      if (low & PRESENT && (low & PDPTE_LOW_RESERVED || (loaded[index + 1] ?? 0) & PDPTE_HIGH_RESERVED)) return false
    }
    this.#pdptes.set(loaded)
    return true
  }

  /**
   * Translates a canonical linear address, given as two doublewords. The result object is reused by the next walk.
   * @throws CpuFault #PF
   */
  walk(lo: number, hi: number, kind: AccessKind, user: boolean): Translation {
    switch (this.#rules.mode) {
      case 'none': {
        const found = this.#found
        found.frame = (lo & ~0xfff) >>> 0
        found.size = 'small'
        found.userPage = true
        return found
      }
      case '32-bit':
        return this.#walk32(lo, kind, user)
      case 'pae':
        return this.#walkPae(lo, kind, user)
      case '4-level':
        return this.#walk4Level(this.#root(), lo, hi, kind, user, WRITABLE | USER, false)
      case '5-level':
        return this.#walk5Level(lo, hi, kind, user)
    }
  }

  #walk32(lo: number, kind: AccessKind, user: boolean): Translation {
    const memory = this.#memory
    const directoryEntry = Number(this.#state.control(3) & 0xffff_f000n) + (lo >>> 22) * 4
    const pde = memory.read32(directoryEntry)
    if ((pde & PRESENT) === 0) this.#fault(lo, 0, kind, user, 0)
    if (pde & LARGE && this.#rules.pageSizeExtensions) {
      // PSE-36: bits 13–20 are physical bits 32–39; bit 21 is reserved.
      if (pde & 0x20_0000) this.#fault(lo, 0, kind, user, ERROR.protection | ERROR.reserved)
      this.#checkRights(lo, 0, kind, user, pde, false)
      this.#mark(directoryEntry, pde, ACCESSED | (kind === 'w' ? DIRTY : 0))
      return this.#result(((pde >>> 13) & 0xff) * TWO_32 + (((pde & 0xffc0_0000) | (lo & 0x3f_f000)) >>> 0), 'large', pde)
    }
    const tableEntry = ((pde & ~0xfff) >>> 0) + ((lo >>> 12) & 0x3ff) * 4
    const pte = memory.read32(tableEntry)
    if ((pte & PRESENT) === 0) this.#fault(lo, 0, kind, user, 0)
    const rights = pde & pte
    this.#checkRights(lo, 0, kind, user, rights, false)
    this.#mark(directoryEntry, pde, ACCESSED)
    this.#mark(tableEntry, pte, ACCESSED | (kind === 'w' ? DIRTY : 0))
    return this.#result((pte & ~0xfff) >>> 0, 'small', rights)
  }

  #walkPae(lo: number, kind: AccessKind, user: boolean): Translation {
    const pointer = (lo >>> 30) * 2
    const pdpteLow = this.#pdptes[pointer] ?? 0
    if ((pdpteLow & PRESENT) === 0) this.#fault(lo, 0, kind, user, 0)
    const table = address(pdpteLow, this.#pdptes[pointer + 1] ?? 0)
    return this.#walkDirectory(table, lo, 0, kind, user, WRITABLE | USER, false, PAE_HIGH_RESERVED)
  }

  #root(): number {
    return Number(this.#state.control(3) & 0xff_ffff_f000n)
  }

  #walk5Level(lo: number, hi: number, kind: AccessKind, user: boolean): Translation {
    const memory = this.#memory
    const entry5 = this.#root() + ((hi >>> 16) & 0x1ff) * 8
    const low5 = memory.read32(entry5)
    const high5 = memory.read32(entry5 + 4)
    if ((low5 & PRESENT) === 0) this.#fault(lo, hi, kind, user, 0)
    if (low5 & LARGE || high5 & this.#reserved()) this.#fault(lo, hi, kind, user, ERROR.protection | ERROR.reserved)
    const translation = this.#walk4Level(address(low5, high5), lo, hi, kind, user, low5, (high5 & XD) !== 0)
    this.#mark(entry5, low5, ACCESSED)
    return translation
  }

  #reserved(): number {
    return HIGH_RESERVED | (this.#rules.noExecute ? 0 : XD)
  }

  #walk4Level(root: number, lo: number, hi: number, kind: AccessKind, user: boolean, upperRights: number, upperForbidden: boolean): Translation {
    const memory = this.#memory
    const reserved = this.#reserved()
    const entry4 = root + ((hi >>> 7) & 0x1ff) * 8
    const low4 = memory.read32(entry4)
    const high4 = memory.read32(entry4 + 4)
    if ((low4 & PRESENT) === 0) this.#fault(lo, hi, kind, user, 0)
    if (low4 & LARGE || high4 & reserved) this.#fault(lo, hi, kind, user, ERROR.protection | ERROR.reserved)

    const entry3 = address(low4, high4) + (((hi & 0x7f) << 2) | (lo >>> 30)) * 8
    const low3 = memory.read32(entry3)
    const high3 = memory.read32(entry3 + 4)
    if ((low3 & PRESENT) === 0) this.#fault(lo, hi, kind, user, 0)
    const forbidden = upperForbidden || ((high4 | high3) & XD) !== 0
    const rights = upperRights & low4 & low3
    if (low3 & LARGE) {
      if (low3 & 0x3fff_e000 || high3 & reserved) this.#fault(lo, hi, kind, user, ERROR.protection | ERROR.reserved)
      this.#checkRights(lo, hi, kind, user, rights, forbidden, high3)
      this.#mark(entry4, low4, ACCESSED)
      this.#mark(entry3, low3, ACCESSED | (kind === 'w' ? DIRTY : 0))
      return this.#result((high3 & HIGH_ADDRESS) * TWO_32 + (((low3 & 0xc000_0000) | (lo & 0x3fff_f000)) >>> 0), 'huge', rights)
    }
    if (high3 & reserved) this.#fault(lo, hi, kind, user, ERROR.protection | ERROR.reserved)
    const translation = this.#walkDirectory(address(low3, high3), lo, hi, kind, user, rights, forbidden, HIGH_RESERVED)
    this.#mark(entry4, low4, ACCESSED)
    this.#mark(entry3, low3, ACCESSED)
    return translation
  }

  /** The last two levels, alike in PAE and 4-level paging. */
  #walkDirectory(table: number, lo: number, hi: number, kind: AccessKind, user: boolean, upperRights: number, forbidden: boolean, highReserved: number): Translation {
    const memory = this.#memory
    const reserved = highReserved | (this.#rules.noExecute ? 0 : XD)
    const entry2 = table + ((lo >>> 21) & 0x1ff) * 8
    const low2 = memory.read32(entry2)
    const high2 = memory.read32(entry2 + 4)
    if ((low2 & PRESENT) === 0) this.#fault(lo, hi, kind, user, 0)
    if (high2 & reserved) this.#fault(lo, hi, kind, user, ERROR.protection | ERROR.reserved)
    if (low2 & LARGE) {
      if (low2 & 0x1f_e000) this.#fault(lo, hi, kind, user, ERROR.protection | ERROR.reserved)
      const rights = upperRights & low2
      this.#checkRights(lo, hi, kind, user, rights, forbidden || (high2 & XD) !== 0, high2)
      this.#mark(entry2, low2, ACCESSED | (kind === 'w' ? DIRTY : 0))
      return this.#result((high2 & HIGH_ADDRESS) * TWO_32 + (((low2 & 0xffe0_0000) | (lo & 0x1f_f000)) >>> 0), 'large', rights)
    }
    const entry1 = address(low2, high2) + ((lo >>> 12) & 0x1ff) * 8
    const low1 = memory.read32(entry1)
    const high1 = memory.read32(entry1 + 4)
    if ((low1 & PRESENT) === 0) this.#fault(lo, hi, kind, user, 0)
    if (high1 & reserved) this.#fault(lo, hi, kind, user, ERROR.protection | ERROR.reserved)
    const rights = upperRights & low2 & low1
    this.#checkRights(lo, hi, kind, user, rights, forbidden || ((high2 | high1) & XD) !== 0, high1)
    this.#mark(entry2, low2, ACCESSED)
    this.#mark(entry1, low1, ACCESSED | (kind === 'w' ? DIRTY : 0))
    return this.#result(address(low1, high1), 'small', rights)
  }

  /**
   * SDM vol. 3A, 4.6: `rights` are the WRITABLE and USER bits common to all levels.
   * @param last high doubleword of the entry that maps the page, with its protection key; 32-bit paging and PAE have none
   */
  #checkRights(lo: number, hi: number, kind: AccessKind, user: boolean, rights: number, forbidden: boolean, last = 0): void {
    const rules = this.#rules
    const userPage = (rights & USER) !== 0
    let allowed: boolean
    if (user) allowed = userPage && (kind !== 'w' || (rights & WRITABLE) !== 0)
    else if (kind === 'w') allowed = (rights & WRITABLE) !== 0 || !rules.writeProtect
    else allowed = true
    if (kind === 'x') {
      if (forbidden || (!user && userPage && rules.smep)) allowed = false
    } else if (!user && userPage && rules.smap) {
      // Implicit supervisor accesses (made while CPL is 3) are not excused by EFLAGS.AC.
      if ((this.#state.systemFlags & AC) === 0 || this.#state.cpl === 3) allowed = false
    }
    const byKey = (userPage ? rules.userKeys : rules.supervisorKeys) && this.#keyForbids((last >>> KEY_SHIFT) & KEY_MASK, kind, user, userPage)
    if (!allowed || byKey) this.#fault(lo, hi, kind, user, ERROR.protection | (byKey ? ERROR.key : 0))
  }

  /** SDM vol. 3A, 4.6.2. CR0.WP decides for the supervisor as it does for read-only pages. */
  #keyForbids(key: number, kind: AccessKind, user: boolean, userPage: boolean): boolean {
    if (kind === 'x') return false
    const rights = ((userPage ? this.#state.pkru : this.#state.pkrs) >>> (2 * key)) & (NO_ACCESS | NO_WRITE)
    return (rights & NO_ACCESS) !== 0 || (kind === 'w' && rights !== 0 && (user || this.#rules.writeProtect))
  }

  #mark(entry: number, low: number, bits: number): void {
    // One entry can stand on several levels.
    if ((low & bits) !== bits) this.#memory.write32(entry, this.#memory.read32(entry) | bits)
  }

  #result(frame: number, size: PageSize, rights: number): Translation {
    const found = this.#found
    found.frame = frame
    found.size = size
    found.userPage = (rights & USER) !== 0
    return found
  }

  #fault(lo: number, hi: number, kind: AccessKind, user: boolean, code: number): never {
    const rules = this.#rules
    const reportsFetch = kind === 'x' && (rules.smep || (rules.noExecute && rules.mode !== '32-bit'))
    const error = code | (kind === 'w' ? ERROR.write : 0) | (user ? ERROR.user : 0) | (reportsFetch ? ERROR.fetch : 0)
    throw new CpuFault(Vector.PF, error, (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0))
  }
}

/** The paging mode that control register values select. */
export function pagingMode(cr0: bigint, cr4: bigint, efer: bigint): PagingMode {
  if ((cr0 & CR0.PG) === 0n) return 'none'
  if ((efer & EFER_BITS.LMA) !== 0n) return (cr4 & CR4.LA57) !== 0n ? '5-level' : '4-level'
  return (cr4 & CR4.PAE) !== 0n ? 'pae' : '32-bit'
}

function address(low: number, high: number): number {
  return (high & HIGH_ADDRESS) * TWO_32 + ((low & ~0xfff) >>> 0)
}
