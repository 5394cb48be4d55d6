import type { ReactElement } from 'react'
import { Icon, type IconName } from './Icon'

export function EmptyState({ icon, title, hint }: { icon: IconName; title: string; hint: string }): ReactElement {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <p className="empty-title">{title}</p>
      <p className="empty-hint">{hint}</p>
    </div>
  )
}
