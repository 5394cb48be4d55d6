/** The name that was probably meant. */

/** Number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment distance). */
export function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1)
      row.push(best)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The closest candidate, if it is close: at most one slip in four letters. Case, `_` and `-` count as equal. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll('_', '-')
  const wanted = plain(name)
  let best: { candidate: string; slips: number } | undefined
  for (const candidate of candidates) {
    const slips = distance(wanted, plain(candidate))
    if (slips <= Math.min(3, Math.floor(wanted.length / 4)) && (best === undefined || slips < best.slips)) best = { candidate, slips }
  }
  return best?.candidate
}
