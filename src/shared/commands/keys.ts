/**
 * Chords of keys, written `mod+shift+p`: modifiers `mod` (Ctrl, or Cmd on a Mac), `alt`, `shift`, then a key as
 * `KeyboardEvent.key` names it (UI Events KeyboardEvent key values, W3C), `Plus` for +.
 */
export interface Chord {
  mod: boolean
  alt: boolean
  shift: boolean
  key: string
}

/** What of a keyboard event names its chord. */
export interface Stroke {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

/** @param platform `navigator.platform` or `process.platform` */
export const isMac = (platform: string): boolean => /^(darwin|Mac)/.test(platform)

export function parseChord(text: string): Chord {
  const parts = text.split('+')
  const key = parts.pop() ?? ''
  return { mod: parts.includes('mod'), alt: parts.includes('alt'), shift: parts.includes('shift'), key: key === 'Plus' ? '+' : key }
}

/** The physical key of a US keyboard that a chord's key is on. */
function codeOf(key: string): string {
  if (/^[a-z]$/.test(key)) return `Key${key.toUpperCase()}`
  if (/^[0-9]$/.test(key)) return `Digit${key}`
  return { ',': 'Comma', '-': 'Minus', '=': 'Equal', '+': 'Equal', '\\': 'Backslash' }[key] ?? key
}

/** What a key writes on this keyboard counts; where that is no ASCII (other scripts, Alt on a Mac), its place does. */
export function matchesChord(chord: Chord, stroke: Stroke, mac: boolean): boolean {
  const mod = mac ? stroke.metaKey && !stroke.ctrlKey : stroke.ctrlKey && !stroke.metaKey
  if (chord.mod !== mod || (!mod && (stroke.ctrlKey || stroke.metaKey))) return false
  if (chord.alt !== stroke.altKey || chord.shift !== stroke.shiftKey) return false
  const written = stroke.key.length > 1 || /^[\x21-\x7e]$/.test(stroke.key)
  // Shift and Alt may write another sign than the key's own: then its place counts, too.
  const byPlace = !written || chord.alt || chord.shift
  return stroke.key.toLowerCase() === chord.key.toLowerCase() || (byPlace && stroke.code === codeOf(chord.key))
}

const SIGNS: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', PageUp: 'PgUp', PageDown: 'PgDn', '-': '−' }

/** The chord as people read it: `Ctrl+Shift+P`, `⇧⌘P`. */
export function chordLabel(text: string, mac: boolean): string {
  const { mod, alt, shift, key } = parseChord(text)
  const shown = SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key)
  if (mac) return `${alt ? '⌥' : ''}${shift ? '⇧' : ''}${mod ? '⌘' : ''}${shown}`
  return [mod && 'Ctrl', alt && 'Alt', shift && 'Shift', shown].filter(Boolean).join('+')
}

/** The chord as Electron's menu names it. */
export function acceleratorOf(text: string): string {
  const { mod, alt, shift, key } = parseChord(text)
  const named = key === '+' ? 'Plus' : key.replace(/^Arrow/, '')
  return [mod && 'CommandOrControl', alt && 'Alt', shift && 'Shift', named.length === 1 ? named.toUpperCase() : named].filter(Boolean).join('+')
}
