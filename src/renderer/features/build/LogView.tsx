import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import { useStore } from 'zustand'
import { isMac } from '../../../shared/commands/keys'
import { keysOf } from '../../app/commands'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { LogLineView } from './log/LogLineView'
import { LogSearchBar } from './log/LogSearchBar'
import { isOpen, layRows, type LogRow } from './log/log-rows'
import { useFolds, useLogView } from './log/log-view'
import { StepHead } from './log/StepHead'
import { useFindFile } from './log/use-project-files'
import { useLogSearch } from './log/use-log-search'

/** From here to the end the log follows what comes. */
const AT_BOTTOM_PIXELS = 24

export function LogView(): ReactElement {
  const { build: text, commands, log: logText } = useStrings()
  const { build } = useLab()
  const log = useStore(build.store, (state) => state.log)
  const version = useStore(build.store, (state) => state.version)
  const status = useStore(build.store, (state) => state.status)
  const folds = useFolds(log)
  const fold = useLogView((view) => view.fold)
  const find = useLogView((view) => view.find)
  const closeFind = useLogView((view) => view.closeFind)
  const searching = useLogView((view) => view.searching)
  const found = useLogSearch()
  const findFile = useFindFile()
  const list = useRef<VirtuosoHandle>(null)
  const host = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  /** Lines that a person unfolds are no news: what they look at stays where it is. */
  const toggled = useRef(false)
  // oxlint-disable-next-line react/exhaustive-deps -- the log changes in place
  const rows = useMemo(() => layRows(log, folds), [log, version, folds])
  const { current } = found

  // Where the search goes to is unfolded, and brought into view.
  useEffect(() => {
    if (!current) return
    if (!isOpen(current.section, folds)) fold(log, current.section.key, true)
    else list.current?.scrollToIndex({ index: rows.indexOf(current.section, current.line), align: 'center' })
    // oxlint-disable-next-line react/exhaustive-deps -- not again for each line that comes
  }, [current, folds, log, fold])

  if (log.empty && status !== 'running') return <EmptyState icon="log" title={text.empty} hint={text.emptyHint(keysOf('machine.boot'), keysOf('build.run'))} />

  function onKeyDown(event: KeyboardEvent): void {
    const mod = isMac(navigator.platform) ? event.metaKey : event.ctrlKey
    if (mod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'f') find()
    else if (event.key === 'F3' && searching) found.go(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape' && searching) close()
    else return
    event.preventDefault()
  }
  function close(): void {
    closeFind()
    host.current?.querySelector<HTMLElement>('.log')?.focus()
  }
  function toggle(section: number, open: boolean): void {
    toggled.current = true
    fold(log, section, open)
  }
  const toEnd = (): void => list.current?.scrollToIndex({ index: 'LAST', align: 'end' })

  function row(shown: LogRow | undefined): ReactElement {
    if (shown === undefined) return <div className="log-line" />
    if (shown.kind === 'cut') return <div className="log-line log-cut">{logText.cut(log.dropped, log.lost)}</div>
    const { section } = shown
    if (shown.kind === 'head') return <StepHead section={section} open={shown.open} onToggle={() => toggle(section.key, !shown.open)} />
    return <LogLineView line={shown.line} query={found.query} current={current?.section === section && current.line === shown.index} inStep={section.step !== undefined} findFile={findFile} />
  }

  return (
    <div className="log-host" ref={host} onKeyDown={onKeyDown}>
      <Virtuoso
        ref={list}
        className="log"
        role="log"
        // Thousands of lines read out would drown everything else; how the build ended is told by its status.
        aria-live="off"
        aria-label={commands.panels.log}
        totalCount={rows.count}
        followOutput={(atBottom) => {
          const unfolded = toggled.current
          toggled.current = false
          return atBottom && !unfolded ? 'auto' : false
        }}
        atBottomThreshold={AT_BOTTOM_PIXELS}
        atBottomStateChange={setFollowing}
        components={logParts}
        initialTopMostItemIndex={Math.max(rows.count - 1, 0)}
        itemContent={(index) => row(rows.at(index))}
      />
      {searching && <LogSearchBar found={found} onGo={found.go} onClose={close} />}
      {!following && (
        <Button className="log-to-end" icon="chevron" onClick={toEnd}>
          {logText.toEnd}
        </Button>
      )}
    </div>
  )
}

/** Space above the first line; padding on the list itself would scroll over the lines. */
const logParts = { Header: () => <div className="log-top" /> }
