/**
 * A decoded instruction: what the bytes say, ready to be written into a record of the decode cache (`state/layout.ts`) or to be
 * evaluated by the oracle. It depends on the bytes and the code mode alone, not on where they lie.
 */
import type { Size } from '../semantics/builder'
import type { Row } from '../isa/row'

export type CodeMode = 16 | 32 | 64
export type AddressSize = 16 | 32 | 64

export interface Decoded {
  readonly outcome: 'instruction'
  readonly row: Row
  /** Index of `row` in `rows`. */
  readonly rowNumber: number
  /** Bytes, 1–15. */
  readonly length: number
  /** Last opcode byte. */
  readonly opcode: number
  /** One of `operandSizes(row)`. */
  readonly operandSize: Size
  readonly addressSize: AddressSize
  /** Whether the ModRM operand (or moffs) is memory. */
  readonly isMemory: boolean
  readonly lock: boolean
  /** F2 or F3 (the last one); says "repeat" only where `row.repeat` is set. */
  readonly repeat: 'none' | 'f2' | 'f3'
  /** Segment of the memory operand (not of ES:rDI): the override or the default of its base register. */
  readonly segment: number
  /** Whether `segment` comes from a prefix that counts. */
  readonly segmentOverridden: boolean
  /** REX byte, or 0. */
  readonly rex: number
  /**
   * Slot of the general register in ModRM.reg: byte offset from `GPR` (AH…BH: index × 8 + 1). For segment, control and debug registers:
   * the register's number.
   */
  readonly reg: number
  /** Slot of the register in ModRM.rm (register forms) or in the opcode's low bits; of the vector that is an address's index. */
  readonly rm: number
  /** Slot of the register in VEX.vvvv. */
  readonly vvvv: number
  /** Slots of base and index (`ZERO_SLOT`: none; base `RIP_SLOT`: RIP of this instruction, whose length `displacement` includes). */
  readonly base: number
  readonly index: number
  /** 0–3: index is shifted left by it. */
  readonly scale: number
  /** Signed 32 bits. Includes the length (RIP-relative) and, for POP with rSP as base, the popped size. */
  readonly displacement: number
  /** The immediate, extended to 64 bits as its operand says (unsigned pattern); branch displacement (sign-extended); moffs; far pointer; slot of the register that an immediate names; FOP of an x87 instruction. */
  readonly immediate: bigint
  /** Second immediate (ENTER's nesting level). */
  readonly immediate2: number
}

/** No such instruction (#UD). `length` is the number of bytes that were looked at. */
export interface InvalidOpcode {
  readonly outcome: 'invalid'
  readonly length: number
}

/** More than 15 bytes (#GP(0)). */
export interface TooLong {
  readonly outcome: 'too-long'
}

/** The bytes given end inside the instruction. */
export interface NeedMoreBytes {
  readonly outcome: 'need-more'
}

export type DecodeResult = Decoded | InvalidOpcode | TooLong | NeedMoreBytes
