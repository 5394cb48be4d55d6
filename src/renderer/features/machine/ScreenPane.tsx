import { useEffect, useMemo, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { usePanes } from '../../app/panes'
import { SCREEN_ID } from '../../app/shortcuts'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import type { Screen } from '../../../shared/machine-schemas'
import { GuestKeyboard } from './keyboard'
import { ScreenCanvas } from './ScreenCanvas'
import { screenText } from '../../../shared/screen-text'

const { machine: text } = strings

/** The VGA screen: takes the keyboard while it has the focus, and says how to leave. */
export function ScreenPane(): ReactElement {
  const { machine } = useLab()
  const phase = useStore(machine.store, (view) => view.phase)
  const [focused, setFocused] = useState(false)
  const keyboard = useMemo(
    () => new GuestKeyboard({ send: machine.sendKeys, leave: () => document.getElementById(SCREEN_ID)?.blur() }),
    [machine],
  )
  const taking = focused && phase === 'on'
  useEffect(() => {
    if (phase !== 'on') keyboard.releaseAll()
    return () => keyboard.releaseAll()
  }, [keyboard, phase])

  return (
    <section className="pane pane-screen" aria-label={text.screen}>
      <div className="pane-head">
        <h2>{text.screen}</h2>
        {phase === 'on' && (
          <span className={`keyboard-hint ${taking ? 'keyboard-taken' : ''}`}>
            <Icon name="keyboard" />
            {taking ? (
              <>
                {text.leave} <kbd>{text.leaveKeys}</kbd> {text.leaveAfter}
              </>
            ) : (
              text.clickToType
            )}
          </span>
        )}
        <span className="pane-head-space" />
        <CopyText />
      </div>
      <div
        id={SCREEN_ID}
        className={`screen ${taking ? 'screen-taking' : ''} screen-${phase}`}
        role="application"
        aria-label={text.screenLabel}
        tabIndex={0}
        data-takes-keyboard={taking ? '' : undefined}
        onKeyDown={(event) => phase === 'on' && keyboard.down(event)}
        onKeyUp={(event) => keyboard.up(event)}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false)
          keyboard.releaseAll()
        }}
      >
        <ScreenCanvas />
        <ScreenTextMirror />
        {(phase === 'off' || phase === 'starting') && (
          <div className="screen-empty">
            <Icon name="screen" size={34} />
            <p className="empty-title">{phase === 'off' ? text.empty : text.starting}</p>
            {phase === 'off' && <p className="empty-hint">{text.emptyHint}</p>}
          </div>
        )}
      </div>
      <EndBanner />
    </section>
  )
}

/** What can be said in words about the screen. */
function describe(screen: Screen): string {
  return screen.mode === 'text' ? screenText(screen) : text.graphics(screen.width, screen.height)
}

/** The screen's text for screen readers and tests. */
function ScreenTextMirror(): ReactElement {
  const { machine } = useLab()
  const screen = useStore(machine.store, (view) => view.screen)
  const shown = useMemo(() => (screen ? describe(screen) : ''), [screen])
  return (
    <pre className="visually-hidden" aria-label={text.screenText} data-testid="screen-text">
      {shown}
    </pre>
  )
}

function CopyText(): ReactElement {
  const { machine, attempt } = useLab()
  const present = useStore(machine.store, (view) => view.screen?.mode === 'text')
  const [copied, setCopied] = useState(false)
  function copy(): void {
    const { screen } = machine.store.getState()
    if (!screen) return
    attempt(
      navigator.clipboard.writeText(screenText(screen)).then(() => {
        setCopied(true)
        setTimeout(() => setCopied(false), 1500)
      }),
    )
  }
  return (
    <Button tone="quiet" icon={copied ? 'check' : 'copy'} disabled={!present} title={text.copyText} aria-label={copied ? text.copied : text.copyText} onClick={copy}>
      {copied ? text.copied : text.copyText}
    </Button>
  )
}

/** Below the screen when the machine ended: why, in one sentence, and the way to the report. */
function EndBanner(): ReactElement | null {
  const { machine } = useLab()
  const report = useStore(machine.store, (view) => view.report)
  const showRight = usePanes((state) => state.showRight)
  if (!report) return null
  return (
    <div className={`end end-${report.reason}`} role="status">
      <span className="end-summary">{report.summary}</span>
      <Button tone="quiet" onClick={() => showRight('report')}>
        {strings.report.show}
      </Button>
    </div>
  )
}
