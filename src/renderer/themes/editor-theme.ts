/** A theme as Monaco takes it. */
import type { editor } from 'monaco-editor/editor'
import type { Theme } from './theme'

export function editorTheme({ kind, highContrast, palette, syntax }: Theme): editor.IStandaloneThemeData {
  const rule = (token: string, colour: string, fontStyle?: string): editor.ITokenThemeRule => ({ token, foreground: colour.slice(1), ...(fontStyle ? { fontStyle } : {}) })
  return {
    base: highContrast ? (kind === 'dark' ? 'hc-black' : 'hc-light') : kind === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      rule('', palette.text),
      rule('comment', syntax.comment, 'italic'),
      rule('keyword', syntax.keyword),
      rule('keyword.directive', syntax.directive),
      rule('type', syntax.type),
      rule('type.identifier', syntax.typeName),
      rule('string', syntax.string),
      rule('string.key.json', syntax.keyword),
      rule('string.value.json', syntax.string),
      rule('string.escape', syntax.escape),
      rule('number', syntax.number),
      rule('variable.predefined', syntax.type),
    ],
    colors: {
      'editor.background': palette.surface,
      'editor.foreground': palette.text,
      'editorLineNumber.foreground': palette.lineNumber,
      'editorLineNumber.activeForeground': palette.text,
      'editor.lineHighlightBackground': kind === 'dark' ? '#ffffff08' : '#00000008',
      'editor.lineHighlightBorder': highContrast ? palette.border : '#00000000',
      'editorCursor.foreground': palette.accentText,
      'editor.selectionBackground': palette.selection,
      'editorGutter.background': palette.surface,
      'editorWidget.background': palette.raised,
      'editorWidget.border': palette.borderStrong,
      'editorIndentGuide.background1': palette.border,
      'editorOverviewRuler.border': '#00000000',
      'editorError.foreground': palette.error,
      'editorWarning.foreground': palette.warning,
      'editorInfo.foreground': palette.info,
      'input.border': palette.borderStrong,
      focusBorder: highContrast ? palette.focus : '#00000000',
    },
  }
}
