/** Where a region looks whether there are instructions left to execute: not in each block, but on the way into some of them. */
import type { Item } from './structure'

/** The instructions that follow one check are no more than this, unless a single block has more. */
const MOST_UNCHECKED = 96

export interface TimeChecks {
  /** Every branch to these blocks is taken only when there is time for `needed` instructions. */
  readonly checked: ReadonlySet<number>
  /** For each block: how many instructions can be executed from its start on before the next check. */
  readonly needed: readonly number[]
}

/**
 * @param items all blocks, structured
 * @param counts instructions of each block
 * @param everywhere there is a check before every block
 */
export function timeChecks(items: readonly Item[], counts: readonly number[], successors: (block: number) => readonly number[], everywhere: boolean): TimeChecks {
  const order: number[] = []
  const checked = new Set<number>(everywhere ? counts.keys() : [])
  const walk = (list: readonly Item[]): void => {
    for (const item of list) {
      if (typeof item === 'number') {
        order.push(item)
        continue
      }
      for (const entry of item.entries) checked.add(entry)
      walk(item.items)
    }
  }
  walk(items)
  const needed = counts.map(() => 0)
  // All branches that are not checked go forward.
  for (const block of order.toReversed()) {
    const count = counts[block] ?? 0
    let most = 0
    for (const other of successors(block)) {
      if (checked.has(other)) continue
      const more = needed[other] ?? 0
      if (count + more > MOST_UNCHECKED) checked.add(other)
      else most = Math.max(most, more)
    }
    needed[block] = count + most
  }
  return { checked, needed }
}
