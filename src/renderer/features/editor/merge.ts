/** Merging what a person typed with what another program stored. */
import { diff3Merge } from 'node-diff3'

export interface Merged {
  text: string
  /** Places where both changed the same lines differently: they are marked in the text. */
  conflicts: number
}

/**
 * By lines, as `git merge` does, with its marks.
 * @param names of the two sides, for the marks
 */
export function mergeTexts({ base, mine, theirs }: { base: string; mine: string; theirs: string }, names: { mine: string; theirs: string }): Merged {
  const lines: string[] = []
  let conflicts = 0
  // A line keeps its own end of line: the marks take that of the text around them.
  const end = mine.includes('\r\n') ? '\r' : ''
  for (const region of diff3Merge(mine.split('\n'), base.split('\n'), theirs.split('\n'), { excludeFalseConflicts: true })) {
    if (region.ok) lines.push(...region.ok)
    if (!region.conflict) continue
    conflicts++
    lines.push(`<<<<<<< ${names.mine}${end}`, ...region.conflict.a, `=======${end}`, ...region.conflict.b, `>>>>>>> ${names.theirs}${end}`)
  }
  return { text: lines.join('\n'), conflicts }
}
