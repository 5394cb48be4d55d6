import { useEffect, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { NotificationText } from './NotificationText'

/** All that was reported in this session, the newest first. */
export function NotificationCentre({ onClose }: { onClose(): void }): ReactElement {
  const { notifications } = useLab()
  const { notifications: text, format } = useStrings()
  const history = useStore(notifications.store, (state) => state.history)
  const [now] = useState(Date.now)
  useEffect(() => notifications.markRead(), [notifications])
  return (
    <Dialog title={text.centre} onClose={onClose} className="settings">
      {history.length === 0 ? (
        <p className="dialog-body">{text.empty}</p>
      ) : (
        <ul className="settings-list notification-history" tabIndex={0} aria-label={text.label}>
          {history.map((item) => (
            <li key={item.id} className={`notification notification-${item.tone}`}>
              <NotificationText notification={item} />
              <time dateTime={new Date(item.at).toISOString()}>{format.ago(item.at, now)}</time>
            </li>
          ))}
        </ul>
      )}
      <footer className="dialog-footer">
        <Button disabled={history.length === 0} onClick={notifications.clear}>
          {text.clear}
        </Button>
      </footer>
    </Dialog>
  )
}
