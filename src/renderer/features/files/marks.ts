/** The worst problem of each file, and of each folder that one is in. */
import type { Problem } from '../../../shared/problems'
import { ancestorsOf } from './rows'

export type Mark = 'error' | 'warning'

export function worstByPath(problems: readonly Pick<Problem, 'file' | 'severity'>[]): ReadonlyMap<string, Mark> {
  const worst = new Map<string, Mark>()
  for (const { file, severity } of problems) {
    if (file === undefined || severity === 'info') continue
    for (const path of [file, ...ancestorsOf(file)]) if (worst.get(path) !== 'error') worst.set(path, severity)
  }
  return worst
}
