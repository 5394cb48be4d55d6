import type { ReactElement } from 'react'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { EmptyState } from '../../ui/EmptyState'
import { Icon } from '../../ui/Icon'
import { problemPlace, type ListedProblem } from './use-problems'

const { build: text } = strings

export function ProblemList({ problems }: { problems: readonly ListedProblem[] }): ReactElement {
  const { commands } = useLab()
  if (problems.length === 0) return <EmptyState icon="check" title={text.noProblems} hint={text.noProblemsHint} />
  return (
    <ul className="problems" aria-label={text.problems}>
      {problems.map((problem, index) => {
        const { file, line = 1, column = 1 } = problem
        const place = problemPlace(problem)
        return (
          // oxlint-disable-next-line react/no-array-index-key
          <li key={`${index}:${place}`}>
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
                {problem.next !== undefined && (
                  <span className="problem-next">
                    {text.next} {problem.next}
                  </span>
                )}
              </span>
              <span className="problem-source">
                {problem.live ? text.live : problem.source}
                {problem.code !== undefined && ` ${problem.code}`}
              </span>
              <span className="problem-place">{place}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
