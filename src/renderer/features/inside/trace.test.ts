import { expect, test, vi } from 'vitest'
import { createStore } from 'zustand/vanilla'
import type { LogEntry, LogEvent } from '../../../shared/debug'
import type { Connection } from '../../app/connection'
import type { DockState } from '../../app/dock'
import type { MachineView } from '../machine/machine'
import { createTrace, MOST_KEPT } from './trace'

const call = (instructions: number): LogEntry => ({ kind: 'bios', instructions, vector: 0x13, ax: 0x4200, name: 'Extended read', arguments: [], results: [], carry: false, caller: { cs: 0, ip: 0x7c00 } })

/** A trace over a connection whose streams the test feeds. */
function setUp(open: DockState['open'] = ['trace']) {
  const streams: { machine: string; filter: unknown; signal: AbortSignal | undefined; emit(event: LogEvent): void; fail(error: unknown): void }[] = []
  const connected: ((first: boolean) => void)[] = []
  const connection: Pick<Connection, 'listen' | 'onConnected'> = {
    listen: (_name, args, onEvent, options) =>
      new Promise((_resolve, reject) => {
        const { machine, filter } = Object(args)
        streams.push({ machine, filter, signal: options?.signal, emit: (event) => void Reflect.apply(onEvent, undefined, [event]), fail: reject })
      }),
    onConnected: (listener) => void connected.push(listener),
  }
  const dock = { store: createStore<DockState>(() => ({ open, active: undefined, maximized: false })) }
  const machine = { store: createStore<Pick<MachineView, 'machine'>>(() => ({ machine: undefined })) }
  const onError = vi.fn<(error: unknown) => void>()
  const trace = createTrace({ connection, dock, onError, paint: () => Promise.resolve() })
  trace.follow(machine)
  return { trace, streams, connected, dock, machine, onError }
}

test('what is wanted from the first instruction on is what is listened to', () => {
  const { trace, streams, machine } = setUp()
  expect(trace.wanted()).toEqual({ bios: {} })
  machine.store.setState({ machine: 'm1' })
  expect(streams).toMatchObject([{ machine: 'm1', filter: { bios: {} } }])
  streams[0]?.emit({ entries: [call(1), call(2)], lost: 0 })
  streams[0]?.emit({ entries: [call(9)], lost: 5 })
  expect(trace.store.getState()).toMatchObject({ lost: 5, rows: [{ entry: { instructions: 1 } }, { entry: { instructions: 2 } }, { lost: 5 }, { entry: { instructions: 9 } }] })
})

test('nothing is recorded while the panel is closed', () => {
  const { trace, streams, machine, dock } = setUp([])
  machine.store.setState({ machine: 'm1' })
  expect([trace.wanted(), streams]).toEqual([undefined, []])
  dock.store.setState({ open: ['trace'] })
  expect(streams).toHaveLength(1)
  dock.store.setState({ open: [] })
  expect(streams[0]?.signal?.aborted).toBe(true)
})

test('another filter is another stream; what is filtered in the window alone is not', () => {
  const { trace, streams, machine } = setUp()
  machine.store.setState({ machine: 'm1' })
  trace.change({ text: 'read' })
  expect(streams).toHaveLength(1)
  trace.change({ ports: true, ranges: '60' })
  expect(streams[0]?.signal?.aborted).toBe(true)
  expect(streams[1]).toMatchObject({ filter: { bios: {}, ports: { ranges: [{ first: 0x60, last: 0x60 }] } } })
  trace.record(false)
  expect([streams[1]?.signal?.aborted, trace.wanted()]).toEqual([true, undefined])
})

test('what a machine said is there when it has ended, and goes with the next one', () => {
  const { trace, streams, machine } = setUp()
  machine.store.setState({ machine: 'm1' })
  streams[0]?.emit({ entries: [call(1)], lost: 0 })
  machine.store.setState({ machine: undefined })
  expect(streams[0]?.signal?.aborted).toBe(false)
  // Its last entries come after its end.
  streams[0]?.emit({ entries: [call(2)], lost: 0 })
  expect(trace.store.getState().rows).toHaveLength(2)
  machine.store.setState({ machine: 'm2' })
  expect(trace.store.getState().rows).toHaveLength(0)
  expect([streams[0]?.signal?.aborted, streams[1]?.machine]).toEqual([true, 'm2'])
})

test('only the last entries are kept', () => {
  const { trace, streams, machine } = setUp()
  machine.store.setState({ machine: 'm1' })
  for (let batch = 0; batch < 3; batch++) streams[0]?.emit({ entries: Array.from({ length: MOST_KEPT / 2 }, (_, index) => call(batch * 100_000 + index)), lost: 0 })
  const { rows, dropped } = trace.store.getState()
  expect([rows.length, dropped]).toEqual([MOST_KEPT, MOST_KEPT / 2])
  expect(rows[0]).toMatchObject({ entry: { instructions: 100_000 } })
})

test('a connection that comes back goes on; a failure is told', async () => {
  const { streams, machine, connected, onError } = setUp()
  machine.store.setState({ machine: 'm1' })
  streams[0]?.fail({ code: 'disconnected', what: 'gone' })
  await vi.waitFor(() => {
    for (const hear of connected) hear(false)
    expect(streams).toHaveLength(2)
  })
  streams[1]?.fail(new Error('broken'))
  await vi.waitFor(() => expect(onError).toHaveBeenCalled())
})
