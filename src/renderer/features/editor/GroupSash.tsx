import { useRef, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import type { Sash } from './groups'

const STEP = 0.02

/** The border between two groups: drawn with the mouse, moved with the arrows. */
export function GroupSash({ sash }: { sash: Sash }): ReactElement {
  const { groups: text } = useStrings()
  const { documents } = useLab()
  const last = useRef<number>(undefined)
  const row = sash.direction === 'row'
  const style = row ? { left: `${sash.left * 100}%`, top: `${sash.top * 100}%`, height: `${sash.height * 100}%` } : { left: `${sash.left * 100}%`, top: `${sash.top * 100}%`, width: `${sash.width * 100}%` }

  function onPointerMove(event: PointerEvent<HTMLDivElement>): void {
    const area = event.currentTarget.parentElement?.getBoundingClientRect()
    if (last.current === undefined || !area) return
    const now = row ? event.clientX : event.clientY
    documents.resize(sash, (now - last.current) / ((row ? area.width : area.height) * sash.extent))
    last.current = now
  }

  function onKeyDown(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = row ? { ArrowLeft: -STEP, ArrowRight: STEP } : { ArrowUp: -STEP, ArrowDown: STEP }
    const by = steps[event.key]
    if (by === undefined) return
    event.preventDefault()
    documents.resize(sash, by)
  }

  return (
    <div
      className={`group-sash group-sash-${sash.direction}`}
      role="separator"
      aria-label={text.border}
      aria-orientation={row ? 'vertical' : 'horizontal'}
      aria-valuenow={Math.round(sash.share * 100)}
      tabIndex={0}
      style={style}
      onPointerDown={(event) => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        last.current = row ? event.clientX : event.clientY
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => (last.current = undefined)}
      onLostPointerCapture={() => (last.current = undefined)}
      onKeyDown={onKeyDown}
    />
  )
}
