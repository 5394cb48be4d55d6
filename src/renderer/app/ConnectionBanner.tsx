import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { Button } from '../ui/Button'
import { useLab } from './lab'
import { strings } from './strings'

const LONG_AFTER_ATTEMPTS = 3

/** Says that the connection dropped, and what that means, for as long as it is so. */
export function ConnectionBanner(): ReactElement | null {
  const { connection } = useLab()
  const { status, attempts } = useStore(connection.store)
  if (status === 'connected' || (status === 'connecting' && attempts === 0)) return null
  return (
    <div className="banner" role="alert">
      <span className="spinner" aria-hidden="true" />
      <span>{attempts < LONG_AFTER_ATTEMPTS ? strings.connection.lost : strings.connection.lostLong}</span>
      <Button onClick={connection.retryNow}>{strings.connection.retry}</Button>
    </div>
  )
}
