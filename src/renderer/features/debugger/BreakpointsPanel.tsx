/** All breakpoints of the project: what each waits for, whether it is set, how often it was reached. */
import { useCallback, useMemo, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { Breakpoint } from '../../../shared/debug'
import type { Connection } from '../../app/connection'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { AddBreakpoint } from './AddBreakpoint'
import { CodeLink } from './CodeLink'
import { ConditionField } from './ConditionField'
import type { OwnBreakpoint, Placed } from './debugger'
import { useLook } from './look'
import { SourceLink } from './SourceLink'
import { lookOf, specText, stateText } from './words'

const ask = (call: Connection['call'], machine: string): Promise<Breakpoint[]> => call('debug.breakpoints', { machine })

export function BreakpointsPanel(): ReactElement {
  const { breakpoints: text } = useStrings()
  const { debug } = useLab()
  const own = useStore(debug.store, (state) => state.breakpoints)
  const placed = useStore(debug.store, (state) => state.placed)
  const { value } = useLook(ask)
  const hits = useMemo(() => new Map(value?.map(({ id, hits: count }) => [id, count])), [value])
  const hitsOf = (there: Placed | undefined): number => (there && 'machineId' in there ? (hits.get(there.machineId) ?? 0) : 0)
  return (
    <div className="inspector breakpoints" data-testid="breakpoints">
      <AddBreakpoint />
      {own.length === 0 ? (
        <EmptyState icon="breakpoint" title={text.empty} hint={text.emptyHint} />
      ) : (
        <ul className="breakpoint-list" aria-label={text.list}>
          {own.map((breakpoint) => (
            <Row key={breakpoint.id} breakpoint={breakpoint} placed={placed[breakpoint.id]} hits={hitsOf(placed[breakpoint.id])} />
          ))}
        </ul>
      )}
    </div>
  )
}

interface RowProps {
  breakpoint: OwnBreakpoint
  placed: Placed | undefined
  hits: number
}

function Row({ breakpoint, placed, hits }: RowProps): ReactElement {
  const { debug } = useLab()
  const strings = useStrings()
  const { breakpoints: text } = strings
  const { id, spec, enabled, condition } = breakpoint
  const name = specText(spec, strings)
  const state = stateText(breakpoint, placed, strings)
  const setCondition = useCallback((next: OwnBreakpoint['condition'] | null) => debug.change(id, { condition: next ?? null }), [debug, id])
  return (
    <li className="breakpoint-row" data-look={lookOf(breakpoint, placed)}>
      <input type="checkbox" checked={enabled} aria-label={text.enable(name)} title={text.enable(name)} onChange={(event) => debug.change(id, { enabled: event.target.checked })} />
      <span className={`breakpoint-sign breakpoint-${lookOf(breakpoint, placed)}`} aria-hidden="true" />
      <span className="breakpoint-kind">{text.kinds[spec.kind]}</span>
      <span className="breakpoint-what">
        {spec.kind !== 'triple-fault' && <Target breakpoint={breakpoint} name={name} />}
        {state !== '' && <span className="breakpoint-state">{state}</span>}
      </span>
      <span className="breakpoint-hits">{text.hits(hits)}</span>
      <ConditionField label={text.conditionOf(name)} condition={condition} onChange={setCondition} />
      <Button tone="quiet" icon="cancel" aria-label={text.remove(name)} title={text.remove(name)} onClick={() => debug.remove(id)} />
    </li>
  )
}

/** The place of a code breakpoint leads there. */
function Target({ breakpoint: { spec }, name }: { breakpoint: OwnBreakpoint; name: string }): ReactElement {
  if (spec.kind !== 'code') return <span>{name}</span>
  if ('file' in spec.at) return <SourceLink source={{ file: spec.at.file, path: spec.at.file, line: spec.at.line }} />
  return 'address' in spec.at ? <CodeLink address={spec.at.address}>{name}</CodeLink> : <span className="mono">{name}</span>
}
