/** The tree as a list of rows, and how the keyboard goes through them. Pure functions. */
import type { FileEntry } from '../../../shared/contract'

export interface TreeRow {
  path: string
  name: string
  kind: FileEntry['kind']
  /** 0 at the top. */
  depth: number
  expanded: boolean
}

export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0))
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const joinPath = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`)
export const isUnder = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`)

/** `a/b` and `a` for `a/b/c`. */
export function ancestorsOf(path: string): string[] {
  const parent = parentOf(path)
  return parent === '' ? [] : [parent, ...ancestorsOf(parent)]
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Folders first, then by name as people count: `a2` before `a10`. */
export function treeRows(files: readonly FileEntry[], expanded: ReadonlySet<string>): TreeRow[] {
  const children = new Map<string, FileEntry[]>()
  for (const file of files) {
    const parent = parentOf(file.path)
    const siblings = children.get(parent)
    if (siblings) siblings.push(file)
    else children.set(parent, [file])
  }
  const rowsIn = (folder: string, depth: number): TreeRow[] =>
    (children.get(folder) ?? [])
      .toSorted((a, b) => (a.kind === b.kind ? names.compare(a.path, b.path) : a.kind === 'directory' ? -1 : 1))
      .flatMap(({ path, kind }) => {
        const open = kind === 'directory' && expanded.has(path)
        return [{ path, name: nameOf(path), kind, depth, expanded: open }, ...(open ? rowsIn(path, depth + 1) : [])]
      })
  return rowsIn('', 0)
}

/** The row that begins with what was typed, from the present one on and around. A longer text stays where it fits. */
export function findTyped(rows: readonly TreeRow[], from: string | undefined, typed: string): TreeRow | undefined {
  const at = rows.findIndex(({ path }) => path === from)
  const start = typed.length > 1 ? Math.max(at, 0) : at + 1
  return [...rows.slice(start), ...rows.slice(0, start)].find(({ name }) => name.toLowerCase().startsWith(typed.toLowerCase()))
}

/** Why a name cannot be given, or undefined. Slashes make folders. */
export function nameFault(name: string, folder: string, taken: readonly FileEntry[]): 'empty' | 'bad' | 'taken' | undefined {
  const parts = name.split('/')
  if (name.trim() === '') return 'empty'
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part !== part.trim()) || /[\\:*?"<>|]|\p{Cc}/u.test(name) || name.startsWith('-')) return 'bad'
  return taken.some(({ path }) => path === joinPath(folder, name)) ? 'taken' : undefined
}
