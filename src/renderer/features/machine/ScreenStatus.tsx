import { useEffect, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { KeyboardHint } from './KeyboardHint'
import { toggleRecording, useRecording } from './recording'

const LIGHTS = ['scroll', 'num', 'caps'] as const

/** Below the screen: what is shown, how fast the machine is, and the keyboard's lights. */
export function ScreenStatus(): ReactElement | null {
  const { screen: text, status, format } = useStrings()
  const { machine } = useLab()
  const phase = useStore(machine.store, (view) => view.phase)
  const speed = useStore(machine.store, (view) => view.speed)
  const leds = useStore(machine.store, (view) => view.state?.leds)
  // In one line: another one would take room from the screen, and so another size of it.
  const recording = useRecording((state) => state.phase !== 'off')
  const shown = useStore(machine.store, ({ screen }) => (screen === undefined ? undefined : screen.mode === 'text' ? text.textMode(screen.columns, screen.rows) : text.graphicsMode(screen.width, screen.height)))
  if (phase === 'off' || phase === 'starting') return null
  return (
    <div className="screen-status">
      <KeyboardHint />
      <span data-testid="screen-mode">{shown}</span>
      {phase === 'on' && speed !== undefined && !recording && <span title={status.speedHint}>{status.speed(format.count(speed))}</span>}
      <RecordingStatus />
      {phase === 'on' && leds !== undefined && (
        <span className="screen-lights" role="img" aria-label={text.lights(LIGHTS.filter((_, bit) => leds & (1 << bit)).map((light) => text.light[light]).join(', '))}>
          {LIGHTS.map((light, bit) => (
            <span key={light} className={leds & (1 << bit) ? 'light-on' : ''} aria-hidden="true">
              {text.light[light]}
            </span>
          ))}
        </span>
      )}
    </div>
  )
}

/** A red dot, the time and the size so far; it ends the recording. */
function RecordingStatus(): ReactElement | null {
  const { screen: text, format } = useStrings()
  const lab = useLab()
  const { phase, started, bytes } = useRecording()
  const [now, setNow] = useState(0)
  useEffect(() => {
    if (phase !== 'on') return
    const timer = setInterval(() => setNow(performance.now()), 500)
    return () => clearInterval(timer)
  }, [phase])
  if (phase === 'off') return null
  const seconds = Math.max(0, Math.floor((now - started) / 1000))
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return (
    <button type="button" className="screen-recording" title={text.stopRecording} aria-label={text.stopRecording} disabled={phase === 'saving'} onClick={() => toggleRecording(lab)}>
      <span className="recording-dot" aria-hidden="true" />
      {phase === 'saving' ? text.saving : `${clock} · ${format.bytes(bytes)}`}
    </button>
  )
}
