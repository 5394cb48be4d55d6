import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { NotificationText } from './NotificationText'

/** What was reported just now, in a corner of the window. */
export function NotificationList(): ReactElement {
  const { notifications } = useLab()
  const { notifications: text } = useStrings()
  const items = useStore(notifications.store, (state) => state.items)
  return (
    <section className="notifications" aria-label={text.label} aria-live="polite">
      {items.map((item) => (
        <div key={item.id} className={`notification notification-${item.tone}`} role={item.tone === 'error' ? 'alert' : 'status'}>
          <NotificationText notification={item} />
          <Button tone="quiet" icon="cancel" aria-label={text.dismiss} onClick={() => notifications.dismiss(item.id)} />
        </div>
      ))}
    </section>
  )
}
