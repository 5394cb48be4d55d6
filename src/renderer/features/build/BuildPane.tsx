import { useEffect, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { usePanes, type LeftPane } from '../../app/panes'
import { formatDuration, strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { panelId, tabId, Tabs } from '../../ui/Tabs'
import { LogView } from './LogView'
import { FixAllButton, ProblemList } from './ProblemList'
import { StepStrip } from './StepStrip'
import { useProblems } from './use-problems'

const { build: text } = strings
const NAME = 'left'

/** Build log and problems, below the editor. */
export function BuildPane(): ReactElement {
  const { build } = useLab()
  const problems = useProblems()
  const state = useStore(build.store)
  const { left, showLeft } = usePanes()
  const [copied, setCopied] = useState(false)

  // A failed build, and a project that cannot be read, are about their problems; a running build about its log.
  useEffect(() => {
    if (state.status === 'running') showLeft('log')
    else if ((state.status === 'failed' || state.status === 'none') && state.problems.length > 0) showLeft('problems')
  }, [state.status, state.problems.length, showLeft])

  const copy = (): void => {
    void navigator.clipboard.writeText(state.log.map((line) => line.text).join('\n')).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    })
  }

  return (
    <section className="pane" aria-label={text.log}>
      <Tabs<LeftPane>
        name={NAME}
        label={text.log}
        active={left}
        onSelect={showLeft}
        tabs={[
          { id: 'log', label: text.log },
          {
            id: 'problems',
            label: (
              <>
                {text.problems}
                {problems.length > 0 && <span className="count">{problems.length}</span>}
              </>
            ),
          },
        ]}
      >
        <BuildOutcome />
        {left === 'problems' && <FixAllButton />}
        {left === 'log' && (
          <Button tone="quiet" icon={copied ? 'check' : 'copy'} title={text.copy} aria-label={text.copy} disabled={state.log.length === 0} onClick={copy} />
        )}
      </Tabs>
      <div className="pane-body" role="tabpanel" id={panelId(NAME)} aria-labelledby={tabId(NAME, left)}>
        {left === 'log' ? (
          <>
            <LogView />
            {state.result && state.result.steps.length > 0 && <StepStrip steps={state.result.steps} />}
          </>
        ) : (
          <ProblemList problems={problems} />
        )}
      </div>
    </section>
  )
}

function BuildOutcome(): ReactElement | null {
  const { build } = useLab()
  const { status, result } = useStore(build.store)
  const sentences = {
    none: undefined,
    running: <Running />,
    cancelled: text.cancelled,
    succeeded: result && text.succeeded(formatDuration(result.milliseconds)),
    failed: result ? text.failed(formatDuration(result.milliseconds)) : undefined,
  }
  return (
    <span className={`outcome outcome-${status}`} role="status" data-testid="build-status">
      {status === 'running' && <span className="spinner" aria-hidden="true" />}
      {sentences[status]}
    </span>
  )
}

/** Counts the seconds of a build that takes long, so that it does not look stuck. */
function Running(): ReactElement {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const started = performance.now()
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - started) / 1000)), 500)
    return () => clearInterval(timer)
  }, [])
  return (
    <span>
      {text.running}
      {/* Not read out: a status that changes each second would drown everything else. */}
      {seconds >= 2 && <span aria-hidden="true"> {formatDuration(seconds * 1000)}</span>}
    </span>
  )
}
