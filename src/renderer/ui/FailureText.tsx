import type { ReactElement } from 'react'
import type { Failure } from '../../shared/failure'
import { useStrings } from '../strings'
import { Icon } from './Icon'

/** A failure beside what caused it. */
export function FailureText({ failure }: { failure: Failure }): ReactElement {
  const { notifications } = useStrings()
  return (
    <div className="failure" role="alert">
      <Icon name="error" />
      <div>
        <p>{failure.what}</p>
        {failure.where !== undefined && <p className="mono">{failure.where}</p>}
        {failure.why !== undefined && <p>{failure.why}</p>}
        {failure.next !== undefined && (
          <p>
            <b>{notifications.next}:</b> {failure.next}
          </p>
        )}
      </div>
    </div>
  )
}
