/** A row of tabs after the WAI-ARIA pattern: one tab stop, arrow keys move, the panel is labelled by its tab. */
import { useRef, type DragEvent, type KeyboardEvent, type ReactElement, type ReactNode } from 'react'

export interface Tab<Id extends string> {
  id: Id
  label: ReactNode
  title?: string
  className?: string
  /** Beside the tab, for its mouse: keyboards close with Delete. */
  after?: ReactNode
  /** It can be dragged away. */
  onDragStart?(event: DragEvent): void
}

interface Props<Id extends string> {
  name: string
  label: string
  tabs: readonly Tab<Id>[]
  active: Id | undefined
  onSelect(id: Id): void
  onDelete?(id: Id): void
  children?: ReactNode
}

export const tabId = (name: string, id: string): string => `${name}-tab-${id}`
export const panelId = (name: string): string => `${name}-panel`

const steps: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowLeft: (index, count) => (index + count - 1) % count,
  ArrowRight: (index, count) => (index + 1) % count,
  Home: () => 0,
  End: (_index, count) => count - 1,
}

export function Tabs<Id extends string>({ name, label, tabs, active, onSelect, onDelete, children }: Props<Id>): ReactElement {
  const list = useRef<HTMLDivElement>(null)

  function onKeyDown(event: KeyboardEvent): void {
    const index = tabs.findIndex((tab) => tab.id === active)
    const current = tabs[index]
    if (event.key === 'Delete' && current && onDelete) return onDelete(current.id)
    const next = steps[event.key] && tabs[steps[event.key]?.(Math.max(index, 0), tabs.length) ?? 0]
    if (!next) return
    event.preventDefault()
    onSelect(next.id)
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(tabId(name, next.id))}`)?.focus()
  }

  return (
    <div className={`tabs tabs-${name}`}>
      <div className="tabs-list" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <div key={tab.id} role="presentation" data-tab={tab.id} draggable={tab.onDragStart !== undefined} onDragStart={tab.onDragStart} className={`tab ${tab.id === active ? 'tab-active' : ''} ${tab.className ?? ''}`}>
            <button
              type="button"
              role="tab"
              id={tabId(name, tab.id)}
              aria-selected={tab.id === active}
              aria-controls={panelId(name)}
              tabIndex={tab.id === active || (active === undefined && tab === tabs[0]) ? 0 : -1}
              title={tab.title}
              onClick={() => onSelect(tab.id)}
            >
              {tab.label}
            </button>
            {tab.after}
          </div>
        ))}
      </div>
      {children && <div className="tabs-extra">{children}</div>}
    </div>
  )
}
