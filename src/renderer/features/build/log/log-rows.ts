/** The log as rows on the screen: heads of steps, and the lines of those that are unfolded. */
import type { BuildLog, LogLine, LogSection } from './build-log'

export type LogRow = { readonly kind: 'cut' } | { readonly kind: 'head'; readonly section: LogSection; readonly open: boolean } | { readonly kind: 'line'; readonly section: LogSection; readonly line: LogLine; readonly index: number }

export interface LogRows {
  readonly count: number
  /** Undefined beyond the end. */
  at(index: number): LogRow | undefined
  /** Where a line stands; its section has to be unfolded. */
  indexOf(section: LogSection, line: number): number
}

/** What a person folded or unfolded, by the section's key. */
export type Folds = Readonly<Record<number, boolean>>

/** Until a person says otherwise: what still runs, what failed and what has a warning is open. */
export function isOpen({ key, step, remarkable }: LogSection, folds: Folds): boolean {
  return step === undefined || (folds[key] ?? (step.state === 'running' || step.state === 'failed' || remarkable))
}

export function layRows(log: BuildLog, folds: Folds): LogRows {
  const { sections } = log
  const cut = log.dropped + log.lost > 0 ? 1 : 0
  /** First row of each section. */
  const starts: number[] = []
  let count = cut
  for (const section of sections) {
    starts.push(count)
    count += (section.step ? 1 : 0) + (isOpen(section, folds) ? section.lines.length : 0)
  }
  return {
    count,
    at(index) {
      if (index < cut) return { kind: 'cut' }
      if (index >= count) return undefined
      const place = lastAtMost(starts, index)
      const section = sections[place]
      if (!section) return undefined
      const within = index - (starts[place] ?? 0)
      if (section.step && within === 0) return { kind: 'head', section, open: isOpen(section, folds) }
      const at = within - (section.step ? 1 : 0)
      const line = section.lines[at]
      return line && { kind: 'line', section, line, index: at }
    },
    indexOf(section, line) {
      return (starts[sections.indexOf(section)] ?? 0) + (section.step ? 1 : 0) + line
    },
  }
}

/** Index of the last number that is no greater; of equal ones the last, so that sections without rows are passed over. */
function lastAtMost(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? Infinity) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
