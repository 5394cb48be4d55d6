import { aluRows } from './alu'
import type { Row } from './row'

/** Every instruction form of the CPU. */
export const rows: readonly Row[] = [...aluRows]
