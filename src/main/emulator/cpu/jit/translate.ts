/** Emits a region as one WebAssembly function, in a module of its own. */
import type { FunctionBuilder, Label } from '../../wasm/function-builder'
import { ModuleBuilder, type FunctionType } from '../../wasm/module-builder'
import { HOST } from '../interp/support'
import type { AnyRoutine } from '../semantics/routines'
import type { Size } from '../semantics/builder'
import * as at from '../state/layout'
import { BlockBuilder } from './builder'
import type { Transfer } from './builder-control'
import type { BlockFunctions } from './builder-state'
import { Frame } from './frame'
import { emitInstruction } from './instruction'
import type { Region, RegionBlock } from './region'
import { ROUTINES, routineType, SHARED, type SharedName } from './routines'
import type { Item } from './structure'

/** (record, RIP) → RIP: as handlers have it */
const REGION_TYPE: FunctionType = { parameters: ['i32', 'i64'], results: ['i64'] }
export const REGION_EXPORT = 'region'
const PAGE_MASK = 0xfff

export interface TranslateOptions {
  /** `SEGMENT_SHAPE` as it is now. */
  readonly shape: number
  /** Index of the region in the table. */
  readonly index: number
  /** Physical address of its page. */
  readonly page: number
}

/** The module's bytes. */
export function translate(region: Region, options: TranslateOptions): Uint8Array {
  const module = new ModuleBuilder()
  module.importMemory(HOST, 'memory', 1)
  const routines = new Map(routinesOf(region).map((routine) => [routine, module.importFunction(ROUTINES, routine.name, routineType(routine))]))
  const shared = new Map(sharedOf(region).map((name) => [name, module.importFunction(ROUTINES, name, SHARED[name].type)]))
  const indexOf = (name: SharedName): number => shared.get(name) ?? missing({ name })
  const functions: BlockFunctions = {
    settle: indexOf('settle'),
    routine: (routine) => routines.get(routine) ?? missing(routine),
    bulk: () => ({ move: indexOf('move'), fill: indexOf('fill') }),
  }
  const index = module.function(REGION_TYPE, (body) => new Translation(body, region, options, functions).emit())
  module.exportFunction(REGION_EXPORT, index)
  return module.finish()
}

/** Routines that a region calls as functions. */
export function routinesOf({ blocks }: Region): AnyRoutine[] {
  return [...new Set(blocks.flatMap(({ instructions }) => instructions.flatMap(({ profile }) => profile.routines)))]
}

/** What it shares with others and calls. */
export function sharedOf({ blocks }: Region): SharedName[] {
  const repeats = blocks.some(({ instructions }) => instructions.some(({ decoded: { row, repeat } }) => row.bulk !== undefined && repeat !== 'none'))
  return repeats ? ['settle', 'move', 'fill'] : ['settle']
}

function missing({ name }: { readonly name: string }): never {
  throw new Error(`Routine ${name} was not foreseen.`)
}

/** Where to branch for a block, and whether a dispatcher on the way must be told. */
interface Destination {
  readonly label: Label
}

class Translation {
  readonly #code: FunctionBuilder
  readonly #region: Region
  readonly #options: TranslateOptions
  readonly #frame: Frame
  readonly #builder: BlockBuilder
  readonly #settle: number
  /** Labels of the blocks that can be branched to from here, innermost last. */
  readonly #scopes: Map<number, Destination>[] = []
  /** Blocks that some dispatcher leads to. */
  readonly #dispatched = new Set<number>()
  /** What blocks that were emitted know about the flags at their ends. */
  readonly #flagsAfter = new Map<number, unknown>()
  readonly #predecessors = new Map<number, number[]>()
  #top: Label | undefined

  constructor(code: FunctionBuilder, region: Region, options: TranslateOptions, functions: BlockFunctions) {
    this.#code = code
    this.#region = region
    this.#options = options
    this.#settle = functions.settle
    this.#frame = new Frame(code, options.shape)
    this.#builder = new BlockBuilder(this.#frame, region.codeMode, functions)
    for (const { number, successors } of region.blocks) {
      for (const other of successors) this.#predecessors.set(other, [...(this.#predecessors.get(other) ?? []), number])
    }
  }

  emit(): void {
    const { entries, items, codeMode, low, high } = this.#region
    const code = this.#code
    const [first] = items
    if (entries.length === 1 && !entriesOf(first).includes(entries[0]?.number ?? -1)) throw new Error('A region has code that cannot be reached from its entry.')
    if (entries.length > 1) for (const { number } of entries) this.#dispatched.add(number)
    this.#noteDispatched(items)
    this.#frame.exit = code.block()
    this.#frame.left = code.block()
    if (entries.length > 1) this.#top = code.loop()
    this.#emitItems(items, entries.length > 1 ? entries.map(({ number }) => number) : [])
    if (entries.length > 1) code.end()
    code.op('unreachable')
    code.end()
    this.#frame.emitLeft()
    code.end()
    this.#frame.emitEpilogue(this.#settle)
    const prologue = code.length
    const narrow = codeMode !== 64
    this.#frame.emitPrologue({ entries: entries.length, needed: this.#neededAtEntries(), low, high, mask: narrow ? (codeMode === 16 ? 0xffffn : 0xffff_ffffn) : 0n, narrow })
    code.moveToStart(prologue)
  }

  /** Instructions that there must be time for wherever the region is entered. */
  #neededAtEntries(): number {
    const { entries, time } = this.#region
    return Math.max(...entries.map(({ number }) => time.needed[number] ?? 0))
  }

  #noteDispatched(items: readonly Item[]): void {
    for (const item of items) {
      if (typeof item === 'number') continue
      if (item.entries.length > 1) for (const entry of item.entries) this.#dispatched.add(entry)
      this.#noteDispatched(item.items)
    }
  }

  /** Items one after the other, each behind the block whose label leads to it. `dispatch`: blocks that `target` chooses from at first. */
  #emitItems(items: readonly Item[], dispatch: readonly number[]): void {
    const code = this.#code
    const scope = new Map<number, Destination>()
    this.#scopes.push(scope)
    const labels = items.map(() => undefined as Label | undefined)
    for (let index = items.length - 1; index >= 0; index--) {
      if (index === 0 && dispatch.length === 0) break
      const label = code.block()
      labels[index] = label
      for (const entry of entriesOf(items[index])) scope.set(entry, { label })
    }
    if (dispatch.length > 0) this.#emitDispatch(items, labels, dispatch)
    items.forEach((item, index) => {
      if (labels[index] !== undefined) code.end()
      for (const entry of entriesOf(item)) scope.delete(entry)
      if (typeof item === 'number') this.#emitBlock(item)
      else this.#emitLoop(item)
    })
    this.#scopes.pop()
  }

  #emitLoop({ entries, items }: Exclude<Item, number>): void {
    const label = this.#code.loop()
    this.#scopes.push(new Map(entries.map((entry) => [entry, { label }])))
    this.#emitItems(items, entries.length > 1 ? entries : [])
    this.#scopes.pop()
    this.#code.end()
  }

  #emitDispatch(items: readonly Item[], labels: readonly (Label | undefined)[], dispatch: readonly number[]): void {
    const code = this.#code
    const lowest = Math.min(...dispatch)
    const labelOf = new Map<number, Label>()
    items.forEach((item, index) => {
      const label = labels[index]
      if (label !== undefined) for (const member of membersOf(item)) labelOf.set(member, label)
    })
    const first = labelOf.get(lowest)
    if (first === undefined) throw new Error('A dispatcher leads to a block that it does not contain.')
    code.get(this.#frame.target)
    code.i32(lowest)
    code.op('i32_sub')
    const table = Array.from({ length: Math.max(...dispatch) - lowest + 1 }, (_, index) => labelOf.get(lowest + index) ?? first)
    code.brTable(table, first)
  }

  #emitBlock(number: number): void {
    const block = this.#region.blocks[number]
    if (block === undefined) throw new Error(`The region has no block ${number}.`)
    const code = this.#code
    const frame = this.#frame
    const count = block.instructions.length
    code.get(frame.remaining)
    code.i32(count)
    code.op('i32_sub')
    code.set(frame.remaining)
    this.#builder.startBlock(this.#flagsBefore(block))
    block.instructions.forEach(({ decoded, offset, flagsDead }, index) => {
      code.withOwnLocals(() => {
        this.#builder.begin(decoded, offset, count - index, flagsDead)
        emitInstruction(this.#builder)
        if (index < count - 1) return
        this.#flagsAfter.set(number, this.#builder.knownFlags)
        this.#emitTransfer(this.#builder.transfer, block.end)
      })
    })
  }

  /** What all predecessors leave, when they were emitted before and agree. */
  #flagsBefore({ number }: RegionBlock): unknown {
    if (this.#region.entries.some((entry) => entry.number === number)) return undefined
    const [first, ...others] = this.#predecessors.get(number) ?? []
    const known = first === undefined ? undefined : this.#flagsAfter.get(first)
    return others.every((other) => this.#flagsAfter.get(other) === known) ? known : undefined
  }

  #emitTransfer(transfer: Transfer, end: number): void {
    const code = this.#code
    switch (transfer.kind) {
      case 'next':
        this.#goTo(end, undefined)
        break
      case 'static':
        this.#goTo(transfer.offset, this.#builder.operandSize)
        break
      case 'dynamic':
        this.#goToRip()
        break
      case 'conditional': {
        this.#builder.pushCondition(transfer.condition)
        code.if()
        this.#emitTransfer(transfer.taken, end)
        code.end()
        this.#emitTransfer(transfer.passed, end)
        break
      }
    }
  }

  /** Goes to an offset of the page: a block of the region, or out of it. `size`: it is a jump, whose target is cut to so many bits. */
  #goTo(offset: number, size: Size | undefined): void {
    const block = this.#region.blockAt.get(offset)
    if (block !== undefined) {
      this.#branch(block)
      return
    }
    const code = this.#code
    const { rip, base } = this.#frame
    code.get(base)
    code.i64(BigInt(offset))
    code.op('i64_add')
    if (size !== undefined && size < 64) {
      code.i64(size === 16 ? 0xffffn : 0xffff_ffffn)
      code.op('i64_and')
    }
    code.set(rip)
    this.#frame.leaveAtRip(0)
  }

  #branch({ number, start }: RegionBlock): void {
    const code = this.#code
    if (this.#region.time.checked.has(number)) {
      this.#pushLacksTime(this.#region.time.needed[number] ?? 0)
      code.if()
      this.#frame.leave(start, 0)
      code.end()
    }
    if (this.#dispatched.has(number)) {
      code.i32(number)
      code.set(this.#frame.target)
    }
    for (const scope of this.#scopes.toReversed()) {
      const destination = scope.get(number)
      if (destination === undefined) continue
      code.br(destination.label)
      return
    }
    throw new Error(`Block ${number} cannot be branched to from here.`)
  }

  #pushLacksTime(needed: number): void {
    const code = this.#code
    code.get(this.#frame.remaining)
    code.i32(needed)
    code.op('i32_lt_s')
  }

  /** Goes to the address in `rip`: to an entry of this region, or out of it. */
  #goToRip(): void {
    const code = this.#code
    const { rip, base, target } = this.#frame
    if (this.#top !== undefined) {
      const offset = code.local('i64')
      const place = code.local('i32')
      code.get(rip)
      code.get(base)
      code.op('i64_sub')
      code.set(offset)
      code.get(offset)
      code.i64(BigInt(PAGE_MASK))
      code.op('i64_le_u')
      code.if()
      code.get(offset)
      code.op('i32_wrap_i64')
      code.i32(Math.log2(at.PLACE_BYTES))
      code.op('i32_shl')
      code.set(place)
      const firstPlace = at.PLACES + (at.RECORDS + (this.#options.page % at.RECORD_COUNT) * at.RECORD_BYTES) / at.PLACE_DIVISOR
      code.get(place)
      code.memory('i32_load16_u', firstPlace + at.PLACE.region)
      code.i32(this.#options.index)
      code.op('i32_eq')
      this.#pushLacksTime(this.#neededAtEntries())
      code.op('i32_gt_u')
      code.if()
      code.get(place)
      code.memory('i32_load16_u', firstPlace + at.PLACE.entry)
      code.set(target)
      code.br(this.#top)
      code.end()
      code.end()
    }
    this.#frame.leaveAtRip(0)
  }
}

function entriesOf(item: Item | undefined): readonly number[] {
  return item === undefined ? [] : typeof item === 'number' ? [item] : item.entries
}

function membersOf(item: Item): readonly number[] {
  return typeof item === 'number' ? [item] : item.items.flatMap(membersOf)
}
