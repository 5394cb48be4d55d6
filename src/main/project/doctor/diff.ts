/** Unified diffs, as `diff -u` writes them (POSIX diff, "Diff -u or -U Output Format"). */

const CONTEXT = 3

interface Line {
  kind: ' ' | '-' | '+'
  text: string
}

/** The lines of both texts in one list, by a longest common subsequence; texts of a few thousand lines at most. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const old = before.slice(start, before.length - end)
  const next = after.slice(start, after.length - end)
  const width = next.length + 1
  // lengths[i * width + j]: the longest common subsequence of old from i and next from j.
  const lengths = new Uint32Array((old.length + 1) * width)
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === next[j] ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0)
    }
  }
  const lines: Line[] = before.slice(0, start).map((text) => ({ kind: ' ', text }))
  let i = 0
  let j = 0
  while (i < old.length || j < next.length) {
    const [a, b] = [old[i], next[j]]
    if (a !== undefined && a === b) {
      lines.push({ kind: ' ', text: a })
      i++
      j++
    } else if (a !== undefined && (b === undefined || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))) {
      lines.push({ kind: '-', text: a })
      i++
    } else {
      lines.push({ kind: '+', text: b ?? '' })
      j++
    }
  }
  return [...lines, ...before.slice(before.length - end).map((text): Line => ({ kind: ' ', text }))]
}

/** Lines with their ends, so that a changed line end is a change. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/**
 * The change from one text to another; empty when they are equal.
 * @param path how the file is called in the diff
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ''
  const lines = compare(linesOf(before), linesOf(after))
  const changed = lines.flatMap(({ kind }, index) => (kind === ' ' ? [] : [index]))
  const out = [`--- a/${path}`, `+++ b/${path}`]
  let at = 0
  while (at < changed.length) {
    const first = changed[at] ?? 0
    let last = first
    while (at < changed.length && (changed[at] ?? 0) - last <= 2 * CONTEXT) last = changed[at++] ?? last
    const from = Math.max(0, first - CONTEXT)
    const hunk = lines.slice(from, last + CONTEXT + 1)
    const count = (kind: '-' | '+', list: readonly Line[]): number => list.filter((line) => line.kind === ' ' || line.kind === kind).length
    const head = lines.slice(0, from)
    out.push(`@@ -${span(count('-', head), count('-', hunk))} +${span(count('+', head), count('+', hunk))} @@`)
    for (const { kind, text } of hunk) {
      out.push(kind + text.replace(/\r?\n$/, (ending) => (ending === '\r\n' ? '\r' : '')))
      if (!text.endsWith('\n')) out.push('\\ No newline at end of file')
    }
  }
  return `${out.join('\n')}\n`
}

/** First line and number of lines, as a hunk's head has them. */
const span = (before: number, count: number): string => (count === 1 ? `${before + 1}` : `${count === 0 ? before : before + 1},${count}`)
