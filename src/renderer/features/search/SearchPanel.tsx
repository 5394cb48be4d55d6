import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { FailureText } from '../../ui/FailureText'
import { Icon } from '../../ui/Icon'
import { countMatches } from './search'
import { SearchResults } from './SearchResults'
import { useReplace } from './use-replace'
import './search.css'

/** What a search can be told, each a button beside the text. */
const SWITCHES = [
  ['caseSensitive', 'matchCase', 'Aa'],
  ['wholeWord', 'wholeWord', 'ab'],
  ['regex', 'regex', '.*'],
] as const

export function SearchPanel(): ReactElement {
  const { search: text } = useStrings()
  const { search } = useLab()
  const { query, replacing, replacement } = useStore(search.store)
  const field = (name: 'include' | 'exclude') => (
    <input
      className="search-field"
      aria-label={text[name]}
      placeholder={`${text[name]}: ${name === 'include' ? text.includeHint : text.excludeHint}`}
      value={query[name]}
      onChange={(event) => search.setQuery({ [name]: event.target.value })}
      spellCheck={false}
      autoComplete="off"
    />
  )
  return (
    <>
      <search className="search-form" aria-label={text.label}>
        <div className="search-row">
          <button type="button" className={`search-twist ${replacing ? '' : 'file-closed'}`} title={text.toggleReplace} aria-label={text.toggleReplace} aria-expanded={replacing} onClick={() => search.setReplacing({ replacing: !replacing })}>
            <Icon name="chevron" size={12} />
          </button>
          <div className="search-box">
            <input
              className="search-text"
              type="text"
              aria-label={text.text}
              placeholder={text.textHint}
              value={query.text}
              onChange={(event) => search.setQuery({ text: event.target.value })}
              onKeyDown={(event) => event.key === 'Enter' && void search.run()}
              spellCheck={false}
              autoComplete="off"
            />
            {SWITCHES.map(([key, name, sign]) => (
              <button key={key} type="button" className="search-switch" title={text[name]} aria-label={text[name]} aria-pressed={query[key]} onClick={() => search.setQuery({ [key]: !query[key] })}>
                {sign}
              </button>
            ))}
          </div>
        </div>
        {replacing && (
          <div className="search-row search-row-inner">
            <input className="search-field" aria-label={text.replace} placeholder={text.replaceHint} value={replacement} onChange={(event) => search.setReplacing({ replacement: event.target.value })} spellCheck={false} autoComplete="off" />
            <ReplaceAll />
          </div>
        )}
        <div className="search-row search-row-inner">{field('include')}</div>
        <div className="search-row search-row-inner">{field('exclude')}</div>
      </search>
      <SearchOutcome />
    </>
  )
}

function ReplaceAll(): ReactElement {
  const { search: text } = useStrings()
  const { search } = useLab()
  const { files, status } = useStore(search.store)
  const replace = useReplace()
  const count = countMatches(files)
  return (
    <Button disabled={count === 0 || status === 'running'} onClick={() => replace(files, true)}>
      {text.replaceAll(count)}
    </Button>
  )
}

function SearchOutcome(): ReactElement {
  const { search: text } = useStrings()
  const { search } = useLab()
  const { status, files, limited, failure } = useStore(search.store)
  if (status === 'idle') return <EmptyState icon="search" title={text.empty} hint={text.emptyHint} />
  if (status === 'failed' && failure) {
    return (
      <div className="search-failure">
        <FailureText failure={failure} />
      </div>
    )
  }
  if (status === 'done' && files.length === 0) return <EmptyState icon="search" title={text.nothing} hint={text.nothingHint} />
  return (
    <>
      <div className="search-status">
        <span role="status">
          {files.length === 0 ? text.searching : text.found(countMatches(files), files.length)}
          {limited && ` ${text.limited}`}
        </span>
        {status === 'running' && <Button tone="quiet" icon="stop" title={text.stop} aria-label={text.stop} onClick={search.stop} />}
      </div>
      <SearchResults files={files} />
    </>
  )
}
