import { describe, expect, it, vi } from 'vitest'
import { portPair } from '../../tests/support/port-pair'
import { createClient, MAX_MESSAGE_LENGTH, MAX_OPEN_REQUESTS, serveChannel, type Handlers } from './channel'
import { calls, streams } from './contract'
import { LabError } from './failure'
import type { MachineReport } from './machine-schemas'

const unexpected = (): Promise<never> => Promise.reject(new LabError({ code: 'unexpected', what: 'not part of this test' }))

/** Every name with a function that fails; the guards make the type honest by looking at each name. */
const failAll = (table: object): object => Object.fromEntries(Object.keys(table).map((name) => [name, unexpected]))
const answersCalls = (value: object): value is Handlers['calls'] => Object.keys(calls).every((name) => name in value)
const answersStreams = (value: object): value is Handlers['streams'] => Object.keys(streams).every((name) => name in value)

function handlers(own: { calls?: Partial<Handlers['calls']>; streams?: Partial<Handlers['streams']> }): Handlers {
  const allCalls = { ...failAll(calls), ...own.calls }
  const allStreams = { ...failAll(streams), ...own.streams }
  if (!answersCalls(allCalls) || !answersStreams(allStreams)) throw new Error('a handler is missing')
  return { calls: allCalls, streams: allStreams }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
const template = { id: 'a', title: 'A', teaches: 'Something.', language: 'c', step: 1 }
const report: MachineReport = { reason: 'stopped', summary: 'Stopped.', lines: [], instructions: 7 }

describe('channel', () => {
  it('carries a call and its result', async () => {
    const [client, server] = portPair()
    serveChannel(server, handlers({ calls: { 'templates.list': async () => [template] } }))
    expect(await createClient(client).call('templates.list', {})).toEqual([template])
  })

  it('carries a failure with all its parts', async () => {
    const failure = { code: 'not-found', what: 'No such folder.', where: '/x', why: 'It was moved.', next: 'Open another.' }
    const [client, server] = portPair()
    serveChannel(server, handlers({ calls: { 'projects.open': () => Promise.reject(new LabError(failure)) } }))
    await expect(createClient(client).call('projects.open', { directory: '/x' })).rejects.toMatchObject({ failure })
  })

  it('refuses arguments that do not fit, without calling the handler', async () => {
    const open = vi.fn(unexpected)
    const [client, server] = portPair()
    serveChannel(server, handlers({ calls: { 'projects.open': open } }))
    await expect(createClient(client).call('projects.open', { directory: '' })).rejects.toMatchObject({ failure: { code: 'bad-request' } })
    expect(open).not.toHaveBeenCalled()
  })

  it('refuses a result that does not fit its schema', async () => {
    const [client, server] = portPair()
    server.onMessage(() => server.send(JSON.stringify({ kind: 'end', id: 1, value: [{ id: 5 }] })))
    await expect(createClient(client).call('templates.list', {})).rejects.toMatchObject({ failure: { code: 'internal' } })
  })

  it.each(['toString', '__proto__', 'projects.steal'])('knows no call named %s', async (name) => {
    const [client, server] = portPair()
    serveChannel(server, handlers({}))
    const answers: string[] = []
    client.onMessage((message) => answers.push(message))
    client.send(JSON.stringify({ kind: 'call', id: 1, name, args: {} }))
    await settle()
    expect(JSON.parse(answers[0] ?? '')).toMatchObject({ kind: 'failure', id: 1, failure: { code: 'bad-request' } })
  })

  it('delivers events in order, then the end', async () => {
    const [client, server] = portPair()
    serveChannel(
      server,
      handlers({
        streams: {
          'machines.watch': async (_args, { emit }) => {
            for (let n = 1; n <= 3; n++) {
              emit({ type: 'state', state: { status: 'running', instructions: n, cpuMode: 'real', milliseconds: 0 } })
            }
            return report
          },
        },
      }),
    )
    const seen: number[] = []
    const end = await createClient(client).listen('machines.watch', { machine: 'm' }, (event) => {
      if (event.type === 'state') seen.push(event.state.instructions)
    })
    expect(seen).toEqual([1, 2, 3])
    expect(end).toEqual(report)
  })

  it('tells a stream how many events its reader has not dealt with', async () => {
    const [client, server] = portPair()
    const counts: number[] = []
    let finish: (() => void) | undefined
    serveChannel(
      server,
      handlers({
        streams: {
          'builds.run': async (_args, { emit, unread, onRead }) => {
            onRead(() => counts.push(unread()))
            for (const text of ['slow', 'quick', 'quick']) emit({ steps: [], lines: [{ level: 'info', text }] })
            counts.push(unread())
            await new Promise<void>((resolve) => (finish = resolve))
            throw new LabError({ code: 'unexpected', what: 'over' })
          },
        },
      }),
    )
    let dealtWith: (() => void) | undefined
    const lab = createClient(client)
    const slow = new Promise<void>((resolve) => (dealtWith = resolve))
    const build = lab.listen('builds.run', { directory: '/p' }, ({ lines }) => (lines[0]?.text === 'slow' ? slow : undefined))
    await settle()
    expect(counts).toEqual([3, 2, 1])
    dealtWith?.()
    await settle()
    expect(counts).toEqual([3, 2, 1, 0])
    // One that claims more than it was told: nothing happens.
    client.send(JSON.stringify({ kind: 'read', id: 1 }))
    client.send(JSON.stringify({ kind: 'read', id: 77 }))
    await settle()
    expect(counts).toEqual([3, 2, 1, 0])
    finish?.()
    await expect(build).rejects.toMatchObject({ failure: { code: 'unexpected' } })
  })

  it('cancels: the handler hears it, the caller is told at once, no event follows', async () => {
    const [client, server] = portPair()
    let serverSignal: AbortSignal | undefined
    let emitLate: (() => void) | undefined
    serveChannel(
      server,
      handlers({
        streams: {
          'builds.run': (_args, { signal, emit }) => {
            serverSignal = signal
            emitLate = () => emit({ steps: [], lines: [{ level: 'info', text: 'late' }] })
            return new Promise(() => undefined)
          },
        },
      }),
    )
    const controller = new AbortController()
    const onEvent = vi.fn()
    const build = createClient(client).listen('builds.run', { directory: '/p' }, onEvent, { signal: controller.signal })
    await settle()
    controller.abort()
    await expect(build).rejects.toMatchObject({ failure: { code: 'cancelled' } })
    await settle()
    expect(serverSignal?.aborted).toBe(true)
    emitLate?.()
    await settle()
    expect(onEvent).not.toHaveBeenCalled()
  })

  it('aborts the work and fails the waiting when the port closes', async () => {
    const [client, server] = portPair()
    let serverSignal: AbortSignal | undefined
    serveChannel(
      server,
      handlers({
        calls: {
          'doctor.run': (_args, { signal }) => {
            serverSignal = signal
            return new Promise(() => undefined)
          },
        },
      }),
    )
    const lab = createClient(client)
    const doctor = lab.call('doctor.run', {})
    const onDisconnect = vi.fn()
    lab.onDisconnect(onDisconnect)
    await settle()
    client.close()
    await expect(doctor).rejects.toMatchObject({ failure: { code: 'disconnected' } })
    expect(serverSignal?.aborted).toBe(true)
    expect(onDisconnect).toHaveBeenCalledOnce()
    expect(lab.connected).toBe(false)
    await expect(lab.call('doctor.run', {})).rejects.toMatchObject({ failure: { code: 'disconnected' } })
  })

  it.each([
    ['not JSON', 'hello'],
    ['an unknown kind', JSON.stringify({ kind: 'shout', id: 1 })],
    ['an extra key', JSON.stringify({ kind: 'cancel', id: 1, more: true })],
    ['a negative id', JSON.stringify({ kind: 'cancel', id: -1 })],
    ['a number', '42'],
    ['oversize', JSON.stringify({ kind: 'call', id: 1, name: 'app.info', args: 'x'.repeat(MAX_MESSAGE_LENGTH) })],
  ])('closes the port on a message that is %s', async (_case, message) => {
    const [client, server] = portPair()
    const onDefect = vi.fn()
    const closed = vi.fn()
    serveChannel(server, handlers({}), { onDefect })
    client.onClose(closed)
    client.send(message)
    await settle()
    expect(closed).toHaveBeenCalledOnce()
    expect(onDefect).toHaveBeenCalledOnce()
  })

  it('answers "busy" beyond the number of open requests', async () => {
    const [client, server] = portPair()
    serveChannel(server, handlers({ calls: { 'doctor.run': () => new Promise(() => undefined) } }))
    const lab = createClient(client)
    const waiting = Array.from({ length: MAX_OPEN_REQUESTS }, () => lab.call('doctor.run', {}))
    await expect(lab.call('doctor.run', {})).rejects.toMatchObject({ failure: { code: 'busy' } })
    lab.close()
    expect((await Promise.allSettled(waiting)).every((one) => one.status === 'rejected')).toBe(true)
  })
})
