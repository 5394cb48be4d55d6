/** Under the screen: how far the boot has come, and what happens at each of its steps. */
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { TimelineEntry } from '../../../shared/run-state'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { shortTime } from './short-time'

const EXPLANATION = 'timeline-explanation'
const none: readonly TimelineEntry[] = []

export function Timeline(): ReactElement | null {
  const { machine } = useLab()
  const { timeline: text } = useStrings()
  const entries = useStore(machine.store, ({ phase, state }) => (phase === 'off' || phase === 'starting' ? none : (state?.timeline ?? none)))
  const [open, setOpen] = useState<TimelineEntry['step']>()
  const list = useRef<HTMLOListElement>(null)
  // Where there is no room for all, the last one counts.
  const count = entries.length
  useEffect(() => {
    if (count > 0) list.current?.scrollTo({ left: list.current.scrollWidth })
  }, [count])
  if (count === 0) return null
  const explained = entries.find(({ step }) => step === open)

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !explained) return
    event.stopPropagation()
    setOpen(undefined)
  }

  return (
    <section className="timeline" aria-label={text.label} onKeyDown={onKeyDown}>
      {explained && <Explanation entry={explained} onClose={() => setOpen(undefined)} />}
      <ol ref={list} className="timeline-steps" data-testid="timeline">
        {entries.map((entry, index) => (
          <Step key={entry.step} entry={entry} last={index === count - 1} open={entry.step === open} onToggle={() => setOpen(entry.step === open ? undefined : entry.step)} />
        ))}
      </ol>
    </section>
  )
}

interface StepProps {
  entry: TimelineEntry
  last: boolean
  open: boolean
  onToggle(): void
}

function Step({ entry: { step, microseconds, instructions }, last, open, onToggle }: StepProps): ReactElement {
  const { timeline: text, format } = useStrings()
  const name = text.steps[step]
  return (
    <li className={`timeline-step timeline-${step}`} aria-current={last ? 'step' : undefined}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? EXPLANATION : undefined}
        title={`${text.explain(name)} (${text.at(shortTime(microseconds), format.number(instructions))})`}
        onClick={onToggle}
      >
        <span className="timeline-name">{name}</span>
        <span className="timeline-time">{shortTime(microseconds)}</span>
      </button>
    </li>
  )
}

function Explanation({ entry, onClose }: { entry: TimelineEntry; onClose(): void }): ReactElement {
  const { timeline: text, format } = useStrings()
  const { step, microseconds, instructions } = entry
  const detail = useDetail(entry)
  return (
    <div className="timeline-explanation" id={EXPLANATION} role="note" data-testid="timeline-explanation">
      <header>
        <h4>
          {text.steps[step]}
          {detail !== undefined && <span className="timeline-detail"> · {detail}</span>}
        </h4>
        <span className="timeline-when">{text.at(shortTime(microseconds), format.number(instructions))}</span>
        <Button tone="quiet" icon="cancel" aria-label={text.close} title={text.close} onClick={onClose} />
      </header>
      <p>{text.texts[step]}</p>
    </div>
  )
}

/** The machine's own word for it, where the catalogue has none: a port, an exception. */
function useDetail({ step, detail }: TimelineEntry): string | undefined {
  const { timeline: text, report } = useStrings()
  if (detail === undefined) return undefined
  const words: Readonly<Record<string, string>> = step === 'ended' ? report.reason : text.details
  return words[detail] ?? detail
}
