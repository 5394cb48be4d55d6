/** Keys of a US keyboard by the character they type. */
export interface Stroke {
  /** `KeyboardEvent.code`. */
  code: string
  shift: boolean
}

const CODES_BY_PAIR: readonly (readonly [pair: string, code: string])[] = [
  ['`~', 'Backquote'], ['1!', 'Digit1'], ['2@', 'Digit2'], ['3#', 'Digit3'], ['4$', 'Digit4'], ['5%', 'Digit5'], ['6^', 'Digit6'], ['7&', 'Digit7'],
  ['8*', 'Digit8'], ['9(', 'Digit9'], ['0)', 'Digit0'], ['-_', 'Minus'], ['=+', 'Equal'], ['[{', 'BracketLeft'], [']}', 'BracketRight'],
  ['\\|', 'Backslash'], [';:', 'Semicolon'], ['\'"', 'Quote'], [',<', 'Comma'], ['.>', 'Period'], ['/?', 'Slash'],
]
const SINGLE: readonly (readonly [character: string, code: string])[] = [
  [' ', 'Space'], ['\n', 'Enter'], ['\r', 'Enter'], ['\t', 'Tab'], ['\b', 'Backspace'], ['\u007f', 'Backspace'], ['\u001b', 'Escape'],
]

const STROKES = new Map<string, Stroke>(SINGLE.map(([character, code]) => [character, { code, shift: false }]))
for (const [pair, code] of CODES_BY_PAIR) [...pair].forEach((character, i) => STROKES.set(character, { code, shift: i === 1 }))
for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
  const code = `Key${letter.toUpperCase()}`
  STROKES.set(letter, { code, shift: false })
  STROKES.set(letter.toUpperCase(), { code, shift: true })
}

/** The key that types a character, or undefined when a US keyboard has none. */
export const strokeFor = (character: string): Stroke | undefined => STROKES.get(character)
