import type { ReactElement } from 'react'
import { CommandButton } from '../../app/CommandButton'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import { usePauseText } from './use-pause'

/** Below the screen of a machine that is paused: why, and the ways on. */
export function PauseBanner(): ReactElement | null {
  const { control: text } = useStrings()
  const why = usePauseText()
  if (why === undefined) return null
  return (
    <div className="end pause-banner" role="status" data-testid="pause">
      <Icon name="pause" />
      <span className="end-summary" title={why}>
        {why}
      </span>
      <div className="pause-steps" role="toolbar" aria-label={text.steps}>
        <CommandButton command="debug.stepOver" icon="step-over" tone="quiet" />
        <CommandButton command="debug.stepInto" icon="step-into" tone="quiet" />
        <CommandButton command="debug.stepOut" icon="step-out" tone="quiet" />
        <CommandButton command="debug.continue" icon="play" tone="quiet" label={text.continue} />
      </div>
    </div>
  )
}
