/**
 * Turns a graph of blocks into nested loops and sequences, as WebAssembly has them. Strongly connected components become loops; one that is entered at
 * several places begins with a dispatcher. (The same in one pass: N. Ramsey, "Beyond Relooper", ICFP 2022; components: R. Tarjan, 1972.)
 */

export type Item = number | Loop

/** Blocks that can reach each other. `entries`: where it is entered, from outside or by its own back edges. */
export interface Loop {
  readonly entries: readonly number[]
  readonly items: readonly Item[]
}

/**
 * @param blocks numbers of the blocks
 * @param successors of a block
 * @param entries blocks that are entered from outside the graph
 * @returns items in an order in which every edge that is no back edge of a loop goes forward
 */
export function structure(blocks: readonly number[], successors: (block: number) => readonly number[], entries: readonly number[]): Item[] {
  const inside = new Set(blocks)
  const next = (block: number): readonly number[] => successors(block).filter((other) => inside.has(other))
  return components(blocks, next).toReversed().flatMap((component): Item[] => {
    const [only] = component
    if (only !== undefined && component.length === 1 && !next(only).includes(only)) return [only]
    const members = new Set(component)
    const entered = new Set(entries.filter((entry) => members.has(entry)))
    for (const block of blocks) {
      if (members.has(block)) continue
      for (const other of next(block)) if (members.has(other)) entered.add(other)
    }
    const heads = component.filter((block) => entered.has(block)).toSorted((a, b) => a - b)
    if (heads.length === 0) throw new Error('A loop in the graph cannot be reached from its entries.')
    return [{ entries: heads, items: structure(component, (block) => successors(block).filter((other) => !entered.has(other)), heads) }]
  })
}

/** Strongly connected components, in reverse topological order. */
function components(blocks: readonly number[], successors: (block: number) => readonly number[]): number[][] {
  const found: number[][] = []
  const order = new Map<number, number>()
  const lowest = new Map<number, number>()
  const stack: number[] = []
  const onStack = new Set<number>()
  const visit = (block: number): number => {
    const number = order.size
    order.set(block, number)
    let low = number
    stack.push(block)
    onStack.add(block)
    for (const other of successors(block)) {
      const seen = order.get(other)
      if (seen === undefined) low = Math.min(low, visit(other))
      else if (onStack.has(other)) low = Math.min(low, seen)
    }
    lowest.set(block, low)
    if (low === number) {
      const component: number[] = []
      for (let member = -1; member !== block; ) {
        member = stack.pop() ?? block
        onStack.delete(member)
        component.push(member)
      }
      found.push(component)
    }
    return low
  }
  for (const block of blocks) if (!order.has(block)) visit(block)
  return found
}
