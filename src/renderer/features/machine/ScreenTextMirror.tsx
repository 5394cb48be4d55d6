/** The screen's text for screen readers and tests. */
import { useEffect, useState, type ReactElement } from 'react'
import type { Screen } from '../../../shared/machine-schemas'
import { screenText } from '../../../shared/screen-text'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'

/** A kernel may write sixty screens a second, which nobody reads out; at the end of a run of changes the last one is here. */
const SHOW_EVERY_MS = 200

export function ScreenTextMirror(): ReactElement {
  const { machine } = useLab()
  const { machine: text } = useStrings()
  const [screen, setScreen] = useState<Screen>()

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const show = (): void => setScreen(machine.store.getState().screen)
    const stop = machine.store.subscribe((view, before) => {
      if (view.screen === before.screen || timer !== undefined) return
      show()
      timer = setTimeout(() => {
        timer = undefined
        show()
      }, SHOW_EVERY_MS)
    })
    show()
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [machine])

  const shown = !screen ? '' : screen.mode === 'text' || screen.text ? screenText(screen) : text.graphics(screen.width, screen.height)
  return (
    <pre className="visually-hidden" role="group" aria-label={text.screenText} data-testid="screen-text">
      {shown}
    </pre>
  )
}
