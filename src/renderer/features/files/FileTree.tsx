/** The tree, after the WAI-ARIA pattern: one tab stop, the chosen row is told as the active one. */
import { useMemo, useRef, useState, type DragEvent, type KeyboardEvent, type MouseEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { FileEntry } from '../../../shared/contract'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { ContextMenu } from '../../ui/ContextMenu'
import { useProblems } from '../build/use-problems'
import { isDirty } from '../editor/documents'
import { draggedFile, isFileDrag } from './drag'
import { FileRow, rowId } from './FileRow'
import { useFileMenu } from './file-menu'
import { worstByPath } from './marks'
import { NameField } from './NameField'
import { findTyped, isUnder, parentOf, treeRows, type TreeRow } from './rows'

interface Props {
  files: readonly FileEntry[]
  label: string
}

/** Letters that follow each other within this time are one text. */
const TYPING_MS = 700

export function FileTree({ files: listed, label }: Props): ReactElement {
  const { files, documents, commands, attempt } = useLab()
  const { files: text } = useStrings()
  const { expanded, selected, naming } = useStore(files.store)
  const texts = useStore(documents.store, (state) => state.documents)
  const problems = useProblems()
  const tree = useRef<HTMLDivElement>(null)
  const typing = useRef({ text: '', at: 0 })
  const [menuAt, setMenuAt] = useState<{ x: number; y: number; path: string | undefined }>()
  const [dropFolder, setDropFolder] = useState<string>()
  const rows = useMemo(() => treeRows(listed, expanded), [listed, expanded])
  const worst = useMemo(() => worstByPath(problems), [problems])
  const dirty = useMemo(() => new Set(Object.values(texts).filter(isDirty).map(({ path }) => path)), [texts])
  const index = rows.findIndex(({ path }) => path === selected)
  const current = rows[index]
  const items = useFileMenu(menuAt?.path, rows.find(({ path }) => path === menuAt?.path)?.kind === 'directory')
  const focusTree = (): void => tree.current?.focus()

  function choose(row: TreeRow | undefined): void {
    if (!row) return
    files.select(row.path)
    document.getElementById(rowId(row.path))?.scrollIntoView({ block: 'nearest' })
  }

  function activate(row: TreeRow): void {
    files.select(row.path)
    if (row.kind === 'directory') files.setExpanded(row.path, !row.expanded)
    else commands.openFile(row.path)
  }

  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => choose(rows[index + 1] ?? rows[index]),
    ArrowUp: () => choose(rows[Math.max(index - 1, 0)]),
    Home: () => choose(rows[0]),
    End: () => choose(rows.at(-1)),
    ArrowRight: () => {
      if (current?.kind !== 'directory') return
      if (current.expanded) choose(rows[index + 1])
      else files.setExpanded(current.path, true)
    },
    ArrowLeft: () => {
      if (current?.expanded) files.setExpanded(current.path, false)
      else if (current) choose(rows.find(({ path }) => path === parentOf(current.path)))
    },
    Enter: () => current && activate(current),
    F2: () => current && files.startRename(current.path),
    Delete: () => current && attempt(files.remove(current.path)),
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
    const known = keys[event.key]
    if (known) {
      event.preventDefault()
      known()
    } else if (event.key.length === 1 && (event.key !== ' ' || typing.current.text !== '')) {
      event.preventDefault()
      const { text: before, at } = typing.current
      typing.current = { text: (event.timeStamp - at < TYPING_MS ? before : '') + event.key, at: event.timeStamp }
      choose(findTyped(rows, selected, typing.current.text))
    }
  }

  function pathAt({ target }: { target: EventTarget }): string | undefined {
    const row = target instanceof Element ? target.closest<HTMLElement>('[data-path]') : null
    return row?.dataset['path']
  }

  /** By the keyboard it belongs to the chosen row, and stands beside it. */
  function onContextMenu(event: MouseEvent): void {
    if (event.target instanceof HTMLInputElement) return
    event.preventDefault()
    const byKey = event.target === tree.current && event.button !== 2
    const path = byKey ? selected : pathAt(event)
    if (path !== undefined) files.select(path)
    const box = path === undefined ? undefined : document.getElementById(rowId(path))?.getBoundingClientRect()
    setMenuAt(byKey && box ? { x: box.left + box.width / 3, y: box.bottom, path } : { x: event.clientX, y: event.clientY, path })
  }

  function folderAt(event: DragEvent): string {
    const path = pathAt(event)
    if (path === undefined) return ''
    return rows.find((row) => row.path === path)?.kind === 'directory' ? path : parentOf(path)
  }

  function onDragOver(event: DragEvent): void {
    if (!isFileDrag(event)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'move'
    setDropFolder(folderAt(event))
  }

  function onDrop(event: DragEvent): void {
    const path = draggedFile(event)
    setDropFolder(undefined)
    if (path === undefined) return
    event.preventDefault()
    const folder = folderAt(event)
    if (folder !== parentOf(path) && folder !== path && !isUnder(folder, path)) attempt(files.moveInto(path, folder))
  }

  const newRow = (folder: string, depth: number): ReactElement | null =>
    naming && naming.kind !== 'rename' && naming.folder === folder ? (
      <div className="file-row" role="none" style={{ paddingLeft: `${depth * 0.75 + 1.5}rem` }}>
        <NameField naming={naming} taken={listed} onDone={focusTree} />
      </div>
    ) : null

  return (
    <>
      <div
        ref={tree}
        className={`file-tree ${dropFolder === '' ? 'file-drop' : ''}`}
        role="tree"
        aria-label={label}
        tabIndex={0}
        aria-activedescendant={current ? rowId(current.path) : undefined}
        onKeyDown={onKeyDown}
        onFocus={(event) => event.target === event.currentTarget && !current && choose(rows[0])}
        onContextMenu={onContextMenu}
        onDragOver={onDragOver}
        onDragLeave={() => setDropFolder(undefined)}
        onDrop={onDrop}
      >
        {newRow('', 0)}
        {rows.map((row) => (
          <FileRow
            key={row.path}
            row={row}
            selected={row.path === selected}
            dirty={row.kind === 'file' ? dirty.has(row.path) : !row.expanded && [...dirty].some((path) => isUnder(path, row.path))}
            problem={row.expanded ? undefined : worst.get(row.path)}
            dropping={dropFolder !== undefined && dropFolder !== '' && (row.path === dropFolder || isUnder(row.path, dropFolder))}
            naming={naming?.kind === 'rename' && naming.path === row.path ? <NameField naming={naming} taken={listed} onDone={focusTree} /> : undefined}
            onActivate={() => activate(row)}
          >
            {row.expanded && newRow(row.path, row.depth + 1)}
          </FileRow>
        ))}
      </div>
      {menuAt && (
        <ContextMenu
          label={text.menu(menuAt.path ?? label)}
          at={menuAt}
          items={items}
          onClose={(chosen) => {
            setMenuAt(undefined)
            if (!chosen) focusTree()
          }}
        />
      )}
    </>
  )
}
