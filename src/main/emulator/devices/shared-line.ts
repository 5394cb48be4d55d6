import type { Line } from './device'

/** Wires of several chips on one interrupt line, as COM1 and COM3 have it: the line is up while one of them is. */
export function shareLine(line: Line): () => Line {
  let up = 0
  return () => {
    let mine = false
    return (level) => {
      if (level === mine) return
      mine = level
      up += level ? 1 : -1
      line(up > 0)
    }
  }
}
