import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import { usePointerCapture } from './pointer-capture'
import { useScreenFocus } from './screen-focus'

/** Who has keyboard and mouse, and how to leave. */
export function KeyboardHint(): ReactElement | null {
  const { machine, settings } = useLab()
  const { machine: text } = useStrings()
  const on = useStore(machine.store, (view) => view.phase === 'on')
  const leave = useStore(settings.store, (values) => values.keyboardLeave)
  const mouse = useStore(machine.store, (view) => view.state?.mouse === true)
  const focused = useScreenFocus((state) => state.focused)
  const captured = usePointerCapture((state) => state.captured)
  if (!on) return null
  return (
    <span className={`keyboard-hint ${focused ? 'keyboard-taken' : ''}`}>
      <Icon name="keyboard" />
      {focused ? (
        <span>
          {captured ? text.leaveBoth : text.leave} <kbd>{text.leaveKeys[leave]}</kbd> {mouse && !captured ? text.leaveOrPoint : text.leaveAfter}
        </span>
      ) : (
        mouse ? text.clickToTypeAndPoint : text.clickToType
      )}
    </span>
  )
}
