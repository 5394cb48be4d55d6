/** Value types (core specification 5.3.1). */
export const ValueType = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const
export type ValueTypeName = keyof typeof ValueType

/** Instructions without immediates (core specification 5.4). */
export const Op = {
  unreachable: 0x00,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  i32_eqz: 0x45, i32_eq: 0x46, i32_ne: 0x47, i32_lt_s: 0x48, i32_lt_u: 0x49, i32_gt_s: 0x4a, i32_gt_u: 0x4b, i32_le_s: 0x4c, i32_le_u: 0x4d, i32_ge_s: 0x4e, i32_ge_u: 0x4f,
  i64_eqz: 0x50, i64_eq: 0x51, i64_ne: 0x52, i64_lt_s: 0x53, i64_lt_u: 0x54, i64_gt_s: 0x55, i64_gt_u: 0x56, i64_le_s: 0x57, i64_le_u: 0x58, i64_ge_s: 0x59, i64_ge_u: 0x5a,
  f32_eq: 0x5b, f32_lt: 0x5d, f64_eq: 0x61, f64_lt: 0x63,
  i32_clz: 0x67, i32_ctz: 0x68, i32_popcnt: 0x69, i32_add: 0x6a, i32_sub: 0x6b, i32_mul: 0x6c,
  i32_and: 0x71, i32_or: 0x72, i32_xor: 0x73, i32_shl: 0x74, i32_shr_s: 0x75, i32_shr_u: 0x76, i32_rotl: 0x77,
  i64_clz: 0x79, i64_ctz: 0x7a, i64_popcnt: 0x7b, i64_add: 0x7c, i64_sub: 0x7d, i64_mul: 0x7e, i64_div_s: 0x7f, i64_div_u: 0x80, i64_rem_s: 0x81, i64_rem_u: 0x82,
  i64_and: 0x83, i64_or: 0x84, i64_xor: 0x85, i64_shl: 0x86, i64_shr_s: 0x87, i64_shr_u: 0x88, i64_rotl: 0x89,
  f32_nearest: 0x90, f32_sqrt: 0x91, f32_add: 0x92, f32_sub: 0x93, f32_mul: 0x94, f32_div: 0x95,
  f64_nearest: 0x9e, f64_sqrt: 0x9f, f64_add: 0xa0, f64_sub: 0xa1, f64_mul: 0xa2, f64_div: 0xa3,
  i64_trunc_f32_s: 0xae, i64_trunc_f64_s: 0xb0, f32_convert_i64_s: 0xb4, f32_demote_f64: 0xb6, f64_convert_i64_s: 0xb9, f64_promote_f32: 0xbb,
  i32_wrap_i64: 0xa7, i64_extend_i32_s: 0xac, i64_extend_i32_u: 0xad,
  i32_extend8_s: 0xc0, i32_extend16_s: 0xc1, i64_extend8_s: 0xc2, i64_extend16_s: 0xc3, i64_extend32_s: 0xc4,
} as const
export type OpName = keyof typeof Op

/** Loads and stores: opcode and natural alignment (log2 of bytes). */
export const MemoryOp = {
  i32_load: [0x28, 2], i64_load: [0x29, 3], i32_load8_s: [0x2c, 0], i32_load8_u: [0x2d, 0], i32_load16_s: [0x2e, 1], i32_load16_u: [0x2f, 1],
  i64_load8_s: [0x30, 0], i64_load8_u: [0x31, 0], i64_load16_s: [0x32, 1], i64_load16_u: [0x33, 1], i64_load32_s: [0x34, 2], i64_load32_u: [0x35, 2],
  i32_store: [0x36, 2], i64_store: [0x37, 3], i32_store8: [0x3a, 0], i32_store16: [0x3b, 1], i64_store8: [0x3c, 0], i64_store16: [0x3d, 1], i64_store32: [0x3e, 2],
} as const
export type MemoryOpName = keyof typeof MemoryOp

/** Instructions with immediates of their own. */
export const Structured = {
  block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, br_if: 0x0d, br_table: 0x0e, call: 0x10, call_indirect: 0x11,
  local_get: 0x20, local_set: 0x21, local_tee: 0x22, i32_const: 0x41, i64_const: 0x42,
} as const
export const EMPTY_BLOCK = 0x40

/** Bulk memory instructions: prefix byte, number, memories (core specification 5.4.6). */
export const MISC_PREFIX = 0xfc
export const Misc = { memory_copy: 0x0a, memory_fill: 0x0b } as const
