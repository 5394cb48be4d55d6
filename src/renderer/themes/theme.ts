/** What a theme says. The window's style sheets, the editor, the terminals and the panels take their colours from here. */

/** Colours of the window, as CSS custom properties: `textSoft` is `--text-soft`. All `#rrggbb`. */
export interface Palette {
  /** Behind everything. */
  back: string
  /** Of panels, the editor and the terminals. */
  surface: string
  /** Of bars, menus and buttons. */
  raised: string
  hover: string
  /** A quiet line between two areas. */
  border: string
  /** The edge of what can be operated, such as an input. */
  borderStrong: string
  text: string
  textSoft: string
  accent: string
  accentHover: string
  /** The accent as a colour of text. */
  accentText: string
  onAccent: string
  focus: string
  error: string
  errorBack: string
  warning: string
  success: string
  info: string
  selection: string
  lineNumber: string
  /** Parts of a drive in pictures of it; they stand side by side. */
  partTable: string
  partBoot: string
  partPartition: string
  partVolume: string
}

/** Colours of source text. */
export interface Syntax {
  comment: string
  keyword: string
  directive: string
  type: string
  typeName: string
  string: string
  escape: string
  number: string
}

export interface Theme {
  kind: 'dark' | 'light'
  highContrast: boolean
  palette: Palette
  syntax: Syntax
  /** CSS `box-shadow` of what floats. */
  shadow: string
}
