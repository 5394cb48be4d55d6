/** Finds what is translated together: the code of one page that can be reached from a hot place. */
import type { CodeMode, Decoded } from '../decode/decoded'
import { onPage } from './builder-state'
import { profileOf, type Profile } from './profile'
import { structure, type Item } from './structure'
import { timeChecks, type TimeChecks } from './time'

export interface RegionInstruction {
  readonly decoded: Decoded
  /** In its page. */
  readonly offset: number
  readonly profile: Profile
  /** Nobody sees the flags that it leaves. */
  flagsDead: boolean
}

/** Instructions that are executed one after the other. The block ends with the last, or goes on at `end`. */
export interface RegionBlock {
  readonly number: number
  readonly start: number
  readonly instructions: readonly RegionInstruction[]
  /** Offset behind the last instruction. */
  readonly end: number
  /** Numbers of the blocks that may follow. */
  readonly successors: readonly number[]
}

export interface Region {
  readonly codeMode: CodeMode
  readonly blocks: readonly RegionBlock[]
  readonly blockAt: ReadonlyMap<number, RegionBlock>
  /** Blocks that are entered from outside; the first is the hot place. */
  readonly entries: readonly RegionBlock[]
  /** All blocks as nested loops. */
  readonly items: readonly Item[]
  readonly time: TimeChecks
  /** Lowest and highest offset (behind the last byte) of instructions, and of targets on the page. */
  readonly low: number
  readonly high: number
  /** How many instructions each obstacle kept out. */
  readonly obstacles: ReadonlyMap<string, number>
  /** The same by offset. */
  readonly obstacleAt: ReadonlyMap<number, string>
}

export interface RegionSource {
  readonly codeMode: CodeMode
  readonly mostInstructions: number
  /** Each instruction is a block of its own. */
  readonly apart: boolean
  /** The instruction at an offset of the page; undefined: none that lies there whole, or one that must be asked about each time. */
  decode(offset: number): Decoded | undefined
  /** Whether it is worth translating what begins there: it was executed before. */
  wanted(offset: number): boolean
}

/** Entries get numbers of 16 bits; many make dispatchers slow. */
const MOST_ENTRIES = 100

/** Hot places of a page, by their offsets. */
export interface HotPlaces {
  /** Must be an entry of the region. */
  readonly first: number
  /** Computed jumps lead there: entries, too. */
  readonly jumped: readonly number[]
  /** In the region, too, and entries where nothing else leads to them: at entries less is known. */
  readonly others: readonly number[]
}

/** The region around hot places; undefined: the instruction at the first has no translation. */
export function findRegion(source: RegionSource, hot: HotPlaces): Region | undefined {
  return new Search(source).run(hot)
}

class Search {
  readonly #source: RegionSource
  readonly #found = new Map<number, RegionInstruction>()
  /** Offsets where instructions stand that have no translation. */
  readonly #obstacles = new Map<number, string>()
  readonly #reasons = new Map<string, number>()
  readonly #leaders = new Set<number>()
  readonly #entries = new Set<number>()
  readonly #waiting: number[] = []
  #low = Number.POSITIVE_INFINITY
  #high = 0

  constructor(source: RegionSource) {
    this.#source = source
  }

  run({ first, jumped, others }: HotPlaces): Region | undefined {
    for (const place of [first, ...jumped]) {
      this.#enter(place)
      this.#walkWaiting()
    }
    const joining = others.slice(0, MOST_ENTRIES)
    for (const place of joining) {
      // The interpreter also counts what follows a rare instruction: inside a block that is no place to enter.
      if (!this.#found.has(place)) this.#reach(place)
      this.#walkWaiting()
    }
    return this.#found.has(first) ? this.#region(joining) : undefined
  }

  #walkWaiting(): void {
    for (let start = this.#waiting.pop(); start !== undefined; start = this.#waiting.pop()) this.#walk(start)
  }

  /** Code goes on at an offset, inside the region where that is worth it. */
  #reach(offset: number): void {
    if (!onPage(offset)) return
    this.#low = Math.min(this.#low, offset)
    this.#high = Math.max(this.#high, offset)
    if (this.#leaders.has(offset) || !this.#source.wanted(offset)) return
    this.#leaders.add(offset)
    this.#waiting.push(offset)
  }

  /** The same, and it is entered there from outside. */
  #enter(offset: number): void {
    if (this.#entries.has(offset) || this.#entries.size === MOST_ENTRIES) return
    this.#entries.add(offset)
    this.#low = Math.min(this.#low, offset)
    this.#high = Math.max(this.#high, offset)
    if (this.#leaders.has(offset)) return
    this.#leaders.add(offset)
    this.#waiting.push(offset)
  }

  #walk(start: number): void {
    for (let offset = start; this.#found.size < this.#source.mostInstructions; ) {
      if (this.#found.has(offset) || this.#obstacles.has(offset)) return
      const instruction = this.#read(offset)
      if (instruction === undefined) return
      const { decoded, profile } = instruction
      const next = offset + decoded.length
      this.#found.set(offset, instruction)
      if (this.#source.apart) this.#leaders.add(offset)
      this.#low = Math.min(this.#low, offset)
      this.#high = Math.max(this.#high, next)
      if (profile.transfer === 'next') {
        offset = next
        continue
      }
      const target = targetOf(instruction)
      const isCall = decoded.row.name === 'call'
      if (target !== undefined) this.#reach(target)
      if (isCall && target !== undefined && this.#leaders.has(target)) this.#enter(target)
      if (isCall && onPage(next) && this.#source.wanted(next)) this.#enter(next)
      if (profile.transfer === 'conditional') this.#reach(next)
      return
    }
  }

  #read(offset: number): RegionInstruction | undefined {
    const decoded = onPage(offset) ? this.#source.decode(offset) : undefined
    if (decoded === undefined) return undefined
    const profile = profileOf(decoded, this.#source.codeMode)
    const obstacle = profile.obstacle ?? odd(decoded, this.#source.codeMode)
    if (obstacle === undefined) return { decoded, offset, profile, flagsDead: false }
    this.#obstacles.set(offset, obstacle)
    this.#reasons.set(obstacle, (this.#reasons.get(obstacle) ?? 0) + 1)
    // The interpreter executes it and comes back.
    const next = offset + decoded.length
    if (decoded.row.setsRip !== true && onPage(next) && this.#source.wanted(next)) this.#enter(next)
    return undefined
  }

  /** @param others become entries where no code of the region leads to them */
  #region(others: readonly number[]): Region {
    const starts = [...this.#leaders].filter((offset) => this.#found.has(offset)).toSorted((a, b) => a - b)
    const numbers = new Map(starts.map((offset, number) => [offset, number]))
    const blocks = starts.map((start, number) => this.#block(start, number, numbers))
    const successors = (block: number): readonly number[] => blocks[block]?.successors ?? []
    const blockAt = new Map(blocks.map((block) => [block.start, block]))
    const reached = new Set<number>()
    const flood = (number: number): void => {
      if (reached.has(number)) return
      reached.add(number)
      successors(number).forEach(flood)
    }
    const entries = [...this.#entries].flatMap((offset) => blockAt.get(offset) ?? [])
    for (const { number } of entries) flood(number)
    for (const offset of others) {
      const block = blockAt.get(offset)
      if (block === undefined || reached.has(block.number)) continue
      entries.push(block)
      flood(block.number)
    }
    const inner = structure([...blocks.keys()], successors, entries.map(({ number }) => number))
    for (const head of headsOf(inner)) {
      const block = blocks[head]
      if (block !== undefined && !entries.includes(block) && entries.length < MOST_ENTRIES) entries.push(block)
    }
    const items = structure([...blocks.keys()], successors, entries.map(({ number }) => number))
    const time = timeChecks(items, blocks.map(({ instructions }) => instructions.length), successors, this.#source.apart)
    markDeadFlags(blocks, blockAt, time)
    return { codeMode: this.#source.codeMode, blocks, blockAt, entries, items, time, low: this.#low, high: this.#high, obstacles: this.#reasons, obstacleAt: this.#obstacles }
  }

  #block(start: number, number: number, numbers: ReadonlyMap<number, number>): RegionBlock {
    const instructions: RegionInstruction[] = []
    let offset = start
    for (;;) {
      const instruction = this.#found.get(offset)
      if (instruction === undefined) break
      // An instruction may belong to two blocks, where code jumps into the middle of another.
      instructions.push({ ...instruction })
      offset += instruction.decoded.length
      if (instruction.profile.transfer !== 'next' || numbers.has(offset)) break
    }
    const last = instructions.at(-1)
    const following: number[] = []
    const add = (to: number | undefined): void => {
      const other = to === undefined ? undefined : numbers.get(to)
      if (other !== undefined && !following.includes(other)) following.push(other)
    }
    if (last !== undefined) {
      add(targetOf(last))
      if (last.profile.transfer === 'next' || last.profile.transfer === 'conditional') add(offset)
    }
    return { number, start, instructions, end: offset, successors: following }
  }
}

function headsOf(items: readonly Item[]): number[] {
  return items.flatMap((item) => (typeof item === 'number' ? [] : [...item.entries, ...headsOf(item.items)]))
}

/** Where a relative branch goes: an offset that may be outside the page. */
export function targetOf({ decoded, offset, profile }: RegionInstruction): number | undefined {
  if (profile.transfer !== 'static' && profile.transfer !== 'conditional') return undefined
  return offset + decoded.length + Number(BigInt.asIntN(64, decoded.immediate))
}

/** Branches whose target is cut to fewer bits than RIP has are too rare to be thought about. */
function odd({ row, operandSize }: Decoded, codeMode: CodeMode): string | undefined {
  return row.setsRip === true && operandSize < codeMode ? 'cuts the address of its target' : undefined
}

/** Flags are alive before what reads them, before what may leave the region, and where it is left or might be for want of time. */
function markDeadFlags(blocks: readonly RegionBlock[], blockAt: ReadonlyMap<number, RegionBlock>, { checked }: TimeChecks): void {
  const aliveAtStart = blocks.map(() => false)
  for (let changed = true; changed; ) {
    changed = false
    for (const { number, instructions, successors, end } of blocks.toReversed()) {
      const last = instructions.at(-1)
      const kind = last?.profile.transfer
      let alive = kind === 'dynamic' || successors.some((other) => checked.has(other) || aliveAtStart[other] === true)
      if (last !== undefined && kind !== 'next' && kind !== 'dynamic' && !blockAt.has(targetOf(last) ?? -1)) alive = true
      if (kind !== 'static' && kind !== 'dynamic' && !blockAt.has(end)) alive = true
      for (const instruction of instructions.toReversed()) {
        const { profile } = instruction
        const target = targetOf(instruction)
        instruction.flagsDead = !alive
        if (profile.leaves || profile.readsFlags || (target !== undefined && !onPage(target))) alive = true
        else if (profile.overwritesFlags) alive = false
      }
      if (aliveAtStart[number] === alive) continue
      aliveAtStart[number] = alive
      changed = true
    }
  }
}
