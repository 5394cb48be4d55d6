/** The places in one text where a query fits. Pure, and possibly endless: it runs in a thread that can be ended. */
import { MAX_PREVIEW, type SearchMatch, type SearchQuery } from '../../../shared/search'

export type Pattern = Pick<SearchQuery, 'text' | 'regex' | 'caseSensitive' | 'wholeWord' | 'replacement'>

const escapeRegExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** @throws SyntaxError for a regular expression that is none */
export function compile({ text, regex, caseSensitive, wholeWord }: Pattern): RegExp {
  const source = regex ? text : escapeRegExp(text)
  return new RegExp(wholeWord ? `(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])` : source, caseSensitive ? 'gmu' : 'gimu')
}

/** @param limit how many at most */
export function findMatches(text: string, pattern: Pattern, limit: number): SearchMatch[] {
  const expression = compile(pattern)
  const starts = lineStarts(text)
  const found: SearchMatch[] = []
  let line = 0
  for (const match of text.matchAll(expression)) {
    // What fits everywhere, such as `x*`, is nowhere to be seen.
    if (match[0] === '') continue
    if (found.length >= limit) break
    const end = match.index + match[0].length
    while (line + 1 < starts.length && (starts[line + 1] ?? 0) <= match.index) line++
    let endLine = line
    while (endLine + 1 < starts.length && (starts[endLine + 1] ?? 0) <= end) endLine++
    found.push({
      line: line + 1,
      column: match.index - (starts[line] ?? 0) + 1,
      endLine: endLine + 1,
      endColumn: end - (starts[endLine] ?? 0) + 1,
      ...previewOf(text, starts[line] ?? 0, match.index, end),
      ...(pattern.replacement === undefined ? {} : { replacement: pattern.regex ? expand(pattern.replacement, match) : pattern.replacement }),
    })
  }
  return found
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (const { index, 0: end } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + end.length)
  return starts
}

/** The line of a match from a little before it, without the spaces at its start. */
function previewOf(text: string, lineStart: number, start: number, end: number): { preview: string; from: number; to: number } {
  const rest = text.slice(lineStart).search(/[\r\n]/)
  const lineEnd = rest < 0 ? text.length : lineStart + rest
  let first = start - lineStart > MAX_PREVIEW / 2 ? start - Math.floor(MAX_PREVIEW / 4) : lineStart
  while (first < start && /\s/.test(text.charAt(first))) first++
  const preview = text.slice(first, Math.min(lineEnd, first + MAX_PREVIEW))
  return { preview, from: start - first, to: Math.min(end - first, preview.length) }
}

/** What `$1`, `$<name>`, `$&` and `$$` stand for, as JavaScript's own replacing has it. */
function expand(replacement: string, match: RegExpExecArray): string {
  return replacement.replaceAll(/\$(?:(\$)|(&)|<([^>]*)>|(\d{1,2}))/g, (whole, dollar?: string, all?: string, name?: string, digits?: string) => {
    if (dollar !== undefined) return '$'
    if (all !== undefined) return match[0]
    if (name !== undefined) return match.groups ? (match.groups[name] ?? '') : whole
    const number = Number(digits)
    return number >= 1 && number < match.length ? (match[number] ?? '') : whole
  })
}
