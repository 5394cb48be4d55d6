/** The tour's card, in a corner so that everything else can be used, and a ring around what it speaks of. */
import { useEffect, useState, type ReactElement } from 'react'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import './tour.css'
import { TOUR, tourSteps, type TourStepId } from './tour'

/** Things move while panels are arranged; nothing tells of it. */
const FOLLOW_MS = 200
const RING_PX = 4

export function TourCard({ step }: { step: TourStepId }): ReactElement {
  const { tour } = useLab()
  const { tour: text } = useStrings()
  const { title, body } = text.steps[step]
  const at = TOUR.indexOf(step)
  return (
    <>
      <Ring key={step} target={tourSteps[step].target} />
      <aside className="tour" aria-label={text.label}>
        <div role="status">
          <p className="tour-count">{text.count(at + 1, TOUR.length)}</p>
          <h2>{title}</h2>
          {body.map((paragraph) => (
            <p key={paragraph}>{paragraph}</p>
          ))}
        </div>
        <div className="tour-buttons">
          <Button tone="quiet" onClick={tour.end}>
            {text.end}
          </Button>
          <Button disabled={at === 0} onClick={() => tour.go(-1)}>
            {text.back}
          </Button>
          <Button tone="primary" onClick={() => tour.go(1)}>
            {at === TOUR.length - 1 ? text.finish : text.next}
          </Button>
        </div>
      </aside>
    </>
  )
}

function Ring({ target }: { target: string }): ReactElement | null {
  const [box, setBox] = useState<DOMRect>()
  useEffect(() => {
    document.querySelector(target)?.scrollIntoView({ block: 'nearest' })
    const follow = (): void => setBox(document.querySelector(target)?.getBoundingClientRect())
    follow()
    const timer = setInterval(follow, FOLLOW_MS)
    return () => clearInterval(timer)
  }, [target])
  if (!box || box.width === 0) return null
  return <div className="tour-ring" aria-hidden="true" style={{ left: box.left - RING_PX, top: box.top - RING_PX, width: box.width + 2 * RING_PX, height: box.height + 2 * RING_PX }} />
}

