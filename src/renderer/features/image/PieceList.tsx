import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import type { LookedAt } from './explorer'
import { familyOf, pathTo, type PieceTree, type TreePiece } from './piece-tree'
import { pieceTitle } from './wording'

/** The pieces as a tree (ARIA's pattern "Tree View"). */
export function PieceList({ image: { tree, leftOut } }: { image: LookedAt }): ReactElement {
  const { explorer } = useLab()
  const { image: text } = useStrings()
  const selected = useStore(explorer.store, (state) => state.selected)
  const [opened, setOpened] = useState(() => openAtFirst(tree))
  // Whatever is selected elsewhere is to be seen here.
  const open = withAll(opened, pathTo(tree, selected).slice(0, -1))
  if (open !== opened) setOpened(open)
  const host = useRef<HTMLDivElement>(null)
  // A panel that was asked for has the keyboard before there is a tree to give it to.
  useEffect(() => {
    const pane = host.current?.closest('.pane')
    if (pane && document.activeElement === pane) host.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }, [])
  const rows = useMemo(() => visible(tree, open), [tree, open])

  function toggle({ key }: TreePiece, now: boolean): void {
    const next = new Set(open)
    if (now) next.add(key)
    else next.delete(key)
    setOpened(next)
  }
  function close(piece: TreePiece): void {
    toggle(piece, false)
    // What is selected must not be hidden.
    if (pathTo(tree, selected).some(({ index }) => index === piece.index)) explorer.select(piece.index)
  }
  function onKeyDown(event: KeyboardEvent): void {
    const at = rows.findIndex(({ index }) => index === selected)
    const here = rows[at]
    if (!here) return
    const [isOpen, hasMore] = [open.has(here.key), here.children.length > 0]
    const moves: Readonly<Record<string, number | undefined>> = {
      ArrowDown: rows[at + 1]?.index,
      ArrowUp: rows[at - 1]?.index,
      Home: rows[0]?.index,
      End: rows.at(-1)?.index,
      ArrowRight: hasMore && isOpen ? here.children[0] : undefined,
      ArrowLeft: hasMore && isOpen ? undefined : here.parent,
    }
    const next = moves[event.key]
    if (next !== undefined) explorer.select(next)
    else if (event.key === 'ArrowRight' && hasMore) toggle(here, true)
    else if (event.key === 'ArrowLeft' && hasMore && isOpen) close(here)
    else if (event.key === 'Enter' && hasMore) explorer.zoomTo(here.index)
    else return
    event.preventDefault()
  }
  return (
    <div className="image-list">
      <div ref={host} role="tree" aria-label={text.tree} onKeyDown={onKeyDown}>
        {rows.map((piece) => (
          <PieceRow key={piece.index} piece={piece} siblings={piece.parent === undefined ? [0] : (tree[piece.parent]?.children ?? [])} open={open.has(piece.key)} selected={piece.index === selected} onToggle={() => (open.has(piece.key) ? close(piece) : toggle(piece, true))} />
        ))}
      </div>
      {leftOut > 0 && <p className="image-left-out">{text.leftOut(leftOut)}</p>}
    </div>
  )
}

interface RowProps {
  piece: TreePiece
  siblings: readonly number[]
  open: boolean
  selected: boolean
  onToggle(): void
}

function PieceRow({ piece, siblings, open, selected, onToggle }: RowProps): ReactElement {
  const { explorer } = useLab()
  const { image: text, format } = useStrings()
  const own = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!selected) return
    own.current?.scrollIntoView({ block: 'nearest' })
    if (own.current?.parentElement?.contains(document.activeElement)) own.current.focus()
  }, [selected])
  const more = piece.children.length > 0
  return (
    <div
      ref={own}
      role="treeitem"
      className={`image-row family-${familyOf(piece.role)}`}
      aria-level={piece.depth + 1}
      aria-setsize={siblings.length}
      aria-posinset={siblings.indexOf(piece.index) + 1}
      aria-expanded={more ? open : undefined}
      aria-selected={selected}
      tabIndex={selected ? 0 : -1}
      style={{ paddingLeft: `${0.25 + piece.depth * 0.75}rem` }}
      onClick={() => explorer.select(piece.index)}
      onDoubleClick={() => more && explorer.zoomTo(piece.index)}
    >
      <span
        className={`image-twist${more ? '' : ' image-leaf'}${open ? ' image-open' : ''}`}
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation()
          if (more) onToggle()
        }}
      >
        <Icon name="chevron" size={12} />
      </span>
      <span className="image-swatch" aria-hidden="true" />
      <span className="image-title">{pieceTitle(text, piece)}</span>
      {piece.remarks.length > 0 && <Icon name="warning" size={12} />}
      <span className="image-size">{format.bytes(piece.bytes)}</span>
    </div>
  )
}

/** Down to the files, and the kernel to its sections. */
function openAtFirst(tree: PieceTree): ReadonlySet<string> {
  const around = tree.filter(({ role, parent }) => role === 'kernel' || role === 'program' || (role === 'segment' && parent !== undefined && tree[parent]?.role !== 'file')).flatMap(({ index }) => pathTo(tree, index))
  return new Set([...tree.filter(({ depth }) => depth < 2), ...around].map(({ key }) => key))
}

function withAll(open: ReadonlySet<string>, pieces: readonly TreePiece[]): ReadonlySet<string> {
  return pieces.every(({ key }) => open.has(key)) ? open : new Set([...open, ...pieces.map(({ key }) => key)])
}

function visible(tree: PieceTree, open: ReadonlySet<string>): TreePiece[] {
  const rows: TreePiece[] = []
  const add = (index: number): void => {
    const piece = tree[index]
    if (!piece) return
    rows.push(piece)
    if (open.has(piece.key)) piece.children.forEach(add)
  }
  add(0)
  return rows
}
