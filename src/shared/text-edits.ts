import type { TextEdit, TextRange } from './problems'

/** A text after edits by line and column, none of which overlaps another; places beyond the text count as its end. */
export function applyTextEdits(text: string, edits: readonly Pick<TextEdit, 'range' | 'text'>[]): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  const offset = (line: number, column: number): number => Math.min((starts[line - 1] ?? text.length) + column - 1, text.length)
  const span = ({ line, column, endLine, endColumn }: TextRange): [number, number] => [offset(line, column), offset(endLine, endColumn)]
  const placed = edits.map((edit, index) => ({ span: span(edit.range), index, text: edit.text }))
  // From the end on, so that places stay what they were; of two insertions at one place the first stands first.
  const order = placed.toSorted((a, b) => b.span[0] - a.span[0] || b.index - a.index)
  return order.reduce((result, { span: [start, end], text: inserted }) => result.slice(0, start) + inserted + result.slice(end), text)
}
