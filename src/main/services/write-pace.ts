/** Progress as a person wants it: not more often than it can be seen, with speed and time left. */
import type { WriteProgress } from '../../shared/usb'

const TELL_EVERY_MS = 100
/** The speed is that of so much time; a stick that fills its cache first becomes slow soon. */
const WINDOW_MS = 5000
/** Before, a speed is a guess. */
const KNOWN_AFTER_MS = 800

type Step = Pick<WriteProgress, 'phase' | 'done' | 'total'>

/** @returns takes every step; the first and last of a phase are always told */
export function paced(tell: (progress: WriteProgress) => void, now: () => number = () => performance.now()): (step: Step) => void {
  let samples: { at: number; done: number }[] = []
  let phase: WriteProgress['phase'] | undefined
  let toldAt = 0
  return ({ phase: next, done, total }) => {
    const at = now()
    const first = next !== phase
    if (first) samples = []
    phase = next
    samples.push({ at, done })
    while (samples.length > 2 && at - (samples[1]?.at ?? at) >= WINDOW_MS) samples.shift()
    if (!first && done < total && at - toldAt < TELL_EVERY_MS) return
    toldAt = at
    const [from] = samples
    const elapsed = from === undefined ? 0 : at - from.at
    const bytesPerSecond = from !== undefined && elapsed >= KNOWN_AFTER_MS ? ((done - from.done) / elapsed) * 1000 : undefined
    tell({ phase: next, done, total, ...(bytesPerSecond !== undefined && { bytesPerSecond, ...(bytesPerSecond > 0 && { secondsLeft: (total - done) / bytesPerSecond }) }) })
  }
}
