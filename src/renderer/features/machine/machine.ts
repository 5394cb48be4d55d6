/** The one machine this window shows: switching it on and off, its screen, its serial output, and the report of its end. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { BootSource, CallArgs, ScreenFont } from '../../../shared/contract'
import type { LogFilter } from '../../../shared/debug'
import { toFailure } from '../../../shared/failure'
import type { BootPause } from '../../../shared/run-state'
import { forOutputPorts, type KeyEvent, type MachineReport, type MachineState, type MouseMove, OUTPUT_PORTS, type OutputPort, type Screen, type SentScreen, type SerialPort, type Tone } from '../../../shared/machine-schemas'
import type { Connection } from '../../app/connection'
import { fromBase64, toBase64 } from './base64'
import { receivedScreen } from './received-screen'
import { withNotice } from './serial-notice'

export interface MachineView {
  phase: 'off' | 'starting' | 'on' | 'ended'
  machine: string | undefined
  /** The machine that the report is of. */
  last: string | undefined
  screen: Screen | undefined
  state: MachineState | undefined
  /** Instructions per second, over the last moments; unknown until there were some. */
  speed: number | undefined
  report: MachineReport | undefined
  font: ScreenFont | undefined
  /** Bytes seen on each port since the machine was switched on. */
  received: Readonly<Record<OutputPort, number>>
}

/** Makes a new machine ready before its guest does anything. */
export interface Preparation {
  /** Whether there is something to do: then the machine waits at its first instruction, and `prepare` lets it go. */
  wanted(): boolean
  prepare(machine: string, pauseAt: BootPause | undefined): Promise<void>
}

/** May answer with a promise that resolves when the bytes are shown: until then no more than a few others come. */
type SerialListener = (port: OutputPort, bytes: Uint8Array | 'cleared') => void | Promise<void>

export interface MachineOptions {
  connection: Connection
  onError(error: unknown): void
  /** What a machine logs from its first instruction on; nothing when absent. */
  logAtStart?: () => LogFilter | undefined
  /** What a boot from there asks for. */
  bootArguments(source: BootSource): CallArgs['machines.boot']
  /** Where the machine's name outlives a reload of the page. */
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

const off: Omit<MachineView, 'font'> = {
  phase: 'off',
  machine: undefined,
  last: undefined,
  screen: undefined,
  state: undefined,
  speed: undefined,
  report: undefined,
  received: forOutputPorts(() => 0),
}
const STORAGE_KEY = 'bootlab.machine'
/** Codes that say that a machine is no more. */
const GONE = new Set(['not-found', 'ended'])
/** So long the machine's speed is measured over. */
const SPEED_MS = 500
/** Serial bytes kept per port for a pane that opens later. */
const MAX_REPLAY = 256 * 1024

/** A state that tells of the same pause again carries the same object, so that a pause is seen once. */
function samePause(before: MachineState | undefined, now: MachineState): MachineState {
  const known = before?.instructions === now.instructions ? before.paused : undefined
  return known !== undefined && JSON.stringify(known) === JSON.stringify(now.paused) ? { ...now, paused: known } : now
}

export type Machine = ReturnType<typeof createMachine>

export function createMachine({ connection, onError, storage, bootArguments, logAtStart }: MachineOptions) {
  const store: StoreApi<MachineView> = createStore<MachineView>(() => ({ ...off, font: undefined }))
  const serialListeners = new Set<SerialListener>()
  const replay = forOutputPorts<Uint8Array[]>(() => [])
  const soundListeners = new Set<(tones: readonly Tone[]) => void>()
  let watching: AbortController | undefined
  /** The screen that came last: an older one that is made later is not shown. */
  let latest: SentScreen | undefined
  let preparation: Preparation | undefined
  /** Counts what takes the place of the machine shown. */
  let boots = 0

  async function loadFont(): Promise<void> {
    if (!store.getState().font) store.setState({ font: await connection.call('machines.font', {}) })
  }

  function clearSerial(): void {
    for (const port of OUTPUT_PORTS) {
      replay[port] = []
      for (const listener of serialListeners) void listener(port, 'cleared')
    }
    store.setState({ received: forOutputPorts(() => 0) })
  }

  async function receive(port: OutputPort, bytes: Uint8Array): Promise<void> {
    const kept = replay[port]
    kept.push(bytes)
    let size = kept.reduce((sum, chunk) => sum + chunk.length, 0)
    while (size > MAX_REPLAY && kept.length > 1) size -= kept.shift()?.length ?? 0
    store.setState(({ received }) => ({ received: { ...received, [port]: received[port] + bytes.length } }))
    await Promise.all([...serialListeners].map((listener) => listener(port, bytes)))
  }

  /** Text at once; graphics, which take a moment, in their order. */
  function showScreen(sent: SentScreen): void | Promise<void> {
    latest = sent
    if (sent.mode === 'text') {
      store.setState({ screen: sent })
      return undefined
    }
    return receivedScreen(sent).then((screen) => {
      if (latest === sent) store.setState({ screen })
    }, onError)
  }

  /** Watches until the machine ends, the connection drops or another machine takes its place. */
  async function watch(machine: string): Promise<void> {
    watching?.abort()
    const controller = new AbortController()
    watching = controller
    clearSerial()
    measured = undefined
    store.setState({ phase: 'on', machine, report: undefined, speed: undefined })
    try {
      const report = await connection.listen(
        'machines.watch',
        { machine },
        (event) => {
          if (watching !== controller) return undefined
          if (event.type === 'serial') return receive(event.port, withNotice(fromBase64(event.data), event.lost))
          if (event.type === 'state') noteState(event.state)
          else if (event.type === 'sound') for (const listener of soundListeners) listener(event.tones)
          else return showScreen(event.screen)
          return undefined
        },
        { signal: controller.signal },
      )
      if (watching === controller) end(report)
    } catch (error) {
      if (watching !== controller) return
      const { code } = toFailure(error)
      // A dropped connection leaves the machine running: `resume` looks for it when the connection is back.
      if (code === 'disconnected' || code === 'cancelled') return
      storage.removeItem(STORAGE_KEY)
      watching = undefined
      store.setState(off)
      // A machine of before a restart of the lab is gone, which is no failure.
      if (!GONE.has(code)) onError(error)
    }
  }

  /** The state that the speed is measured from. */
  let measured: MachineState | undefined

  function noteState(state: MachineState): void {
    const passed = measured === undefined ? undefined : state.milliseconds - measured.milliseconds
    const done = measured === undefined ? 0 : state.instructions - measured.instructions
    // A reset begins to count anew.
    if (measured === undefined || done < 0) measured = state
    store.setState({ state: samePause(store.getState().state, state) })
    if (passed === undefined || done < 0 || passed < SPEED_MS) return
    measured = state
    store.setState({ speed: (done / passed) * 1000 })
  }

  function end(report: MachineReport): void {
    watching = undefined
    storage.removeItem(STORAGE_KEY)
    store.setState(({ state, machine }) => ({
      phase: 'ended',
      machine: undefined,
      last: machine,
      speed: undefined,
      report,
      state: state && { ...state, status: 'ended', instructions: report.instructions },
    }))
  }

  /** Lets go of the machine shown; the lab ends it while this window moves on. */
  function release(): void {
    const { machine } = store.getState()
    watching?.abort()
    watching = undefined
    latest = undefined
    boots++
    if (machine === undefined) return
    store.setState({ machine: undefined })
    endUnseen(machine)
  }

  const endUnseen = (machine: string): void => void connection.call('machines.stop', { machine }).catch(onGone)

  /** @param pauseAt where the machine pauses, the first time it comes there */
  async function boot(source: BootSource, pauseAt?: BootPause): Promise<void> {
    release()
    const mine = boots
    store.setState({ ...off, phase: 'starting' })
    try {
      const log = logAtStart?.()
      const waiting = preparation?.wanted() === true ? preparation : undefined
      const pause = waiting ? 'reset' : pauseAt
      const { machine } = await connection.call('machines.boot', { ...bootArguments(source), ...(pause === undefined ? {} : { pauseAt: pause }), ...(log ? { log } : {}) })
      if (boots === mine) await waiting?.prepare(machine, pauseAt)
      // Meanwhile another boot began, or another project was opened: nobody would ever see this machine.
      if (boots !== mine) return endUnseen(machine)
      storage.setItem(STORAGE_KEY, machine)
      void watch(machine)
    } catch (error) {
      if (boots === mine) store.setState(off)
      throw error
    }
  }

  /** A machine that goes on from a saved state takes the place of the one shown, which is let go only when that has worked. */
  async function loadState(source: BootSource, state: string): Promise<void> {
    const waiting = preparation?.wanted() === true ? preparation : undefined
    const { machine } = await connection.call('machines.boot', { ...bootArguments(source), state, ...(waiting ? { pauseAt: 'reset' } : {}) })
    release()
    const mine = boots
    store.setState({ ...off, phase: 'starting' })
    await waiting?.prepare(machine, undefined)
    if (boots !== mine) return endUnseen(machine)
    storage.setItem(STORAGE_KEY, machine)
    void watch(machine)
  }

  /** Ends the machine; its report arrives over the watch. */
  async function stop(): Promise<void> {
    const { machine } = store.getState()
    if (machine !== undefined) await connection.call('machines.stop', { machine })
  }

  /** The machine's thread saves between two slices of the guest, which goes on. */
  async function saveState(path: string): Promise<void> {
    const { machine } = store.getState()
    if (machine !== undefined) await connection.call('machines.saveState', { machine, path })
  }

  async function reset(): Promise<void> {
    const { machine } = store.getState()
    if (machine !== undefined) await connection.call('machines.reset', { machine })
  }

  /** Switches off and clears the screen: another project was opened. */
  function clear(): void {
    release()
    storage.removeItem(STORAGE_KEY)
    store.setState(off)
    clearSerial()
  }

  /** Shows the machine again that ran before the page was reloaded or the connection dropped. */
  function resume(): void {
    const machine = store.getState().machine ?? storage.getItem(STORAGE_KEY)
    if (machine !== null && machine !== undefined) void watch(machine)
  }

  function sendKeys(events: KeyEvent[]): void {
    const { machine } = store.getState()
    if (machine !== undefined) connection.call('machines.keys', { machine, events }).catch(onGone)
  }

  function sendMouse(moves: MouseMove[]): void {
    const { machine } = store.getState()
    if (machine !== undefined) connection.call('machines.mouse', { machine, moves }).catch(onGone)
  }

  function sendSerial(bytes: Uint8Array, port: SerialPort): void {
    const { machine } = store.getState()
    if (machine !== undefined) connection.call('machines.serialInput', { machine, port, data: toBase64(bytes) }).catch(onGone)
  }

  /** Input may cross the machine's end on its way: no fault of anybody. */
  function onGone(error: unknown): void {
    if (!GONE.has(toFailure(error).code)) onError(error)
  }

  /** Listens to serial bytes; first gets what came before. Returns a function that removes the listener. */
  function onSerial(listener: SerialListener): () => void {
    for (const port of OUTPUT_PORTS) for (const bytes of replay[port]) void listener(port, bytes)
    serialListeners.add(listener)
    return () => serialListeners.delete(listener)
  }

  /** Listens to the speaker. Returns a function that removes the listener. */
  function onSound(listener: (tones: readonly Tone[]) => void): () => void {
    soundListeners.add(listener)
    return () => soundListeners.delete(listener)
  }

  /** Whoever has something to do before the guest runs. */
  const prepareBoots = (how: Preparation): void => void (preparation = how)

  return { store, prepareBoots, loadFont, boot, stop, reset, saveState, loadState, clear, resume, sendKeys, sendMouse, sendSerial, onSerial, onSound }
}
