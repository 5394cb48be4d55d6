import { useCallback, useEffect, useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { Mappings, PageWalk } from '../../../shared/debug'
import { toFailure, type Failure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { FailureText } from '../../ui/FailureText'
import { Icon } from '../../ui/Icon'
import { useLook } from '../debugger/look'
import { hex } from './address'
import { binarySize } from './binary-size'
import './inside.css'
import { NoMachine } from './NoMachine'
import { resolveAddress } from './resolve'
import { Walk } from './Walk'

/** Ranges in one list; it goes on with a button. */
const MOST = 200

export function PagingPanel(): ReactElement {
  const { inside: text } = useStrings()
  const { machine } = useLab()
  const on = useStore(machine.store, (view) => view.machine !== undefined)
  return on ? <Paging /> : <NoMachine icon="pages" teaches={text.paging.teaches} />
}

interface Answer {
  readonly mappings: Mappings
  readonly walk: PageWalk
}

function Paging(): ReactElement {
  const { inside: text } = useStrings()
  const { inside, connection, machine: owner } = useLab()
  const machine = useStore(owner.store, (view) => view.machine)
  const wanted = useStore(inside.walk, ({ address }) => address)
  const [hovered, setHovered] = useState<string>()
  const [from, setFrom] = useState<string>()
  const [resolved, setResolved] = useState<{ of: string; address?: string; failure?: Failure }>()
  useEffect(() => {
    if (machine === undefined || wanted === '') return undefined
    let over = false
    resolveAddress(connection.call, machine, wanted).then(
      (found) => void (over || setResolved({ of: wanted, address: hex(found) })),
      (error: unknown) => void (over || setResolved({ of: wanted, failure: toFailure(error) })),
    )
    return () => void (over = true)
  }, [connection, machine, wanted])
  /** Without an address: the next instruction, wherever that is. */
  const { address, failure: bad } = resolved?.of === wanted ? resolved : { address: undefined, failure: undefined }

  const looked = hovered ?? address
  const { value, failure } = useLook(
    useCallback(
      async (call: Connection['call'], id: string): Promise<Answer> => {
        const at = looked ?? (await call('debug.registers', { machine: id })).address
        const [mappings, walk] = await Promise.all([call('debug.mappings', { machine: id, most: MOST, ...(from === undefined ? {} : { from }) }), call('debug.pageWalk', { machine: id, address: at })])
        return { mappings, walk }
      },
      [looked, from],
    ),
  )

  const wrong = bad ?? failure
  const mappings = value?.mappings
  return (
    <div className="inside">
      <div className="inside-bar">
        <AddressForm wanted={wanted} onGo={(next) => inside.walk.setState({ address: next })} />
        {mappings && <span className="tag">{text.paging.kinds[mappings.paging]}</span>}
      </div>
      {wrong && <FailureText failure={wrong} />}
      <div className="inside-scroll" tabIndex={0} role="region" aria-label={text.paging.label}>
        {mappings?.paging === 'none' && <EmptyState icon="pages" title={text.paging.off} hint={text.paging.offHint} />}
        {value && mappings && mappings.paging !== 'none' && (
          <>
            <p className="inside-caption">{looked === undefined ? text.paging.nextInstruction : text.paging.walkOf(value.walk.address)}</p>
            <Walk walk={value.walk} />
            <Ranges mappings={mappings} onHover={setHovered} onChoose={(first) => inside.walk.setState({ address: first })} />
            <p className="inside-head">
              {from !== undefined && <Button onClick={() => setFrom(undefined)}>{text.paging.fromStart}</Button>}
              {mappings.next !== undefined && <Button onClick={() => setFrom(mappings.next)}>{text.paging.more(mappings.next)}</Button>}
              {mappings.note !== undefined && (
                <span className="inside-note">
                  <Icon name="info" size={13} /> {mappings.note}
                </span>
              )}
            </p>
          </>
        )}
      </div>
    </div>
  )
}

function AddressForm({ wanted, onGo }: { wanted: string; onGo(address: string): void }): ReactElement {
  const { inside: text } = useStrings()
  const [typed, setTyped] = useState({ of: wanted, text: wanted })
  // An address that came from elsewhere takes the place of what was typed.
  const written = typed.of === wanted ? typed.text : wanted

  function submit(event: FormEvent): void {
    event.preventDefault()
    onGo(written.trim())
  }

  return (
    <form className="inside-label" onSubmit={submit}>
      <label className="inside-label">
        {text.paging.address}
        <input className="mono" value={written} placeholder={text.paging.example} title={text.memory.goToHint} onChange={({ target }) => setTyped({ of: wanted, text: target.value })} spellCheck={false} autoComplete="off" />
      </label>
      <Button submit>{text.paging.follow}</Button>
    </form>
  )
}

interface RangesProps {
  mappings: Mappings
  onHover(address: string | undefined): void
  onChoose(address: string): void
}

function Ranges({ mappings, onHover, onChoose }: RangesProps): ReactElement {
  const { inside: text } = useStrings()
  if (mappings.ranges.length === 0) return <p className="inside-none">{text.paging.nothing}</p>
  return (
    <table className="inside-table" onPointerLeave={() => onHover(undefined)}>
      <thead>
        <tr>
          <th scope="col">{text.paging.virtual}</th>
          <th scope="col">{text.paging.physical}</th>
          <th scope="col">{text.paging.size}</th>
          <th scope="col">{text.paging.rights}</th>
          <th scope="col">{text.paging.pages}</th>
        </tr>
      </thead>
      <tbody>
        {mappings.ranges.map((range) => {
          const { first, last, physical, pageBytes } = range
          return (
            <tr key={first} onPointerEnter={() => onHover(first)} onClick={() => onChoose(first)}>
              <th scope="row">
                <button type="button" className="inside-row-button mono" title={text.paging.walkOf(first)}>
                  {first} – {last}
                </button>
              </th>
              <td className="mono">{first === physical ? text.paging.same : physical}</td>
              <td>{binarySize(BigInt(last) - BigInt(first) + 1n)}</td>
              <td>{text.rights(range)}</td>
              <td>{pageBytes.map((bytes) => binarySize(BigInt(bytes))).join(', ')}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
