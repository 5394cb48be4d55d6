/** What needs Monaco, by far the largest part of the window: loaded beside the rest. */
import type { ReactElement } from 'react'
import { useStrings } from '../../strings'
import { onDemand } from '../../ui/on-demand'

function Loading(): ReactElement {
  const { editor: text } = useStrings()
  return <p className="loading">{text.loading}</p>
}

export const MonacoEditor = onDemand(() => import('./MonacoEditor').then((module) => module.MonacoEditor), Loading)
export const CompareView = onDemand(() => import('./CompareView').then((module) => module.CompareView), Loading)
