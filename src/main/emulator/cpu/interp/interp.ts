import type { Translation } from '../../../../shared/machine-schemas'
import { CpuFault, Vector } from '../faults'
import type { Backend, BackendContext } from '../semantics/backend'
import { CodeFetcher } from '../semantics/code-fetch'
import { HELPER_NAMES, HELPER_SIGNATURES } from '../semantics/helper-signatures'
import * as at from '../state/layout'
import { assembleGroup, assembleInterpreter, entriesOf, MAIN_ENTRIES } from './module'
import { RecordCache, type Translations } from './records'
import { HELPERS, HOST } from './support'
import { unitGroupOf, type HandlerGroup } from './variants'

const PAGE = 4096

/** By whether it enters translated code. */
const compiled = new Map<boolean, WebAssembly.Module>()

/** The interpreter's code, assembled and compiled once per process. It holds no state and can be posted to workers. `translates`: for the block backend. */
export function interpreterModule(translates: boolean): WebAssembly.Module {
  let module = compiled.get(translates)
  if (module === undefined) {
    module = new WebAssembly.Module(assembleInterpreter(translates))
    compiled.set(translates, module)
  }
  return module
}

/** Uses a module that another thread has compiled. */
export function setInterpreterModule(module: WebAssembly.Module, translates: boolean): void {
  compiled.set(translates, module)
}

const groupModules = new Map<HandlerGroup, WebAssembly.Module>()

/** The handlers of a group, made once per thread when they are needed. */
function groupModule(group: HandlerGroup): WebAssembly.Module {
  let module = groupModules.get(group)
  if (module === undefined) {
    module = new WebAssembly.Module(assembleGroup(group))
    groupModules.set(group, module)
  }
  return module
}

/** Turns hot places into regions of translated code. */
export interface Translator extends Translations {
  readonly regions: WebAssembly.Table
  readonly statistics: { report(): Translation }
  /** The place of a record has become hot. */
  hot(record: number): void
  /** Drops everything. */
  flush(): void
  /** Instructions at this offset of any page are asked about from now on, or no longer. */
  placesChanged(offset: number): void
}

/** The interpreter backend: WebAssembly handlers made from the rows, over a cache of decoded instructions. */
export function createInterpreter(context: BackendContext): Backend {
  return interpreterWith(context, 'interp', undefined)
}

/** The interpreter, with a translator for what is hot. */
export function interpreterWith(context: BackendContext, name: Backend['name'], translatorOf: ((records: RecordCache) => Translator) | undefined): Backend {
  const { state, mmu, physical } = context
  const records = new RecordCache(state)
  const translator = translatorOf?.(records)
  if (translator !== undefined) records.follow(translator)
  const fetcher = new CodeFetcher(context)
  const handlers = new WebAssembly.Table({ initial: MAIN_ENTRIES, element: 'anyfunc' })
  /** Groups whose handlers are in the table. */
  const present = new Set<HandlerGroup>()

  /** Puts the handlers of a group into the table. */
  const complete = (group: HandlerGroup): void => {
    present.add(group)
    const { to } = entriesOf(group)
    if (handlers.length < to) handlers.grow(to - handlers.length)
    instantiate(groupModule(group))
  }

  /** The record of the instruction at RIP. */
  const fetch = (): number => {
    context.detour()
    const location = fetcher.locate()
    const asked = context.code?.armed === true && context.code.atOffset(location.physical)
    if (asked) context.code?.reach()
    const record = RecordCache.addressOf(location.physical)
    if (records.holds(record, location.physical, state.codeMode, asked) && records.lengthOf(record) <= Math.min(location.bytesToLimit, PAGE - (location.physical % PAGE))) return record
    const { decoded, plain, secondPage } = fetcher.fetch(location)
    const group = unitGroupOf(decoded)
    if (group !== undefined && !present.has(group)) complete(group)
    if (!plain) return records.once(decoded)
    const host = physical.readableFrame(location.physical - (location.physical % PAGE)) + (location.physical % PAGE)
    if (secondPage === undefined) return records.keep(decoded, location.physical, host, state.codeMode, asked)
    if (!asked) records.keepCrossing(decoded, location.physical, host, secondPage, physical.readableFrame(secondPage), state.codeMode)
    // Its pages were looked at just now: this once, compiled code need not do so.
    return records.once(decoded)
  }

  const imports = {
    [HOST]: {
      memory: state.memory,
      handlers,
      ...(translator === undefined ? {} : { regions: translator.regions }),
      fetch,
      hot: (record: number) => {
        context.detour()
        translator?.hot(record)
      },
      slowRead: (segment: number, bytes: number, low: number, high: number) => {
        context.detour()
        return mmu.slowRead(segment, bytes, low, high)
      },
      slowWrite: (segment: number, bytes: number, low: number, high: number, load: number) => {
        context.detour()
        return mmu.slowWrite(segment, bytes, low, high, load)
      },
      afterStore: (host: number, bytes: number) => {
        context.detour()
        mmu.afterStore(host >>> 0, bytes)
      },
      raise: (vector: number, errorCode: number) => {
        throw new CpuFault(vector, errorCode < 0 ? undefined : errorCode)
      },
      raiseFault: () => {
        const { u32, u64 } = state
        throw new CpuFault(Vector.PF, u32[at.FAULT.errorCode >> 2], u64[at.FAULT.address >> 3])
      },
      attention: () => context.attention(),
    },
    [HELPERS]: helperImports(context),
  }
  const instantiate = (module: WebAssembly.Module): WebAssembly.Instance => new WebAssembly.Instance(module, imports)
  const instance = instantiate(interpreterModule(translator !== undefined))
  const execute = instance.exports['execute']
  if (typeof execute !== 'function') throw new Error('The interpreter module exports no function "execute".')

  return {
    name,
    ...(translator === undefined ? {} : { translation: () => translator.statistics.report() }),
    execute: () => {
      execute()
    },
    flushDecoded: () => {
      translator?.flush()
      records.flush()
      state.closeFetchWindow()
    },
    codePlacesChanged: (offset) => {
      translator?.placesChanged(offset)
      records.dropOffset(offset)
    },
    afterPhysicalWrite: (host, bytes) => records.invalidate(host, bytes),
  }
}

/** Helpers take unsigned patterns; WebAssembly hands over signed ones. */
function helperImports({ helpers, detour }: BackendContext): Record<string, WebAssembly.ImportValue> {
  return Object.fromEntries(
    HELPER_NAMES.map((name) => {
      const helper: unknown = helpers[name]
      const { parameters, narrow }: { parameters: number; narrow?: boolean } = HELPER_SIGNATURES[name]
      if (narrow === true && isNarrowHelper(helper)) return [name, narrowImportOf(parameters, helper, detour)]
      if (isHelper(helper)) return [name, importOf(parameters, helper, detour)]
      throw new Error(`There is no helper ${name}.`)
    }),
  )
}

type WideHelper = (...args: bigint[]) => unknown
type NarrowHelper = (...args: number[]) => unknown

const isHelper = (value: unknown): value is WideHelper => typeof value === 'function'
const isNarrowHelper = (value: unknown): value is NarrowHelper => typeof value === 'function'
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value)

/** Of two or three arguments. */
function narrowImportOf(parameters: number, helper: NarrowHelper, detour: () => void): WebAssembly.ImportValue {
  if (parameters === 2) {
    return (a: number, b: number): unknown => {
      detour()
      return helper(a >>> 0, b >>> 0)
    }
  }
  return (a: number, b: number, c: number): unknown => {
    detour()
    return helper(a >>> 0, b >>> 0, c >>> 0)
  }
}

/** By the number of arguments, so that a call makes no lists. */
function importOf(parameters: number, helper: WideHelper, detour: () => void): WebAssembly.ImportValue {
  switch (parameters) {
    case 0:
      return (): unknown => {
        detour()
        return helper()
      }
    case 1:
      return (a: bigint): unknown => {
        detour()
        return helper(unsigned(a))
      }
    case 2:
      return (a: bigint, b: bigint): unknown => {
        detour()
        return helper(unsigned(a), unsigned(b))
      }
    case 3:
      return (a: bigint, b: bigint, c: bigint): unknown => {
        detour()
        return helper(unsigned(a), unsigned(b), unsigned(c))
      }
    default:
      return (...args: bigint[]): unknown => {
        detour()
        return helper(...args.map(unsigned))
      }
  }
}

