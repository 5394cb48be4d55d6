import { useCallback, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement, type WheelEvent } from 'react'
import { useStore } from 'zustand'
import { MAX_WATCHED_BYTES } from '../../../shared/debug'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { FailureText } from '../../ui/FailureText'
import { useLook } from '../debugger/look'
import { hex } from './address'
import { ContextMenu, type MenuItem } from './ContextMenu'
import { asCArray, asHex, asText } from './copy-bytes'
import { littleEndian } from './edits'
import './inside.css'
import { MemoryFooter } from './MemoryFooter'
import { cellId, MemoryRows, type Column, type Typed } from './MemoryGrid'
import { limitTop, moved, scrolledTo } from './memory-keys'
import { bytesAt, layoutRows, partOf, ROW_BYTES, type Row } from './memory-rows'
import { MemorySearchBar } from './MemorySearchBar'
import { MemoryStrip } from './MemoryStrip'
import { MemoryToolbar } from './MemoryToolbar'
import { useNames } from './use-names'
import { NoMachine } from './NoMachine'
import { useMemoryEdit } from './use-memory-edit'
import { rowPixels, useRowCount } from './use-row-count'

const ROW_REM = 1.25
/** Bytes are read in whole pieces of this, and one more on each side, so that rows are there when they come into view. */
const PIECE = 512n
const WHEEL_LINE_PIXELS = 18

export function MemoryPanel(): ReactElement {
  const { inside: text } = useStrings()
  const { machine } = useLab()
  const on = useStore(machine.store, (view) => view.machine !== undefined)
  return on ? <Memory /> : <NoMachine icon="memory" teaches={text.memory.teaches} />
}

function Memory(): ReactElement {
  const { inside: text } = useStrings()
  const { inside, machine, connection, notifications, attempt } = useLab()
  const place = useStore(inside.memory)
  const { space, group, top, anchor, cursor } = place
  const host = useRef<HTMLDivElement>(null)
  const gridId = useId()
  const rowsInView = useRowCount(host, ROW_REM)
  const [column, setColumn] = useState<Column>('bytes')
  const [typed, setTyped] = useState<Typed>()
  const [hovered, setHovered] = useState<bigint>()
  const [menu, setMenu] = useState<{ x: number; y: number }>()
  const [searching, setSearching] = useState(false)
  const wheel = useRef(0)

  const start = top < PIECE ? 0n : top - (top % PIECE) - PIECE
  const end = top + BigInt(rowsInView * ROW_BYTES) + PIECE
  const length = Number(((end - start + PIECE - 1n) / PIECE) * PIECE)
  const look = useLook(useCallback(async (call, id) => partOf(space, await call('debug.memory', { machine: id, space, address: hex(start), bytes: length })), [space, start, length]))
  const { value: part, before, paused, failure, refresh } = look
  const shown = part?.space === space ? part : undefined
  const edit = useMemoryEdit(refresh)

  const rows = useMemo(() => layoutRows({ top, count: rowsInView, group, part: shown, before }), [top, rowsInView, group, shown, before])
  // A symbol begins at the row's first byte, or somewhere in it, if the last byte of the row is less than a row behind its start.
  const asked = useMemo(() => (space === 'physical' ? [] : rows.flatMap(({ address }) => [hex(address), hex(address + 15n)])), [rows, space])
  const names = useNames(asked)
  const nameOf = (row: Row, first: boolean) => {
    if (space === 'physical') return undefined
    const known = names.get(hex(row.address))
    const last = names.get(hex(row.address + 15n))
    if (known?.symbol?.offset === 0) return known
    if (last?.symbol && last.symbol.offset < ROW_BYTES) return { ...last, symbol: { name: last.symbol.name, offset: 0 } }
    return first ? known : undefined
  }

  const [low, high] = anchor < cursor ? [anchor, cursor] : [cursor, anchor]
  const selection = { first: low, last: high - (high % BigInt(group)) + BigInt(group) - 1n }
  const size = Number(selection.last - selection.first + 1n)
  const scroll = (to: bigint): void => inside.memory.setState({ top: limitTop(to, rowsInView) })

  function point(address: bigint, where: Column, extend: boolean): void {
    const unit = where === 'text' ? 1n : BigInt(group)
    const to = address - (address % unit)
    setColumn(where)
    setTyped(undefined)
    inside.memory.setState({ cursor: to, ...(extend ? {} : { anchor: to }), top: limitTop(scrolledTo(to, top, rowsInView - 1), rowsInView) })
  }

  function write(address: bigint, after: Uint8Array): void {
    const old = bytesAt(shown, address, after.length)
    if (old.length === after.length) edit.write({ space, address, before: old, after })
    else notifications.info(text.memory.notMemory, text.memory.notMemoryHint)
    setTyped(undefined)
    point(address + BigInt(after.length), column, false)
  }

  /** A digit, or a character. False: the key is none. */
  function type(key: string): boolean {
    if (key.length !== 1 || (column === 'bytes' ? !/[0-9a-f]/i.test(key) : key < ' ' || key > '~')) return false
    if (!paused) {
      notifications.info(text.memory.running, text.memory.runningHint)
      return true
    }
    if (column === 'text') {
      write(cursor, Uint8Array.of(key.charCodeAt(0)))
      return true
    }
    const at = cursor - (cursor % BigInt(group))
    const digits = `${typed?.address === at ? typed.digits : ''}${key.toLowerCase()}`
    if (digits.length === group * 2) write(at, littleEndian(digits, group))
    else setTyped({ address: at, digits })
    return true
  }

  const copy = (form: (bytes: Uint8Array) => string): void => attempt(navigator.clipboard.writeText(form(bytesAt(shown, selection.first, size))))

  /** What keys with Ctrl do. */
  const shortcuts: Readonly<Record<string, () => void>> = {
    c: () => copy(asHex),
    z: edit.undo,
    y: edit.redo,
    'shift+z': edit.redo,
    f: () => setSearching(true),
    g: () => host.current?.closest('.mem')?.querySelector<HTMLElement>('.mem-goto')?.focus(),
  }

  function onKeyDown(event: KeyboardEvent): void {
    const { key } = event
    if (event.ctrlKey || event.metaKey) {
      const run = shortcuts[`${event.shiftKey ? 'shift+' : ''}${key.toLowerCase()}`]
      if (!run) return
      event.preventDefault()
      event.stopPropagation()
      return run()
    }
    if (event.altKey) return
    const to = moved(key, cursor, column === 'text' ? 1 : group, rowsInView)
    if (to !== undefined) {
      event.preventDefault()
      return point(to, column, event.shiftKey)
    }
    if (key === 'Escape' && typed) return setTyped(undefined)
    if (key === 'Enter' && typed) return write(typed.address, littleEndian(typed.digits, group))
    if (key === 'ContextMenu' || (key === 'F10' && event.shiftKey)) {
      event.preventDefault()
      const box = document.getElementById(cellId(gridId, cursor - (cursor % BigInt(group))))?.getBoundingClientRect()
      return setMenu({ x: box?.left ?? 0, y: box?.bottom ?? 0 })
    }
    if (type(key)) event.preventDefault()
  }

  function onWheel(event: WheelEvent): void {
    wheel.current += event.deltaMode === 1 ? event.deltaY * WHEEL_LINE_PIXELS : event.deltaY
    const lines = Math.trunc(wheel.current / rowPixels(ROW_REM))
    if (lines === 0) return
    wheel.current -= lines * rowPixels(ROW_REM)
    scroll(top + BigInt(lines * ROW_BYTES))
  }

  function watch(access: 'read' | 'write' | 'any'): void {
    const id = machine.store.getState().machine
    if (id === undefined) return
    const spec = { kind: 'data', space, address: hex(selection.first), bytes: size, access } as const
    attempt(connection.call('debug.setBreakpoint', { machine: id, spec }).then(() => notifications.info(text.memory.watching(text.memory.accesses[access], hex(selection.first), size))))
  }

  const tooLarge = size > MAX_WATCHED_BYTES
  const items: MenuItem[] = [
    { label: text.memory.copyHex, run: () => copy(asHex) },
    { label: text.memory.copyC, run: () => copy((bytes) => asCArray(bytes, selection.first)) },
    { label: text.memory.copyText, run: () => copy(asText) },
    { label: text.memory.breakOn(text.memory.accesses.write), disabled: tooLarge, run: () => watch('write') },
    { label: text.memory.breakOn(text.memory.accesses.read), disabled: tooLarge, run: () => watch('read') },
    { label: text.memory.breakOn(text.memory.accesses.any), disabled: tooLarge, run: () => watch('any') },
    ...(space === 'linear' ? [{ label: text.memory.showWalk, run: () => inside.showWalk(hex(selection.first)) }] : []),
  ]

  return (
    <div className="mem">
      <MemoryToolbar place={place} edit={edit} searching={searching} onSearch={() => setSearching((open) => !open)} />
      {searching && <MemorySearchBar place={place} onClose={() => setSearching(false)} />}
      {failure && <FailureText failure={failure} />}
      <div className="mem-body">
        <div
          ref={host}
          id={gridId}
          className="mem-grid mono"
          role="grid"
          aria-label={text.memory.grid(text.memory.spaces[space])}
          aria-activedescendant={cellId(gridId, cursor - (cursor % BigInt(group)))}
          aria-multiselectable="true"
          tabIndex={0}
          data-group={group}
          onKeyDown={onKeyDown}
          onWheel={onWheel}
        >
          <MemoryRows
            id={gridId}
            rows={rows}
            selection={selection}
            cursor={cursor}
            column={column}
            typed={typed}
            editable={paused}
            nameOf={nameOf}
            onPoint={point}
            onHover={setHovered}
            onMenu={(x, y) => setMenu({ x, y })}
          />
        </div>
        <MemoryStrip controls={gridId} space={space} top={top} visible={rowsInView * ROW_BYTES} onGo={scroll} />
      </div>
      <MemoryFooter space={space} part={shown} before={before} address={hovered ?? cursor} selected={size} paused={paused} />
      {menu && (
        <ContextMenu
          label={text.memory.menu}
          x={menu.x}
          y={menu.y}
          items={items}
          onClose={() => {
            setMenu(undefined)
            host.current?.focus()
          }}
        />
      )}
    </div>
  )
}
