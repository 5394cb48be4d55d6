import type { ReactElement } from 'react'
import type { BuildStep } from '../../../shared/problems'
import { useStrings } from '../../strings'

/** The build's steps side by side, each as wide as it took. */
export function StepStrip({ steps }: { steps: readonly BuildStep[] }): ReactElement {
  const { build, format } = useStrings()
  const total = steps.reduce((sum, step) => sum + step.milliseconds, 0)
  return (
    <ol className="steps" aria-label={build.steps}>
      {steps.map((step, index) => (
        // Steps have no identity beyond their order, which never changes within a result.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} style={{ flexGrow: Math.max(step.milliseconds / Math.max(total, 1), 0.02) }}>
          <span className="steps-name">{step.name}</span>{' '}
          <span className="steps-time">{step.cached ? build.cached : format.duration(step.milliseconds)}</span>
        </li>
      ))}
    </ol>
  )
}
