import { expect, test } from 'vitest'
import { fuzzyFilter, fuzzyMatch } from './fuzzy'

const found = (sought: string, items: readonly string[]): string[] => fuzzyFilter(sought, items, (item) => item).map(({ item }) => item)

test('letters are found in their order, whatever the case', () => {
  expect(fuzzyMatch('sb', 'Save and build')?.at).toEqual([0, 9])
  expect(fuzzyMatch('BUILD', 'save and build')?.at).toEqual([9, 10, 11, 12, 13])
  expect(fuzzyMatch('bs', 'Save and build')).toBeUndefined()
  expect(fuzzyMatch('', 'anything')).toEqual({ score: 0, at: [] })
})

test('beginnings of words and letters side by side come first', () => {
  expect(found('rl', ['Zoom in, really low', 'Reset the layout', 'curl'])[0]).toBe('Reset the layout')
  expect(found('kern', ['src/k/e/r/n.c', 'src/kernel.c'])[0]).toBe('src/kernel.c')
  expect(found('kc', ['stack.c', 'kernel.c'])[0]).toBe('kernel.c')
  expect(found('ed', ['Show panel: Editor', 'Back to the editor', 'Saved'])[0]).not.toBe('Saved')
})

test('equals keep their order, and Chinese is found by any of its characters', () => {
  expect(found('', ['b', 'a'])).toEqual(['b', 'a'])
  expect(found('构建', ['全部保存', '全部保存并构建'])).toEqual(['全部保存并构建'])
})
