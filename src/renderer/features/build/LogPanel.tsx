import { useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
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
  const { build: text } = useStrings()
  const empty = useStore(build.store, (state) => state.log.length === 0)
  const [copied, setCopied] = useState(false)
  const copy = (): void =>
    attempt(
      commands.copyLog().then(() => {
        setCopied(true)
        setTimeout(() => setCopied(false), 1500)
      }),
    )
  return <Button tone="quiet" icon={copied ? 'check' : 'copy'} title={text.copy} aria-label={text.copy} disabled={empty} onClick={copy} />
}
