import { useCallback, useEffect, useMemo, useState, type ReactElement } from 'react'
import { PAGE_STATES, type PageWalk } from '../../../shared/debug'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { useLook } from '../debugger/look'
import { hex } from './address'
import { byteAt, bytesAt, physicalAt, stateAt, type Part, type Space } from './memory-rows'
import { useNames } from './use-names'
import { SourceLink } from './SourceLink'

const WALK_DELAY_MS = 120
/** A byte, as changed ones look. */
const CHANGED_SAMPLE = '4f'
const SIZES = [1, 2, 4, 8] as const

interface Props {
  space: Space
  part: Part | undefined
  before: Part | undefined
  /** What the pointer is over, or the cursor on. */
  address: bigint
  /** Bytes selected. */
  selected: number
  paused: boolean
}

/** What is known of one byte: where it lies, what it belongs to, its value; and what the colours say. */
export function MemoryFooter({ space, part, before, address, selected, paused }: Props): ReactElement {
  const { inside: text, format } = useStrings()
  const { inside } = useLab()
  const shown = hex(address)
  const known = useNames(useMemo(() => (space === 'linear' ? [shown] : []), [space, shown])).get(shown)
  const walk = useWalk(space === 'linear' ? address : undefined)
  const state = stateAt(part, address)
  const physical = physicalAt(part, address)
  const bytes = bytesAt(part, address, 8)
  const [now, was] = [byteAt(part, address), before?.space === space ? byteAt(before, address) : undefined]
  return (
    <footer className="mem-footer">
      <div className="mem-facts">
        <b className="mono">{shown}</b>
        {state && <span>{text.memory.states[state]}</span>}
        {space === 'linear' && physical !== undefined && walk?.paging !== 'none' && (
          <button type="button" className="inside-link mono" title={text.memory.walkOf(shown)} onClick={() => inside.showWalk(shown)}>
            → {hex(physical)}
          </button>
        )}
        {walk?.result && walk.paging !== 'none' && <span>{text.rights(walk.result)}</span>}
        {walk?.why !== undefined && <span>{walk.why}</span>}
        {space === 'linear' && known?.symbol && <SourceLink known={known} />}
        {was !== undefined && now !== undefined && was !== now && <span className="mem-was">{text.memory.was(was.toString(16).padStart(2, '0'))}</span>}
        {SIZES.filter((size) => size <= bytes.length).map((size) => (
          <span key={size} className="mem-value">
            {text.memory.value(size * 8)} <span className="mono">{decimal(bytes.subarray(0, size))}</span>
          </span>
        ))}
        {selected > 1 && <span>{text.memory.selected(format.number(selected))}</span>}
        {!paused && <span className="mem-note">{text.memory.pauseToEdit}</span>}
      </div>
      <ul className="mem-legend" aria-label={text.memory.legend}>
        {PAGE_STATES.map((one) => (
          <li key={one} className={`mem-${one}`}>
            <span className="mem-state">{text.memory.tags[one]}</span> {text.memory.states[one]}
          </li>
        ))}
        <li>
          <span className="mem-changed mono">{CHANGED_SAMPLE}</span> {text.memory.changed}
        </li>
      </ul>
    </footer>
  )
}

const decimal = (bytes: Uint8Array): string => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n).toString()

/** The way of an address through the page tables, once the pointer rests there. */
function useWalk(address: bigint | undefined): PageWalk | undefined {
  const [rested, setRested] = useState(address)
  useEffect(() => {
    const timer = setTimeout(() => setRested(address), WALK_DELAY_MS)
    return () => clearTimeout(timer)
  }, [address])
  const { value } = useLook(useCallback(async (call, machine) => (rested === undefined ? undefined : call('debug.pageWalk', { machine, address: hex(rested) })), [rested]))
  return address !== undefined && value?.address === hex(address) ? value : undefined
}
