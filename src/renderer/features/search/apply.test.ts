import { expect, test } from 'vitest'
import type { SearchMatch } from '../../../shared/search'
import { replaceMatches } from './apply'

const match = (line: number, column: number, found: string, replacement?: string): SearchMatch => ({
  line,
  column,
  endLine: line,
  endColumn: column + found.length,
  preview: found,
  from: 0,
  to: found.length,
  ...(replacement === undefined ? {} : { replacement }),
})

test('all places are replaced, in whatever order they come', () => {
  expect(replaceMatches('put a\r\nput b put\n', [match(2, 7, 'put', 'outb'), match(1, 1, 'put', 'x'), match(2, 1, 'put', '')])).toBe('x a\r\n b outb\n')
  expect(replaceMatches('a\nb\nc', [{ ...match(1, 1, 'a', 'X'), endLine: 2, endColumn: 2 }])).toBe('X\nc')
})

test('a text that changed since is left alone', () => {
  expect(replaceMatches('get a', [match(1, 1, 'put', 'x')])).toBeUndefined()
  expect(replaceMatches('put', [match(2, 1, 'put', 'x')])).toBeUndefined()
  expect(replaceMatches('put', [match(1, 1, 'put')])).toBeUndefined()
})
