import { expect, test } from 'vitest'
import { acceleratorOf, chordLabel, matchesChord, parseChord, type Stroke } from './keys'
import { COMMANDS, isCommandId } from './table'

const stroke = (key: string, code: string, held: Partial<Stroke> = {}): Stroke => ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held })

test('no two commands share a chord, and each chord names a key', () => {
  const chords = COMMANDS.flatMap(({ keys = [] }) => keys)
  expect(new Set(chords).size).toBe(chords.length)
  for (const { keysWhenPaused } of COMMANDS) if (keysWhenPaused !== undefined) expect(isCommandId(keysWhenPaused), keysWhenPaused).toBe(true)
  for (const chord of chords) expect(parseChord(chord).key).not.toBe('')
})

test('chords are found by what a key writes, and by its place where that is another script', () => {
  const save = parseChord('mod+s')
  expect(matchesChord(save, stroke('s', 'KeyS', { ctrlKey: true }), false)).toBe(true)
  // Dvorak writes s with the key of a US keyboard's semicolon.
  expect(matchesChord(save, stroke('s', 'Semicolon', { ctrlKey: true }), false)).toBe(true)
  expect(matchesChord(save, stroke('o', 'KeyS', { ctrlKey: true }), false)).toBe(false)
  expect(matchesChord(save, stroke('ы', 'KeyS', { ctrlKey: true }), false)).toBe(true)
  expect(matchesChord(save, stroke('s', 'KeyS', { metaKey: true }), true)).toBe(true)
  expect(matchesChord(save, stroke('s', 'KeyS', { ctrlKey: true }), true)).toBe(false)
  expect(matchesChord(save, stroke('s', 'KeyS'), false)).toBe(false)
  expect(matchesChord(save, stroke('S', 'KeyS', { ctrlKey: true, shiftKey: true }), false)).toBe(false)
})

test('with Alt a Mac writes other signs, with Shift every keyboard does', () => {
  expect(matchesChord(parseChord('alt+1'), stroke('¡', 'Digit1', { altKey: true }), true)).toBe(true)
  expect(matchesChord(parseChord('mod+shift+='), stroke('+', 'Equal', { ctrlKey: true, shiftKey: true }), false)).toBe(true)
  expect(matchesChord(parseChord('mod+Plus'), stroke('+', 'BracketRight', { ctrlKey: true }), false)).toBe(true)
})

test('chords are written as each system writes them', () => {
  expect(chordLabel('mod+shift+p', false)).toBe('Ctrl+Shift+P')
  expect(chordLabel('mod+shift+p', true)).toBe('⇧⌘P')
  expect(chordLabel('mod+alt+shift+ArrowLeft', false)).toBe('Ctrl+Alt+Shift+←')
  expect(acceleratorOf('mod+alt+shift+ArrowLeft')).toBe('CommandOrControl+Alt+Shift+Left')
  expect(acceleratorOf('mod+Plus')).toBe('CommandOrControl+Plus')
  expect(acceleratorOf('F5')).toBe('F5')
})
