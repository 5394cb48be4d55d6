/** A theme as xterm takes it. The sixteen colours are what a kernel asked for; where they would not be seen, they are moved. */
import type { ITheme } from '@xterm/xterm'
import type { Theme } from './theme'

export function terminalTheme({ kind, palette }: Theme): ITheme {
  return {
    background: palette.surface,
    foreground: palette.text,
    cursor: palette.accentText,
    selectionBackground: palette.selection,
    ...(kind === 'light' ? { white: palette.textSoft, brightWhite: palette.text, yellow: palette.warning, brightYellow: palette.warning } : {}),
  }
}
