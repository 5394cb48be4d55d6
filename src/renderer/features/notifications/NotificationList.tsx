import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'

const { notifications: text } = strings

export function NotificationList(): ReactElement {
  const { notifications } = useLab()
  const items = useStore(notifications.store, (state) => state.items)
  return (
    <section className="notifications" aria-label={text.label} aria-live="polite">
      {items.map(({ id, tone, failure }) => (
        <article key={id} className={`notification notification-${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
          <Icon name={tone} />
          <div className="notification-text">
            <p className="notification-what">{failure.what}</p>
            <Part label={text.where} value={failure.where} />
            <Part label={text.why} value={failure.why} />
            <Part label={tone === 'error' ? text.next : undefined} value={failure.next} />
          </div>
          <Button tone="quiet" icon="cancel" aria-label={text.dismiss} onClick={() => notifications.dismiss(id)} />
        </article>
      ))}
    </section>
  )
}

function Part({ label, value }: { label: string | undefined; value: string | undefined }): ReactElement | null {
  if (value === undefined) return null
  return (
    <p className="notification-part">
      {label !== undefined && <b>{label}: </b>}
      {value}
    </p>
  )
}
