import { expect, test } from 'vitest'
import type { Problem } from '../../../shared/problems'
import { mergeProblems, problemPlace } from './use-problems'

const at = (severity: Problem['severity'], file: string, line: number): Problem => ({ severity, source: 'compiler', message: `${file}:${line}`, file, line })

test('errors come first, and what the build reports is not repeated by the check while typing', () => {
  const merged = mergeProblems([at('warning', 'a.c', 1), at('error', 't.json', 2)], [at('error', 't.json', 2), at('error', 't.json', 9)])
  expect(merged.map(({ message, live }) => [message, live])).toEqual([
    ['t.json:2', false],
    ['t.json:9', true],
    ['a.c:1', false],
  ])
})

test('the doctor speaks first about a line, and alone about the JSON that it examines', () => {
  const finding = { ...at('error', 't.json', 2), code: 'data-layout', file: 't.json', line: 2, column: 1, why: 'Because.' }
  const diagnosis = { compiler: 'rustc 1.96', files: ['t.json'], findings: [finding], repairs: [] }
  const merged = mergeProblems([at('error', 't.json', 2), at('error', 't.json', 5), at('warning', 'a.c', 1)], [at('error', 't.json', 3), at('error', 'other.json', 1)], diagnosis)
  expect(merged.map(({ file, line, code }) => [file, line, code])).toEqual([
    ['t.json', 2, 'data-layout'],
    ['t.json', 5, undefined],
    ['other.json', 1, undefined],
    ['a.c', 1, undefined],
  ])
})

test('a place is as precise as it is known', () => {
  expect(problemPlace({ ...at('error', 'a.c', 3), column: 7 })).toBe('a.c:3:7')
  expect(problemPlace({})).toBe('')
})
