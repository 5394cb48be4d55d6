import { useEffect, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'

/** How the last build ended, or that one runs. */
export function BuildOutcome(): ReactElement {
  const { build } = useLab()
  const { build: text, format } = useStrings()
  const { status, result } = useStore(build.store)
  const sentences = {
    none: undefined,
    running: <Running />,
    cancelled: text.cancelled,
    succeeded: result && text.succeeded(format.duration(result.milliseconds)),
    failed: result ? text.failed(format.duration(result.milliseconds)) : undefined,
  }
  return (
    <span className={`status-item outcome outcome-${status}`} role="status" data-testid="build-status">
      {status === 'running' && <span className="spinner" aria-hidden="true" />}
      {sentences[status]}
    </span>
  )
}

/** Counts the seconds of a build that takes long, so that it does not look stuck. */
function Running(): ReactElement {
  const { build: text, format } = useStrings()
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const started = performance.now()
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - started) / 1000)), 500)
    return () => clearInterval(timer)
  }, [])
  return (
    <span>
      {text.running}
      {/* Not read out: a status that changes each second would drown everything else. */}
      {seconds >= 2 && <span aria-hidden="true"> {format.duration(seconds * 1000)}</span>}
    </span>
  )
}
