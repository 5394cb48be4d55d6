/** Editors side by side: which groups there are, where they lie, and which tabs each has. Pure functions from one state to the next. */
import * as z from 'zod'

/** A part of the editor with tabs of its own. */
export interface EditorGroup {
  open: readonly string[]
  active: string | undefined
}

export type LayoutNode = { type: 'group'; id: string } | { type: 'split'; direction: 'row' | 'column'; parts: LayoutPart[] }
// oxlint-disable-next-line typescript/consistent-type-definitions -- an interface is no JSON value
type LayoutPart = {
  /** Share of its split; all of a split add up to 1. */
  size: number
  node: LayoutNode
}

export interface EditorGroups {
  root: LayoutNode
  groups: Readonly<Record<string, EditorGroup>>
  /** The group that commands are about. There is always one. */
  focused: string
}

export type Side = 'left' | 'right' | 'above' | 'below'

const FIRST = 'g1'
const none: EditorGroup = { open: [], active: undefined }

export const oneGroup = (open: readonly string[] = [], active: string | undefined = open[0]): EditorGroups => ({
  root: { type: 'group', id: FIRST },
  groups: { [FIRST]: { open, active } },
  focused: FIRST,
})

export const groupOf = (state: EditorGroups, id: string): EditorGroup => state.groups[id] ?? none

/** Ids in the order in which people read them. */
export function groupIds({ root }: Pick<EditorGroups, 'root'>): string[] {
  return root.type === 'group' ? [root.id] : root.parts.flatMap(({ node }) => groupIds({ root: node }))
}

/** Every file that has a tab, once. */
export const openPaths = (state: EditorGroups): string[] => [...new Set(groupIds(state).flatMap((id) => groupOf(state, id).open))]

function withGroup(state: EditorGroups, id: string, change: (group: EditorGroup) => EditorGroup): EditorGroups {
  return { ...state, groups: { ...state.groups, [id]: change(groupOf(state, id)) } }
}

const opened = ({ open }: EditorGroup, path: string): EditorGroup => ({ open: open.includes(path) ? open : [...open, path], active: path })

function closedIn({ open, active }: EditorGroup, path: string): EditorGroup {
  const index = open.indexOf(path)
  if (index < 0) return { open, active }
  const rest = open.filter((other) => other !== path)
  return { open: rest, active: active === path ? rest[Math.min(index, rest.length - 1)] : active }
}

export function focusGroup(state: EditorGroups, id: string): EditorGroups {
  return id === state.focused || !state.groups[id] ? state : { ...state, focused: id }
}

export const openIn = (state: EditorGroups, path: string, id = state.focused): EditorGroups => focusGroup(withGroup(state, id, (group) => opened(group, path)), id)

/** @param id of a group, or all of them when absent */
export function closeIn(state: EditorGroups, path: string, id?: string): EditorGroups {
  const ids = id === undefined ? groupIds(state) : [id]
  return ids.reduce((current, one) => dropEmpty(withGroup(current, one, (group) => closedIn(group, path)), one), state)
}

/** A group without tabs goes, unless it is the last. */
function dropEmpty(state: EditorGroups, id: string): EditorGroups {
  const ids = groupIds(state)
  if (groupOf(state, id).open.length > 0 || ids.length < 2 || !ids.includes(id)) return state
  const root = without(state.root, id)
  if (!root) return state
  const { [id]: _gone, ...groups } = state.groups
  const at = ids.indexOf(id)
  const neighbour = ids[at === 0 ? 1 : at - 1] ?? FIRST
  return { root, groups, focused: state.focused === id ? neighbour : state.focused }
}

function without(node: LayoutNode, id: string): LayoutNode | undefined {
  if (node.type === 'group') return node.id === id ? undefined : node
  const left = node.parts.flatMap(({ size, node: inner }) => {
    const kept = without(inner, id)
    return kept ? [{ size, node: kept }] : []
  })
  if (left.length < 2) return left[0]?.node
  const total = left.reduce((sum, { size }) => sum + size, 0)
  return { ...node, parts: left.map((part) => ({ ...part, size: part.size / total })) }
}

/** A new group beside another, with one tab, which takes the focus. */
export function splitGroup(state: EditorGroups, id: string, side: Side, path: string | undefined): EditorGroups {
  const fresh = freshId(state)
  const root = beside(state.root, id, side, fresh)
  return { root, groups: { ...state.groups, [fresh]: path === undefined ? none : { open: [path], active: path } }, focused: fresh }
}

function freshId({ groups }: EditorGroups): string {
  let number = 1
  while (groups[`g${number}`]) number++
  return `g${number}`
}

function beside(node: LayoutNode, id: string, side: Side, fresh: string): LayoutNode {
  const direction = side === 'left' || side === 'right' ? 'row' : 'column'
  const added: LayoutNode = { type: 'group', id: fresh }
  const pair = (size: number, old: LayoutNode): LayoutPart[] => {
    const parts = [{ size: size / 2, node: old }, { size: size / 2, node: added }]
    return side === 'left' || side === 'above' ? parts.toReversed() : parts
  }
  if (node.type === 'group') return node.id === id ? { type: 'split', direction, parts: pair(1, node) } : node
  // Three in a row are one split of three, not one in another.
  const parts = node.parts.flatMap(({ size, node: inner }) => {
    if (inner.type === 'group' && inner.id === id && node.direction === direction) return pair(size, inner)
    return [{ size, node: beside(inner, id, side, fresh) }]
  })
  return { ...node, parts }
}

/** @param before the tab that it is put before; at the end when absent */
export function moveTab(state: EditorGroups, path: string, from: string, to: string, before?: string): EditorGroups {
  if (!groupOf(state, from).open.includes(path) || !state.groups[to] || path === before) return state
  const placed = withGroup(state, to, ({ open }) => {
    const others = open.filter((other) => other !== path)
    const at = before === undefined ? others.length : Math.max(others.indexOf(before), 0)
    return { open: others.toSpliced(at, 0, path), active: path }
  })
  return focusGroup(from === to ? placed : closeIn(placed, path, from), to)
}

/** Moves a tab into a new group at a side of another. */
export function moveToSide(state: EditorGroups, path: string, from: string, target: string, side: Side): EditorGroups {
  if (!groupOf(state, from).open.includes(path) || (from === target && groupOf(state, from).open.length < 2)) return state
  return closeIn(splitGroup(state, target, side, path), path, from)
}

/** Files have other paths by now; `undefined` for those that are gone. */
export function renameTabs(state: EditorGroups, rename: (path: string) => string | undefined): EditorGroups {
  const renamed = groupIds(state).reduce(
    (current, id) =>
      withGroup(current, id, ({ open, active }) => {
        const paths = [...new Set(open.flatMap((path) => rename(path) ?? []))]
        const shown = active === undefined ? undefined : rename(active)
        return { open: paths, active: shown ?? paths[0] }
      }),
    state,
  )
  return groupIds(state).reduce(dropEmpty, renamed)
}

// --- geometry ---------------------------------------------------------------------------------------------------------

/** Shares of the editor's width and height. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}
const whole: Box = { left: 0, top: 0, width: 1, height: 1 }

/** The border between two parts of a split, found by the way to the split and the number of the part before it. */
export interface Sash extends Box {
  direction: 'row' | 'column'
  way: readonly number[]
  index: number
  /** Where it stands in its split, and how large the split is. */
  share: number
  extent: number
}

export interface Geometry {
  groups: readonly (Box & { id: string })[]
  sashes: readonly Sash[]
}

export function geometryOf(node: LayoutNode, box: Box = whole, way: readonly number[] = []): Geometry {
  if (node.type === 'group') return { groups: [{ id: node.id, ...box }], sashes: [] }
  const row = node.direction === 'row'
  const extent = row ? box.width : box.height
  let share = 0
  const pieces = node.parts.map(({ size, node: inner }, index): Geometry => {
    const piece = row ? { ...box, left: box.left + share * extent, width: size * extent } : { ...box, top: box.top + share * extent, height: size * extent }
    share += size
    const { groups, sashes } = geometryOf(inner, piece, [...way, index])
    if (index === node.parts.length - 1) return { groups, sashes }
    const border = row ? { ...box, left: box.left + share * extent, width: 0 } : { ...box, top: box.top + share * extent, height: 0 }
    return { groups, sashes: [...sashes, { ...border, direction: node.direction, way, index, share, extent }] }
  })
  return { groups: pieces.flatMap(({ groups }) => groups), sashes: pieces.flatMap(({ sashes }) => sashes) }
}

const SMALLEST = 0.1

/** Moves a border by a share of its split. */
export function moveSash(state: EditorGroups, { way, index }: Pick<Sash, 'way' | 'index'>, by: number): EditorGroups {
  const change = (node: LayoutNode, rest: readonly number[]): LayoutNode => {
    if (node.type === 'group') return node
    const [next, ...further] = rest
    if (next !== undefined) return { ...node, parts: node.parts.map((part, at) => (at === next ? { ...part, node: change(part.node, further) } : part)) }
    const [before, after] = [node.parts[index], node.parts[index + 1]]
    if (!before || !after) return node
    const both = before.size + after.size
    const size = Math.min(Math.max(before.size + by, Math.min(SMALLEST, both / 2)), Math.max(both - SMALLEST, both / 2))
    return { ...node, parts: node.parts.map((part, at) => (at === index ? { ...part, size } : at === index + 1 ? { ...part, size: both - size } : part)) }
  }
  return { ...state, root: change(state.root, way) }
}

// --- remembering ------------------------------------------------------------------------------------------------------

const nodeSchema: z.ZodType<LayoutNode> = z.union([
  z.object({ type: z.literal('group'), id: z.string() }),
  z.object({
    type: z.literal('split'),
    direction: z.enum(['row', 'column']),
    get parts() {
      return z.array(z.object({ size: z.number().positive().max(1), node: nodeSchema })).min(2)
    },
  }),
])

export const storedGroupsSchema = z.object({
  root: nodeSchema,
  groups: z.record(z.string(), z.object({ open: z.array(z.string()), active: z.string().optional() })),
  focused: z.string(),
})
export type StoredGroups = z.infer<typeof storedGroupsSchema>

export function storeGroups({ root, groups, focused }: EditorGroups): StoredGroups {
  return { root, focused, groups: Object.fromEntries(Object.entries(groups).map(([id, { open, active }]) => [id, { open: [...open], ...(active === undefined ? {} : { active }) }])) }
}

/** What was stored, as far as its files are still there; undefined when it does not hang together. */
export function restoreGroups(stored: StoredGroups, exists: (path: string) => boolean): EditorGroups | undefined {
  const ids = groupIds(stored)
  if (new Set(ids).size !== ids.length || !ids.includes(stored.focused) || ids.some((id) => !stored.groups[id])) return undefined
  const groups = Object.fromEntries(ids.map((id) => [id, { open: stored.groups[id]?.open ?? [], active: stored.groups[id]?.active }]))
  return renameTabs({ root: stored.root, groups, focused: stored.focused }, (path) => (exists(path) ? path : undefined))
}
