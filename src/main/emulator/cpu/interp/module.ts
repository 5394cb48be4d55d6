import type { FunctionBuilder } from '../../wasm/function-builder'
import { ModuleBuilder, type FunctionType } from '../../wasm/module-builder'
import { HandlerBuilder, type HandlerLocals, type MemoryStyle } from '../semantics/handler'
import { handlerOperands } from '../semantics/handler-operands'
import { runRow } from '../semantics/run-row'
import { CS } from '../state/bits'
import * as at from '../state/layout'
import { addSupport, type SupportFunctions } from './support'
import { coldVariants, hotVariants, type Variant } from './variants'

/** (record, RIP) → RIP of the next instruction */
const HANDLER_TYPE: FunctionType = { parameters: ['i32', 'i64'], results: ['i64'] }
const HANDLER_LOCALS: HandlerLocals = { record: 0, rip: 1 }
const RECORD_SHIFT = Math.log2(at.RECORD_BYTES)
const PAGE_SHIFT = 12n
const PAGE_OFFSET = 0xfffn

/** Assembles the interpreter: one function per cold variant of a row, and the loop that fetches records and executes them. */
export function assembleInterpreter(): Uint8Array {
  const module = new ModuleBuilder()
  const functions = addSupport(module)
  module.table(coldVariants.map((variant) => addHandler(module, functions, variant)))
  module.exportFunction('execute', addLoop(module, functions))
  return module.finish()
}

function addHandler(module: ModuleBuilder, functions: SupportFunctions, variant: Variant): number {
  return module.function(HANDLER_TYPE, (body) => {
    emitHandler(body, functions, HANDLER_LOCALS, variant, 'call')
    body.get(HANDLER_LOCALS.rip)
  })
}

function emitHandler(
  body: FunctionBuilder, functions: SupportFunctions, locals: HandlerLocals, { row, operandSize, isMemory, repeat }: Variant, style: MemoryStyle,
): void {
  const b = new HandlerBuilder(body, functions, locals, row, operandSize, style)
  runRow(b, row, repeat, handlerOperands(b, row, isMemory), () => b.fallThrough())
}

/**
 * The main loop: until REMAINING is 0, count down, find the record of the instruction at RIP, execute its handler. Hot
 * handlers stand in the loop itself; the others are called.
 */
function addLoop(module: ModuleBuilder, functions: SupportFunctions): number {
  return module.function({ parameters: [], results: [] }, (body) => {
    const record = body.local('i32')
    const rip = body.local('i64')
    body.i32(0)
    body.memory('i64_load', at.RIP)
    body.set(rip)
    const next = body.loop()
    emitCountDown(body, rip)
    emitFindRecord(body, functions, record, rip)

    const cold = body.block()
    const cases = hotVariants.map(() => body.block())
    body.get(record)
    body.memory('i32_load16_u', at.RECORD.handler)
    body.brTable([...cases].reverse(), cold)
    for (const variant of hotVariants) {
      body.end()
      body.withOwnLocals(() => emitHandler(body, functions, { record, rip }, variant, 'inline'))
      body.br(next)
    }
    body.end()
    body.get(record)
    body.get(rip)
    body.get(record)
    body.memory('i32_load16_u', at.RECORD.handler)
    body.i32(hotVariants.length)
    body.op('i32_sub')
    body.callIndirect(module.type(HANDLER_TYPE))
    body.set(rip)
    body.br(next)
    body.end()
  })
}

/** RIP goes to memory, for faults and helpers; the loop ends when nothing remains. */
function emitCountDown(body: FunctionBuilder, rip: number): void {
  const remaining = body.local('i32')
  body.i32(0)
  body.get(rip)
  body.memory('i64_store', at.RIP)
  body.i32(0)
  body.memory('i32_load', at.REMAINING)
  body.set(remaining)
  body.get(remaining)
  body.op('i32_eqz')
  body.if()
  body.op('return')
  body.end()
  body.i32(0)
  body.get(remaining)
  body.i32(1)
  body.op('i32_sub')
  body.memory('i32_store', at.REMAINING)
}

/** The record of the instruction at RIP: from the decode cache when the fetch window and the tag fit, else from `fetch`. */
function emitFindRecord(body: FunctionBuilder, functions: SupportFunctions, record: number, rip: number): void {
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
  body.brIf(missed)
  body.get(linear)
  body.i64(PAGE_OFFSET)
  body.op('i64_and')
  body.i32(0)
  body.memory('i64_load', at.FETCH_PHYSICAL)
  body.op('i64_or')
  body.set(physical)
  body.get(physical)
  body.op('i32_wrap_i64')
  body.i32(at.RECORD_COUNT - 1)
  body.op('i32_and')
  body.i32(RECORD_SHIFT)
  body.op('i32_shl')
  body.i32(at.RECORDS)
  body.op('i32_add')
  body.set(record)
  body.get(record)
  body.memory('i64_load', at.RECORD.tag)
  body.i32(0)
  body.memory('i64_load32_u', at.CODE_MODE)
  body.i64(BigInt(at.TAG_MODE_SHIFT))
  body.op('i64_shl')
  body.get(physical)
  body.op('i64_or')
  body.op('i64_eq')
  body.brIf(found)
  body.end()
  body.call(functions.fetch)
  body.set(record)
  body.end()
}
