/**
 * Many iterations of REP MOVS and REP STOS at once, as far as they stay on one page of source and target, upwards, where nothing can fault and no code is overwritten.
 * The functions give how many there were; with 0, the next iteration is for the instruction's own semantics.
 */
import type { FunctionBuilder } from '../../wasm/function-builder'
import type { FunctionType, ModuleBuilder } from '../../wasm/module-builder'
import type { Row } from '../isa/row'
import * as at from '../state/layout'
import { Reg, Seg, type Builder } from './builder'
import { segmentField, type SegmentOf, tlbEntry } from './memory-code'
import { constantValue, WasmValues, type WasmValue } from './wasm-values'
import type { WasmVector, WasmVectors } from './wasm-vectors'

export interface BulkFunctions {
  /** (log2 of the bytes of an element, segment of the source × `SEGMENT_STRIDE`, rSI, rDI, address mask, most elements; all but the first two i64) → elements (i64) */
  readonly move: number
  /** (log2 of the bytes of an element, rDI, address mask, most elements, what is stored, again and again to 64 bits) → elements */
  readonly fill: number
}

/** Multiplies an element up to 64 bits. */
const REPEATED = { 8: 0x0101_0101_0101_0101n, 16: 0x0001_0001_0001_0001n, 32: 0x1_0000_0001n, 64: 1n } as const
const PAGE_BYTES = 4096
const PAGE_SHIFT = 12
const ENTRY_HOST = 8
/** Up to so many bytes are moved here; a call of the host's own function costs more. */
const FEW_BYTES = 64
const TARGET: SegmentOf = { index: Seg.es }

export const MOVE_TYPE: FunctionType = { parameters: ['i32', 'i32', 'i64', 'i64', 'i64', 'i64'], results: ['i64'] }
export const FILL_TYPE: FunctionType = { parameters: ['i32', 'i64', 'i64', 'i64', 'i64'], results: ['i64'] }

export function addBulk(module: ModuleBuilder): BulkFunctions {
  return { move: addMove(module), fill: addFill(module) }
}

/**
 * Executes up to `most` iterations, and moves rSI, rDI and rCX. The direction is upwards.
 * @param pushSegment brings the segment of the source, × `SEGMENT_STRIDE`, on the stack
 * @returns how many there were
 */
export function emitBulk(b: WasmVectors & Builder<WasmValue, WasmVector>, functions: BulkFunctions, bulk: NonNullable<Row['bulk']>, pushSegment: () => void, most: WasmValue): WasmValue {
  const { code, operandSize } = b
  const shift = Math.log2(operandSize / 8)
  code.i32(shift)
  if (bulk === 'move') {
    pushSegment()
    for (const value of [b.addressReg(Reg.rsi), b.addressReg(Reg.rdi), b.addressMask(), most]) b.push(value)
    code.call(functions.move)
  } else {
    const pattern = b.mul(b.reg(Reg.rax, operandSize), constantValue(REPEATED[operandSize]))
    for (const value of [b.addressReg(Reg.rdi), b.addressMask(), most, pattern]) b.push(value)
    code.call(functions.fill)
  }
  const done = b.pop('i64', 64)
  b.if(b.ne(done, constantValue(0)), () => {
    const bytes = b.shl(done, constantValue(shift))
    for (const register of bulk === 'move' ? [Reg.rsi, Reg.rdi] : [Reg.rdi]) b.setAddressReg(register, b.add(b.addressReg(register), bytes))
    b.setAddressReg(Reg.rcx, b.sub(b.addressReg(Reg.rcx), done))
  })
  return done
}

export function addMove(module: ModuleBuilder): number {
  return module.function(MOVE_TYPE, (body) => {
    const v = new WasmValues(body)
    const shift = parameter(0, 'i32')
    const segment: SegmentOf = { strideLocal: 1 }
    const [from, to, mask, most] = [parameter(2), parameter(3), parameter(4), parameter(5)]
    const source = findPage(v, segment, from, 'r')
    const target = findPage(v, TARGET, to, 'w')
    const fits = v.shrU(lesser(v, source.room, target.room), shift)
    const ahead = v.sub(target.host, source.host)
    const wanted = lesser(v, most, fits)
    // What is read must not have been written by an iteration before.
    const overlaps = v.and(v.ltS(constantValue(0), ahead), v.ltU(ahead, v.shl(wanted, shift)))
    const count = v.select(overlaps, v.shrU(ahead, shift), wanted)
    const bytes = v.shl(count, shift)
    returnIf(v, v.isZero(count))
    requireRange(v, segment, from, mask, bytes, 'r')
    requireRange(v, TARGET, to, mask, bytes, 'w')
    requireNoCode(v, target.host, bytes)
    v.if(v.ltU(constantValue(FEW_BYTES), bytes), () => {
      v.push32(target.host)
      v.push32(source.host)
      v.push32(bytes)
      body.memoryCopy()
    }, () => {
      const [read, write, left] = [localOf(v, source.host), localOf(v, target.host), localOf(v, bytes)]
      step(body, left, [read, write], 8, () => {
        body.get(write)
        body.get(read)
        body.memory('i64_load', 0)
        body.memory('i64_store', 0)
      })
      step(body, left, [read, write], 1, () => {
        body.get(write)
        body.get(read)
        body.memory('i32_load8_u', 0)
        body.memory('i32_store8', 0)
      })
    })
    v.push(count)
  })
}

export function addFill(module: ModuleBuilder): number {
  return module.function(FILL_TYPE, (body) => {
    const v = new WasmValues(body)
    const shift = parameter(0, 'i32')
    const [to, mask, most, pattern] = [parameter(1), parameter(2), parameter(3), parameter(4)]
    const target = findPage(v, TARGET, to, 'w')
    const count = lesser(v, most, v.shrU(target.room, shift))
    const bytes = v.shl(count, shift)
    returnIf(v, v.isZero(count))
    requireRange(v, TARGET, to, mask, bytes, 'w')
    requireNoCode(v, target.host, bytes)
    const uniform = v.eq(v.or(v.shl(pattern, constantValue(8)), v.zext(8, pattern)), pattern)
    v.if(v.and(uniform, v.ltU(constantValue(FEW_BYTES), bytes)), () => {
      v.push32(target.host)
      v.push32(v.zext(8, pattern))
      v.push32(bytes)
      body.memoryFill()
    }, () => {
      const [write, left, rest] = [localOf(v, target.host), localOf(v, bytes), body.local('i64')]
      step(body, left, [write], 16, () => {
        body.get(write)
        v.push(pattern)
        body.simd('i64x2_splat')
        body.simdMemory('v128_store', 0)
      })
      step(body, left, [write], 8, () => {
        body.get(write)
        v.push(pattern)
        body.memory('i64_store', 0)
      })
      v.push(pattern)
      body.set(rest)
      step(body, left, [write], 1, () => {
        body.get(write)
        body.get(rest)
        body.memory('i64_store8', 0)
        body.get(rest)
        body.i64(8n)
        body.op('i64_shr_u')
        body.set(rest)
      })
    })
    v.push(count)
  })
}

function parameter(local: number, type: 'i32' | 'i64' = 'i64'): WasmValue {
  return { kind: 'local', local, type, bits: type === 'i32' ? 32 : 64 }
}

/** The lesser of two unsigned values. */
export function lesser(v: WasmValues, a: WasmValue, b: WasmValue): WasmValue {
  return v.select(v.ltU(a, b), a, b)
}

function localOf(v: WasmValues, value: WasmValue): number {
  const local = v.code.local('i32')
  v.push32(value)
  v.code.set(local)
  return local
}

/** Repeats a step of so many bytes as long as there are as many left. */
function step(body: FunctionBuilder, left: number, addresses: readonly number[], bytes: number, emit: () => void): void {
  const done = body.block()
  const again = body.loop()
  body.get(left)
  body.i32(bytes)
  body.op('i32_lt_u')
  body.brIf(done)
  emit()
  for (const local of addresses) advance(body, local, bytes)
  advance(body, left, -bytes)
  body.br(again)
  body.end()
  body.end()
}

function advance(body: FunctionBuilder, local: number, by: number): void {
  body.get(local)
  body.i32(by)
  body.op('i32_add')
  body.set(local)
}

function returnIf(v: WasmValues, condition: WasmValue): void {
  v.if(condition, () => {
    v.code.i64(0n)
    v.code.op('return')
  })
}

/** Host address of an offset in a segment, and how many bytes the page has from there; returns where the TLB does not know it. */
function findPage(v: WasmValues, segment: SegmentOf, offset: WasmValue, access: 'r' | 'w'): { host: WasmValue; room: WasmValue } {
  const tlb = access === 'r' ? at.TLB_READ : at.TLB_WRITE
  const linear = v.add(offset, segmentField(v, segment, at.SEGMENT_BASE))
  const entry = tlbEntry(v, linear)
  returnIf(v, v.ne(v.load('i64_load', entry, tlb, 64), v.shrU(linear, constantValue(PAGE_SHIFT))))
  const inPage = v.and(linear, constantValue(PAGE_BYTES - 1))
  return { host: v.add(v.load('i64_load32_u', entry, tlb + ENTRY_HOST, 32), inPage), room: v.sub(constantValue(PAGE_BYTES), inPage) }
}

/** Returns unless all bytes from `offset` on lie in the segment, and below the end of its addresses. */
function requireRange(v: WasmValues, segment: SegmentOf, offset: WasmValue, mask: WasmValue, bytes: WasmValue, access: 'r' | 'w'): void {
  const more = v.sub(bytes, constantValue(1))
  const high = segmentField(v, segment, access === 'r' ? at.SEGMENT_READ_HIGH : at.SEGMENT_WRITE_HIGH)
  const below = v.ltS(offset, segmentField(v, segment, at.SEGMENT_LOW))
  returnIf(v, v.or(v.or(below, v.ltS(high, v.add(offset, more))), v.ltU(v.sub(mask, offset), more)))
}

/** Returns where one of the lines holds code. */
function requireNoCode(v: WasmValues, host: WasmValue, bytes: WasmValue): void {
  const { code } = v
  const line = localOf(v, v.shrU(host, constantValue(at.LINE_SHIFT)))
  const last = localOf(v, v.shrU(v.sub(v.add(host, bytes), constantValue(1)), constantValue(at.LINE_SHIFT)))
  const again = code.loop()
  code.get(line)
  code.memory('i32_load8_u', at.CODE_LINES)
  code.if()
  code.i64(0n)
  code.op('return')
  code.end()
  advance(code, line, 1)
  code.get(line)
  code.get(last)
  code.op('i32_le_u')
  code.brIf(again)
  code.end()
}
