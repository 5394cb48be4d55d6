/** The screen as plain text: for terminals, screen readers, copying, tests. */
import { codePageCharacter } from './code-page'
import type { TextScreen } from './machine-schemas'

type Shown = Pick<TextScreen, 'columns' | 'rows' | 'cells'> | { readonly mode: 'graphics' }

/** One string a row, without the blanks at its end; none for graphics. */
export function screenLines(screen: Shown): string[] {
  if (!('cells' in screen)) return []
  const { columns, rows, cells } = screen
  return Array.from({ length: rows }, (_, row) =>
    cells
      .slice(row * columns, (row + 1) * columns)
      .map(codePageCharacter)
      .join('')
      .trimEnd(),
  )
}

/** All rows as one text; blank rows at the bottom are left out. */
export function screenText(screen: Shown): string {
  return screenLines(screen).join('\n').replace(/\n+$/, '')
}
