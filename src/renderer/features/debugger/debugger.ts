/**
 * The person's breakpoints and the machine they hold in: kept for each project, set in each machine before its guest runs. Beside them the
 * steps, the speed, and where the paused machine stands in the source.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { BreakpointSpec, KnownAddress, MachineBreakpoint, Place, Speed, STEPS } from '../../../shared/debug'
import { toFailure, type Failure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import type { Settings, SettingValues } from '../../app/settings'
import { rememberFor, type UiMemory } from '../../app/ui-state'
import type { Machine } from '../machine/machine'
import type { StoredBreakpoint } from './stored-breakpoints'

export interface OwnBreakpoint extends StoredBreakpoint {
  /** Of this window; the machine's is in `Placed`. */
  id: number
}

/** What became of a breakpoint in the machine that is on. */
export type Placed = { machineId: number; spec: MachineBreakpoint; /** Of a code breakpoint. */ places: readonly KnownAddress[] } | { failure: Failure }

export interface DebuggerState {
  breakpoints: readonly OwnBreakpoint[]
  /** By the window's id; absent where no machine has heard of it. */
  placed: Readonly<Record<number, Placed>>
  /** What is known about the next instruction of the paused machine. */
  here: KnownAddress | undefined
  /** The code that somebody asked to see. `nonce` tells two requests for the same address apart. */
  code: { address: string; nonce: number } | undefined
}

export interface DebuggerOptions {
  connection: Connection
  machine: Machine
  ui: UiMemory
  settings: Settings
  onError(error: unknown): void
}

export type Debugger = ReturnType<typeof createDebugger>
type Changes = { enabled?: boolean; condition?: StoredBreakpoint['condition'] | null }

/** Addresses of one breakpoint that are looked up. */
const MOST_PLACES = 16
/** Codes of answers that cross the machine's end. */
const PASSING: ReadonlySet<string> = new Set(['not-found', 'ended', 'cancelled', 'disconnected'])

export function speedOf(setting: SettingValues['machineSpeed']): Speed {
  if (setting === 'realtime' || setting === 'fast') return { pace: setting }
  return { pace: 'slow', instructionsPerSecond: Number(setting.slice('slow-'.length)) }
}

const sameSpec = (one: BreakpointSpec, other: BreakpointSpec): boolean => JSON.stringify(one) === JSON.stringify(other)

/** The source line that a breakpoint stands at. */
export function lineOf({ spec }: Pick<OwnBreakpoint, 'spec'>): { file: string; line: number } | undefined {
  return spec.kind === 'code' && 'file' in spec.at ? spec.at : undefined
}

export function createDebugger({ connection, machine, ui, settings, onError }: DebuggerOptions) {
  const store: StoreApi<DebuggerState> = createStore<DebuggerState>(() => ({ breakpoints: [], placed: {}, here: undefined, code: undefined }))
  /** The project's folder, or the file that was booted. */
  let owner: string | undefined
  let lastId = 0
  let nonce = 0
  /** The machine that the breakpoints are set in. */
  let holds: string | undefined
  /** A machine that was never paused runs no slower than a PC: its boot would take hours. */
  let pausedOnce = false

  const current = (id: number): OwnBreakpoint | undefined => store.getState().breakpoints.find((one) => one.id === id)

  function keep(breakpoints: readonly OwnBreakpoint[]): void {
    store.setState({ breakpoints })
    if (owner === undefined) return
    ui.set('breakpoints', rememberFor(ui.get('breakpoints'), owner, breakpoints.map(({ id: _id, ...stored }) => stored)))
  }

  /** Another project's breakpoints, or those of a booted file, come. */
  function open(next: string): void {
    if (next === owner) return
    owner = next
    const known = ui.get('breakpoints')?.[next] ?? []
    store.setState({ breakpoints: known.map((stored) => ({ ...stored, id: ++lastId })), placed: {}, code: undefined })
  }

  function note(id: number, placed: Placed | undefined): void {
    store.setState((state) => {
      const { [id]: _old, ...others } = state.placed
      return { placed: placed === undefined ? others : { ...others, [id]: placed } }
    })
  }

  /** An answer that comes when the machine is over interests nobody. */
  function tell(error: unknown): void {
    if (!PASSING.has(toFailure(error).code) || machine.store.getState().machine !== undefined) onError(error)
  }

  const ask = (work: (machine: string) => Promise<unknown>): void => {
    // One that is being made ready counts, too.
    const on = machine.store.getState().machine ?? holds
    if (on !== undefined) work(on).catch(tell)
  }

  // --- breakpoints ------------------------------------------------------------------------------------------------------

  async function place(on: string, { id, spec, enabled, condition }: OwnBreakpoint): Promise<void> {
    try {
      const set = await connection.call('debug.setBreakpoint', { machine: on, spec, enabled, ...(condition ? { condition } : {}) })
      const places = set.spec.kind === 'code' ? await connection.call('debug.whatIs', { machine: on, addresses: set.spec.addresses.slice(0, MOST_PLACES) }) : []
      if (holds !== on) return
      const now = current(id)
      // It was taken away, or changed, while it was on its way.
      if (!now) return void (await connection.call('debug.removeBreakpoint', { machine: on, id: set.id }))
      note(id, { machineId: set.id, spec: set.spec, places })
      if (now.enabled !== enabled || now.condition !== condition) await tellChange(on, now, set.id)
    } catch (error) {
      const failure = toFailure(error)
      // Here `not-found` is a place that the kernel does not have; a machine that is gone lets nobody look at it.
      if (failure.code === 'ended' || failure.code === 'disconnected' || holds !== on) return
      note(id, { failure })
    }
  }

  const tellChange = (on: string, { enabled, condition }: OwnBreakpoint, id: number): Promise<unknown> =>
    connection.call('debug.changeBreakpoint', { machine: on, id, enabled, condition: condition ?? null })

  async function placeAll(on: string): Promise<void> {
    holds = on
    store.setState({ placed: {} })
    await Promise.all(store.getState().breakpoints.map((one) => place(on, one)))
  }

  /** A breakpoint that is there already is switched on instead. */
  function add(spec: BreakpointSpec, condition?: StoredBreakpoint['condition']): void {
    const known = store.getState().breakpoints.find((one) => sameSpec(one.spec, spec))
    if (known) return change(known.id, { enabled: true, ...(condition ? { condition } : {}) })
    const added: OwnBreakpoint = { id: ++lastId, spec, enabled: true, ...(condition ? { condition } : {}) }
    keep([...store.getState().breakpoints, added])
    ask((on) => place(on, added))
  }

  function remove(...ids: readonly number[]): void {
    const { breakpoints, placed } = store.getState()
    keep(breakpoints.filter(({ id }) => !ids.includes(id)))
    for (const id of ids) {
      const there = placed[id]
      note(id, undefined)
      if (there && 'machineId' in there) ask((on) => connection.call('debug.removeBreakpoint', { machine: on, id: there.machineId }))
    }
  }

  /** @param changes `condition: null` takes it away */
  function change(id: number, { enabled, condition }: Changes): void {
    const changed = store.getState().breakpoints.map((one): OwnBreakpoint => {
      if (one.id !== id) return one
      const { condition: before, ...rest } = one
      const kept = condition === undefined ? before : (condition ?? undefined)
      return { ...rest, ...(enabled === undefined ? {} : { enabled }), ...(kept === undefined ? {} : { condition: kept }) }
    })
    keep(changed)
    const there = store.getState().placed[id]
    const now = current(id)
    if (now && there && 'machineId' in there) ask((on) => tellChange(on, now, there.machineId))
  }

  /** Sets a breakpoint at a line of the source, or removes those that are there. */
  function toggleLine(file: string, line: number): void {
    const there = store.getState().breakpoints.filter((one) => lineOf(one)?.file === file && lineOf(one)?.line === line)
    if (there.length > 0) remove(...there.map(({ id }) => id))
    else add({ kind: 'code', at: { file, line } })
  }

  /** Breakpoints that stop at an address, however they were named. */
  function at(address: string): OwnBreakpoint[] {
    const { breakpoints, placed } = store.getState()
    return breakpoints.filter(({ id, spec }) => {
      const there = placed[id]
      if (there && 'machineId' in there) return there.spec.kind === 'code' && there.spec.addresses.includes(address)
      return spec.kind === 'code' && 'address' in spec.at && spec.at.address === address
    })
  }

  function toggleAddress(address: string): void {
    const there = at(address)
    if (there.length > 0) remove(...there.map(({ id }) => id))
    else add({ kind: 'code', at: { address } })
  }

  /** The text above a breakpoint's line grew or shrank. What the machine runs was built before: there it stays. */
  function moveLines(file: string, moved: ReadonlyMap<number, number>): void {
    const breakpoints = store.getState().breakpoints.map((one): OwnBreakpoint => {
      const line = moved.get(one.id)
      return line === undefined || lineOf(one)?.file !== file || lineOf(one)?.line === line ? one : { ...one, spec: { kind: 'code', at: { file, line } } }
    })
    if (breakpoints.some((one, index) => one !== store.getState().breakpoints[index])) keep(breakpoints)
  }

  // --- the machine ------------------------------------------------------------------------------------------------------

  machine.prepareBoots({
    wanted: () => store.getState().breakpoints.length > 0 || speedAtBoot().pace !== 'realtime',
    async prepare(on, pauseAt) {
      await placeAll(on)
      await connection.call('debug.setSpeed', { machine: on, speed: speedAtBoot() })
      if (pauseAt !== 'reset') await connection.call('debug.resume', { machine: on, ...(pauseAt === undefined ? {} : { pauseAt }) })
    },
  })

  function speedAtBoot(): Speed {
    const speed = speedOf(settings.store.getState().machineSpeed)
    return speed.pace === 'slow' ? { pace: 'realtime' } : speed
  }

  /** A machine that was on before the page was loaded anew may hold breakpoints, under ids that nobody knows any more. */
  async function adopt(on: string): Promise<void> {
    holds = on
    try {
      for (const { id } of await connection.call('debug.breakpoints', { machine: on })) {
        // In order: they are few, and the new ones come after them.
        // oxlint-disable-next-line no-await-in-loop
        await connection.call('debug.removeBreakpoint', { machine: on, id })
      }
      if (holds === on) await placeAll(on)
    } catch (error) {
      tell(error)
    }
  }

  async function lookUp(on: string, address: string): Promise<void> {
    try {
      const [here] = await connection.call('debug.whatIs', { machine: on, addresses: [address] })
      const { machine: still, state } = machine.store.getState()
      if (still === on && state?.paused?.address === address) store.setState({ here })
    } catch (error) {
      tell(error)
    }
  }

  machine.store.subscribe((view, before) => {
    const on = view.machine
    if (on !== before.machine) {
      pausedOnce = false
      if (on === undefined) {
        holds = undefined
        store.setState({ placed: {}, here: undefined })
      } else if (holds !== on) void adopt(on)
    }
    const pause = view.state?.paused
    if (pause === before.state?.paused) return
    if (pause === undefined || on === undefined) return store.setState({ here: undefined })
    void lookUp(on, pause.address)
    if (!pausedOnce) {
      pausedOnce = true
      if (speedOf(settings.store.getState().machineSpeed).pace === 'slow') setSpeed()
    }
  })

  const setSpeed = (): void => ask((on) => connection.call('debug.setSpeed', { machine: on, speed: speedOf(settings.store.getState().machineSpeed) }))

  settings.store.subscribe(({ machineSpeed }, before) => {
    if (machineSpeed !== before.machineSpeed) setSpeed()
  })

  const isPaused = (): boolean => machine.store.getState().state?.paused !== undefined

  return {
    store,
    open,
    add,
    remove,
    change,
    at,
    toggleLine,
    toggleAddress,
    moveLines,
    pause: () => ask((on) => connection.call('debug.pause', { machine: on })),
    resume: () => ask((on) => connection.call('debug.resume', { machine: on })),
    toggle: () => ask((on) => connection.call(isPaused() ? 'debug.resume' : 'debug.pause', { machine: on })),
    /** @param unit `line`: one instruction where no line is known */
    step: (step: (typeof STEPS)[number], unit: 'instruction' | 'line') => ask((on) => connection.call('debug.step', { machine: on, step, unit })),
    runTo: (to: Place) => ask((on) => connection.call('debug.runTo', { machine: on, at: to })),
    /** Asks whoever shows code to show this. */
    showCode: (address: string) => store.setState({ code: { address, nonce: ++nonce } }),
    /** Makes sure that the next triple fault pauses the machine. */
    pauseAtFault: () => add({ kind: 'triple-fault' }),
  }
}
