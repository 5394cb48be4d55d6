import { useDeferredValue, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../../app/lab'
import { useLogView } from './log-view'
import { LogSearch, type Match } from './log-search'

export interface FoundInLog {
  readonly query: string
  readonly matches: readonly Match[]
  /** Index of the match that is looked at; -1 for none yet. */
  readonly at: number
  readonly current: Match | undefined
  /** Goes to the next match, or the one before; @returns it */
  go(step: 1 | -1): Match | undefined
}

/** The search of the log, which follows as the log grows. */
export function useLogSearch(): FoundInLog {
  const { build } = useLab()
  const log = useStore(build.store, (state) => state.log)
  const version = useDeferredValue(useStore(build.store, (state) => state.version))
  const searching = useLogView((view) => view.searching)
  const typed = useLogView((view) => view.query)
  const query = useDeferredValue(searching ? typed : '')
  const search = useMemo(() => (query === '' ? undefined : new LogSearch(log, query)), [log, query])
  // oxlint-disable-next-line react/exhaustive-deps -- the log changes in place
  const matches = useMemo(() => search?.matches() ?? [], [search, version])
  const [chosen, choose] = useState<Match>()
  const at = chosen === undefined ? -1 : matches.findIndex(({ section, line }) => section === chosen.section && line === chosen.line)
  function go(step: 1 | -1): Match | undefined {
    const next = at === -1 ? (step === 1 ? 0 : matches.length - 1) : (at + step + matches.length) % matches.length
    const match = matches[next]
    choose(match)
    return match
  }
  return { query, matches, at, current: at === -1 ? undefined : chosen, go }
}
