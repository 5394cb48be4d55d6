/** All rows of MMX and vector registers that do no floating-point arithmetic. */
import type { Row } from './row'
import { aesRows } from './sse-aes'
import { insertRows } from './sse-insert'
import { vectorMoveRows } from './sse-move'
import { packedIntegerRows } from './sse-packed-integer'
import { packedShiftRows } from './sse-packed-shift'
import { shaRows } from './sse-sha'
import { shuffleRows } from './sse-shuffle'
import { stringCompareRows } from './sse-string'

export const vectorRows: readonly Row[] = [
  ...vectorMoveRows, ...packedIntegerRows, ...packedShiftRows, ...shuffleRows, ...insertRows, ...aesRows, ...shaRows, ...stringCompareRows,
]
