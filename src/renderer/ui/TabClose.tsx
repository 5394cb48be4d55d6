import type { ReactElement } from 'react'
import { Icon } from './Icon'

interface Props {
  title: string
  onClose(): void
}

/** The cross in a tab, for the mouse alone: a tab may hold no other control, and keyboards close it with Delete. */
export function TabClose({ title, onClose }: Props): ReactElement {
  return (
    <span
      className="tab-close"
      aria-hidden="true"
      title={title}
      // Else the press would take hold of the tab.
      onPointerDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        event.stopPropagation()
        onClose()
      }}
    >
      <Icon name="cancel" size={12} />
    </span>
  )
}
