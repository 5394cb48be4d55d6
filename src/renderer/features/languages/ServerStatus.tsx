import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { servedLanguage } from '../../../shared/language-servers'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'

/** The language server of the file in the editor. A click on one that does not run says why, and tries again. */
export function ServerStatus(): ReactElement | undefined {
  const { languages: text } = useStrings()
  const { languages, documents, notifications } = useLab()
  const id = useStore(documents.store, ({ active }) => (active === undefined ? undefined : servedLanguage(active)?.server))
  const state = useStore(languages.store, (states) => (id === undefined ? undefined : states[id]))
  if (id === undefined || state === undefined) return undefined
  if (state.status === 'starting' || state.status === 'ready') {
    const [label, hint] = state.status === 'starting' ? [text.starting(id), text.startingHint] : [text.ready(id, state.version), state.remark ?? text.readyHint]
    return (
      <span className="status-item" title={hint} data-testid="language-status">
        {label}
      </span>
    )
  }
  const [label, what, next] = state.status === 'missing' ? [text.missing(id), text.missingWhat(id), text.install(state.install)] : [text.failed(id), state.reason, text.failedNext]
  const tryAgain = (): void => {
    notifications.info(what, next)
    languages.retry(id)
  }
  return (
    <button type="button" className="status-item" title={`${what}\n${next}`} data-testid="language-status" onClick={tryAgain}>
      <Icon name={state.status === 'missing' ? 'info' : 'warning'} size={14} />
      {label}
    </button>
  )
}
