import { expect, test } from 'vitest'
import type { FileEntry } from '../../../shared/contract'
import { ancestorsOf, findTyped, nameFault, treeRows } from './rows'

const entries = (...paths: string[]): FileEntry[] => paths.map((path) => ({ path: path.replace(/\/$/, ''), kind: path.endsWith('/') ? 'directory' : 'file', size: 0 }))
const files = entries('a10.c', 'a2.c', 'Makefile', 'src/', 'src/deep/', 'src/deep/x.c', 'src/main.c')
const show = (expanded: string[]): string[] => treeRows(files, new Set(expanded)).map(({ path, depth }) => '  '.repeat(depth) + path)

test('folders come first, numbers count, and closed folders hide what is in them', () => {
  expect(show([])).toEqual(['src', 'a2.c', 'a10.c', 'Makefile'])
  expect(show(['src'])).toEqual(['src', '  src/deep', '  src/main.c', 'a2.c', 'a10.c', 'Makefile'])
  expect(show(['src', 'src/deep'])).toContain('    src/deep/x.c')
  expect(show(['src/deep'])).toHaveLength(4)
  expect(ancestorsOf('src/deep/x.c')).toEqual(['src/deep', 'src'])
})

test('typing goes to the next row of that name, and around', () => {
  const rows = treeRows(files, new Set())
  expect(findTyped(rows, undefined, 'a')?.path).toBe('a2.c')
  expect(findTyped(rows, 'a2.c', 'A')?.path).toBe('a10.c')
  expect(findTyped(rows, 'a10.c', 'a')?.path).toBe('a2.c')
  expect(findTyped(rows, 'a2.c', 'a2')?.path).toBe('a2.c')
  expect(findTyped(rows, 'a2.c', 'zz')).toBeUndefined()
})

test.each([
  ['x.c', undefined],
  ['lib/x.c', undefined],
  ['main.c', 'taken'],
  [' ', 'empty'],
  ['../x', 'bad'],
  ['/x', 'bad'],
  ['x/', 'bad'],
  ['a\\b', 'bad'],
  ['-x', 'bad'],
])('a new file in src named %j: %s', (name, fault) => expect(nameFault(name, 'src', files)).toBe(fault))
