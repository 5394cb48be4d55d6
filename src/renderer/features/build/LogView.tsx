import type { ReactElement } from 'react'
import { Virtuoso } from 'react-virtuoso'
import { useStore } from 'zustand'
import type { LogEvent } from '../../../shared/problems'
import { keysOf } from '../../app/commands'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import { problemPlace } from './use-problems'

export function LogView(): ReactElement {
  const { build: text, commands } = useStrings()
  const { build } = useLab()
  const log = useStore(build.store, (state) => state.log)
  const status = useStore(build.store, (state) => state.status)
  if (log.length === 0 && status !== 'running') return <EmptyState icon="log" title={text.empty} hint={text.emptyHint(keysOf('machine.boot'), keysOf('build.run'))} />
  return (
    <Virtuoso
      className="log"
      role="log"
      aria-label={commands.panels.log}
      data={log}
      followOutput="auto"
      components={logParts}
      initialTopMostItemIndex={Math.max(log.length - 1, 0)}
      itemContent={(_index, event) => <LogLine event={event} />}
    />
  )
}

/** Space above the first line; padding on the list itself would scroll over the lines. */
const logParts = { Header: () => <div className="log-top" /> }

function LogLine({ event }: { event: LogEvent }): ReactElement {
  const { build: text } = useStrings()
  const { commands } = useLab()
  const { problem } = event
  if (problem?.file === undefined) return <div className={`log-line log-${event.level}`}>{event.text || '\u00a0'}</div>
  const { file, line = 1, column = 1 } = problem
  return (
    <button
      type="button"
      className={`log-line log-link log-${event.level}`}
      title={text.goTo(problemPlace(problem))}
      onClick={() => commands.openFile(file, { line, column })}
    >
      {event.text || '\u00a0'}
    </button>
  )
}
