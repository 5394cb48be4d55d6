import { useState, type ReactElement } from 'react'
import type { StepEvent } from '../../../../shared/problems'
import { useLab } from '../../../app/lab'
import { useStrings } from '../../../strings'
import { Button } from '../../../ui/Button'
import { Icon, type IconName } from '../../../ui/Icon'
import { commandsOf, type LogSection } from './build-log'

const COPIED_MS = 1_500
const ICONS: Readonly<Record<StepEvent['state'], IconName | undefined>> = { running: undefined, ok: 'check', cached: 'check', failed: 'error' }

interface Props {
  section: LogSection
  open: boolean
  onToggle(): void
}

/** A step of the build: what it is, how it went, how long it took. Folds and unfolds what it said. */
export function StepHead({ section, open, onToggle }: Props): ReactElement | null {
  const { log: text, format } = useStrings()
  const { step } = section
  if (!step) return null
  const { name, state, milliseconds } = step
  const icon = ICONS[state]
  const empty = section.lines.length === 0
  return (
    <div className={`log-step log-step-${state}`}>
      <button type="button" className="log-step-head" aria-expanded={open} onClick={onToggle} title={empty ? (state === 'cached' ? text.notRun : text.silent) : undefined}>
        <span className={`log-fold ${open ? '' : 'log-folded'} ${empty ? 'log-fold-empty' : ''}`}>
          <Icon name="chevron" size={12} />
        </span>
        <span className="log-step-state">
          {icon === undefined ? <span className="spinner" /> : <Icon name={icon} size={13} />}
          <span className="visually-hidden">{text.state[state]}: </span>
        </span>
        <span className="log-step-name">{name}</span>
        <span className="log-step-time">{state === 'running' ? '' : state === 'cached' ? text.state.cached : format.duration(milliseconds)}</span>
      </button>
      <CopyCommand section={section} />
    </div>
  )
}

/** What was run, exactly, to run it again in a terminal. */
function CopyCommand({ section }: { section: LogSection }): ReactElement | null {
  const { log: text } = useStrings()
  const { attempt } = useLab()
  const [copied, setCopied] = useState(false)
  const commands = commandsOf(section)
  if (commands.length === 0) return null
  const copy = (): void =>
    attempt(
      navigator.clipboard.writeText(commands.join('\n')).then(() => {
        setCopied(true)
        setTimeout(() => setCopied(false), COPIED_MS)
      }),
    )
  return <Button tone="quiet" className="log-copy" icon={copied ? 'check' : 'copy'} title={commands.join('\n')} aria-label={copied ? text.copied : text.copyCommand} onClick={copy} />
}
