/**
 * Text of a terminal as text with styles. Understood is SGR, "select graphic rendition" (ECMA-48 8.3.117; 38 and 48 as in ISO 8613-6, with `;` as
 * xterm takes them or `:`); all other control sequences are left out.
 */

/** One of the sixteen colours or the 256 by its number, or any as 0xRRGGBB. */
export type AnsiColour = { readonly index: number } | { readonly rgb: number }

export interface AnsiStyle {
  readonly front?: AnsiColour
  readonly back?: AnsiColour
  readonly bold?: true
  readonly dim?: true
  readonly italic?: true
  readonly underline?: true
  readonly strike?: true
  readonly inverse?: true
}

/** A part of a line with a style of its own: from `start` up to, not including, `end`. */
export interface StyledRange {
  readonly start: number
  readonly end: number
  readonly style: AnsiStyle
}

type Flag = 'bold' | 'dim' | 'italic' | 'underline' | 'strike' | 'inverse'

const ON: Readonly<Record<number, Flag>> = { 1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline', 7: 'inverse', 9: 'strike', 21: 'underline' }
const OFF: Readonly<Record<number, readonly Flag[]>> = { 22: ['bold', 'dim'], 23: ['italic'], 24: ['underline'], 27: ['inverse'], 29: ['strike'] }
/** Where the eight colours begin, what they colour, and which index the first one has. */
const COLOURS: readonly (readonly [first: number, place: 'front' | 'back', index: number])[] = [
  [30, 'front', 0],
  [40, 'back', 0],
  [90, 'front', 8],
  [100, 'back', 8],
]
const EXTENDED: Readonly<Record<number, 'front' | 'back'>> = { 38: 'front', 48: 'back' }
const DEFAULTS: Readonly<Record<number, 'front' | 'back'>> = { 39: 'front', 49: 'back' }

/** CSI … final byte, OSC … BEL or ST, and escapes of two bytes. */
// oxlint-disable-next-line no-control-regex
const SEQUENCE = /\u001b(?:\[([0-?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-Z\\^-~])/g
/** What is no text beside them; a tab is. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g

export class AnsiReader {
  /** Styles go on over line ends. */
  #style: AnsiStyle = {}

  /** One line without its end. Of what a carriage return wrote over, the last is shown. */
  read(line: string): { text: string; styles: readonly StyledRange[] } {
    if (!line.includes('\u001b') && !line.includes('\r')) {
      const text = line.replace(CONTROLS, '')
      return { text, styles: isPlain(this.#style) || text === '' ? [] : [{ start: 0, end: text.length, style: this.#style }] }
    }
    const styles: StyledRange[] = []
    let text = ''
    const add = (part: string): void => {
      const visible = part.replace(CONTROLS, '')
      if (visible !== '' && !isPlain(this.#style)) styles.push({ start: text.length, end: text.length + visible.length, style: this.#style })
      text += visible
    }
    const shown = line.replace(/\r+$/, '')
    const rest = shown.slice(shown.lastIndexOf('\r') + 1)
    // Colours that were chosen in what is written over still hold.
    for (const [, parameters, final] of shown.slice(0, shown.length - rest.length).matchAll(SEQUENCE)) if (final === 'm') this.#style = select(this.#style, parameters ?? '')
    let from = 0
    for (const match of rest.matchAll(SEQUENCE)) {
      add(rest.slice(from, match.index))
      from = match.index + match[0].length
      if (match[2] === 'm') this.#style = select(this.#style, match[1] ?? '')
    }
    add(rest.slice(from))
    return { text, styles }
  }
}

const isPlain = (style: AnsiStyle): boolean => Object.keys(style).length === 0

/** The style after SGR with these parameters. */
function select(before: AnsiStyle, parameters: string): AnsiStyle {
  const style: { -readonly [K in keyof AnsiStyle]: AnsiStyle[K] } = { ...before }
  const codes = parameters.split(';').map((part) => part.split(':').map(Number))
  for (let at = 0; at < codes.length; at++) {
    const [code = 0, ...sub] = codes[at] ?? []
    const place = EXTENDED[code]
    const flag = ON[code]
    const colour = COLOURS.find(([first]) => code >= first && code < first + 8)
    if (code === 0) for (const key of Object.keys(style)) Reflect.deleteProperty(style, key)
    else if (code === 4 && sub[0] === 0) delete style.underline
    else if (flag !== undefined) style[flag] = true
    else if (colour) style[colour[1]] = { index: code - colour[0] + colour[2] }
    else if (place !== undefined) {
      const following = sub.length > 0 ? sub : codes.slice(at + 1, at + 5).map(([value = 0]) => value)
      const { colour: chosen, used } = extended(following, sub.length > 0)
      if (chosen) style[place] = chosen
      if (sub.length === 0) at += used
    } else {
      const reset = DEFAULTS[code]
      if (reset !== undefined) delete style[reset]
      for (const off of OFF[code] ?? []) delete style[off]
    }
  }
  return style
}

/** After 38 or 48: `5;n`, or `2;r;g;b`, which with colons may have the number of a colour space before red. */
function extended([kind, ...values]: readonly number[], colons: boolean): { colour?: AnsiColour; used: number } {
  if (kind === 5) return { colour: { index: clamp(values[0]) }, used: 2 }
  if (kind !== 2) return { used: 0 }
  const [red, green, blue] = colons && values.length > 3 ? values.slice(1) : values
  return { colour: { rgb: (clamp(red) << 16) | (clamp(green) << 8) | clamp(blue) }, used: 4 }
}

const clamp = (value = 0): number => Math.min(255, Math.max(0, Math.trunc(value) || 0))
