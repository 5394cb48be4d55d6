/** Rows of MMX and vector registers that neither move whole registers nor do floating-point arithmetic. */
import type { Row } from './row'
import { aesRows } from './sse-aes'
import { insertRows } from './sse-insert'
import { packedIntegerRows } from './sse-packed-integer'
import { packedShiftRows } from './sse-packed-shift'
import { shaRows } from './sse-sha'
import { shuffleRows } from './sse-shuffle'
import { stringCompareRows } from './sse-string'

/** Arithmetic, comparisons, shuffling: what compilers use. */
export const packedVectorRows: readonly Row[] = [...packedIntegerRows, ...packedShiftRows, ...shuffleRows, ...insertRows]
/** What only hand-written code uses. */
export const specialVectorRows: readonly Row[] = [...aesRows, ...shaRows, ...stringCompareRows]
