/** Finds what a person means by a few letters: all of them occur, in their order, best at beginnings of words and side by side. */

export interface Match {
  /** Higher is better. */
  score: number
  /** Indexes of the letters that were found. */
  at: readonly number[]
}

const AT_START = 12
const AT_WORD = 7
const NEXT_TO_LAST = 8
const FOUND = 1
/** What lies between letters that were found, up to this many, counts against. */
const FARTHEST = 10

const isWordStart = (text: string, index: number): boolean => {
  const before = text[index - 1] ?? ' '
  const here = text[index] ?? ''
  return /[\s/\\._:()-]/.test(before) || (/[a-z\d]/.test(before) && /[A-Z]/.test(here)) || /\p{Script=Han}/u.test(here)
}

/** @returns undefined when a letter is missing; spaces in what is sought count for nothing */
export function fuzzyMatch(sought: string, text: string): Match | undefined {
  const letters = [...sought.toLowerCase()].filter((letter) => letter.trim() !== '')
  if (letters.length === 0) return { score: 0, at: [] }
  const lower = text.toLowerCase()
  /** For each place in the text: the best way in which the letters so far end there. */
  let best: (Match | undefined)[] = []
  for (const [index, letter] of letters.entries()) {
    const next: (Match | undefined)[] = []
    for (let place = index; place < lower.length; place++) {
      if (lower[place] !== letter) continue
      const own = FOUND + (place === 0 ? AT_START : isWordStart(text, place) ? AT_WORD : 0)
      if (index === 0) {
        next[place] = { score: own - Math.min(place, FARTHEST) * 0.1, at: [place] }
        continue
      }
      for (let before = index - 1; before < place; before++) {
        const way = best[before]
        if (way === undefined) continue
        const gap = place - before - 1
        const score = way.score + own + (gap === 0 ? NEXT_TO_LAST : -Math.min(gap, FARTHEST) * 0.2)
        if (score > (next[place]?.score ?? -Infinity)) next[place] = { score, at: [...way.at, place] }
      }
    }
    best = next
  }
  return best.reduce<Match | undefined>((found, way) => (way !== undefined && way.score > (found?.score ?? -Infinity) ? way : found), undefined)
}

/** What fits, the best first; of equals, in the order given. */
export function fuzzyFilter<T>(sought: string, items: readonly T[], textOf: (item: T) => string): { item: T; match: Match }[] {
  return items
    .flatMap((item) => {
      const match = fuzzyMatch(sought, textOf(item))
      return match ? [{ item, match }] : []
    })
    .toSorted((a, b) => b.match.score - a.match.score)
}
