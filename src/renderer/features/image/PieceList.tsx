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
  const [open, setOpen] = useState(() => openAtFirst(tree))
  const host = useRef<HTMLDivElement>(null)

  // Whatever is selected elsewhere is to be seen here.
  useEffect(() => setOpen((now) => withAll(now, pathTo(tree, selected).slice(0, -1))), [tree, selected])
  useEffect(() => {
    const row = host.current?.querySelector<HTMLElement>('[aria-selected="true"]')
    row?.scrollIntoView({ block: 'nearest' })
    if (host.current?.contains(document.activeElement)) row?.focus()
  }, [selected, open])
  const rows = useMemo(() => visible(tree, open), [tree, open])

  function toggle({ index }: TreePiece, now: boolean): void {
    setOpen((before) => {
      const next = new Set(before)
      if (now) next.add(index)
      else next.delete(index)
      return next
    })
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
    const [isOpen, hasMore] = [open.has(here.index), here.children.length > 0]
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
    else if (event.key === 'Enter' && hasMore) explorer.zoom(here.index)
    else return
    event.preventDefault()
  }
  return (
    <div className="image-list">
      <div ref={host} role="tree" aria-label={text.tree} onKeyDown={onKeyDown}>
        {rows.map((piece) => (
          <PieceRow key={piece.index} piece={piece} siblings={piece.parent === undefined ? [0] : (tree[piece.parent]?.children ?? [])} open={open.has(piece.index)} selected={piece.index === selected} onToggle={() => (open.has(piece.index) ? close(piece) : toggle(piece, true))} />
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
  const more = piece.children.length > 0
  return (
    <div
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
      onDoubleClick={() => more && explorer.zoom(piece.index)}
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
function openAtFirst(tree: PieceTree): ReadonlySet<number> {
  const around = tree.filter(({ role, parent }) => role === 'kernel' || role === 'program' || (role === 'segment' && parent !== undefined && tree[parent]?.role !== 'file')).flatMap(({ index }) => pathTo(tree, index))
  return new Set([...tree.filter(({ depth }) => depth < 2), ...around].map(({ index }) => index))
}

function withAll(open: ReadonlySet<number>, pieces: readonly TreePiece[]): ReadonlySet<number> {
  return pieces.every(({ index }) => open.has(index)) ? open : new Set([...open, ...pieces.map(({ index }) => index)])
}

function visible(tree: PieceTree, open: ReadonlySet<number>): TreePiece[] {
  const rows: TreePiece[] = []
  const add = (index: number): void => {
    const piece = tree[index]
    if (!piece) return
    rows.push(piece)
    if (open.has(index)) piece.children.forEach(add)
  }
  add(0)
  return rows
}
