/** Condition codes of Jcc, SETcc and CMOVcc (SDM vol. 1, appendix B). */
import type { Flag } from '../semantics/builder'

export interface Condition {
  readonly name: string
  readonly code: number
  readonly reads: readonly Flag[]
}

export const CONDITIONS: readonly Condition[] = (
  [
    ['o', ['OF']], ['no', ['OF']], ['b', ['CF']], ['ae', ['CF']], ['e', ['ZF']], ['ne', ['ZF']], ['be', ['CF', 'ZF']], ['a', ['CF', 'ZF']],
    ['s', ['SF']], ['ns', ['SF']], ['p', ['PF']], ['np', ['PF']], ['l', ['SF', 'OF']], ['ge', ['SF', 'OF']],
    ['le', ['ZF', 'SF', 'OF']], ['g', ['ZF', 'SF', 'OF']],
  ] as const
).map(([name, reads], code) => ({ name, code, reads }))
