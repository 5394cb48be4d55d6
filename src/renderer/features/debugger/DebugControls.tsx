import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { CommandButton } from '../../app/CommandButton'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { speedOf } from './debugger'

/** In the screen's head while a machine is on: pause and continue, and the speed. */
export function DebugControls(): ReactElement | null {
  const { machine } = useLab()
  const { control: text } = useStrings()
  const on = useStore(machine.store, (view) => view.phase === 'on')
  const paused = useStore(machine.store, (view) => view.state?.paused !== undefined)
  if (!on) return null
  return (
    <div className="debug-controls" role="toolbar" aria-label={text.label}>
      <CommandButton command="debug.pause" icon={paused ? 'play' : 'pause'} tone="quiet" />
      <SpeedButton />
    </div>
  )
}

function SpeedButton(): ReactElement {
  const { settings, surfaces } = useLab()
  const { control: text, settings: names, format } = useStrings()
  const setting = useStore(settings.store, (values) => values.machineSpeed)
  const speed = speedOf(setting)
  const hint = text.speedHint(names.choices[setting])
  if (speed.pace === 'realtime') return <CommandButton command="debug.speed" icon="speed" tone="quiet" hint={hint} />
  return (
    <button type="button" className="link" title={hint} onClick={() => surfaces.show('speeds')}>
      {speed.pace === 'fast' ? text.fast : text.slow(format.number(speed.instructionsPerSecond))}
    </button>
  )
}
