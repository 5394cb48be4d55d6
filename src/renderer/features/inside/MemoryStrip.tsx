import { useCallback, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react'
import { useLook } from '../debugger/look'
import { useStrings } from '../../strings'
import { clamp, hex } from './address'
import type { Space } from './memory-rows'

/** What is shown around the rows: the first of them is what every kernel writer meets. */
const REGION = 2n ** 21n
const KEY_STEPS: Readonly<Record<string, bigint>> = { ArrowUp: -4096n, ArrowDown: 4096n, PageUp: -(2n ** 16n), PageDown: 2n ** 16n }

interface Props {
  /** Id of what it scrolls. */
  controls: string
  space: Space
  top: bigint
  /** Bytes in view. */
  visible: number
  onGo(top: bigint): void
}

const percent = (bytes: bigint): number => (Number(bytes) / Number(REGION)) * 100

/** A map of 2 MiB around the rows, by what their pages are; also their scroll bar. */
export function MemoryStrip({ controls, space, top, visible, onGo }: Props): ReactElement {
  const { inside: text, format } = useStrings()
  const start = top - (top % REGION)
  const { value } = useLook(useCallback((call, machine) => call('debug.survey', { machine, space, address: hex(start), bytes: Number(REGION) }), [space, start]))

  function go(event: PointerEvent<HTMLElement>): void {
    if (event.buttons !== 1) return
    const box = event.currentTarget.getBoundingClientRect()
    const share = Math.max(0, Math.min(0.999_999, (event.clientY - box.top) / box.height))
    onGo(start + BigInt(Math.floor(share * Number(REGION))))
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = KEY_STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    onGo(clamp(top + step))
  }

  const ranges = value?.filter(({ address }) => BigInt(address) >= start && BigInt(address) < start + REGION) ?? []
  return (
    <div
      className="mem-strip"
      role="scrollbar"
      aria-label={text.memory.strip(hex(start))}
      aria-controls={controls}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={Number(REGION)}
      aria-valuenow={Number(top - start)}
      aria-valuetext={hex(top)}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        go(event)
      }}
      onPointerMove={go}
      onKeyDown={onKeyDown}
    >
      {ranges.map(({ address, bytes, state }) => (
        <span
          key={address}
          className={`mem-area mem-area-${state}`}
          title={text.memory.area(text.memory.states[state], address, format.number(bytes / 1024))}
          style={{ top: `${percent(BigInt(address) - start)}%`, height: `${percent(BigInt(bytes))}%` }}
        />
      ))}
      <span className="mem-view" style={{ top: `${percent(top - start)}%`, height: `max(0.1875rem, ${percent(BigInt(visible))}%)` }} />
    </div>
  )
}
