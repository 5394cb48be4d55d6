import { useEffect, useMemo, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { CommandButton } from '../../app/CommandButton'
import { keysOf } from '../../app/commands'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import { DebugControls } from '../debugger/DebugControls'
import { PauseBanner } from '../debugger/PauseBanner'
import { Timeline } from '../debugger/Timeline'
import { GuestKeyboard } from './keyboard'
import { capturePointer, releasePointer, useGuestPointer } from './pointer-capture'
import { SCREEN_ID, useScreenFocus } from './screen-focus'
import { ScreenCanvas } from './ScreenCanvas'
import { KeysMenu, ScreenMenu } from './ScreenMenu'
import { ScreenSelection } from './ScreenSelection'
import { ScreenStatus } from './ScreenStatus'
import { ScreenTextMirror } from './ScreenTextMirror'

/** The VGA screen: takes the keyboard while it has the focus, and with a click the pointer, if the guest has a use for it; says how to leave. */
export function ScreenPanel(): ReactElement {
  const { machine: text } = useStrings()
  const { machine, settings } = useLab()
  const phase = useStore(machine.store, (view) => view.phase)
  const leave = useStore(settings.store, (values) => values.keyboardLeave)
  const focused = useScreenFocus((state) => state.focused)
  const setFocused = (now: boolean): void => useScreenFocus.setState({ focused: now })
  const keyboard = useMemo(
    () =>
      new GuestKeyboard({
        send: machine.sendKeys,
        leave: () => document.getElementById(SCREEN_ID)?.blur(),
        chord: () => settings.store.getState().keyboardLeave,
      }),
    [machine, settings],
  )
  useGuestPointer(machine)
  const taking = focused && phase === 'on'
  useEffect(() => {
    if (phase !== 'on') keyboard.releaseAll()
    return () => keyboard.releaseAll()
  }, [keyboard, phase])

  return (
    <>
      <div
        id={SCREEN_ID}
        className={`screen ${taking ? 'screen-taking' : ''} screen-${phase}`}
        role="application"
        aria-label={text.screenLabel(text.leaveKeys[leave])}
        tabIndex={0}
        data-takes-keyboard={taking ? '' : undefined}
        onKeyDown={(event) => phase === 'on' && keyboard.down(event)}
        onKeyUp={(event) => keyboard.up(event)}
        // In text mode a click may be a selection: the layer of that knows.
        onClick={() => machine.store.getState().screen?.mode === 'graphics' && capturePointer(machine)}
        onFocus={({ target, currentTarget }) => target === currentTarget && setFocused(true)}
        onBlur={({ target, currentTarget }) => {
          if (target !== currentTarget) return
          setFocused(false)
          releasePointer()
          keyboard.releaseAll()
        }}
      >
        <ScreenCanvas>
          <ScreenSelection />
        </ScreenCanvas>
        <ScreenTextMirror />
        {(phase === 'off' || phase === 'starting') && (
          <div className="screen-empty">
            <Icon name="screen" size={34} />
            <p className="empty-title">{phase === 'off' ? text.empty(keysOf('machine.boot')) : text.starting}</p>
            {phase === 'off' && <p className="empty-hint">{text.emptyHint}</p>}
          </div>
        )}
      </div>
      <Timeline />
      <PauseBanner />
      <ScreenStatus />
      <EndBanner />
    </>
  )
}

/** In the panel's head: power and reset, keys that do not come through, the screen's text to take along, and all else in a menu. */
export function ScreenActions(): ReactElement {
  return (
    <>
      <CommandButton command="machine.boot" icon="play" tone="quiet" />
      <CommandButton command="machine.stop" icon="stop" tone="quiet" />
      <CommandButton command="machine.reset" icon="reset" tone="quiet" />
      <KeysMenu />
      <DebugControls />
      <CopyText />
      <ScreenMenu />
    </>
  )
}

function CopyText(): ReactElement {
  const { machine, commands, attempt } = useLab()
  const { machine: text } = useStrings()
  const present = useStore(machine.store, (view) => view.screen?.mode === 'text')
  const [copied, setCopied] = useState(false)
  const copy = (): void =>
    attempt(
      commands.copyScreen().then(() => {
        setCopied(true)
        setTimeout(() => setCopied(false), 1500)
      }),
    )
  const name = copied ? text.copied : text.copyText
  return <Button tone="quiet" icon={copied ? 'check' : 'copy'} disabled={!present} title={name} aria-label={name} onClick={copy} />
}

/** Below the screen when the machine ended: why, in one sentence, and the way to the report. */
function EndBanner(): ReactElement | null {
  const { report: text } = useStrings()
  const { machine, dock } = useLab()
  const report = useStore(machine.store, (view) => view.report)
  if (!report) return null
  return (
    <div className={`machine-end machine-end-${report.reason}`} role="status">
      <span className="machine-end-summary">{report.summary}</span>
      <Button tone="quiet" onClick={() => dock.focus('report')}>
        {text.show}
      </Button>
    </div>
  )
}
