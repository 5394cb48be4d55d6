import { inflateSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import type { EventReader } from '../../shared/channel'
import type { MachineEvent } from '../../shared/contract'
import type { LogEntry, LogEvent } from '../../shared/debug'
import type { GraphicsScreen, MachineReport, MachineState, Screen } from '../../shared/machine-schemas'
import { FIRST_LOG, type MachineListener, type RunningMachine, type StartOptions } from '../emulator/host/options'
import { Machines, UNWATCHED_MILLISECONDS } from './machines'

const report: MachineReport = { reason: 'stopped', summary: 'Stopped.', lines: [], instructions: 5 }
const screen: Screen = { mode: 'text', columns: 1, rows: 1, cells: [0x741], cursor: { row: 0, column: 0, visible: true, start: 14, end: 15 }, blink: true }
const state: MachineState = { status: 'running', instructions: 5, cpuMode: 'real', milliseconds: 1 }
const options: StartOptions = { image: new Uint8Array(512), memoryBytes: 2 ** 20, backend: 'interp', pace: 'realtime' }

/** A starter whose machines do only what the test tells them. */
function doubles() {
  const started: { listener: MachineListener; machine: { [K in keyof Omit<RunningMachine, 'ask'>]: ReturnType<typeof vi.fn<RunningMachine[K]>> } & Pick<RunningMachine, 'ask'> }[] = []
  const machines = new Machines((_options, listener) => {
    const machine = { pause: vi.fn<() => void>(), resume: vi.fn<() => void>(), stop: vi.fn<() => void>(() => listener.end(report)), reset: vi.fn<() => void>(), hold: vi.fn<RunningMachine['hold']>(), keys: vi.fn<RunningMachine['keys']>(), mouse: vi.fn<RunningMachine['mouse']>(), type: vi.fn<RunningMachine['type']>(), serialInput: vi.fn<RunningMachine['serialInput']>(), ask: () => Promise.reject(new Error('Nobody asks here.')), log: vi.fn<RunningMachine['log']>() }
    started.push({ listener, machine })
    return machine
  })
  const last = () => {
    const one = started.at(-1)
    if (!one) throw new Error('no machine was started')
    return one
  }
  return { machines, last }
}

/** A reader that has read what it was told; with `slow`, only what the test says. */
function reader(emit: (event: MachineEvent) => void, slow = false): EventReader<MachineEvent> & { read(): void } {
  let unread = 0
  let listener: (() => void) | undefined
  return {
    emit(event) {
      if (slow) unread++
      emit(event)
    },
    unread: () => unread,
    onRead: (own) => (listener = own),
    read() {
      unread--
      listener?.()
    },
  }
}

/** A call of a BIOS service, told apart by its time. */
const call = (instructions: number): LogEntry => ({ kind: 'bios', instructions, vector: 0x10, ax: 0x0e41, name: 'Teletype output', arguments: [], results: [], carry: false, caller: { cs: 0, ip: 0x7c00 } })

function logReader(): EventReader<LogEvent> & { heard: number[] } {
  const heard: number[] = []
  return { heard, emit: ({ entries }) => void heard.push(...entries.map(({ instructions }) => instructions)), unread: () => 0, onRead: () => undefined }
}

const never = (): AbortSignal => new AbortController().signal

describe('Machines', () => {
  it('keeps the log of the start for the first who wants it, even when the machine has ended by then', async () => {
    const { machines, last } = doubles()
    const id = machines.boot({ ...options, log: { filter: { bios: {} } } })
    const { listener } = last()
    let followed = false
    void Promise.resolve(listener.log?.(FIRST_LOG, [call(1)], 0)).then(() => (followed = true))
    await Promise.resolve()
    // The machine's thread waits until somebody reads.
    expect(followed).toBe(false)
    void listener.log?.(FIRST_LOG, [call(2)], 0)
    listener.end(report)
    const reading = logReader()
    expect(await machines.log(id, { bios: {} }, reading, never())).toBeNull()
    expect(reading.heard).toEqual([1, 2])
    await Promise.resolve()
    expect(followed).toBe(true)
    await expect(machines.log(id, { bios: {} }, logReader(), never())).rejects.toMatchObject({ failure: { code: 'ended' } })
  })

  it('begins another log for who wants something else than the log of the start has', () => {
    const { machines, last } = doubles()
    const id = machines.boot({ ...options, log: { filter: { bios: {} } } })
    const { listener, machine } = last()
    void listener.log?.(FIRST_LOG, [call(1)], 0)
    const reading = logReader()
    void machines.log(id, { ports: {} }, reading, never())
    expect(machine.log.mock.calls).toEqual([[FIRST_LOG, undefined], [FIRST_LOG + 1, { ports: {} }]])
    void listener.log?.(FIRST_LOG + 1, [call(9)], 0)
    expect(reading.heard).toEqual([9])
  })

  it('shows a newcomer how things stand, then what changes, then the report', async () => {
    const { machines, last } = doubles()
    const id = machines.boot(options)
    const { listener } = last()
    listener.screen(screen)
    listener.serial('com1', new Uint8Array([0x68]))
    listener.serial('com1', new Uint8Array([0x69]))
    listener.state(state)
    const events: MachineEvent[] = []
    const watched = machines.watch(id, reader((event) => events.push(event)), never())
    expect(events).toEqual([
      { type: 'screen', screen },
      { type: 'serial', port: 'com1', data: Buffer.from('hi').toString('base64') },
      { type: 'state', state },
    ])
    listener.serial('debug', new Uint8Array([0]))
    listener.end(report)
    expect(await watched).toEqual(report)
    expect(events.at(-1)).toEqual({ type: 'serial', port: 'debug', data: 'AA==' })
    listener.state(state)
    expect(events).toHaveLength(4)
    expect(await machines.watch(id, reader(() => undefined), never())).toEqual(report)
  })

  it('keeps the last 256 KiB of serial output', async () => {
    const { machines, last } = doubles()
    const id = machines.boot(options)
    for (let chunk = 0; chunk < 100; chunk++) last().listener.serial('com1', new Uint8Array(10_000).fill(chunk))
    const seen: Buffer[] = []
    void machines.watch(id, reader((event) => event.type === 'serial' && seen.push(Buffer.from(event.data, 'base64'))), never())
    const all = Buffer.concat(seen)
    expect(all).toHaveLength(256 * 1024)
    expect(all.at(-1)).toBe(99)
    expect(all.at(-10_001)).toBe(98)
    await machines.close()
  })

  it('tells a slow reader the latest screen, the last serial output and how much it missed', async () => {
    const { machines, last } = doubles()
    const id = machines.boot(options)
    const { listener } = last()
    const events: MachineEvent[] = []
    const slow = reader((event) => events.push(event), true)
    const watched = machines.watch(id, slow, never())
    const bytes = (fill: number, length: number): Uint8Array => new Uint8Array(length).fill(fill)
    for (const fill of [1, 2, 3]) listener.serial('com1', bytes(fill, 1))
    for (let instructions = 1; instructions < 100; instructions++) {
      listener.screen({ ...screen, cells: [instructions] })
      listener.state({ ...state, instructions })
      listener.serial('com1', bytes(4, 10_000))
    }
    expect(events.map(({ type }) => type)).toEqual(['serial', 'serial', 'serial'])
    events.length = 0
    slow.read()
    expect(events).toEqual([{ type: 'screen', screen: { ...screen, cells: [99] } }])
    slow.read()
    const lost = 99 * 10_000 - 256 * 1024
    expect(events[1]).toEqual({ type: 'serial', port: 'com1', data: Buffer.alloc(16 * 1024, 4).toString('base64'), lost })
    // The end waits for nobody: what is left comes before it.
    listener.end(report)
    expect(await watched).toEqual(report)
    const rest = events.slice(2)
    expect(rest.at(-1)).toEqual({ type: 'state', state: { ...state, instructions: 99 } })
    const serial = rest.flatMap((event) => (event.type === 'serial' ? [event] : []))
    expect(serial.every((event) => event.lost === undefined)).toBe(true)
    expect(serial.reduce((sum, { data }) => sum + Buffer.from(data, 'base64').length, 0)).toBe(256 * 1024 - 16 * 1024)
  })

  it('tells graphics deflated, the last one only, and never after what came later', async () => {
    const { machines, last } = doubles()
    const id = machines.boot(options)
    const { listener } = last()
    const events: MachineEvent[] = []
    const watched = machines.watch(id, reader((event) => events.push(event)), never())
    const graphics = (fill: number): GraphicsScreen => ({ mode: 'graphics', width: 2, height: 2, pixels: new Uint8Array(12).fill(fill) })
    const shown = (): (number | string | undefined)[] =>
      events.flatMap((event) => (event.type !== 'screen' ? [] : [event.screen.mode === 'text' ? 'text' : inflateSync(Buffer.from(event.screen.pixels, 'base64'))[0]]))
    for (const fill of [1, 2, 3]) listener.screen(graphics(fill))
    await vi.waitFor(() => expect(shown().at(-1)).toBe(3))
    expect(shown()).not.toContain(2)
    // Text overtakes a picture that is still being made.
    listener.screen(graphics(4))
    listener.screen(screen)
    listener.screen(graphics(5))
    listener.end(report)
    expect(await watched).toEqual(report)
    expect(shown().slice(-2)).toEqual(['text', 5])
    expect(shown()).not.toContain(4)
  })

  it('goes on running when a watcher leaves', async () => {
    const { machines, last } = doubles()
    const id = machines.boot(options)
    const leaving = new AbortController()
    const watcher = vi.fn()
    const watched = machines.watch(id, reader(watcher), leaving.signal)
    leaving.abort()
    await expect(watched).rejects.toMatchObject({ name: 'AbortError' })
    last().listener.state(state)
    expect(watcher).not.toHaveBeenCalled()
    expect(last().machine.stop).not.toHaveBeenCalled()
    machines.keys(id, [{ code: 'KeyA', down: true }])
    expect(last().machine.keys).toHaveBeenCalledWith([{ code: 'KeyA', down: true }])
    await machines.stop(id)
  })

  it('is ended when nobody watches it for a while, and not before', async () => {
    vi.useFakeTimers()
    try {
      const { machines, last } = doubles()
      const id = machines.boot(options)
      const leaving = new AbortController()
      await vi.advanceTimersByTimeAsync(UNWATCHED_MILLISECONDS - 1)
      const first = machines.watch(id, reader(() => undefined), leaving.signal)
      first.catch(() => undefined)
      await vi.advanceTimersByTimeAsync(2 * UNWATCHED_MILLISECONDS)
      leaving.abort()
      await expect(first).rejects.toMatchObject({ name: 'AbortError' })
      // A page that reloads comes back in time.
      await vi.advanceTimersByTimeAsync(UNWATCHED_MILLISECONDS - 1)
      const back = new AbortController()
      const second = machines.watch(id, reader(() => undefined), back.signal)
      second.catch(() => undefined)
      await vi.advanceTimersByTimeAsync(2 * UNWATCHED_MILLISECONDS)
      expect(last().machine.stop).not.toHaveBeenCalled()
      back.abort()
      await vi.advanceTimersByTimeAsync(UNWATCHED_MILLISECONDS)
      expect(last().machine.stop).toHaveBeenCalledOnce()
    } finally {
      vi.useRealTimers()
    }
  })

  it('refuses what an ended or unknown machine cannot do', async () => {
    const { machines } = doubles()
    const id = machines.boot(options)
    await machines.stop(id)
    await machines.stop(id)
    expect(() => machines.reset(id)).toThrow(/has ended/)
    expect(() => machines.keys('other', [])).toThrow(/no such machine/)
    await expect(machines.watch('other', reader(() => undefined), never())).rejects.toMatchObject({ failure: { code: 'not-found' } })
  })

  it('runs a few at once, forgets old ones, and ends all when it closes', async () => {
    const { machines, last } = doubles()
    const first = machines.boot(options)
    await machines.stop(first)
    for (let count = 0; count < 12; count++) await machines.stop(machines.boot(options))
    await expect(machines.stop(first)).rejects.toThrow(/no such machine/)
    for (let count = 0; count < 4; count++) machines.boot(options)
    expect(() => machines.boot(options)).toThrow(/4 machines run already/)
    await machines.close()
    expect(last().machine.stop).toHaveBeenCalledOnce()
  })
})
