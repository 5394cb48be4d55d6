/** A line cut where anything about it changes: its style, a link, a place that was searched for. */
import type { AnsiStyle, StyledRange } from './ansi'
import type { Location } from './locations'

interface Range {
  readonly start: number
  readonly end: number
}

export interface LinePart {
  readonly start: number
  readonly text: string
  readonly style: AnsiStyle | undefined
  readonly location: Location | undefined
  /** It was searched for. */
  readonly hit: boolean
}

export function lineParts(text: string, styles: readonly StyledRange[], locations: readonly Location[], hits: readonly Range[]): LinePart[] {
  if (text === '') return []
  const edges = new Set([0, text.length])
  for (const { start, end } of [...styles, ...locations, ...hits]) edges.add(start).add(end)
  const sorted = [...edges].toSorted((a, b) => a - b)
  return sorted.slice(0, -1).map((start, index) => {
    const end = sorted[index + 1] ?? text.length
    const covers = (range: Range): boolean => range.start <= start && range.end >= end
    return { start, text: text.slice(start, end), style: styles.find(covers)?.style, location: locations.find(covers), hit: hits.some(covers) }
  })
}
