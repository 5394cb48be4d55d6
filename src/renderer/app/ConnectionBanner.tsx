import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { Button } from '../ui/Button'
import { useLab } from './lab'
import { useStrings } from '../strings'

const LONG_AFTER_ATTEMPTS = 3

/** Says that the connection dropped, and what that means, for as long as it is so. */
export function ConnectionBanner(): ReactElement | null {
  const { connection } = useLab()
  const { connection: text } = useStrings()
  const { status, attempts } = useStore(connection.store)
  if (status === 'connected' || (status === 'connecting' && attempts === 0)) return null
  return (
    <div className="banner" role="alert">
      <span className="spinner" aria-hidden="true" />
      <span>{attempts < LONG_AFTER_ATTEMPTS ? text.lost : text.lostLong}</span>
      <Button onClick={connection.retryNow}>{text.retry}</Button>
    </div>
  )
}
