import { useRef, type KeyboardEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { SearchFile, SearchMatch } from '../../../shared/search'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import { nameOf, parentOf } from '../files/rows'
import { useReplace } from './use-replace'

/** Places by file. One tab stop: the arrows go through them. */
export function SearchResults({ files }: { files: readonly SearchFile[] }): ReactElement {
  const { search: text } = useStrings()
  const list = useRef<HTMLUListElement>(null)

  function onKeyDown(event: KeyboardEvent): void {
    const hits = [...(list.current?.querySelectorAll<HTMLElement>('[data-hit]') ?? [])]
    const at = hits.findIndex((hit) => hit === document.activeElement)
    const steps: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: hits.length - 1 }
    const next = steps[event.key]
    if (next === undefined || at < 0) return
    event.preventDefault()
    hits[Math.min(Math.max(next, 0), hits.length - 1)]?.focus()
  }

  return (
    <ul className="search-results" aria-label={text.results} ref={list} onKeyDown={onKeyDown}>
      {files.map((file, index) => (
        <FileResult key={file.path} file={file} first={index === 0} />
      ))}
    </ul>
  )
}

function FileResult({ file, first }: { file: SearchFile; first: boolean }): ReactElement {
  const { search: text } = useStrings()
  const { search } = useLab()
  const folded = useStore(search.store, (state) => state.folded.has(file.path))
  const replacing = useStore(search.store, (state) => state.replacing)
  const replace = useReplace()
  const { path, matches } = file
  return (
    <li className="search-file">
      <div className="search-line">
        <button
          type="button"
          data-hit
          tabIndex={first ? 0 : -1}
          className="search-hit search-head"
          aria-expanded={!folded}
          title={path}
          onClick={() => search.setFolded(path, !folded)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowLeft') search.setFolded(path, true)
            if (event.key === 'ArrowRight') search.setFolded(path, false)
          }}
        >
          <span className={folded ? 'file-closed' : ''}>
            <Icon name="chevron" size={12} />
          </span>
          <span className="search-name">{nameOf(path)}</span>
          <span className="search-folder">{parentOf(path)}</span>
          <span className="count">{matches.length}</span>
        </button>
        {replacing && <Button tone="quiet" icon="check" tabIndex={-1} title={text.replaceFile(path)} aria-label={text.replaceFile(path)} onClick={() => replace([file])} />}
      </div>
      {!folded && (
        <ul>
          {matches.map((match) => (
            <MatchResult key={`${match.line}:${match.column}`} path={path} match={match} />
          ))}
        </ul>
      )}
    </li>
  )
}

function MatchResult({ path, match }: { path: string; match: SearchMatch }): ReactElement {
  const { search: text } = useStrings()
  const { commands } = useLab()
  const replace = useReplace()
  const { line, column, preview, from, to, replacement } = match
  return (
    <li className="search-line">
      <button type="button" data-hit tabIndex={-1} className="search-hit search-match" title={`${path}:${line}:${column}`} onClick={() => commands.openFile(path, { line, column })}>
        <span className="search-number">{line}</span>
        <span className="search-preview">
          {preview.slice(Math.max(0, from - 24), from)}
          {replacement === undefined ? (
            <mark>{preview.slice(from, to)}</mark>
          ) : (
            <>
              <del>{preview.slice(from, to)}</del>
              <ins>{replacement}</ins>
            </>
          )}
          {preview.slice(to)}
        </span>
      </button>
      {replacement !== undefined && <Button tone="quiet" icon="check" tabIndex={-1} title={text.replaceOne} aria-label={text.replaceOne} onClick={() => replace([{ path, matches: [match] }])} />}
    </li>
  )
}
