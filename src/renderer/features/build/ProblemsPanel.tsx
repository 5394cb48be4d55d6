import { useEffect, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { ProblemNote } from '../../../shared/problems'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Icon } from '../../ui/Icon'
import { isFinding } from '../doctor/diagnosis'
import { problemPlace, useProblems, type ListedProblem } from './use-problems'

export function ProblemsPanel(): ReactElement {
  const { build: text, commands } = useStrings()
  const problems = useProblems()
  if (problems.length === 0) return <EmptyState icon="check" title={text.noProblems} hint={text.noProblemsHint} />
  return (
    <ul className="problems" aria-label={commands.panels.problems}>
      {problems.map((problem, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <ProblemItem key={`${index}:${problemPlace(problem)}`} problem={problem} />
      ))}
    </ul>
  )
}

function ProblemItem({ problem }: { problem: ListedProblem }): ReactElement {
  const { build: text, fixes } = useStrings()
  const { commands, projectDoctor, attempt } = useLab()
  const { file, line = 1, column = 1, fix, notes = [] } = problem
  return (
    <li className="problem-item">
      <div className="problem-row">
        <button
          type="button"
          className={`problem problem-${problem.severity}`}
          disabled={file === undefined}
          onClick={() => file !== undefined && commands.openFile(file, { line, column })}
        >
          <Icon name={problem.severity} />
          <span className="visually-hidden">{text.severity[problem.severity]}: </span>
          <span className="problem-text">
            <span className="problem-message">{problem.message}</span>
            {isFinding(problem) && (
              <span className="problem-next">
                {fixes.why} {problem.why}
              </span>
            )}
            {problem.next !== undefined && (
              <span className="problem-next">
                {text.next} {problem.next}
              </span>
            )}
          </span>
          <span className="problem-source">
            {isFinding(problem) ? fixes.doctor : problem.live ? text.live : problem.source}
            {problem.code !== undefined && ` ${problem.code}`}
          </span>
          <span className="problem-place">{problemPlace(problem)}</span>
        </button>
        {fix && (
          <Button tone="quiet" className="problem-fix" title={fixes.fixHint(fix.title)} onClick={() => attempt(projectDoctor.previewFix(problem))}>
            {fixes.fix}
          </Button>
        )}
      </div>
      {notes.length > 0 && (
        <ul className="problem-notes">
          {notes.map((note, index) => (
            // oxlint-disable-next-line react/no-array-index-key
            <NoteItem key={`${index}:${problemPlace(note)}`} note={note} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** What the tool says beside its message; a place leads there. */
function NoteItem({ note }: { note: ProblemNote }): ReactElement {
  const { build: text } = useStrings()
  const { commands } = useLab()
  const { file, line = 1, column = 1, message } = note
  return (
    <li>
      <button type="button" className="problem problem-note" disabled={file === undefined} onClick={() => file !== undefined && commands.openFile(file, { line, column })}>
        <span className="problem-text">
          {text.note} {message}
        </span>
        <span className="problem-place">{problemPlace(note)}</span>
      </button>
    </li>
  )
}

/** In the panel's head: all that the doctor can mend, at once. */
export function FixAllButton(): ReactElement | null {
  const { fixes } = useStrings()
  const { projectDoctor } = useLab()
  const count = useStore(projectDoctor.store, (state) => state.diagnosis?.findings.filter(({ fix }) => fix !== undefined).length ?? 0)
  if (count === 0) return null
  return (
    <Button tone="quiet" icon="check" title={fixes.allHint(count)} onClick={projectDoctor.previewAll}>
      {fixes.allShort(count)}
    </Button>
  )
}

/** In the panel's tab: how many there are. */
export function ProblemCount({ onCount }: { onCount(count: number): void }): ReactElement | null {
  const { length } = useProblems()
  const { format } = useStrings()
  useEffect(() => onCount(length), [length, onCount])
  return length === 0 ? null : <span className="count">{format.number(length)}</span>
}
