import { aluRows } from './alu'
import { atomicRows } from './atomic'
import { avxGroups } from './avx'
import { bcdRows } from './bcd'
import { bitRows } from './bits'
import { bmiRows } from './bmi'
import { controlRows } from './control'
import { eflagsRows } from './eflags'
import { extensionRows } from './extensions'
import { f16cRows } from './f16c'
import { fmaRows } from './fma'
import { fxsaveRows } from './fxsave'
import { ioRows } from './io'
import { moveRows } from './move'
import { multiplyRows } from './multiply'
import { nopRows } from './nop'
import type { Row } from './row'
import { segmentRows } from './segments'
import { shiftRows } from './shift'
import { sseFloatRows } from './sse-float'
import { sseConvertRows } from './sse-float-convert'
import { vectorMoveRows } from './sse-move'
import { stackRows } from './stack'
import { stringRows } from './string'
import { systemRows } from './system'
import { packedVectorRows, specialVectorRows } from './vectors'
import { x87Rows } from './x87'
import { x87ControlRows } from './x87-control'
import { xsaveRows } from './xsave'

/** Instructions that every program uses. */
export const integerRows: readonly Row[] = [
  ...aluRows, ...moveRows, ...shiftRows, ...multiplyRows, ...bitRows, ...bmiRows, ...atomicRows, ...stackRows, ...controlRows, ...stringRows, ...eflagsRows,
  ...bcdRows, ...segmentRows, ...ioRows, ...nopRows, ...systemRows, ...extensionRows,
]

/** Instructions of the floating-point and vector units, many and large, in groups that programs use together: what is made of a group waits for its first use. */
export const unitGroups: readonly (readonly Row[])[] = [
  [...x87Rows, ...x87ControlRows], [...fxsaveRows, ...xsaveRows], vectorMoveRows, packedVectorRows, specialVectorRows, [...sseFloatRows, ...sseConvertRows],
  ...avxGroups, [...fmaRows, ...f16cRows],
]

/** Every instruction form of the CPU. */
export const rows: readonly Row[] = [...integerRows, ...unitGroups.flat()]
