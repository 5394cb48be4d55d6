import { useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react'

export interface MenuItem {
  readonly label: string
  readonly disabled?: boolean
  run(): void
}

interface Props {
  label: string
  /** Of the window, in pixels. */
  x: number
  y: number
  items: readonly MenuItem[]
  onClose(): void
}

/** A menu at the pointer, after the WAI-ARIA pattern: arrow keys move, Escape and a click elsewhere close it. */
export function ContextMenu({ label, x, y, items, onClose }: Props): ReactElement {
  const menu = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const element = menu.current
    if (!element) return
    element.showPopover()
    const box = element.getBoundingClientRect()
    element.style.left = `${Math.max(0, Math.min(x, window.innerWidth - box.width - 4))}px`
    element.style.top = `${Math.max(0, Math.min(y, window.innerHeight - box.height - 4))}px`
    element.querySelector<HTMLElement>('button:enabled')?.focus()
  }, [x, y])

  function onKeyDown(event: KeyboardEvent): void {
    const enabled = [...(menu.current?.querySelectorAll<HTMLElement>('button:enabled') ?? [])]
    const at = enabled.findIndex((item) => item === document.activeElement)
    const to = { ArrowDown: (at + 1) % enabled.length, ArrowUp: (at + enabled.length - 1) % enabled.length, Home: 0, End: enabled.length - 1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      enabled[to]?.focus()
    } else if (event.key === 'Tab') onClose()
  }

  return (
    <div ref={menu} popover="auto" role="menu" aria-label={label} className="menu inside-menu" onKeyDown={onKeyDown} onToggle={(event) => event.newState === 'closed' && onClose()}>
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          className="menu-item"
          disabled={item.disabled}
          onClick={() => {
            item.run()
            onClose()
          }}
        >
          <span>{item.label}</span>
        </button>
      ))}
    </div>
  )
}
