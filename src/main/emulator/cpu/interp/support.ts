import type { FunctionBuilder } from '../../wasm/function-builder'
import type { FunctionType, ModuleBuilder } from '../../wasm/module-builder'
import { Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { addBulk, type BulkFunctions } from '../semantics/bulk-code'
import { recordAddress, type HandlerFunctions } from '../semantics/handler'
import { HELPER_NAMES, HELPER_SIGNATURES } from '../semantics/helper-signatures'
import { addRoutines } from '../semantics/wasm-routines'
import { hostAddress, type MemoryFunctions } from '../semantics/memory-code'
import { WasmValues } from '../semantics/wasm-values'
import { CODE_64, CS, SS } from '../state/bits'
import { addAttention, quickHelpers } from './quick'
import { addWalk, FAULTS } from './quick-walk'
import * as at from '../state/layout'

/** Names of the module's import namespaces. */
export const HOST = 'host'
export const HELPERS = 'helpers'
/** In an entry of the TLB for fetches: number of the physical page (u32). */
const ENTRY_FRAME = 12
/** Index of the table of translated regions, behind that of handlers. */
export const REGION_TABLE = 1

/** What the module imports from TypeScript beside the helpers. 64-bit values cross as two halves. */
const HOST_FUNCTIONS = {
  /** () → record of the instruction at RIP */
  fetch: { parameters: [], results: ['i32'] },
  slowRead: { parameters: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
  slowWrite: { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] },
  afterStore: { parameters: ['i32', 'i32'], results: [] },
  raise: { parameters: ['i32', 'i32'], results: [] },
  /** Throws the page fault that `FAULT` describes. */
  raiseFault: { parameters: [], results: [] },
  attention: { parameters: [], results: [] },
  /** (record): its place was reached often, see `HOT_MASK` */
  hot: { parameters: ['i32'], results: [] },
} as const satisfies Record<string, FunctionType>

export interface SupportFunctions extends HandlerFunctions {
  readonly fetch: number
  /** (linear address of the instruction at RIP, RIP) → 1 when the fetch window is on its page now; see `addOpenWindow` */
  readonly openWindow: number
  /** (record of an instruction that crosses a page, RIP) → 1 when its second page can be fetched and is the one it was decoded from */
  readonly tailHolds: number
  readonly hot: number
  /** () → throws the page fault of `FAULT` */
  readonly raiseFault: number
  /** Added when a handler first wants them. */
  readonly bulk: () => BulkFunctions
}

/** Imports everything, and adds the functions that handlers share. `tableSize`: entries of the table of handlers. `translates`: there is a table of regions. */
export function addSupport(module: ModuleBuilder, tableSize: number, translates: boolean): SupportFunctions {
  module.importMemory(HOST, 'memory', 1)
  module.importTable(HOST, 'handlers', tableSize)
  if (translates) module.importTable(HOST, 'regions', 0)
  const host = (name: keyof typeof HOST_FUNCTIONS): number => module.importFunction(HOST, name, HOST_FUNCTIONS[name])
  const imports = {
    fetch: host('fetch'), slowRead: host('slowRead'), slowWrite: host('slowWrite'), afterStore: host('afterStore'), raise: host('raise'), attention: host('attention'), hot: host('hot'), raiseFault: host('raiseFault'),
  }
  const helper = quickHelpers(module, importHelpers(module))
  const walk = addWalk(module, imports.afterStore)
  const slowRead = addSlowAccess(module, { raise: imports.raise, walk, slow: imports.slowRead }, false)
  const slowWrite = addSlowAccess(module, { raise: imports.raise, walk, slow: imports.slowWrite }, true)
  const shared = { findRead: slowRead, findWrite: slowWrite, findAlignedRead: slowRead, findAlignedWrite: slowWrite, slowRead, slowWrite, afterStore: imports.afterStore }
  let bulk: BulkFunctions | undefined
  const findRead = addFindAccess(module, shared, false)
  const findWrite = addFindAccess(module, shared, true)
  return {
    helper,
    fetch: imports.fetch,
    openWindow: addOpenWindow(module),
    tailHolds: addTailHolds(module),
    raise: imports.raise,
    routine: addRoutines(module, imports.raise),
    attention: addAttention(module, imports.attention),
    hot: imports.hot,
    raiseFault: imports.raiseFault,
    bulk: () => (bulk ??= addBulk(module)),
    ...shared,
    findRead,
    findWrite,
    findAlignedRead: addFindAligned(module, imports.raise, findRead, false),
    findAlignedWrite: addFindAligned(module, imports.raise, findWrite, true),
    effectiveAddress: addEffectiveAddress(module),
  }
}

function importHelpers(module: ModuleBuilder): (helper: keyof Helpers) => number {
  const indices = new Map<keyof Helpers, number>()
  for (const name of HELPER_NAMES) {
    const { parameters, result, narrow }: { parameters: number; result: boolean; narrow?: boolean } = HELPER_SIGNATURES[name]
    const value = narrow === true ? 'i32' : 'i64'
    const type: FunctionType = { parameters: Array.from({ length: parameters }, () => value), results: result ? [value] : [] }
    indices.set(name, module.importFunction(HELPERS, name, type))
  }
  return (helper) => {
    const index = indices.get(helper)
    if (index === undefined) throw new Error(`Helper ${helper} was not imported.`)
    return index
  }
}

/** (segment, bytes, offset) → host; for writes with `load` behind. */
function accessType(writes: boolean): FunctionType {
  return { parameters: writes ? ['i32', 'i32', 'i64', 'i32'] : ['i32', 'i32', 'i64'], results: ['i32'] }
}

/** Looks in the TLB first. */
function addFindAccess(module: ModuleBuilder, functions: MemoryFunctions, writes: boolean): number {
  return module.function(accessType(writes), (body) => {
    const [stride, bytes, offset, load] = [0, 1, 2, 3]
    const values = new WasmValues(body)
    const host = hostAddress(values, functions, { strideLocal: stride }, { kind: 'local', local: offset, type: 'i64', bits: 64 }, { local: bytes }, writes ? 'rw' : 'r', undefined, load)
    body.get(host)
  })
}

/** Raises #GP(0) unless the linear address is a multiple of the bytes (a power of two), whatever else the access would raise. */
function addFindAligned(module: ModuleBuilder, raise: number, find: number, writes: boolean): number {
  return module.function(accessType(writes), (body) => {
    const [stride, bytes, offset, load] = [0, 1, 2, 3]
    body.get(stride)
    body.memory('i64_load', at.SEGMENTS + at.SEGMENT_BASE)
    body.get(offset)
    body.op('i64_add')
    body.get(bytes)
    body.i32(1)
    body.op('i32_sub')
    body.op('i64_extend_i32_u')
    body.op('i64_and')
    body.i64(0n)
    body.op('i64_ne')
    body.if()
    body.i32(Vector.GP)
    body.i32(0)
    body.call(raise)
    body.end()
    body.get(stride)
    body.get(bytes)
    body.get(offset)
    if (writes) body.get(load)
    body.call(find)
  })
}

/**
 * Moves the fetch window to a page that the TLB knows, as `CodeFetcher.locate` does: code that goes from page to page would else be at every step
 * outside the module. 0 where the page is not known, or CS's limit ends in it.
 */
function addOpenWindow(module: ModuleBuilder): number {
  return module.function({ parameters: ['i64', 'i64'], results: ['i32'] }, (body) => {
    const [linear, rip] = [0, 1]
    const page = body.local('i64')
    const entry = body.local('i32')
    emitCheckLimit(body, () => {
      // The last byte of the page, as an offset in CS.
      body.get(linear)
      body.i64(-1n)
      body.op('i64_xor')
      body.i64(0xfffn)
      body.op('i64_and')
      body.get(rip)
      body.op('i64_add')
    })
    body.get(linear)
    body.i64(12n)
    body.op('i64_shr_u')
    body.set(page)
    emitFindPage(body, page, entry)
    body.i32(0)
    body.get(page)
    body.memory('i64_store', at.FETCH_PAGE)
    body.i32(0)
    body.get(entry)
    body.memory('i64_load32_u', at.TLB_FETCH + ENTRY_FRAME)
    body.i64(12n)
    body.op('i64_shl')
    body.memory('i64_store', at.FETCH_PHYSICAL)
    body.i32(1)
  })
}

/** Looks at the second page of an instruction that crosses a page, as `CodeFetcher.fetch` does. */
function addTailHolds(module: ModuleBuilder): number {
  return module.function({ parameters: ['i32', 'i64'], results: ['i32'] }, (body) => {
    const [record, rip] = [0, 1]
    const page = body.local('i64')
    const entry = body.local('i32')
    emitCheckLimit(body, () => {
      body.get(rip)
      body.get(record)
      body.memory('i64_load8_u', at.RECORD.length)
      body.op('i64_add')
      body.i64(1n)
      body.op('i64_sub')
    })
    body.get(rip)
    body.i32(0)
    body.memory('i64_load', at.SEGMENTS + CS * at.SEGMENT_STRIDE + at.SEGMENT_BASE)
    body.op('i64_add')
    body.i64(12n)
    body.op('i64_shr_u')
    body.i64(1n)
    body.op('i64_add')
    body.set(page)
    emitFindPage(body, page, entry)
    body.get(entry)
    body.memory('i32_load', at.TLB_FETCH + ENTRY_FRAME)
    body.get(record)
    body.i32(Math.log2(at.PLACE_DIVISOR))
    body.op('i32_shr_u')
    body.memory('i32_load16_u', at.PLACES + at.PLACE.entry)
    body.i32(2)
    body.op('i32_shl')
    body.memory('i32_load', at.TAILS)
    body.op('i32_eq')
  })
}

/** Returns 0 where there is a limit of CS and the offset that `push` pushes is beyond it. */
function emitCheckLimit(body: FunctionBuilder, push: () => void): void {
  body.i32(0)
  body.memory('i32_load', at.CODE_MODE)
  body.i32(CODE_64)
  body.op('i32_ne')
  body.if()
  push()
  body.i32(0)
  body.memory('i64_load32_u', at.DESCRIPTORS + CS * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_LIMIT)
  body.op('i64_gt_u')
  body.if()
  body.i32(0)
  body.op('return')
  body.end()
  body.end()
}

/** Finds the entry of a linear page among those that code is fetched by; returns 0 when it is not there. */
function emitFindPage(body: FunctionBuilder, page: number, entry: number): void {
  body.get(page)
  body.op('i32_wrap_i64')
  body.i32(at.TLB_ENTRIES - 1)
  body.op('i32_and')
  body.i32(Math.log2(at.TLB_ENTRY))
  body.op('i32_shl')
  body.i32(0)
  body.memory('i32_load', at.TLB_SET)
  body.op('i32_add')
  body.set(entry)
  body.get(entry)
  body.memory('i64_load', at.TLB_FETCH)
  body.get(page)
  body.op('i64_ne')
  body.if()
  body.i32(0)
  body.op('return')
  body.end()
}

/** (record) → effective address. */
function addEffectiveAddress(module: ModuleBuilder): number {
  return module.function({ parameters: ['i32'], results: ['i64'] }, (body) => {
    const values = new WasmValues(body)
    values.push(recordAddress(values, 0))
  })
}

/** Raises what the segment forbids, walks the page tables, leaves the rest to the MMU. */
function addSlowAccess(module: ModuleBuilder, { raise, walk, slow }: { raise: number; walk: number; slow: number }, writes: boolean): number {
  return module.function(accessType(writes), (body) => {
    const [address, bytes, offset, load] = [0, 1, 2, 3]
    const linear = body.local('i64')
    pushOutside(body, { address, bytes, offset, high: writes ? at.SEGMENT_WRITE_HIGH : at.SEGMENT_READ_HIGH })
    body.if()
    body.i32(Vector.SS)
    body.i32(Vector.GP)
    body.get(address)
    body.i32(SS * at.SEGMENT_STRIDE)
    body.op('i32_eq')
    body.op('select')
    body.i32(0)
    body.call(raise)
    body.end()
    body.get(address)
    body.memory('i64_load', at.SEGMENTS + at.SEGMENT_BASE)
    body.get(offset)
    body.op('i64_add')
    body.set(linear)
    const found = body.local('i32')
    body.get(linear)
    body.get(bytes)
    body.i32(writes ? 1 : 0)
    body.call(walk)
    body.set(found)
    body.get(found)
    body.if()
    body.i32(0)
    body.get(found)
    body.get(found)
    body.i32(FAULTS)
    body.op('i32_eq')
    body.op('select')
    body.op('return')
    body.end()
    body.get(address)
    body.i32(Math.log2(at.SEGMENT_STRIDE))
    body.op('i32_shr_u')
    body.get(bytes)
    body.get(linear)
    body.op('i32_wrap_i64')
    body.get(linear)
    body.i64(32n)
    body.op('i64_shr_u')
    body.op('i32_wrap_i64')
    if (writes) body.get(load)
    body.call(slow)
  })
}

function pushOutside(body: FunctionBuilder, { address, bytes, offset, high }: { address: number; bytes: number; offset: number; high: number }): void {
  body.get(offset)
  body.get(address)
  body.memory('i64_load', at.SEGMENTS + at.SEGMENT_LOW)
  body.op('i64_lt_s')
  body.get(offset)
  body.get(bytes)
  body.op('i64_extend_i32_u')
  body.op('i64_add')
  body.i64(1n)
  body.op('i64_sub')
  body.get(address)
  body.memory('i64_load', at.SEGMENTS + high)
  body.op('i64_gt_s')
  body.op('i32_or')
}
