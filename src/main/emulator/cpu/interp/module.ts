import type { FunctionBuilder, Label } from '../../wasm/function-builder'
import { ModuleBuilder, type FunctionType } from '../../wasm/module-builder'
import { EFLAGS_DF } from '../isa/eflags'
import type { Row } from '../isa/row'
import { Reg } from '../semantics/builder'
import { emitBulk, lesser } from '../semantics/bulk-code'
import { HandlerBuilder, type HandlerLocals, type MemoryStyle } from '../semantics/handler'
import { handlerOperands } from '../semantics/handler-operands'
import { runRow } from '../semantics/run-row'
import { CS } from '../state/bits'
import * as at from '../state/layout'
import { addPageFault } from './quick-delivery'
import { addSupport, REGION_TABLE, type SupportFunctions } from './support'
import { coldVariants, FIRST_COLD, hotVariants, type HandlerGroup, type Variant } from './variants'

/** (record, RIP) → RIP of the next instruction */
const HANDLER_TYPE: FunctionType = { parameters: ['i32', 'i64'], results: ['i64'] }
const HANDLER_LOCALS: HandlerLocals = { record: 0, rip: 1 }
const RECORD_SHIFT = Math.log2(at.RECORD_BYTES)
const PAGE_SHIFT = 12n
const PAGE_OFFSET = 0xfffn

/** Entries of the table of handlers, which all modules import and fill, for the main module: every handler but the hot ones. */
export const MAIN_ENTRIES = coldVariants.length

/** The first entry of a group, and the one behind its last. */
export function entriesOf({ first, variants }: HandlerGroup): { from: number; to: number } {
  const from = first - FIRST_COLD
  return { from, to: from + variants.length }
}

/**
 * Assembles the interpreter: one function per cold variant of a row, and the loop that fetches records and executes them.
 * @param translates whether the loop counts how often places are reached, and enters translated code
 */
export function assembleInterpreter(translates: boolean): Uint8Array {
  const module = new ModuleBuilder()
  const functions = addSupport(module, MAIN_ENTRIES, translates)
  module.elements(0, coldVariants.map((variant) => addHandler(module, functions, variant)))
  module.exportFunction('execute', addLoop(module, functions, translates))
  return module.finish()
}

/** Assembles the handlers of a group that the main module has no functions for, and the routines they call. */
export function assembleGroup(group: HandlerGroup): Uint8Array {
  const module = new ModuleBuilder()
  const { from, to } = entriesOf(group)
  const functions = addSupport(module, to, false)
  module.elements(from, group.variants.map((variant) => addHandler(module, functions, variant)))
  return module.finish()
}

function addHandler(module: ModuleBuilder, functions: SupportFunctions, variant: Variant): number {
  return module.function(HANDLER_TYPE, (body) => {
    if (variant.repeat === 'none') emitHandler(body, functions, HANDLER_LOCALS, variant, 'call')
    else emitIterations(body, functions, variant)
    body.get(HANDLER_LOCALS.rip)
  })
}

/**
 * A repeated instruction. Every iteration counts as an instruction, and the next one may be executed here: while RIP
 * stays, instructions remain, and neither the record nor the fetch window went away (the string may overwrite its own code).
 */
function emitIterations(body: FunctionBuilder, functions: SupportFunctions, variant: Variant): void {
  const { record, rip } = HANDLER_LOCALS
  const start = body.local('i64')
  const tag = body.local('i64')
  const remaining = body.local('i32')
  body.get(rip)
  body.set(start)
  body.get(record)
  body.memory('i64_load', at.RECORD.tag)
  body.set(tag)
  const done = body.block()
  const again = body.loop()
  const iterated = body.block()
  if (variant.row.bulk !== undefined) emitBulkIterations(body, functions, variant, variant.row.bulk, iterated)
  emitHandler(body, functions, HANDLER_LOCALS, variant, 'inline')
  body.end()
  body.get(rip)
  body.get(start)
  body.op('i64_ne')
  body.brIf(done)
  body.get(record)
  body.memory('i64_load', at.RECORD.tag)
  body.get(tag)
  body.op('i64_ne')
  body.brIf(done)
  body.i32(0)
  body.memory('i64_load', at.FETCH_PAGE)
  body.i64(0n)
  body.op('i64_lt_s')
  body.brIf(done)
  body.i32(0)
  body.memory('i32_load', at.REMAINING)
  body.set(remaining)
  body.get(remaining)
  body.op('i32_eqz')
  body.brIf(done)
  emitCount(body, remaining)
  body.br(again)
  body.end()
  body.end()
}

/** Many iterations at once, one of which is counted already; then it goes on at `iterated`. */
function emitBulkIterations(body: FunctionBuilder, functions: SupportFunctions, { row, operandSize }: Variant, bulk: NonNullable<Row['bulk']>, iterated: Label): void {
  const b = new HandlerBuilder(body, functions, HANDLER_LOCALS, row, operandSize, 'inline')
  const count = b.addressReg(Reg.rcx)
  b.if(b.and(b.isZero(b.eflag(EFLAGS_DF)), b.ltU(b.constant(1), count)), () => {
    const remaining = b.load('i64_load32_u', undefined, at.REMAINING, 32)
    const done = emitBulk(b, functions.bulk(), bulk, () => pushSegment(b), lesser(b, count, b.add(remaining, b.constant(1))))
    b.if(b.ne(done, b.constant(0)), () => {
      body.i32(0)
      b.push32(b.sub(b.add(remaining, b.constant(1)), done))
      body.memory('i32_store', at.REMAINING)
      b.if(b.eq(done, count), () => b.fallThrough())
      body.br(iterated)
    })
  })
}

function pushSegment(b: HandlerBuilder): void {
  const segment = b.recordSegment()
  if ('index' in segment) b.code.i32(segment.index * at.SEGMENT_STRIDE)
  else b.code.get(segment.strideLocal)
}

function emitHandler(
  body: FunctionBuilder, functions: SupportFunctions, locals: HandlerLocals, variant: Variant, style: MemoryStyle, advance?: () => void,
): void {
  const { row, operandSize, isMemory, repeat } = variant
  const b = new HandlerBuilder(body, functions, locals, row, operandSize, style)
  runRow(b, row, repeat, handlerOperands(b, row, isMemory), advance ?? (() => b.fallThrough()))
}

/** Locals of the main loop. */
interface LoopLocals extends HandlerLocals {
  /** RIP of the instruction being executed; `rip` becomes that of the next one. */
  readonly start: number
  /** Tag of its record: physical address and code mode (i64). */
  readonly tag: number
  /** How far the next instruction is from it (i64). */
  readonly distance: number
  /** Its handler's number (i32). */
  readonly handler: number
  /** `REMAINING` before it was counted (i32). */
  readonly remaining: number
}

/**
 * The main loop: until REMAINING is 0, count down, find the record of the instruction at RIP, execute its handler. Hot
 * handlers stand in the loop itself. From them the next record is found by its distance while it is on the same page:
 * they change neither mode nor mapping (a slow memory access might, but closes the fetch window then). The others are
 * called, and after them everything is looked up anew.
 */
function addLoop(module: ModuleBuilder, functions: SupportFunctions, translates: boolean): number {
  const deliver = addPageFault(module)
  return module.function({ parameters: [], results: [] }, (body) => {
    const locals: LoopLocals = {
      record: body.local('i32'), rip: body.local('i64'), start: body.local('i64'), tag: body.local('i64'), distance: body.local('i64'),
      handler: body.local('i32'), remaining: body.local('i32'),
    }
    const { record, rip, handler } = locals
    body.i32(0)
    body.memory('i64_load', at.RIP)
    body.set(rip)
    const anew = body.loop()
    const faulted = body.block()
    const hotLocals = { ...locals, faulted }
    emitMaskRip(body, rip)
    emitCountDown(body, locals)
    emitFindRecord(body, functions, locals)
    if (translates) emitCountPlace(body, functions, record)
    const onPage = body.loop()
    body.get(record)
    body.memory('i32_load16_u', at.RECORD.handler)
    body.set(handler)
    const dispatch = body.loop()
    const advance = body.block()
    const jumped = body.block()
    const cold = body.block()
    const region = body.block()
    const crossing = body.block()
    const cases = hotVariants.map(() => body.block())
    body.get(handler)
    body.brTable([...cases.toReversed(), region, crossing], cold)
    for (const variant of hotVariants) {
      body.end()
      body.withOwnLocals(() => emitHotCase(body, functions, hotLocals, variant))
      body.br(translates && variant.row.setsRip === true ? jumped : advance)
    }
    body.end()
    emitCrossing(body, functions, locals)
    body.br(dispatch)
    body.end()
    if (translates) emitEnterRegion(body, module, locals, { anew, dispatch })
    else body.op('unreachable')
    body.end()
    body.get(record)
    body.get(rip)
    body.get(handler)
    body.i32(FIRST_COLD)
    body.op('i32_sub')
    body.callIndirect(module.type(HANDLER_TYPE))
    body.set(rip)
    body.i32(0)
    body.memory('i32_load', at.FAULT.found)
    body.i32(0)
    body.op('i32_ne')
    body.brIf(faulted)
    body.br(anew)
    body.end()
    if (translates) {
      emitStepOnPage(body, locals, anew)
      emitCountPlace(body, functions, record)
      emitCountDown(body, locals)
      body.br(onPage)
    }
    body.end()
    emitStepOnPage(body, locals, anew)
    emitCountDown(body, locals)
    body.br(onPage)
    body.end()
    body.end()
    body.end()
    emitFaulted(body, functions, deliver, rip)
    body.br(anew)
    body.end()
  })
}

/** An access has found that it faults: on to the handler. */
function emitFaulted(body: FunctionBuilder, functions: SupportFunctions, deliver: number, rip: number): void {
  body.i32(0)
  body.i32(0)
  body.memory('i32_store', at.FAULT.found)
  body.call(deliver)
  body.op('i32_eqz')
  body.if()
  body.call(functions.raiseFault)
  body.end()
  body.i32(0)
  body.memory('i64_load', at.RIP)
  body.set(rip)
}

/** One more jump to the place of a record. After so many the translator is told, which may put a region there. */
function emitCountPlace(body: FunctionBuilder, functions: SupportFunctions, record: number): void {
  const place = body.local('i32')
  const count = body.local('i32')
  emitPlaceOf(body, record)
  body.set(place)
  body.get(place)
  body.get(place)
  body.memory('i32_load16_u', at.PLACES + at.PLACE.count)
  body.i32(1)
  body.op('i32_add')
  body.set(count)
  body.get(count)
  body.memory('i32_store16', at.PLACES + at.PLACE.count)
  body.get(count)
  body.i32(0)
  body.memory('i32_load', at.HOT_MASK)
  body.op('i32_and')
  body.op('i32_eqz')
  body.if()
  body.get(record)
  body.call(functions.hot)
  body.end()
}

/** Pushes the offset in `PLACES` that belongs to a record. */
function emitPlaceOf(body: FunctionBuilder, record: number): void {
  body.get(record)
  body.i32(Math.log2(at.PLACE_DIVISOR))
  body.op('i32_shr_u')
}

/** Calls the region of a record. One that could not execute anything leaves the instruction uncounted: its own handler does it then. */
function emitEnterRegion(body: FunctionBuilder, module: ModuleBuilder, { record, rip, remaining, handler }: LoopLocals, { anew, dispatch }: { anew: Label; dispatch: Label }): void {
  body.get(record)
  body.get(rip)
  emitPlaceOf(body, record)
  body.memory('i32_load16_u', at.PLACES + at.PLACE.region)
  body.callIndirect(module.type(HANDLER_TYPE), REGION_TABLE)
  body.set(rip)
  body.i32(0)
  body.memory('i32_load', at.REMAINING)
  body.get(remaining)
  body.op('i32_lt_s')
  body.brIf(anew)
  emitCount(body, remaining)
  emitPlaceOf(body, record)
  body.memory('i32_load16_u', at.PLACES + at.PLACE.handler)
  body.set(handler)
  body.br(dispatch)
}

/** Leads an instruction that crosses a page to its own handler, decoded anew where the second page is not known to be what it was. */
function emitCrossing(body: FunctionBuilder, functions: SupportFunctions, locals: LoopLocals): void {
  const { record, rip, handler } = locals
  emitPlaceOf(body, record)
  body.memory('i32_load16_u', at.PLACES + at.PLACE.handler)
  body.set(handler)
  body.get(record)
  body.get(rip)
  body.call(functions.tailHolds)
  body.op('i32_eqz')
  body.if()
  emitFetch(body, functions, locals)
  body.get(record)
  body.memory('i32_load16_u', at.RECORD.handler)
  body.set(handler)
  body.end()
}

/** A hot handler: leaves the new RIP and the distance to it. */
function emitHotCase(body: FunctionBuilder, functions: SupportFunctions, locals: LoopLocals, variant: Variant): void {
  const { record, rip, start, distance } = locals
  emitHandler(body, functions, locals, variant, 'inline', variant.row.setsRip === true ? undefined : () => {
    // The mask of RIP is applied when the page is left.
    body.get(rip)
    body.get(record)
    body.memory('i64_load8_u', at.RECORD.length)
    body.set(distance)
    body.get(distance)
    body.op('i64_add')
    body.set(rip)
  })
  if (variant.row.setsRip === true) {
    body.get(rip)
    body.get(start)
    body.op('i64_sub')
    body.set(distance)
  }
}

/** Goes to the record `distance` away; to `anew` when that is on another page, not decoded, or the fetch window was closed. */
function emitStepOnPage(body: FunctionBuilder, { record, tag, distance }: LoopLocals, anew: Label): void {
  const next = body.local('i64')
  body.get(tag)
  body.get(distance)
  body.op('i64_add')
  body.set(next)
  body.get(next)
  body.get(tag)
  body.op('i64_xor')
  body.i64(PAGE_OFFSET)
  body.op('i64_gt_u')
  body.brIf(anew)
  body.get(next)
  body.set(tag)
  emitRecordOf(body, tag)
  body.set(record)
  body.get(record)
  body.memory('i64_load', at.RECORD.tag)
  body.get(tag)
  body.op('i64_ne')
  body.i32(0)
  body.memory('i64_load', at.FETCH_PAGE)
  body.i64(0n)
  body.op('i64_lt_s')
  body.op('i32_or')
  body.brIf(anew)
}

function emitMaskRip(body: FunctionBuilder, rip: number): void {
  body.get(rip)
  body.i32(0)
  body.memory('i64_load', at.IP_MASK)
  body.op('i64_and')
  body.set(rip)
}

/** RIP goes to memory, for faults and helpers; the loop ends when nothing remains. */
function emitCountDown(body: FunctionBuilder, { rip, start, remaining }: LoopLocals): void {
  body.i32(0)
  body.get(rip)
  body.memory('i64_store', at.RIP)
  body.get(rip)
  body.set(start)
  body.i32(0)
  body.memory('i32_load', at.REMAINING)
  body.set(remaining)
  body.get(remaining)
  body.op('i32_eqz')
  body.if()
  body.op('return')
  body.end()
  emitCount(body, remaining)
}

/** REMAINING becomes one less than the local says. */
function emitCount(body: FunctionBuilder, remaining: number): void {
  body.i32(0)
  body.get(remaining)
  body.i32(1)
  body.op('i32_sub')
  body.memory('i32_store', at.REMAINING)
}

/** The record of the instruction at RIP: from the decode cache when the fetch window can be had and the tag fits, else from `fetch`. */
function emitFindRecord(body: FunctionBuilder, functions: SupportFunctions, locals: LoopLocals): void {
  const { record, rip, tag } = locals
  const linear = body.local('i64')
  const physical = body.local('i64')
  const found = body.block()
  const missed = body.block()
  body.get(rip)
  body.i32(0)
  body.memory('i64_load', at.SEGMENTS + CS * at.SEGMENT_STRIDE + at.SEGMENT_BASE)
  body.op('i64_add')
  body.set(linear)
  body.get(linear)
  body.i64(PAGE_SHIFT)
  body.op('i64_shr_u')
  body.i32(0)
  body.memory('i64_load', at.FETCH_PAGE)
  body.op('i64_ne')
  body.if()
  body.get(linear)
  body.get(rip)
  body.call(functions.openWindow)
  body.op('i32_eqz')
  body.brIf(missed)
  body.end()
  body.get(linear)
  body.i64(PAGE_OFFSET)
  body.op('i64_and')
  body.i32(0)
  body.memory('i64_load', at.FETCH_PHYSICAL)
  body.op('i64_or')
  body.set(physical)
  emitRecordOf(body, physical)
  body.set(record)
  body.get(record)
  body.memory('i64_load', at.RECORD.tag)
  body.i32(0)
  body.memory('i64_load32_u', at.CODE_MODE)
  body.i64(BigInt(at.TAG_MODE_SHIFT))
  body.op('i64_shl')
  body.get(physical)
  body.op('i64_or')
  body.set(tag)
  body.get(tag)
  body.op('i64_eq')
  body.brIf(found)
  body.end()
  emitFetch(body, functions, locals)
  body.end()
}

/** The record of the instruction at RIP, from `fetch`. */
function emitFetch(body: FunctionBuilder, functions: SupportFunctions, { record, tag }: LoopLocals): void {
  body.call(functions.fetch)
  body.set(record)
  body.get(record)
  body.memory('i64_load', at.RECORD.tag)
  // Without the mark, so that no neighbour with one is found by its distance.
  body.i64(~at.TAG_ASKED)
  body.op('i64_and')
  body.set(tag)
}

/** Pushes the address of the record for a physical address or tag. */
function emitRecordOf(body: FunctionBuilder, physical: number): void {
  body.get(physical)
  body.op('i32_wrap_i64')
  body.i32(at.RECORD_COUNT - 1)
  body.op('i32_and')
  body.i32(RECORD_SHIFT)
  body.op('i32_shl')
  body.i32(at.RECORDS)
  body.op('i32_add')
}
