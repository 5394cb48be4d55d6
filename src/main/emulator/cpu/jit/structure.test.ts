import { describe, expect, it } from 'vitest'
import { Random } from '../semantics/random'
import { structure, type Item } from './structure'

function blocksOf(items: readonly Item[]): number[] {
  return items.flatMap((item) => (typeof item === 'number' ? [item] : blocksOf(item.items)))
}

const entriesOf = (item: Item): readonly number[] => (typeof item === 'number' ? [item] : item.entries)

/** Blocks that each block can branch to: what stands behind it in its sequences, and the entries of its loops. */
function reachable(items: readonly Item[], outside: readonly number[] = [], found = new Map<number, ReadonlySet<number>>()): Map<number, ReadonlySet<number>> {
  items.forEach((item, index) => {
    const behind = [...outside, ...items.slice(index + 1).flatMap(entriesOf)]
    if (typeof item === 'number') found.set(item, new Set(behind))
    else reachable(item.items, [...behind, ...item.entries], found)
  })
  return found
}

describe('structured control flow', () => {
  it('makes a loop of a block that follows itself, and none of a sequence', () => {
    expect(structure([0, 1], (block) => (block === 0 ? [0, 1] : []), [0])).toEqual([{ entries: [0], items: [0] }, 1])
    expect(structure([0, 1, 2], (block) => (block < 2 ? [block + 1] : []), [0])).toEqual([0, 1, 2])
  })

  it('nests loops', () => {
    const successors = [[1], [2], [1, 3], [0]]
    expect(structure([0, 1, 2, 3], (block) => successors[block] ?? [], [0])).toEqual([{ entries: [0], items: [0, { entries: [1], items: [1, 2] }, 3] }])
  })

  it('gives a loop that is entered at two places two entries', () => {
    const successors = [[1, 2], [2], [1]]
    expect(structure([0, 1, 2], (block) => successors[block] ?? [], [0])).toEqual([0, { entries: [1, 2], items: [1, 2] }])
  })

  it('leads along every edge of random graphs', () => {
    const random = new Random(7)
    for (let round = 0; round < 300; round++) {
      const blocks = Array.from({ length: 1 + random.below(12) }, (_, block) => block)
      const edges = blocks.map(() => Array.from({ length: random.below(3) }, () => random.below(blocks.length)))
      const entries = [0, ...blocks.slice(1).filter((block) => !edges.some((others, from) => from < block && others.includes(block)) || random.chance(6))]
      const items = structure(blocks, (block) => edges[block] ?? [], entries)
      expect(blocksOf(items).toSorted((a, b) => a - b)).toEqual(blocks)
      const reach = reachable(items)
      for (const [from, others] of edges.entries()) for (const to of others) expect(reach.get(from)?.has(to), JSON.stringify({ edges, entries, items, from, to })).toBe(true)
    }
  })
})
