import * as at from '../state/layout'
import type { FunctionBuilder } from '../../wasm/function-builder'
import type { MemoryOpName } from '../../wasm/opcodes'
import type { Size } from './builder'
import { constantValue, type WasmValue, type WasmValues } from './wasm-values'

/**
 * Functions of the module for memory accesses; see `interp/support.ts`. Segments are given as index × `SEGMENT_STRIDE`. A host address of 0 says that the access faults, as is noted
 * in `FAULT`: the instruction is to be left at once.
 */
export interface MemoryFunctions {
  /** (segment, bytes, offset i64) → host address: limits and TLB checked, else slow */
  readonly findRead: number
  /** (segment, bytes, offset i64, load) → host address */
  readonly findWrite: number
  /** The same for 16 or 32 bytes, after #GP(0) for an address that is no multiple of them. */
  readonly findAlignedRead: number
  readonly findAlignedWrite: number
  /** The same for what is known to be no hit. */
  readonly slowRead: number
  readonly slowWrite: number
  /** (host, bytes) */
  readonly afterStore: number
}

/** The segment register of an access: known, or in a local that holds index × `SEGMENT_STRIDE`. */
export type SegmentOf = { readonly index: number } | { readonly strideLocal: number }

/** How many bytes an access has: known, or in an i32 local. */
export type BytesOf = number | { readonly local: number }

const LOADS: Readonly<Record<Size, MemoryOpName>> = { 8: 'i64_load8_u', 16: 'i64_load16_u', 32: 'i64_load32_u', 64: 'i64_load' }
const STORES: Readonly<Record<Size, MemoryOpName>> = { 8: 'i64_store8', 16: 'i64_store16', 32: 'i64_store32', 64: 'i64_store' }
const PAGE_SHIFT = 12
const LINE = 1 << at.LINE_SHIFT
const PAGE_OFFSET = 0xfff
const ENTRY_SHIFT = 4
const ENTRY_HOST = 8

/** Name of the load that brings `size` bits, zero-extended, into an i64. */
export function loadOf(size: Size): MemoryOpName {
  return LOADS[size]
}

export function storeOf(size: Size): MemoryOpName {
  return STORES[size]
}

function pushSegmentAddress(v: WasmValues, segment: SegmentOf): number {
  if ('index' in segment) {
    v.code.i32(0)
    return segment.index * at.SEGMENT_STRIDE
  }
  v.code.get(segment.strideLocal)
  return 0
}

/** A field of the effective segment, as a new i64 local. */
export function segmentField(v: WasmValues, segment: SegmentOf, field: number): WasmValue {
  const offset = pushSegmentAddress(v, segment)
  v.code.memory('i64_load', at.SEGMENTS + offset + field)
  return v.pop('i64', 64)
}

export function segmentSelector(v: WasmValues, segment: SegmentOf): WasmValue {
  const selector = at.DESCRIPTORS + at.DESCRIPTOR_SELECTOR
  if ('index' in segment) {
    v.code.i32(0)
    v.code.memory('i64_load32_u', selector + segment.index * at.DESCRIPTOR_STRIDE)
  } else {
    v.code.get(segment.strideLocal)
    v.code.i32(Math.log2(at.SEGMENT_STRIDE))
    v.code.op('i32_shr_u')
    v.code.i32(at.DESCRIPTOR_STRIDE)
    v.code.op('i32_mul')
    v.code.memory('i64_load32_u', selector)
  }
  return v.pop('i64', 16)
}

function pushStride(v: WasmValues, segment: SegmentOf): void {
  if ('index' in segment) v.code.i32(segment.index * at.SEGMENT_STRIDE)
  else v.code.get(segment.strideLocal)
}

function pushBytes(v: WasmValues, bytes: BytesOf): void {
  if (typeof bytes === 'number') v.code.i32(bytes)
  else v.code.get(bytes.local)
}

/**
 * Host address (i32 local) of `bytes` bytes at `offset` in a segment, found by the module's shared functions.
 * @param leave leaves the instruction, which faults
 */
export function callForHost(v: WasmValues, functions: MemoryFunctions, segment: SegmentOf, offset: WasmValue, bytes: number, access: 'r' | 'w' | 'rw', leave: () => void): number {
  pushStride(v, segment)
  v.code.i32(bytes)
  v.push(offset)
  if (access !== 'r') v.code.i32(access === 'rw' ? 1 : 0)
  v.code.call(access === 'r' ? functions.findRead : functions.findWrite)
  return foundHost(v, leave)
}

/** Takes a host address from the stack. */
function foundHost({ code }: WasmValues, leave: () => void): number {
  const host = code.local('i32')
  code.set(host)
  code.get(host)
  code.op('i32_eqz')
  code.if()
  leave()
  code.end()
  return host
}

/** The same for 16 or 32 bytes that must be aligned. */
export function callForAlignedHost(v: WasmValues, functions: MemoryFunctions, segment: SegmentOf, offset: WasmValue, bytes: number, access: 'r' | 'w' | 'rw', leave: () => void): number {
  pushStride(v, segment)
  v.code.i32(bytes)
  v.push(offset)
  if (access !== 'r') v.code.i32(access === 'rw' ? 1 : 0)
  v.code.call(access === 'r' ? functions.findAlignedRead : functions.findAlignedWrite)
  return foundHost(v, leave)
}

/**
 * Where the entry of a linear address is in the TLBs in use (i32 local), counted from the start of one of them.
 * @param set local with the host address of the TLBs; undefined: it is read
 */
export function tlbEntry(v: WasmValues, linear: WasmValue, set?: number): number {
  const { code } = v
  const entry = code.local('i32')
  v.push32(linear)
  code.i32(PAGE_SHIFT - ENTRY_SHIFT)
  code.op('i32_shr_u')
  code.i32((at.TLB_ENTRIES - 1) << ENTRY_SHIFT)
  code.op('i32_and')
  if (set === undefined) {
    code.i32(0)
    code.memory('i32_load', at.TLB_SET)
  } else code.get(set)
  code.op('i32_add')
  code.set(entry)
  return entry
}

/**
 * The same, inline: limits and TLB are checked here, everything else by the slow functions. One comparison finds both a
 * TLB miss and an access that crosses a page: the entry of the first byte's page never holds the tag of the next page,
 * because tags of one entry agree in their low bits.
 * @param leave leaves the instruction, which faults; undefined: the address is 0 then
 * @param load local that says whether a write wants the present value too
 */
export function hostAddress(
  v: WasmValues, functions: MemoryFunctions, segment: SegmentOf, offset: WasmValue, bytes: BytesOf, access: 'r' | 'w' | 'rw', leave?: () => void, load?: number,
): number {
  const { code } = v
  const more = typeof bytes === 'number' ? constantValue(bytes - 1) : v.sub({ kind: 'local', local: bytes.local, type: 'i32', bits: 4 }, constantValue(1))
  const linear = v.add(offset, segmentField(v, segment, at.SEGMENT_BASE))
  const last = v.add(offset, more)
  const lastLinear = v.add(linear, more)
  const entry = tlbEntry(v, linear)

  const tlb = access === 'r' ? at.TLB_READ : at.TLB_WRITE
  code.get(entry)
  code.memory('i64_load', tlb)
  v.push(v.shrU(lastLinear, constantValue(PAGE_SHIFT)))
  code.op('i64_eq')
  const low = pushSegmentAddress(v, segment)
  code.memory('i64_load', at.SEGMENTS + low + at.SEGMENT_LOW)
  v.push(offset)
  code.op('i64_le_s')
  code.op('i32_and')
  v.push(last)
  const high = pushSegmentAddress(v, segment)
  code.memory('i64_load', at.SEGMENTS + high + (access === 'r' ? at.SEGMENT_READ_HIGH : at.SEGMENT_WRITE_HIGH))
  code.op('i64_le_s')
  code.op('i32_and')
  code.if('i32')
  code.get(entry)
  code.memory('i32_load', tlb + ENTRY_HOST)
  v.push32(linear)
  code.i32(PAGE_OFFSET)
  code.op('i32_and')
  code.op('i32_add')
  code.else()
  pushStride(v, segment)
  pushBytes(v, bytes)
  v.push(offset)
  if (access === 'r') {
    code.call(functions.slowRead)
  } else {
    if (load === undefined) code.i32(access === 'rw' ? 1 : 0)
    else code.get(load)
    code.call(functions.slowWrite)
  }
  if (leave !== undefined) code.get(foundHost(v, leave))
  code.end()
  const host = code.local('i32')
  code.set(host)
  return host
}

/** Stores the low `size` bits of a value at a host address, and looks whether decoded code lies there. */
export function storeAt(v: WasmValues, functions: MemoryFunctions, host: number, size: Size, value: WasmValue): void {
  const { code } = v
  code.get(host)
  v.push(value)
  code.memory(STORES[size], 0)
  noteStore(v, functions, host, size / 8)
}

/** Looks whether decoded code lies where `bytes` bytes were stored. */
export function noteStore(v: WasmValues, functions: MemoryFunctions, host: number, bytes: number): void {
  const { code } = v
  ifCodeAt(code, host, bytes, () => {
    code.if()
    code.get(host)
    code.i32(bytes)
    code.call(functions.afterStore)
    code.end()
  })
}

/**
 * Where `bytes` bytes at a host address (i32 local) may reach a line with decoded code: `then` finds on the stack whether they do (i32). Common stores see
 * one byte and go on; a stack right below the code is in a line before code, and reaches none.
 */
export function ifCodeAt(code: FunctionBuilder, host: number, bytes: number, then: () => void): void {
  const line = code.local('i32')
  code.get(host)
  code.i32(at.LINE_SHIFT)
  code.op('i32_shr_u')
  code.memory('i32_load8_u', at.CODE_LINES)
  code.set(line)
  code.get(line)
  code.if()
  code.get(line)
  code.i32(at.LINE_HAS_CODE)
  code.op('i32_and')
  if (bytes > 1) {
    code.get(host)
    code.i32(LINE - 1)
    code.op('i32_and')
    code.i32(LINE - bytes)
    code.op('i32_gt_u')
    code.op('i32_or')
  }
  then()
  code.end()
}
