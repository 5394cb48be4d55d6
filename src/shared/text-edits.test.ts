import { expect, test } from 'vitest'
import { applyTextEdits } from './text-edits'

const at = (line: number, column: number, endLine: number, endColumn: number, text: string) => ({ range: { line, column, endLine, endColumn }, text })

test('edits count lines and columns from 1, and stay where they were meant', () => {
  expect(applyTextEdits('one\ntwo\nthree', [at(1, 1, 1, 4, '1'), at(2, 2, 3, 3, '-'), at(3, 6, 3, 6, '!')])).toBe('1\nt-ree!')
})

test('insertions at one place keep their order', () => {
  expect(applyTextEdits('ac', [at(1, 2, 1, 2, 'b'), at(1, 2, 1, 2, 'B')])).toBe('abBc')
})

test('a place beyond the text is its end', () => {
  expect(applyTextEdits('a', [at(7, 1, 9, 1, 'z')])).toBe('az')
})
