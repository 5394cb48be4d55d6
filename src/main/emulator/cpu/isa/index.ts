import { aluRows } from './alu'
import { atomicRows } from './atomic'
import { avxFloatRows, avxVectorRows } from './avx'
import { bcdRows } from './bcd'
import { bitRows } from './bits'
import { bmiRows } from './bmi'
import { controlRows } from './control'
import { eflagsRows } from './eflags'
import { extensionRows } from './extensions'
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
import { stackRows } from './stack'
import { stringRows } from './string'
import { systemRows } from './system'
import { vectorRows } from './vectors'
import { x87Rows } from './x87'
import { x87ControlRows } from './x87-control'
import { xsaveRows } from './xsave'

/** Instructions of the floating-point and vector units: many and large, and seldom in kernels. */
export const unitRows: readonly Row[] = [...vectorRows, ...x87Rows, ...x87ControlRows, ...sseFloatRows, ...sseConvertRows, ...fxsaveRows, ...xsaveRows, ...avxVectorRows, ...avxFloatRows]

/** Every instruction form of the CPU. */
export const rows: readonly Row[] = [
  ...aluRows, ...moveRows, ...shiftRows, ...multiplyRows, ...bitRows, ...bmiRows, ...atomicRows, ...stackRows, ...controlRows, ...stringRows, ...eflagsRows,
  ...bcdRows, ...segmentRows, ...ioRows, ...nopRows, ...systemRows, ...extensionRows, ...unitRows,
]
