import type { ReactElement } from 'react'
import type { Notification } from '../../app/notifications'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'

/** A notification's sign and words: what, where, why, and what to do. */
export function NotificationText({ notification: { tone, failure } }: { notification: Notification }): ReactElement {
  const { notifications: text } = useStrings()
  return (
    <>
      <Icon name={tone} />
      <div className="notification-text">
        <p className="notification-what">{failure.what}</p>
        <Part label={text.where} value={failure.where} />
        <Part label={text.why} value={failure.why} />
        <Part label={tone === 'error' ? text.next : undefined} value={failure.next} />
      </div>
    </>
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
