/** The screen as plain text: for terminals, screen readers, copying, tests. */
import { codePageCharacter } from './code-page'
import type { TextScreen } from './machine-schemas'

type Cells = Pick<TextScreen, 'columns' | 'rows' | 'cells'>
type Shown = Cells | { readonly mode: 'graphics'; readonly text?: Cells | undefined }

/** One string a row, without the blanks at its end; none for graphics that are not made of text. */
export function screenLines(screen: Shown): string[] {
  const text = 'cells' in screen ? screen : screen.text
  if (!text) return []
  const { columns, rows, cells } = text
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
