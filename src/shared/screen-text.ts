/** The screen as plain text: for terminals, screen readers, copying, tests. */
import { codePageCharacter } from './code-page'
import type { Screen } from './machine-schemas'

type Cells = Pick<Screen, 'columns' | 'rows' | 'cells'>

/** One string a row, without the blanks at its end. */
export function screenLines({ columns, rows, cells }: Cells): string[] {
  return Array.from({ length: rows }, (_, row) =>
    cells
      .slice(row * columns, (row + 1) * columns)
      .map(codePageCharacter)
      .join('')
      .trimEnd(),
  )
}

/** All rows as one text; blank rows at the bottom are left out. */
export function screenText(screen: Cells): string {
  return screenLines(screen).join('\n').replace(/\n+$/, '')
}
