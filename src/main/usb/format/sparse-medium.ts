/** What is to be written to a drive, kept without the drive's size: sectors with content, and ranges of zeros. */

/** Position and length are multiples of the sector size. */
export type FormatPiece = { position: number; bytes: Uint8Array } | { position: number; zeros: number }

export class SparseMedium {
  readonly sectorBytes: number
  /** Content by position; a sector of zeros is none. */
  readonly #sectors = new Map<number, Uint8Array>()
  /** They may overlap each other, and sectors with content, which count. */
  readonly #zeros: { start: number; end: number }[] = []

  constructor(sectorBytes: number) {
    this.sectorBytes = sectorBytes
  }

  /** @param bytes whole sectors; copied */
  write(position: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.sectorBytes) {
      const sector = bytes.subarray(at, at + this.sectorBytes)
      if (isZero(sector)) {
        this.#sectors.delete(position + at)
        this.zero(position + at, this.sectorBytes)
      } else this.#sectors.set(position + at, Uint8Array.from(sector))
    }
  }

  /** Zeros wherever nothing else is written, before or after. */
  zero(position: number, length: number): void {
    // FatFs fills its tables piece by piece: neighbours become one.
    const last = this.#zeros.at(-1)
    if (last?.end === position) last.end += length
    else this.#zeros.push({ start: position, end: position + length })
  }

  /** A copy of one sector; zeros where nothing was written. */
  read(position: number): Uint8Array {
    return Uint8Array.from(this.#sectors.get(position) ?? new Uint8Array(this.sectorBytes))
  }

  /** All that was written, sorted, without overlap; sector 0 is a piece of its own. */
  pieces(): FormatPiece[] {
    const content = this.#runs()
    const pieces: FormatPiece[] = content.map(({ start, end }) => ({ position: start, bytes: this.#join(start, end) }))
    for (const range of joined(this.#zeros)) {
      let { start } = range
      for (const run of content) {
        if (run.end <= start || run.start >= range.end) continue
        if (run.start > start) pieces.push({ position: start, zeros: run.start - start })
        start = run.end
      }
      if (start < range.end) pieces.push({ position: start, zeros: range.end - start })
    }
    return pieces.toSorted((a, b) => a.position - b.position)
  }

  #runs(): { start: number; end: number }[] {
    const sectors = [...this.#sectors.keys()].map((start) => ({ start, end: start + this.sectorBytes }))
    const first = sectors.filter(({ start }) => start === 0)
    return [...first, ...joined(sectors.filter(({ start }) => start > 0))]
  }

  #join(start: number, end: number): Uint8Array {
    const bytes = new Uint8Array(end - start)
    for (let at = start; at < end; at += this.sectorBytes) bytes.set(this.read(at), at - start)
    return bytes
  }
}

/** Ranges that overlap or touch, as one. */
function joined(ranges: readonly { start: number; end: number }[]): { start: number; end: number }[] {
  const result: { start: number; end: number }[] = []
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else result.push({ start, end })
  }
  return result
}

const ZEROS = Buffer.alloc(4096)

function isZero(sector: Uint8Array): boolean {
  return ZEROS.subarray(0, sector.length).equals(sector)
}
