import { useMemo, useState, type ReactElement } from 'react'
import { Virtuoso } from 'react-virtuoso'
import { useStore } from 'zustand'
import type { BiosCall, Fact, LogEntry, PortEntry } from '../../../shared/debug'
import { callFailed, describeLogEntry } from '../../../shared/log-text'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Icon } from '../../ui/Icon'
import { hex } from './address'
import './inside.css'
import { useNames } from './use-names'
import { SourceLink } from './SourceLink'
import { matcher, parseRanges, parseVectors } from './trace-filter'
import type { TraceRow } from './trace'

const COPIED_MS = 1500
/** So few pixels above the end the list still follows it. */
const NEAR_BOTTOM = 80

/** BIOS calls and port accesses as they happen. */
export function TracePanel(): ReactElement {
  const { inside: text, format } = useStrings()
  const { inside: { trace }, machine } = useLab()
  const { rows, filter, lost, dropped, recording } = useStore(trace.store)
  const on = useStore(machine.store, (view) => view.machine !== undefined)
  const fits = useMemo(() => matcher(filter), [filter])
  const shown = useMemo(() => rows.filter((row) => 'lost' in row || fits(row.entry)), [rows, fits])
  return (
    <div className="inside">
      <TraceBar shown={shown} />
      {shown.length === 0 ? (
        <EmptyState icon="trace" title={on ? text.trace.empty : text.trace.off} hint={filter.bios || filter.ports ? text.trace.teaches : text.trace.nothingChosen} />
      ) : (
        <Virtuoso
          className="trace"
          role="log"
          aria-label={text.trace.label}
          data={shown}
          followOutput="auto"
          atBottomThreshold={NEAR_BOTTOM}
          initialTopMostItemIndex={shown.length - 1}
          computeItemKey={(_index, { key }) => key}
          itemContent={(_index, row) => ('lost' in row ? <p className="trace-lost">{text.trace.lost(row.lost)}</p> : <Entry entry={row.entry} />)}
        />
      )}
      <footer className="trace-footer">
        <span>{text.trace.shown(shown.length, rows.length)}</span>
        {lost > 0 && (
          <span className="trace-warning">
            <Icon name="warning" size={13} /> {text.trace.lost(lost)}
          </span>
        )}
        {dropped > 0 && <span>{text.trace.dropped(format.number(dropped))}</span>}
        {!recording && <span className="trace-warning">{text.trace.paused}</span>}
      </footer>
    </div>
  )
}

function TraceBar({ shown }: { shown: readonly TraceRow[] }): ReactElement {
  const { inside: text } = useStrings()
  const { inside: { trace }, attempt } = useLab()
  const { filter, recording } = useStore(trace.store)
  const [copied, setCopied] = useState(false)
  const asText = (): string => shown.map((row) => `${'lost' in row ? `# ${text.trace.lost(row.lost)}` : describeLogEntry(row.entry)}\n`).join('')

  function copy(): void {
    attempt(
      navigator.clipboard.writeText(asText()).then(() => {
        setCopied(true)
        setTimeout(() => setCopied(false), COPIED_MS)
      }),
    )
  }

  return (
    <div className="inside-bar" role="toolbar" aria-label={text.trace.tools}>
      <label className="inside-check">
        <input type="checkbox" checked={filter.bios} onChange={({ target }) => trace.change({ bios: target.checked })} />
        {text.trace.bios}
      </label>
      {filter.bios && <Narrow label={text.trace.vectors} example={text.trace.vectorsExample} value={filter.vectors} bad={parseVectors(filter.vectors) === undefined} onChange={(vectors) => trace.change({ vectors })} />}
      <label className="inside-check">
        <input type="checkbox" checked={filter.ports} onChange={({ target }) => trace.change({ ports: target.checked })} />
        {text.trace.ports}
      </label>
      {filter.ports && <Narrow label={text.trace.ranges} example={text.trace.rangesExample} value={filter.ranges} bad={parseRanges(filter.ranges) === undefined} onChange={(ranges) => trace.change({ ranges })} />}
      <Narrow label={text.trace.text} example={text.trace.text} value={filter.text} bad={false} onChange={(words) => trace.change({ text: words })} />
      <span className="inside-fill" />
      <Button tone="quiet" icon={recording ? 'stop' : 'play'} aria-label={recording ? text.trace.stop : text.trace.record} title={recording ? text.trace.stop : text.trace.record} onClick={() => trace.record(!recording)} />
      <Button tone="quiet" icon={copied ? 'check' : 'copy'} aria-label={text.trace.copy} title={text.trace.copy} disabled={shown.length === 0} onClick={copy} />
      <Button tone="quiet" icon="download" aria-label={text.trace.save} title={text.trace.save} disabled={shown.length === 0} onClick={() => save(asText(), 'trace.txt')} />
      <Button tone="quiet" icon="cancel" aria-label={text.trace.clear} title={text.trace.clear} disabled={shown.length === 0} onClick={trace.clear} />
    </div>
  )
}

/** As the browser saves what is downloaded. */
function save(content: string, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

function Narrow({ label, example, value, bad, onChange }: { label: string; example: string; value: string; bad: boolean; onChange(value: string): void }): ReactElement {
  return <input className="trace-narrow" aria-label={label} aria-invalid={bad} placeholder={example} title={label} value={value} onChange={({ target }) => onChange(target.value)} spellCheck={false} autoComplete="off" />
}

function Entry({ entry }: { entry: LogEntry }): ReactElement {
  const { inside: text, format } = useStrings()
  return (
    <div className="trace-row">
      <span className="trace-when mono" title={text.trace.instructions}>
        {format.number(entry.instructions)}
      </span>
      {entry.kind === 'bios' ? <Call call={entry} /> : <Access access={entry} />}
    </div>
  )
}

/** As it is written everywhere. */
const CARRY = 'CF=1'
const interrupt = (vector: number): string => `INT ${vector.toString(16).toUpperCase().padStart(2, '0')}h`
const functionOf = (ax: number): string => `AX=${four(ax)}`
const four = (value: number): string => value.toString(16).padStart(4, '0')

function Call({ call }: { call: BiosCall }): ReactElement {
  const { inside: text } = useStrings()
  const { vector, ax, name, arguments: given, results, caller } = call
  const failed = callFailed(call)
  return (
    <>
      <span className="trace-what mono">
        {interrupt(vector)} <span className="trace-ax">{functionOf(ax)}</span>
      </span>
      <span className="trace-name">{name}</span>
      <span className="trace-facts">
        <Facts facts={given} />
        {(results.length > 0 || failed) && (
          <span className={failed ? 'trace-failed' : 'trace-results'}>
            → <Facts facts={results} /> {failed && <span title={text.trace.carryHint}>{CARRY}</span>}
          </span>
        )}
      </span>
      <By address={hex(caller.cs * 16 + caller.ip)} otherwise={`${four(caller.cs)}:${four(caller.ip)}`} />
    </>
  )
}

function Facts({ facts }: { facts: readonly Fact[] }): ReactElement {
  return (
    <>
      {facts.map(({ name, value, meaning }) => (
        <span key={name} className="trace-fact" title={meaning}>
          {name}=<span className="mono">{value}</span> {meaning !== undefined && <span className="trace-meaning">{meaning}</span>}
        </span>
      ))}
    </>
  )
}

function Access({ access }: { access: PortEntry }): ReactElement {
  const { inside: text } = useStrings()
  const { direction, port, bytes, value, by, device } = access
  return (
    <>
      <span className="trace-what mono">
        {direction.toUpperCase()} {four(port)}
      </span>
      <span className="trace-name">{device ?? text.trace.noDevice}</span>
      <span className="trace-facts mono">
        {direction === 'in' ? '→' : '←'} {value.toString(16).padStart(bytes * 2, '0')}
      </span>
      <By address={by} otherwise={by} />
    </>
  )
}

function By({ address, otherwise }: { address: string; otherwise: string }): ReactElement {
  const known = useNames(useMemo(() => [address], [address])).get(address)
  return (
    <span className="trace-by">
      <SourceLink known={known} otherwise={otherwise} />
    </span>
  )
}
