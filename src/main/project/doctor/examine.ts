/** From what rules find to problems, and to a text without them. */
import type { Problem, TextEdit } from '../../../shared/problems'
import type { Finding } from '../../../shared/diagnosis'
import { LineIndex } from '../line-index'
import { unifiedDiff } from './diff'
import type { Draft, Examination } from './finding'
import { applyEdits, type Edit } from './spec-text'

/** More changes than any file needs; a rule whose fix did not end it would loop. */
const MAX_FIXES = 500

/** The findings of an examination, with lines, columns and the change of each fix. */
export function findingsOf(examination: Examination, text: string, file: string): Finding[] {
  const places = new LineIndex(text)
  return examination.examine(text).map((draft) => ({
    severity: draft.severity,
    source: examination.source,
    code: draft.id,
    message: draft.what,
    why: draft.why,
    file,
    ...places.range(draft.at.offset, draft.at.length),
    ...(draft.next === undefined ? {} : { next: draft.next }),
    ...(draft.fix === undefined ? {} : { fix: { title: draft.fix.title, edits: draft.fix.edits.map((edit) => toTextEdit(edit, places, file)) }, diff: unifiedDiff(file, text, applyEdits(text, draft.fix.edits)) }),
  }))
}

/** The text after all fixes, one after the other, until there is none left. */
export function fixAll(examination: Examination, text: string): string {
  let current = text
  for (let count = 0; count < MAX_FIXES; count++) {
    const fix = examination.examine(current).find((draft: Draft) => draft.fix !== undefined)?.fix
    if (fix === undefined) return current
    const next = applyEdits(current, fix.edits)
    if (next === current) throw new Error(`The fix "${fix.title}" changes nothing.`)
    current = next
  }
  throw new Error('The fixes do not come to an end.')
}

function toTextEdit({ offset, length, text }: Edit, places: LineIndex, file: string): TextEdit {
  const start = places.position(offset)
  const end = places.position(offset + length)
  return { file, range: { line: start.line, column: start.column, endLine: end.line, endColumn: end.column }, text }
}

/** Worst first; within one severity, in the order of the file. */
export function byWeight(a: Problem, b: Problem): number {
  const weight = { error: 0, warning: 1, info: 2 } as const
  return weight[a.severity] - weight[b.severity] || (a.file ?? '').localeCompare(b.file ?? '') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
