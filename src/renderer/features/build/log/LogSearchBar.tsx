import { useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react'
import { useStrings } from '../../../strings'
import { Button } from '../../../ui/Button'
import { useLogView } from './log-view'
import type { FoundInLog } from './use-log-search'

interface Props {
  found: FoundInLog
  onGo(step: 1 | -1): void
  onClose(): void
}

/** Over the log's top right corner: Enter goes on, Shift+Enter back, Escape leaves. */
export function LogSearchBar({ found: { query, matches, at }, onGo, onClose }: Props): ReactElement {
  const { log: text } = useStrings()
  const input = useRef<HTMLInputElement>(null)
  const asked = useLogView((view) => view.asked)
  const typed = useLogView((view) => view.query)
  const search = useLogView((view) => view.search)
  useEffect(() => {
    if (asked === 0) return
    input.current?.focus()
    input.current?.select()
  }, [asked])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose()
    else if (event.key === 'Enter') onGo(event.shiftKey ? -1 : 1)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const place = matches.length === 0 ? text.nothing : text.place(at + 1, matches.length)
  return (
    <div className="log-find" role="search" onKeyDown={onKeyDown}>
      <input ref={input} type="text" aria-label={text.find} placeholder={text.find} value={typed} onChange={(event) => search(event.target.value)} spellCheck={false} autoComplete="off" />
      <span className="log-find-place" role="status">
        {query === '' ? '' : place}
      </span>
      <Button tone="quiet" icon="up" title={text.previous} aria-label={text.previous} disabled={matches.length === 0} onClick={() => onGo(-1)} />
      <Button tone="quiet" icon="chevron" title={text.next} aria-label={text.next} disabled={matches.length === 0} onClick={() => onGo(1)} />
      <Button tone="quiet" icon="cancel" title={text.closeFind} aria-label={text.closeFind} onClick={onClose} />
    </div>
  )
}
