/** The screen as plain text: for screen readers, for copying, for tests. */
import type { Screen } from '../../../shared/machine-schemas'
import { codePageCharacter } from './code-page'

/** One line per row, without the blanks at its end; blank rows at the bottom are left out. */
export function screenText(screen: Pick<Screen, 'columns' | 'rows' | 'cells'>): string {
  const lines: string[] = []
  for (let row = 0; row < screen.rows; row++) {
    const cells = screen.cells.slice(row * screen.columns, (row + 1) * screen.columns)
    lines.push(cells.map(codePageCharacter).join('').trimEnd())
  }
  while (lines.at(-1) === '') lines.pop()
  return lines.join('\n')
}
