/** Bytes of something of any length, sixteen a row. It knows nothing of what they are: its owner names and colours them. */
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactElement, type WheelEvent } from 'react'
import { firstRow, heightOf, scrollOf } from './hex-scroll'

export const ROW_BYTES = 16

export interface RowDescription {
  label: string
  title: string
  /** A class for each byte of the row. */
  classes: readonly string[]
}

interface Props {
  texts: { label: string; hint: string; offset: string; sector: string; text: string; owner: string; byte: (value: string) => string; unread: string }
  length: number
  /** A block's number stands beside its rows, and its first row is set off. */
  blockBytes: number
  cursor: number
  /** Counts up when the cursor shall be seen. */
  reveal: number
  /** Undefined for a byte that is not there yet. */
  byteAt(offset: number): number | undefined
  /** Has bytes fetched that are about to be seen. */
  want(from: number, to: number): void
  describe(offset: number): RowDescription
  onCursor(offset: number): void
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
const isShown = (byte: number): boolean => byte >= 0x20 && byte < 0x7f
/** Rows that a turn of the wheel moves by. */
const WHEEL_ROWS = 3

export function HexView({ texts, length, blockBytes, cursor, reveal, byteAt, want, describe, onCursor }: Props): ReactElement {
  const id = useId()
  const host = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const { visible, rowHeight } = useRows(host)
  const rows = Math.ceil(length / ROW_BYTES)
  const height = heightOf(rows, rowHeight)
  const digits = Math.max(8, (length - 1).toString(16).length)
  const shown = Math.min(visible + 1, rows - top)

  /** Scrolls so that a row is the first one. */
  function show(row: number): void {
    const next = Math.max(0, Math.min(row, rows - visible))
    setTop(next)
    if (host.current) host.current.scrollTop = scrollOf(next, { rows, visible, rowHeight })
  }
  useLayoutEffect(() => {
    const row = Math.floor(cursor / ROW_BYTES)
    if (row < top || row >= top + visible) show(row < top && row >= top - 2 ? row : row >= top + visible && row <= top + visible + 2 ? row - visible + 1 : row - Math.floor(visible / 3))
    // Only a cursor that was moved is brought into sight, not one that was scrolled away from.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [cursor, reveal, visible, rows])
  useEffect(() => want(top * ROW_BYTES, (top + shown) * ROW_BYTES), [want, top, shown])

  function onScroll(): void {
    const { current } = host
    if (!current) return
    // A scroll of our own comes back here, and must not move what was rounded.
    if (Math.abs(current.scrollTop - scrollOf(top, { rows, visible, rowHeight })) > 1) setTop(firstRow(current.scrollTop, { rows, visible, rowHeight }))
  }
  /** Where rows are more than pixels, a wheel would jump over thousands. */
  function onWheel(event: WheelEvent): void {
    if (height < rows * rowHeight) show(top + Math.sign(event.deltaY) * WHEEL_ROWS)
  }
  function onKeyDown(event: KeyboardEvent): void {
    const row = cursor - (cursor % ROW_BYTES)
    const page = Math.max(1, visible - 1) * ROW_BYTES
    const whole = event.ctrlKey || event.metaKey
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: cursor - 1, ArrowRight: cursor + 1, ArrowUp: cursor - ROW_BYTES, ArrowDown: cursor + ROW_BYTES, PageUp: cursor - page, PageDown: cursor + page,
      Home: whole ? 0 : row, End: whole ? length - 1 : row + ROW_BYTES - 1,
    }
    const next = moves[event.key]
    if (next === undefined || event.altKey || event.shiftKey) return
    event.preventDefault()
    onCursor(Math.max(0, Math.min(next, length - 1)))
  }
  function onClick({ target }: MouseEvent): void {
    const at = target instanceof Element ? target.closest<HTMLElement>('[data-at]')?.dataset['at'] : undefined
    if (at !== undefined) onCursor(Number(at))
    host.current?.focus()
  }

  return (
    <div className="hex">
      <div className="hex-head" aria-hidden="true">
        <span className="hex-offset" style={{ width: `${digits}ch` }}>
          {texts.offset}
        </span>
        <span className="hex-block">{texts.sector}</span>
        <span className="hex-bytes">
          {Array.from({ length: ROW_BYTES }, (_, column) => (
            <span key={column}>{hex(column, 2)}</span>
          ))}
        </span>
        <span className="hex-text">{texts.text}</span>
        <span className="hex-owner">{texts.owner}</span>
      </div>
      <div
        ref={host}
        className="hex-scroll"
        role="grid"
        aria-label={texts.label}
        aria-description={texts.hint}
        aria-rowcount={rows}
        aria-activedescendant={cursor >= top * ROW_BYTES && cursor < (top + shown) * ROW_BYTES ? `${id}-${cursor}` : undefined}
        tabIndex={0}
        onScroll={onScroll}
        onWheel={onWheel}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <div className="hex-all" role="presentation" style={{ height: `${height}px` }}>
          <div className="hex-rows" role="presentation">
            {Array.from({ length: Math.max(0, shown) }, (_, index) => (
              <HexRow key={top + index} id={id} row={top + index} digits={digits} texts={texts} length={length} blockBytes={blockBytes} cursor={cursor} byteAt={byteAt} describe={describe} />
            ))}
          </div>
        </div>
      </div>
    </div>
  )
}

interface RowProps extends Pick<Props, 'texts' | 'length' | 'blockBytes' | 'cursor' | 'byteAt' | 'describe'> {
  id: string
  row: number
  digits: number
}

function HexRow({ id, row, digits, texts, length, blockBytes, cursor, byteAt, describe }: RowProps): ReactElement {
  const offset = row * ROW_BYTES
  const { label, title, classes } = describe(offset)
  const columns = Array.from({ length: Math.min(ROW_BYTES, length - offset) }, (_, column) => ({ at: offset + column, value: byteAt(offset + column), mark: `${classes[column] ?? ''}${offset + column === cursor ? ' hex-cursor' : ''}` }))
  return (
    <div className={`hex-row${offset % blockBytes === 0 ? ' hex-first' : ''}`} role="row" aria-rowindex={row + 1}>
      <span className="hex-offset" role="rowheader" style={{ width: `${digits}ch` }}>
        {hex(offset, digits)}
      </span>
      <span className="hex-block" role="gridcell">
        {Math.floor(offset / blockBytes)}
      </span>
      <span className="hex-bytes" role="presentation">
        {columns.map(({ at, value, mark }) => (
          <span key={at} id={`${id}-${at}`} role="gridcell" data-at={at} className={mark} aria-selected={at === cursor} aria-label={texts.byte(value === undefined ? texts.unread : hex(value, 2))}>
            {value === undefined ? '··' : hex(value, 2)}
          </span>
        ))}
      </span>
      <span className="hex-text" aria-hidden="true">
        {columns.map(({ at, value, mark }) => (
          <span key={at} data-at={at} className={mark}>
            {value !== undefined && isShown(value) ? String.fromCharCode(value) : '.'}
          </span>
        ))}
      </span>
      <span className="hex-owner" role="gridcell" title={title}>
        {label}
      </span>
    </div>
  )
}

/** How many whole rows there is room for, and how high one is. */
function useRows(host: { current: HTMLElement | null }): { visible: number; rowHeight: number } {
  const [size, setSize] = useState({ visible: 1, rowHeight: 20 })
  useEffect(() => {
    const { current } = host
    if (!current) return undefined
    const measure = (): void => {
      // Rows are 1.25 rem high, whatever the zoom makes of that.
      const rowHeight = 1.25 * parseFloat(getComputedStyle(document.documentElement).fontSize)
      setSize({ rowHeight, visible: Math.max(1, Math.floor(current.clientHeight / rowHeight)) })
    }
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    return () => observer.disconnect()
  }, [host])
  return size
}
