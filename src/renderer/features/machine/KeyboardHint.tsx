import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import { useScreenFocus } from './screen-focus'

/** Who has the keyboard, and how to leave. */
export function KeyboardHint(): ReactElement | null {
  const { machine, settings } = useLab()
  const { machine: text } = useStrings()
  const on = useStore(machine.store, (view) => view.phase === 'on')
  const leave = useStore(settings.store, (values) => values.keyboardLeave)
  const focused = useScreenFocus((state) => state.focused)
  if (!on) return null
  return (
    <span className={`keyboard-hint ${focused ? 'keyboard-taken' : ''}`}>
      <Icon name="keyboard" />
      {focused ? (
        <span>
          {text.leave} <kbd>{text.leaveKeys[leave]}</kbd> {text.leaveAfter}
        </span>
      ) : (
        text.clickToType
      )}
    </span>
  )
}
