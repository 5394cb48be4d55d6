/**
 * Page walks of data accesses (Intel SDM vol. 3A, chapter 4) as `mmu/page-walk.ts` makes them: 32-bit paging with large pages, PAE and 4-level paging, and no paging at all. What is
 * left to that: huge pages, 5 levels, reserved bits, pages whose protection key is restricted, supervisor accesses to users' pages under SMAP, large pages in regions that INVLPG does not know yet, tables and frames in anything
 * but plain memory.
 */
import type { ModuleBuilder } from '../../wasm/module-builder'
import { tlbEntry } from '../semantics/memory-code'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { ACCESSED, DIRTY, LARGE, PHYSICAL_ADDRESS_BITS, PRESENT, USER, WRITABLE } from '../mmu/page-walk'
import { AC, CODE_64, CR0, CR4, EFER_BITS } from '../state/bits'
import * as at from '../state/layout'
import { QuickCode } from './quick-code'

const CR3 = at.CONTROL + 3 * 8
const CR4_FIELD = at.CONTROL + 4 * 8
const PAGE_SHIFT = 12
const PAGE_BYTES = 4096
const PAGE_OFFSET = 0xfff
const ENTRY_HOST = 8
const ENTRY_FRAME = 12
const FRAME_32 = 0xffff_f000
const FRAME_64 = (1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 0x1000n
/** Bits of 64-bit entries that must be zero: physical addresses end before bit 52; bit 63 is XD. */
const RESERVED = (1n << 52n) - (1n << BigInt(PHYSICAL_ADDRESS_BITS))
const PAE_RESERVED = (1n << 63n) - (1n << BigInt(PHYSICAL_ADDRESS_BITS))
const XD_SHIFT = 63
/** The protection key of an entry of 4-level paging that maps a page, and the bits that it has in PKRU and IA32_PKRS. */
const KEY_SHIFT = 59
const KEY_MASK = 0xf
const KEY_RIGHTS = 3
/** Of an entry for a large page: PSE-36 and its reserved bit; what is reserved with 2 MiB. */
const LARGE_32_LEFT = 0x3f_e000
const LARGE_64_LEFT = 0x1f_e000
/** An answer that is no host address: the access faults. */
export const FAULTS = -1

/** (linear address, bytes, 1 for a write) → host address, once the TLBs know the page; `FAULTS`, with the fault noted; 0: it is left to the MMU. */
export function addWalk(module: ModuleBuilder, afterStore: number): number {
  const mark = addMark(module, afterStore)
  return module.function({ parameters: ['i64', 'i32', 'i32'], results: ['i32'] }, (body) => new Walk(new QuickCode(body, 'walk'), mark).emit())
}

/** (host address of an entry, its low half, bits): sets bits in it that are missing. */
function addMark(module: ModuleBuilder, afterStore: number): number {
  return module.function({ parameters: ['i32', 'i64', 'i64'], results: [] }, (body) => {
    const [host, low, bits] = [0, 1, 2]
    body.get(low)
    body.get(bits)
    body.op('i64_and')
    body.get(bits)
    body.op('i64_eq')
    body.if()
    body.op('return')
    body.end()
    body.get(host)
    body.get(host)
    body.memory('i64_load32_u', 0)
    body.get(bits)
    body.op('i64_or')
    body.memory('i64_store32', 0)
    body.get(host)
    body.i32(at.LINE_SHIFT)
    body.op('i32_shr_u')
    body.memory('i32_load8_u', at.CODE_LINES)
    body.if()
    body.get(host)
    body.i32(4)
    body.call(afterStore)
    body.end()
  })
}

/** An entry of a table: where it is (i32 local), and what it holds. */
interface Entry {
  readonly host: number
  readonly value: WasmValue
}

class Walk {
  readonly #q: QuickCode
  readonly #mark: number
  /** Without bits that do not exist in the mode. */
  readonly #linear: WasmValue
  /** 1 for a write. */
  readonly #writes: WasmValue
  readonly #user: WasmValue
  readonly #cr0: WasmValue
  readonly #cr4: WasmValue
  readonly #efer: WasmValue

  constructor(q: QuickCode, mark: number) {
    this.#q = q
    this.#mark = mark
    const whole = q.parameter(0)
    this.#linear = q.select(q.eq(q.field(at.CODE_MODE), constantValue(CODE_64)), whole, q.zext(32, whole))
    this.#writes = q.parameter(2, 'i32')
    q.leaveIf(q.ltU(constantValue(PAGE_BYTES), q.add(q.and(this.#linear, constantValue(PAGE_OFFSET)), q.parameter(1, 'i32'))))
    this.#user = q.eq(q.field(at.CPL), constantValue(3))
    // Alignment may have to be checked.
    q.leaveIf(q.and(this.#user, q.ne(q.and(q.field(at.EFLAGS), constantValue(AC)), constantValue(0))))
    this.#cr0 = q.field(at.CONTROL)
    this.#cr4 = q.field(CR4_FIELD)
    this.#efer = q.field(at.EFER)
  }

  emit(): void {
    const q = this.#q
    const frame = q.variable(q.and(this.#linear, constantValue(FRAME_32)))
    q.if(q.and(this.#cr0, constantValue(CR0.PG)), () => {
      q.if(q.and(this.#efer, constantValue(EFER_BITS.LMA)), () => this.#fourLevels(frame.set), () => {
        q.if(q.and(this.#cr4, constantValue(CR4.PAE)), () => this.#pae(frame.set), () => this.#twoLevels(frame.set))
      })
    })
    this.#fill(frame.get())
  }

  #twoLevels(found: (frame: WasmValue) => void): void {
    const q = this.#q
    const directory = this.#entry(q.add(q.and(q.field(CR3), constantValue(FRAME_32)), this.#index(22, 0x3ff, 2)), 32)
    const large = q.and(q.bits(directory.value, 7, 1), q.ne(q.and(this.#cr4, constantValue(CR4.PSE)), constantValue(0)))
    q.if(large, () => {
      q.leaveIf(q.and(directory.value, constantValue(LARGE_32_LEFT)))
      this.#requireKnownRegion()
      this.#checkRights(directory.value)
      this.#markLast(directory)
      found(q.or(q.and(directory.value, constantValue(0xffc0_0000)), q.and(this.#linear, constantValue(0x3f_f000))))
    }, () => {
      const table = this.#entry(q.add(q.and(directory.value, constantValue(FRAME_32)), this.#index(12, 0x3ff, 2)), 32)
      this.#checkRights(q.and(directory.value, table.value))
      this.#markUpper(directory)
      this.#markLast(table)
      found(q.and(table.value, constantValue(FRAME_32)))
    })
  }

  #pae(found: (frame: WasmValue) => void): void {
    const q = this.#q
    const pointer = q.load('i64_load', q.localOf(this.#index(30, 3, 3)), at.PDPTES, 64)
    this.#requirePresent(pointer)
    this.#directory(q.and(pointer, constantValue(FRAME_64)), constantValue(WRITABLE | USER), this.#reserved(PAE_RESERVED), false, found)
  }

  #fourLevels(found: (frame: WasmValue) => void): void {
    const q = this.#q
    q.leaveIf(q.and(this.#cr4, constantValue(CR4.LA57)))
    const canonical = q.shrS(q.shl(this.#linear, constantValue(16)), constantValue(16))
    q.leaveIf(q.ne(canonical, this.#linear))
    const reserved = this.#reserved(RESERVED)
    const fourth = this.#entry(q.add(q.and(q.field(CR3, 64), constantValue(FRAME_64)), this.#index(39, 0x1ff, 3)), 64)
    q.leaveIf(q.or(q.bits(fourth.value, 7, 1), q.ne(q.and(fourth.value, reserved), constantValue(0))))
    const third = this.#entry(q.add(q.and(fourth.value, constantValue(FRAME_64)), this.#index(30, 0x1ff, 3)), 64)
    q.leaveIf(q.or(q.bits(third.value, 7, 1), q.ne(q.and(third.value, reserved), constantValue(0))))
    this.#directory(q.and(third.value, constantValue(FRAME_64)), q.and(fourth.value, third.value), reserved, true, found)
    this.#markUpper(fourth)
    this.#markUpper(third)
  }

  /** The last two levels of PAE and 4-level paging, of which only the latter has protection keys. */
  #directory(table: WasmValue, upperRights: WasmValue, reserved: WasmValue, hasKeys: boolean, found: (frame: WasmValue) => void): void {
    const q = this.#q
    const second = this.#entry(q.add(table, this.#index(21, 0x1ff, 3)), 64)
    q.leaveIf(q.and(second.value, reserved))
    const rights = q.and(upperRights, second.value)
    q.if(q.and(second.value, constantValue(LARGE)), () => {
      q.leaveIf(q.and(second.value, constantValue(LARGE_64_LEFT)))
      this.#requireKnownRegion()
      this.#checkRights(rights, hasKeys ? second.value : undefined)
      this.#markLast(second)
      found(q.or(q.and(second.value, constantValue(FRAME_64 & ~0x1f_ffffn)), q.and(this.#linear, constantValue(0x1f_f000))))
    }, () => {
      const first = this.#entry(q.add(q.and(second.value, constantValue(FRAME_64)), this.#index(12, 0x1ff, 3)), 64)
      q.leaveIf(q.and(first.value, reserved))
      this.#checkRights(q.and(rights, first.value), hasKeys ? first.value : undefined)
      this.#markUpper(second)
      this.#markLast(first)
      found(q.and(first.value, constantValue(FRAME_64)))
    })
  }

  /** Bits that must be zero, with XD where that is not in use. */
  #reserved(bits: bigint): WasmValue {
    const q = this.#q
    const noExecute = q.and(this.#efer, constantValue(EFER_BITS.NXE))
    return q.or(constantValue(bits), q.shl(q.isZero(noExecute), constantValue(XD_SHIFT)))
  }

  /** Part of the linear address, as the offset of an entry of 2^scale bytes. */
  #index(shift: number, mask: number, scale: number): WasmValue {
    const q = this.#q
    return q.shl(q.bits(this.#linear, shift, mask), constantValue(scale))
  }

  /** A present entry. */
  #entry(physical: WasmValue, bits: 32 | 64): Entry {
    const host = this.#q.plain(physical)
    const value = this.#q.at(host, 0, bits)
    this.#requirePresent(value)
    return { host, value }
  }

  #requirePresent(entry: WasmValue): void {
    const q = this.#q
    q.if(q.isZero(q.and(entry, constantValue(PRESENT))), () => this.#fault(0))
  }

  /** SDM vol. 3A, 4.6. `rights`: common to all levels, in the bits of an entry. `keyed`: the entry with the page's protection key. */
  #checkRights(rights: WasmValue, keyed?: WasmValue): void {
    const q = this.#q
    const userPage = q.bits(rights, 2, 1)
    if (keyed !== undefined) {
      const ofUsers = q.select(q.and(this.#cr4, constantValue(CR4.PKE)), q.field(at.PKRU), constantValue(0))
      const ofSupervisor = q.select(q.and(this.#cr4, constantValue(CR4.PKS)), q.field(at.PKRS), constantValue(0))
      const key = q.bits(keyed, KEY_SHIFT, KEY_MASK)
      q.leaveIf(q.and(q.shrU(q.select(userPage, ofUsers, ofSupervisor), q.shl(key, constantValue(1))), constantValue(KEY_RIGHTS)))
    }
    const supervisor = q.isZero(this.#user)
    q.leaveIf(q.and(q.and(supervisor, userPage), q.ne(q.and(this.#cr4, constantValue(CR4.SMAP)), constantValue(0))))
    const writeProtect = q.ne(q.and(this.#cr0, constantValue(CR0.WP)), constantValue(0))
    const readOnly = q.and(q.isZero(q.bits(rights, 1, 1)), q.or(this.#user, writeProtect))
    const forbidden = q.or(q.and(this.#user, q.isZero(userPage)), q.and(q.ne(this.#writes, constantValue(0)), readOnly))
    q.if(forbidden, () => this.#fault(1))
  }

  /** @param protection bit 0 of the error code */
  #fault(protection: 0 | 1): void {
    const q = this.#q
    const code = q.or(q.shl(this.#writes, constantValue(1)), q.shl(this.#user, constantValue(2)))
    q.setField(at.FAULT.found, constantValue(1))
    q.setField(at.FAULT.errorCode, q.or(code, constantValue(protection)))
    q.setField(at.FAULT.address, this.#linear, 64)
    q.give(FAULTS)
  }

  #markUpper(entry: Entry): void {
    this.#setBits(entry, constantValue(ACCESSED))
  }

  #markLast(entry: Entry): void {
    const q = this.#q
    this.#setBits(entry, q.or(constantValue(ACCESSED), q.shl(this.#writes, constantValue(Math.log2(DIRTY)))))
  }

  #setBits({ host, value }: Entry, bits: WasmValue): void {
    const { code } = this.#q
    code.get(host)
    this.#q.push(value)
    this.#q.push(bits)
    code.call(this.#mark)
  }

  /** INVLPG knows that there are large pages. */
  #requireKnownRegion(): void {
    const q = this.#q
    const region = q.shrU(this.#linear, constantValue(at.LARGE_SHIFT))
    const place = q.add(q.field(at.TLB_SET), q.shl(q.and(region, constantValue(at.LARGE_ENTRIES - 1)), constantValue(3)))
    q.leaveIf(q.ne(q.load('i64_load', q.localOf(place), at.TLB_LARGE, 64), region))
  }

  /** Notes the translation; the host address of the access is the result. */
  #fill(frame: WasmValue): void {
    const q = this.#q
    const { code } = q
    const host: WasmValue = { kind: 'local', local: q.plain(frame), type: 'i32', bits: 32 }
    const entry = tlbEntry(q, this.#linear)
    const fill = (tlb: number): void => {
      q.setAt(entry, tlb, q.shrU(this.#linear, constantValue(PAGE_SHIFT)), 64)
      q.setAt(entry, tlb + ENTRY_HOST, host)
      q.setAt(entry, tlb + ENTRY_FRAME, q.shrU(frame, constantValue(PAGE_SHIFT)))
    }
    fill(at.TLB_READ)
    q.if(this.#writes, () => fill(at.TLB_WRITE))
    q.push32(q.add(host, q.and(this.#linear, constantValue(PAGE_OFFSET))))
    code.op('return')
  }
}
