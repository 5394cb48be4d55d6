import type { TextRange } from '../../shared/problems'

/** Offsets to lines and columns. */
export class LineIndex {
  private readonly starts: number[] = [0]
  private readonly length: number

  constructor(text: string) {
    this.length = text.length
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1)
  }

  /** The place of a stretch of text; an empty one covers one character, so that an editor can mark it. */
  range(offset: number, length: number): TextRange {
    const start = this.position(offset)
    const end = this.position(offset + Math.max(1, length))
    return { line: start.line, column: start.column, endLine: end.line, endColumn: end.line === start.line ? Math.max(end.column, start.column + 1) : end.column }
  }

  /** Line and column, from 1, of an offset. */
  position(offset: number): { line: number; column: number } {
    const at = Math.min(Math.max(0, offset), this.length)
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.starts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: at - (this.starts[low] ?? 0) + 1 }
  }
}
