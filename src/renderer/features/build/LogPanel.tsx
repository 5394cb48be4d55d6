import { useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { useLogView } from './log/log-view'
import { LogView } from './LogView'
import { StepStrip } from './StepStrip'

/** What the build says, and how long its steps took. */
export function LogPanel(): ReactElement {
  const { build } = useLab()
  const result = useStore(build.store, (state) => state.result)
  return (
    <>
      <LogView />
      {result && result.steps.length > 0 && <StepStrip steps={result.steps} />}
    </>
  )
}

export function LogActions(): ReactElement {
  const { build, commands, attempt } = useLab()
  const { build: text, log: logText } = useStrings()
  const log = useStore(build.store, (state) => state.log)
  const empty = useStore(build.store, (state) => state.log.empty)
  const stepped = useStore(build.store, (state) => state.log.sections.some(({ step }) => step !== undefined))
  const find = useLogView((view) => view.find)
  const foldAll = useLogView((view) => view.foldAll)
  const [copied, setCopied] = useState(false)
  const copy = (): void =>
    attempt(
      commands.copyLog().then(() => {
        setCopied(true)
        setTimeout(() => setCopied(false), 1500)
      }),
    )
  return (
    <>
      <Button tone="quiet" icon="unfold" title={logText.unfoldAll} aria-label={logText.unfoldAll} disabled={!stepped} onClick={() => foldAll(log, true)} />
      <Button tone="quiet" icon="fold" title={logText.foldAll} aria-label={logText.foldAll} disabled={!stepped} onClick={() => foldAll(log, false)} />
      <Button tone="quiet" icon="search" title={logText.find} aria-label={logText.find} disabled={empty} onClick={find} />
      <Button tone="quiet" icon={copied ? 'check' : 'copy'} title={text.copy} aria-label={text.copy} disabled={empty} onClick={copy} />
    </>
  )
}
