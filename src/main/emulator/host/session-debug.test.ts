import { describe, expect, test, vi } from 'vitest'
import type { MachineState, Screen } from '../../../shared/machine-schemas'
import { bootSector } from '../debug/control/test-guest'
import type { MachineListener, StartOptions } from './options'
import { Session } from './session'

describe('a session that is debugged', () => {
  const start = (code: readonly number[], options: Partial<StartOptions> = {}, screen: MachineListener['screen'] = () => undefined): { session: Session; states: MachineState[] } => {
    const states: MachineState[] = []
    const listener: MachineListener = { screen, serial: () => undefined, state: (state) => void states.push(state), end: () => undefined }
    const session = new Session({ image: bootSector(code), memoryBytes: 1 << 20, backend: 'interp', pace: 'fast', ...options }, listener)
    void session.run()
    return { session, states }
  }
  const soon = (): Promise<void> => new Promise((done) => setTimeout(done, 50))

  test('says that it is paused from the beginning, steps one instruction, and goes on', async () => {
    const { session, states } = start([0x90, 0x90, 0xeb, 0xfe], { pauseAt: 'boot-sector' })
    await vi.waitFor(() => expect(states.at(-1)?.paused?.reason).toEqual({ type: 'boot', at: 'boot-sector' }), 5_000)
    const { instructions } = session.machine
    await session.ask('step', { step: 'into' })
    await vi.waitFor(() => expect(states.at(-1)?.paused).toEqual({ reason: { type: 'step' }, address: '0x7c01' }), 5_000)
    expect(session.machine.instructions).toBe(instructions + 1)
    await soon()
    expect(session.machine.instructions).toBe(instructions + 1)
    await session.ask('resume', {})
    expect(states.at(-1)?.paused).toBeUndefined()
    await vi.waitFor(() => expect(session.machine.instructions).toBeGreaterThan(instructions + 1000), 5_000)
    await expect(session.ask('step', { step: 'into' })).rejects.toThrow('not paused')
    await session.ask('pause', {})
    expect(states.at(-1)?.paused?.reason).toEqual({ type: 'user' })
    session.stop()
    await expect(session.ask('registers', {})).rejects.toThrow('has ended')
  })

  test('shows what was drawn just before it paused', async () => {
    // mov ax,B800h; mov es,ax; mov word [es:0],0741h; nop
    const screens: Screen[] = []
    const { session, states } = start([0xb8, 0x00, 0xb8, 0x8e, 0xc0, 0x26, 0xc7, 0x06, 0, 0, 0x41, 0x07, 0x90, 0xeb, 0xfe], { pauseAt: 'boot-sector' }, (screen) => void screens.push(screen))
    await vi.waitFor(() => expect(states.at(-1)?.paused).toBeDefined(), 5_000)
    await session.ask('runTo', { addresses: ['0x7c0c'] })
    await vi.waitFor(() => expect(states.at(-1)?.paused?.reason.type).toBe('reached'), 5_000)
    await vi.waitFor(() => expect(screens.at(-1)).toMatchObject({ mode: 'text', cells: expect.arrayContaining([0x0741]) }), 5_000)
    session.stop()
  })

  test('refuses malformed arguments and unknown breakpoints', async () => {
    const { session } = start([0xeb, 0xfe], { pauseAt: 'reset' })
    await expect(session.answer('memory', { space: 'linear', address: '0x0', bytes: 1e9 })).rejects.toThrow(/malformed/)
    await expect(session.ask('removeBreakpoint', { id: 5 })).rejects.toThrow('no breakpoint 5')
    session.stop()
  })

  test('goes at as many instructions a second as it is told', async () => {
    const { session, states } = start([0xeb, 0xfe], { pauseAt: 'boot-sector' })
    await vi.waitFor(() => expect(states.at(-1)?.paused).toBeDefined(), 5_000)
    await session.ask('setSpeed', { speed: { pace: 'slow', instructionsPerSecond: 100 } })
    const before = session.machine.instructions
    const started = performance.now()
    await session.ask('resume', {})
    await vi.waitFor(() => expect(session.machine.instructions - before).toBeGreaterThanOrEqual(20), 10_000)
    const most = ((performance.now() - started) * 100) / 1000 + 1
    expect(session.machine.instructions - before).toBeLessThanOrEqual(most)
    expect(performance.now() - started).toBeGreaterThanOrEqual(190)
    session.stop()
  })
})
