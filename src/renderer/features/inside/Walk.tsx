import type { ReactElement } from 'react'
import type { PageWalk } from '../../../shared/debug'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import { hex } from './address'
import { addressParts, type AddressPart } from './walk-bits'

/** The way of an address through the page tables: how it is cut into indexes, and what each entry says. */
export function Walk({ walk }: { walk: PageWalk }): ReactElement {
  const { inside: text } = useStrings()
  const parts = addressParts(walk.paging, BigInt(walk.address), walk.result?.pageBytes)
  return (
    <section className="walk" aria-label={text.paging.walkOf(walk.address)}>
      <div className="walk-address">
        {parts.map((part) => (
          <Part key={part.low} part={part} />
        ))}
      </div>
      <ol className="walk-steps">
        {walk.entries.map((entry) => (
          <li key={entry.level} className={entry.present && entry.problem === undefined ? '' : 'walk-broken'}>
            <header>
              <b>{entry.level}</b> <span className="mono">[{entry.index}]</span>
            </header>
            <span className="mono" title={text.paging.entryAt(entry.address)}>
              {entry.value}
            </span>
            <span className="walk-flags">{entry.present ? entry.flags.join(', ') : text.paging.absent}</span>
            {entry.problem !== undefined && <span>{entry.problem}</span>}
            <MemoryLink address={entry.address} />
          </li>
        ))}
        {walk.result ? (
          <li className="walk-end">
            <header>
              <Icon name="check" size={14} /> <b>{text.paging.page(walk.result.pageBytes)}</b>
            </header>
            <span className="mono">{walk.result.physical}</span>
            {walk.paging !== 'none' && <span className="walk-flags">{text.rights(walk.result)}</span>}
            <MemoryLink address={walk.result.physical} />
          </li>
        ) : (
          <li className="walk-broken">
            <header>
              <Icon name="error" size={14} /> <b>{text.paging.notMapped}</b>
            </header>
            <span>{walk.why}</span>
          </li>
        )}
      </ol>
    </section>
  )
}

function Part({ part }: { part: AddressPart }): ReactElement {
  const { inside: text } = useStrings()
  const { kind, name, high, low, value } = part
  return (
    <span className={`walk-part walk-${kind}`} style={{ flexGrow: high - low + 1 }}>
      <span className="walk-bits" aria-hidden="true">
        <span>{high}</span>
        <span>{low}</span>
      </span>
      <b className="mono">{kind === 'index' ? value.toString() : hex(value)}</b>
      <span>{kind === 'index' ? text.paging.indexOf(name) : text.paging.parts[kind]}</span>
    </span>
  )
}

function MemoryLink({ address }: { address: string }): ReactElement {
  const { inside: text } = useStrings()
  const { inside } = useLab()
  return (
    <button type="button" className="inside-link" title={text.showInMemory} onClick={() => inside.showMemory(BigInt(address), 'physical')}>
      {text.paging.at(address)}
    </button>
  )
}
