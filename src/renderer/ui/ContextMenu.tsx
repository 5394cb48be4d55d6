/** A menu at a place, after the WAI-ARIA pattern: arrows move, a letter finds, Escape and a click elsewhere close it. */
import { useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react'

export interface MenuItem {
  id: string
  label: string
  /** Keys that do the same. */
  keys?: string
  /** Begins a group: a line stands before it. */
  first?: boolean
  run(): void
}

interface Props {
  label: string
  /** In the window, in pixels. */
  at: { x: number; y: number }
  items: readonly MenuItem[]
  /** @param chosen whether an item was: else the keyboard goes back to where it was */
  onClose(chosen: boolean): void
}

const MARGIN = 8

export function ContextMenu({ label, at, items, onClose }: Props): ReactElement {
  const menu = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = menu.current
    if (!element) return
    element.showPopover()
    const { width, height } = element.getBoundingClientRect()
    element.style.left = `${Math.max(MARGIN, Math.min(at.x, window.innerWidth - width - MARGIN))}px`
    element.style.top = `${Math.max(MARGIN, Math.min(at.y, window.innerHeight - height - MARGIN))}px`
    element.querySelector<HTMLElement>('[role="menuitem"]')?.focus()
  }, [at])

  function onKeyDown(event: KeyboardEvent): void {
    const entries = [...(menu.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])]
    const index = entries.findIndex((entry) => entry === document.activeElement)
    const last = entries.length - 1
    const steps: Readonly<Record<string, number>> = { ArrowDown: index === last ? 0 : index + 1, ArrowUp: index <= 0 ? last : index - 1, Home: 0, End: last }
    const typed = event.key.length === 1 ? [...entries.keys()].map((step) => (index + 1 + step) % entries.length).find((step) => items[step]?.label.toLowerCase().startsWith(event.key.toLowerCase())) : undefined
    const next = steps[event.key] ?? typed
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      event.stopPropagation()
      onClose(false)
    } else if (next !== undefined && event.key !== ' ') {
      event.preventDefault()
      entries[next]?.focus()
    }
  }

  return (
    <div
      ref={menu}
      className="menu context-menu"
      role="menu"
      aria-label={label}
      popover="auto"
      onKeyDown={onKeyDown}
      onToggle={(event) => event.newState === 'closed' && onClose(false)}
      onContextMenu={(event) => event.preventDefault()}
    >
      {items.map(({ id, label: text, keys, first, run }) => (
        <button
          key={id}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={`menu-item ${first ? 'menu-item-first' : ''}`}
          onClick={() => {
            onClose(true)
            run()
          }}
        >
          <span>{text}</span>
          {keys !== undefined && <kbd aria-hidden="true">{keys}</kbd>}
        </button>
      ))}
    </div>
  )
}
