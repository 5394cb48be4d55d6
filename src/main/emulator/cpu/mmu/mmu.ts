import { CpuFault, Vector } from '../faults'
import type { PhysicalMemory } from '../ports'
import { AC, CR0, DS, SS } from '../state/bits'
import type { CpuState } from '../state/cpu-state'
import * as at from '../state/layout'
import { DataProbes } from './data-probes'
import { PageWalker, type PagingMode } from './page-walk'
import { PAGE_SIZE, PhysicalAccess } from './physical-access'
import { KINDS, Tlb, type AccessKind } from './tlb'
import { Watchpoints } from './watchpoints'
import type { StateFields } from '../../state/fields'

const SLOTS = at.SCRATCH_SLOTS
const SLOT_BYTES = at.SCRATCH_SLOT_BYTES
/** A CPU mode in which nothing on the stack or in a descriptor table is a user access. */
const SUPERVISOR = false
/** Bytes of the largest access that alignment is checked of; beyond, processors differ (SDM vol. 2A, 2.4, table 2-21). */
const LARGEST_CHECKED = 8
const PAGE_MASK = ~0xfffn
const LINE = 1 << at.LINE_SHIFT
/** Pages of 1 GiB are the largest. */
const HUGE_SHIFT = 30
/** Of each kind; a guest that touches more loses what the TLB holds. */
const MOST_REGIONS = 4096
/** Of an entry in a saved state: which TLB, linear page, physical frame. */
const TLB_NUMBERS = 3
const MOST_TLB_NUMBERS = 2 * KINDS.length * at.TLB_ENTRIES * TLB_NUMBERS

/** A store whose bytes wait in a scratch slot. Physical addresses are behind the A20 gate. */
interface PendingStore {
  first: number
  firstBytes: number
  second: number
}

/**
 * Linear addresses to memory. Backends look translations up in the TLBs by themselves and come here when there is none:
 * `slowRead` and `slowWrite` answer with a host address, which is a scratch slot for devices and accesses that cross a page.
 */
export class Mmu {
  readonly #state: CpuState
  readonly #memory: PhysicalAccess
  readonly #tlb: Tlb
  readonly #walker: PageWalker
  readonly watchpoints = new Watchpoints()
  readonly probes: DataProbes
  #codeWritten: (host: number, bytes: number) => void = () => undefined
  readonly #pending: PendingStore[] = Array.from({ length: SLOTS }, () => ({ first: 0, firstBytes: 0, second: 0 }))
  #slot = 0
  #alignmentChecks = false
  /** Where translations of large pages may be in the TLB: 4 MiB and 1 GiB of linear addresses, by their numbers. */
  readonly #largeRegions = new Set<number>()
  readonly #hugeRegions = new Set<number>()

  /**
   * @param tlbBase the area of the processor
   * @param probes the processors of one computer have the same
   */
  constructor(state: CpuState, physical: PhysicalMemory, tlbBase = 0, probes = new DataProbes()) {
    this.#state = state
    this.probes = probes
    this.#memory = new PhysicalAccess(state, physical, (host, bytes) => this.noteWrite(host, bytes))
    this.#tlb = new Tlb(state, tlbBase)
    this.#walker = new PageWalker(state, this.#memory)
    this.probes.onChange.push(() => this.#tlb.hide((linear, frame) => this.probes.watchesPage(linear, frame)))
    this.refresh()
  }

  get pagingMode(): PagingMode {
    return this.#walker.mode
  }

  /**
   * Translations are saved, too: a guest that changes a page table and does not flush sees the old mapping for as long as the TLB holds it. Loading,
   * memory is where it was already. What follows from registers is made anew.
   */
  exchange(state: StateFields): void {
    if (state.loading) {
      this.watchpoints.update(this.#state)
      this.flush()
      this.refresh()
    }
    state.part('walker', this.#walker)
    exchangeSet(state, 'large pages', this.#largeRegions)
    exchangeSet(state, 'huge pages', this.#hugeRegions)
    const numbers = state.loading ? [] : this.#tlb.entries().flatMap(({ user, kind, page, frame }) => [Number(user) * KINDS.length + KINDS.indexOf(kind), page, frame])
    const entries = state.numbers('tlb', numbers, MOST_TLB_NUMBERS, Number.MAX_SAFE_INTEGER)
    if (state.loading) for (let i = 0; i < entries.length; i += TLB_NUMBERS) this.#restore(state, entries[i] ?? 0, entries[i + 1] ?? 0, entries[i + 2] ?? 0)
    const window = this.#state.u32.subarray(at.FETCH_PAGE >> 2, (at.FETCH_PHYSICAL >> 2) + 2)
    state.array('fetch window', window)
    const [, , low = 0, high = 0] = window
    if (low % PAGE_SIZE !== 0 || high >= 2 ** 20) throw state.wrong('the page that instructions come from is no physical page')
  }

  #restore(state: StateFields, which: number, page: number, frame: number): void {
    const kind = KINDS[which % KINDS.length] ?? 'r'
    const host = frame % PAGE_SIZE !== 0 ? 0 : kind === 'w' ? this.#memory.writableFrame(frame) : this.#memory.readableFrame(frame)
    if (host === 0 || which >= 2 * KINDS.length || page >= 2 ** 52) throw state.wrong('a translation leads to where no memory is')
    const [lo, hi] = [(page % 2 ** 20) * PAGE_SIZE, Math.floor(page / 2 ** 20)]
    this.#tlb.fill(which >= KINDS.length, kind, lo, hi, host, frame, kind !== 'x' && this.probes.armed && this.probes.watchesPage(BigInt(page) << 12n, frame))
  }

  /** Who drops decoded code when bytes under it change (the backend). */
  onCodeWritten(listener: (host: number, bytes: number) => void): void {
    this.#codeWritten = listener
  }

  /** Takes over CR0, CR4, EFER, CPL and EFLAGS.AC; called after a change of one of them. Translations stay. */
  refresh(): void {
    this.#walker.updateRules()
    const state = this.#state
    const checks = state.cpl === 3 && (state.systemFlags & AC) !== 0 && (state.control(0) & CR0.AM) !== 0n
    if (checks && !this.#alignmentChecks) this.#tlb.flushUserData()
    this.#alignmentChecks = checks
  }

  /** Takes over the debug registers; called after a change of one of them or of CR4.DE. */
  refreshWatchpoints(): void {
    this.watchpoints.update(this.#state)
    this.#state.i32[at.QUICK >> 2] = 0
    this.flush()
  }

  /** PKRU or IA32_PKRS has changed: what may be accessed is decided anew. Instructions are fetched whatever the key of their page. */
  keysChanged(): void {
    this.#tlb.flushData()
  }

  /** Compiled code may walk page tables by itself: whatever it finds, nobody watches. */
  get isUnwatched(): boolean {
    return this.#memory.a20 && !this.watchpoints.watchesData && !this.probes.armed
  }

  /** Loads the PDPTEs of PAE paging; false: reserved bits are set. */
  loadPdptes(cr3: bigint): boolean {
    return this.#walker.loadPdptes(cr3)
  }

  flush(): void {
    this.#tlb.flush()
    if (this.#largeRegions.size > 0) this.#largeRegions.clear()
    if (this.#hugeRegions.size > 0) this.#hugeRegions.clear()
  }

  /** INVLPG. */
  flushPage(lo: number, hi: number): void {
    // A large page has one TLB entry per 4 KiB of it that was touched.
    if (this.#largeRegions.has(regionOf(lo, hi, at.LARGE_SHIFT)) || this.#hugeRegions.has(regionOf(lo, hi, HUGE_SHIFT))) this.flush()
    else this.#tlb.flushPage(lo, hi)
  }

  get a20(): boolean {
    return this.#memory.a20
  }

  /** Opens or closes the A20 gate. */
  setA20(open: boolean): void {
    if (open === this.#memory.a20) return
    this.#memory.a20 = open
    this.#state.i32[at.QUICK >> 2] = 0
    this.flush()
  }

  /**
   * Physical address (behind the A20 gate) of a linear address. Fills the TLB.
   * @throws CpuFault #PF; #GP(0) when not canonical
   */
  translate(linear: bigint, kind: AccessKind, user: boolean): number {
    const [lo, hi] = this.#split(linear)
    this.#requireCanonical(lo, hi, 1, DS)
    // Through the TLB like every backend: a guest that changes a page table and does not flush sees the same old mapping.
    const cached = this.#tlb.frame(user, kind, lo, hi)
    return cached >= 0 ? cached + (lo & (PAGE_SIZE - 1)) : this.#translate(lo, hi, kind, user)
  }

  /**
   * The page of an instruction fetch at the current privilege level: sets the fetch window (`FETCH_PAGE`, `FETCH_PHYSICAL`).
   * @returns physical address of the page
   * @throws CpuFault #PF; #GP(0) when not canonical
   */
  fetchPage(lo: number, hi: number): number {
    const state = this.#state
    if (!state.mode64) hi = 0
    this.#requireCanonical(lo, hi, 1, DS)
    const [pageLow, pageHigh] = [(hi << 20) | (lo >>> 12), hi >>> 12]
    if (state.i32[at.FETCH_PAGE >> 2] === pageLow && state.i32[(at.FETCH_PAGE >> 2) + 1] === pageHigh) {
      return (state.u32[at.FETCH_PHYSICAL >> 2] ?? 0) + (state.u32[(at.FETCH_PHYSICAL >> 2) + 1] ?? 0) * 0x1_0000_0000
    }
    const user = state.cpl === 3
    let frame = this.#tlb.frame(user, 'x', lo, hi)
    if (frame < 0) frame = this.#translate((lo & ~0xfff) | 0, hi, 'x', user, lo & 0xfff)
    state.i32[at.FETCH_PAGE >> 2] = pageLow
    state.i32[(at.FETCH_PAGE >> 2) + 1] = pageHigh
    state.u32[at.FETCH_PHYSICAL >> 2] = frame >>> 0
    state.u32[(at.FETCH_PHYSICAL >> 2) + 1] = Math.floor(frame / 0x1_0000_0000)
    return frame
  }

  /** One byte at a physical address as instruction fetch sees it (behind the A20 gate already). */
  readCode(physical: number): number {
    const slot = this.#takeSlot()
    this.#memory.load(physical, slot, 1)
    return this.#state.u8[slot] ?? 0
  }

  /**
   * Host address where `bytes` (1 to 32) bytes of a linear address can be read.
   * @param segment segment register of the access: a non-canonical address is #SS(0) through SS, else #GP(0)
   */
  slowRead(segment: number, bytes: number, lo: number, hi: number): number {
    return this.#resolve(segment, bytes, lo, this.#state.mode64 ? hi : 0, 'r', this.#state.cpl === 3, false)
  }

  /**
   * Host address where they can be written; `afterStore` must follow when the code-line byte of that address is not zero.
   * @param load non-zero: the present value is wanted there too (read-modify-write)
   */
  slowWrite(segment: number, bytes: number, lo: number, hi: number, load: number): number {
    return this.#resolve(segment, bytes, lo, this.#state.mode64 ? hi : 0, 'w', this.#state.cpl === 3, load !== 0)
  }

  /** Completes a store: carries scratch bytes to where they belong, or drops decoded code under them. */
  afterStore(host: number, bytes: number): void {
    host >>>= 0
    if (host < at.SCRATCH || host >= at.SCRATCH + SLOTS * SLOT_BYTES) {
      this.#codeWritten(host, bytes)
      return
    }
    const pending = this.#pending[(host - at.SCRATCH) / SLOT_BYTES]
    if (pending === undefined) return
    this.#memory.store(pending.first, host, pending.firstBytes)
    if (bytes > pending.firstBytes) this.#memory.store(pending.second, host + pending.firstBytes, bytes - pending.firstBytes)
  }

  /** Plain memory at a host address was changed by someone else than a backend's store. */
  noteWrite(host: number, bytes: number): void {
    const lines = this.#state.u8
    const last = (host + bytes - 1) >>> at.LINE_SHIFT
    for (let line = host >>> at.LINE_SHIFT; line <= last; line++) {
      if (lines[at.CODE_LINES + line] !== 0) {
        this.#codeWritten(host, bytes)
        return
      }
    }
  }

  // — linear memory for TypeScript code: descriptor tables, task state, stack frames —
  // `user`: judged as an access of CPL 3. `segment`: SS makes a non-canonical address #SS(0). Outside long mode addresses wrap at 4 GiB.

  /** 2 or 4 bytes of the first 4 GiB, which are all that there is outside long mode. */
  readLow(lo: number, bytes: 2 | 4, user = SUPERVISOR, segment = DS): number {
    const host = this.#hostOf(lo, 0, bytes, 'r', user, segment)
    return bytes === 2 ? this.#state.view.getUint16(host, true) : this.#state.view.getUint32(host, true)
  }

  writeLow(lo: number, bytes: 2 | 4, value: number, user = SUPERVISOR, segment = DS): void {
    const host = this.#hostOf(lo, 0, bytes, 'w', user, segment)
    if (bytes === 2) this.#state.view.setUint16(host, value, true)
    else this.#state.view.setUint32(host, value, true)
    this.#stored(host, bytes)
  }

  read8(linear: bigint, user = SUPERVISOR, segment = DS): number {
    return this.#state.u8[this.#host(linear, 1, 'r', user, segment)] ?? 0
  }

  read16(linear: bigint, user = SUPERVISOR, segment = DS): number {
    return this.#state.view.getUint16(this.#host(linear, 2, 'r', user, segment), true)
  }

  read32(linear: bigint, user = SUPERVISOR, segment = DS): number {
    return this.#state.view.getUint32(this.#host(linear, 4, 'r', user, segment), true)
  }

  read64(linear: bigint, user = SUPERVISOR, segment = DS): bigint {
    return this.#state.view.getBigUint64(this.#host(linear, 8, 'r', user, segment), true)
  }

  write8(linear: bigint, value: number, user = SUPERVISOR, segment = DS): void {
    const host = this.#host(linear, 1, 'w', user, segment)
    this.#state.u8[host] = value
    this.#stored(host, 1)
  }

  write16(linear: bigint, value: number, user = SUPERVISOR, segment = DS): void {
    const host = this.#host(linear, 2, 'w', user, segment)
    this.#state.view.setUint16(host, value, true)
    this.#stored(host, 2)
  }

  write32(linear: bigint, value: number, user = SUPERVISOR, segment = DS): void {
    const host = this.#host(linear, 4, 'w', user, segment)
    this.#state.view.setUint32(host, value, true)
    this.#stored(host, 4)
  }

  write64(linear: bigint, value: bigint, user = SUPERVISOR, segment = DS): void {
    const host = this.#host(linear, 8, 'w', user, segment)
    this.#state.view.setBigUint64(host, value, true)
    this.#stored(host, 8)
  }

  /** Raises what a write of `bytes` bytes (any number) would raise, and changes nothing but accessed and dirty bits. */
  probeWrite(linear: bigint, bytes: number, user = SUPERVISOR, segment = DS): void {
    for (let done = 0n; done < BigInt(bytes); done += BigInt(PAGE_SIZE)) this.#host(linear + done, 1, 'w', user, segment)
    this.#host(linear + BigInt(bytes) - 1n, 1, 'w', user, segment)
  }

  #host(linear: bigint, bytes: number, kind: 'r' | 'w', user: boolean, segment: number): number {
    const [lo, hi] = this.#split(linear)
    return this.#hostOf(lo, hi, bytes, kind, user, segment)
  }

  #hostOf(lo: number, hi: number, bytes: number, kind: 'r' | 'w', user: boolean, segment: number): number {
    if ((lo & (PAGE_SIZE - 1)) <= PAGE_SIZE - bytes) {
      const host = this.#tlb.host(user, kind, lo, hi)
      if (host !== 0) return host
    }
    return this.#resolve(segment, bytes, lo, hi, kind, user, false)
  }

  #stored(host: number, bytes: number): void {
    const line = this.#state.u8[at.CODE_LINES + (host >>> at.LINE_SHIFT)] ?? 0
    if (line !== 0 && ((line & at.LINE_HAS_CODE) !== 0 || host % LINE > LINE - bytes)) this.afterStore(host, bytes)
  }

  #split(linear: bigint): [lo: number, hi: number] {
    return [Number(linear & 0xffff_ffffn), this.#state.longMode ? Number((linear >> 32n) & 0xffff_ffffn) : 0]
  }

  #requireCanonical(lo: number, hi: number, bytes: number, segment: number): void {
    if (hi === 0) return
    const shift = this.#walker.mode === '5-level' ? 24 : 15
    const top = hi >>> shift
    const below = (1 << shift) - 1
    const crosses = (lo >>> 0) + bytes > 0x1_0000_0000 && (hi & below) === below
    if ((top !== 0 && top !== 0xffff_ffff >>> shift) || (crosses && top === 0)) throw new CpuFault(segment === SS ? Vector.SS : Vector.GP, 0)
  }

  #resolve(segment: number, bytes: number, lo: number, hi: number, kind: 'r' | 'w', user: boolean, load: boolean): number {
    lo >>>= 0
    hi >>>= 0
    this.#requireCanonical(lo, hi, bytes, segment)
    if (this.#alignmentChecks && user && bytes <= LARGEST_CHECKED && (lo & (bytes - 1)) !== 0) throw new CpuFault(Vector.AC, 0)
    if (this.watchpoints.watchesData) this.watchpoints.noteAccess((BigInt(hi) << 32n) | BigInt(lo), bytes, kind === 'w')
    const inPage = PAGE_SIZE - (lo & (PAGE_SIZE - 1))
    if (bytes <= inPage) {
      const hidden = this.probes.armed ? this.#tlb.hiddenFrame(user, kind, lo, hi) : -1
      const first = hidden >= 0 ? hidden + (lo & (PAGE_SIZE - 1)) : this.#translate(lo, hi, kind, user)
      if (this.probes.armed) this.probes.note((BigInt(hi) << 32n) | BigInt(lo), bytes, kind === 'w', first, 0)
      const frame = kind === 'w' ? this.#memory.writableFrame(first) : this.#memory.readableFrame(first)
      if (frame !== 0) return frame + (first % PAGE_SIZE)
      const slot = this.#takeSlot(first, bytes)
      if (kind === 'r' || load) this.#memory.load(first, slot, bytes)
      return slot
    }
    const first = this.#translate(lo, hi, kind, user)
    const nextLow = (lo + inPage) >>> 0
    // Outside 64-bit mode addresses wrap at 4 GiB; the high half is not zero only for long mode's own tables.
    const wraps = hi === 0 && !this.#state.mode64
    const nextHigh = nextLow === 0 && !wraps ? (hi + 1) >>> 0 : hi
    const second = this.#translate(nextLow, nextHigh, kind, user)
    if (this.probes.armed) this.probes.note((BigInt(hi) << 32n) | BigInt(lo), bytes, kind === 'w', first, second)
    const slot = this.#takeSlot(first, inPage, second)
    if (kind === 'r' || load) {
      this.#memory.load(first, slot, inPage)
      this.#memory.load(second, slot + inPage, bytes - inPage)
    }
    return slot
  }

  #takeSlot(first = 0, firstBytes = 0, second = 0): number {
    const index = this.#slot
    this.#slot = (index + 1) % SLOTS
    const pending = this.#pending[index]
    if (pending !== undefined) {
      pending.first = first
      pending.firstBytes = firstBytes
      pending.second = second
    }
    return at.SCRATCH + index * SLOT_BYTES
  }

  #noteRegion(regions: Set<number>, region: number): void {
    if (regions.has(region)) return
    if (regions.size === MOST_REGIONS) this.flush()
    regions.add(region)
  }

  /** Walks, and fills the TLBs where the frame is plain memory. The address is canonical; `faultOffset` goes into CR2 only. */
  #translate(lo: number, hi: number, kind: AccessKind, user: boolean, faultOffset = 0): number {
    const found = this.#walker.walk((lo | faultOffset) >>> 0, hi, kind, user)
    if (found.size === 'large') {
      this.#noteRegion(this.#largeRegions, regionOf(lo, hi, at.LARGE_SHIFT))
      this.#tlb.noteLarge(regionOf(lo, hi, at.LARGE_SHIFT))
    }
    else if (found.size === 'huge') this.#noteRegion(this.#hugeRegions, regionOf(lo, hi, HUGE_SHIFT))
    const page = this.#memory.gate(found.frame)
    const watched = this.watchpoints.watchesData && this.watchpoints.watchesPage((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0))
    const skip = kind !== 'x' && (watched || (user && this.#alignmentChecks) || (!user && found.userPage && this.#walker.smap))
    if (!skip) {
      const readable = this.#memory.readableFrame(page)
      if (kind === 'x') {
        if (readable !== 0) this.#tlb.fill(user, 'x', lo, hi, readable, page)
      } else {
        const hidden = this.probes.armed && this.probes.watchesPage(((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)) & PAGE_MASK, page)
        if (readable !== 0) this.#tlb.fill(user, 'r', lo, hi, readable, page, hidden)
        const writable = kind === 'w' ? this.#memory.writableFrame(page) : 0
        if (writable !== 0) this.#tlb.fill(user, 'w', lo, hi, writable, page, hidden)
      }
    }
    return page + (lo & (PAGE_SIZE - 1))
  }
}

/** Number of the 4 MiB or 1 GiB that a linear address lies in. */
function regionOf(lo: number, hi: number, shift: number): number {
  return (hi >>> 0) * 2 ** (32 - shift) + (lo >>> shift)
}

function exchangeSet(state: StateFields, name: string, set: Set<number>): void {
  const numbers = state.numbers(name, state.loading ? [] : [...set].toSorted((a, b) => a - b), MOST_REGIONS, Number.MAX_SAFE_INTEGER)
  if (!state.loading) return
  set.clear()
  for (const number of numbers) set.add(number)
}
