import { expect, test } from 'vitest'
import { closeIn, geometryOf, groupIds, moveSash, moveTab, moveToSide, oneGroup, openIn, openPaths, renameTabs, restoreGroups, splitGroup, storeGroups, storedGroupsSchema, type EditorGroups } from './groups'

/** `g1[a *b] g2[c]`, the focused group marked. */
const show = (state: EditorGroups): string =>
  groupIds(state)
    .map((id) => `${id === state.focused ? '>' : ''}${id}[${state.groups[id]?.open.map((path) => (path === state.groups[id]?.active ? `*${path}` : path)).join(' ')}]`)
    .join(' ')

const two = splitGroup(oneGroup(['a', 'b'], 'b'), 'g1', 'right', 'b')

test('a split shows the same file twice, and the focus goes there', () => {
  expect(show(two)).toBe('g1[a *b] >g2[*b]')
  expect(show(splitGroup(two, 'g1', 'left', 'a'))).toBe('>g3[*a] g1[a *b] g2[*b]')
  expect(openPaths(two)).toEqual(['a', 'b'])
})

test('three in a row share one split; another direction makes one inside', () => {
  const three = splitGroup(two, 'g2', 'right', 'a')
  expect(geometryOf(three.root).groups.map(({ id, left, width }) => [id, left, width])).toEqual([
    ['g1', 0, 0.5],
    ['g2', 0.5, 0.25],
    ['g3', 0.75, 0.25],
  ])
  const below = geometryOf(splitGroup(two, 'g1', 'below', 'a').root)
  expect(below.groups.find(({ id }) => id === 'g3')).toEqual({ id: 'g3', left: 0, top: 0.5, width: 0.5, height: 0.5 })
  expect(below.sashes).toHaveLength(2)
})

test('closing the last tab of a group takes the group away, but never the last group', () => {
  expect(show(closeIn(two, 'b', 'g2'))).toBe('>g1[a *b]')
  expect(show(closeIn(two, 'b'))).toBe('>g1[*a]')
  expect(show(closeIn(oneGroup(['a']), 'a'))).toBe('>g1[]')
  expect(geometryOf(closeIn(two, 'b', 'g2').root).groups[0]).toEqual({ id: 'g1', left: 0, top: 0, width: 1, height: 1 })
})

test('tabs move between groups, to a place, and to a side', () => {
  const open = openIn(two, 'c')
  expect(show(open)).toBe('g1[a *b] >g2[b *c]')
  expect(show(moveTab(open, 'a', 'g1', 'g2', 'c'))).toBe('g1[*b] >g2[b *a c]')
  expect(show(moveTab(open, 'c', 'g2', 'g2', 'b'))).toBe('g1[a *b] >g2[*c b]')
  expect(show(moveTab(moveTab(open, 'a', 'g1', 'g2'), 'b', 'g1', 'g2'))).toBe('>g2[c a *b]')
  expect(show(moveToSide(open, 'c', 'g2', 'g2', 'below'))).toBe('g1[a *b] g2[*b] >g3[*c]')
  expect(moveToSide(closeIn(open, 'c', 'g2'), 'b', 'g2', 'g2', 'right').root).toEqual(open.root)
  expect(moveTab(open, 'missing', 'g1', 'g2')).toBe(open)
})

test('renamed and deleted files take their tabs along', () => {
  expect(show(renameTabs(two, (path) => (path === 'b' ? 'src/b' : path)))).toBe('g1[a *src/b] >g2[*src/b]')
  expect(show(renameTabs(two, (path) => (path === 'b' ? undefined : path)))).toBe('>g1[*a]')
})

test('a border moves, and leaves both parts room', () => {
  const [sash] = geometryOf(two.root).sashes
  if (!sash) throw new Error('There is no border.')
  expect(geometryOf(moveSash(two, sash, 0.2).root).groups[0]?.width).toBeCloseTo(0.7)
  expect(geometryOf(moveSash(two, sash, 5).root).groups[0]?.width).toBeCloseTo(0.9)
  expect(geometryOf(moveSash(two, sash, -5).root).groups[0]?.width).toBeCloseTo(0.1)
})

test('what is remembered comes back without files that are gone, or not at all', () => {
  const stored = storedGroupsSchema.parse(JSON.parse(JSON.stringify(storeGroups(two))))
  expect(restoreGroups(stored, () => true)).toEqual(two)
  expect(show(restoreGroups(stored, (path) => path === 'a') ?? oneGroup())).toBe('>g1[*a]')
  expect(restoreGroups({ ...stored, focused: 'g9' }, () => true)).toBeUndefined()
  expect(restoreGroups({ ...stored, groups: {} }, () => true)).toBeUndefined()
})
