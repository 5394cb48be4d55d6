/** Replacing what was found, in a text that may be another one by now. */
import type { SearchMatch } from '../../../shared/search'

/** @returns the text with all places replaced; undefined when one of them is not there any more */
export function replaceMatches(text: string, matches: readonly SearchMatch[]): string | undefined {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: end }) => index + end.length)]
  const pieces: string[] = []
  let done = 0
  for (const match of matches.toSorted((a, b) => a.line - b.line || a.column - b.column)) {
    const [lineStart, endStart] = [starts[match.line - 1], starts[match.endLine - 1]]
    if (match.replacement === undefined || lineStart === undefined || endStart === undefined) return undefined
    const [from, to] = [lineStart + match.column - 1, endStart + match.endColumn - 1]
    if (from < done || !text.slice(from, to).startsWith(match.preview.slice(match.from, match.to))) return undefined
    pieces.push(text.slice(done, from), match.replacement)
    done = to
  }
  return [...pieces, text.slice(done)].join('')
}
