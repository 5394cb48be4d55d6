import { expect, test, vi } from 'vitest'
import type { MachineState } from '../../../shared/machine-schemas'
import { createLab, type Lab } from '../../app/lab'
import { runCommand } from '../../app/commands'
import { NO_CODE } from '../../testing/fake-debug'
import { createFakeServices, DIRECTORY } from '../../testing/fake-services'
import { memoryStorage } from '../../testing/memory-storage'
import { speedOf } from './debugger'

// A loaded computer takes its time.
vi.setConfig({ testTimeout: 30_000 })
const soon = (check: () => void): Promise<void> => vi.waitFor(check, 10_000)

type Services = ReturnType<typeof createFakeServices>

async function openLab(services: Services, sessionStorage = memoryStorage()): Promise<Lab> {
  const lab = createLab({ openPort: services.openPort, localStorage: memoryStorage(), sessionStorage })
  lab.connection.start()
  await soon(() => expect(lab.projects.store.getState().view).not.toBe('starting'))
  if (!lab.projects.store.getState().project) await lab.openProject(DIRECTORY)
  return lab
}

async function boot(lab: Lab, services: Services): Promise<void> {
  runCommand(lab, 'machine.boot')
  await soon(() => expect(services.machines.size).toBe(1))
  services.log.length = 0
}

const running: MachineState = { status: 'running', instructions: 10, cpuMode: 'long', milliseconds: 5 }
const pausedAt = (address: string, instructions = 10): MachineState => ({ ...running, instructions, paused: { reason: { type: 'user' }, address } })

function tell(services: Services, state: MachineState): void {
  for (const machine of services.machines.values()) machine.emit({ type: 'state', state })
}

const state = (lab: Lab) => lab.debug.store.getState()
const placedOf = (lab: Lab, index = 0) => state(lab).placed[state(lab).breakpoints[index]?.id ?? -1]

test('breakpoints belong to their project, and outlive the window', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  lab.debug.toggleLine('kernel.c', 7)
  lab.debug.add({ kind: 'triple-fault' }, { when: 'from', count: 2 })
  lab.debug.toggleLine('kernel.c', 3)
  lab.debug.toggleLine('kernel.c', 3)
  lab.leave()
  await soon(() => expect(services.ui()).toHaveProperty('breakpoints'))
  const again = await openLab(services)
  expect(state(again).breakpoints).toMatchObject([
    { spec: { kind: 'code', at: { file: 'kernel.c', line: 7 } }, enabled: true },
    { spec: { kind: 'triple-fault' }, condition: { when: 'from', count: 2 } },
  ])
  again.debug.open('/projects/other')
  expect(state(again).breakpoints).toEqual([])
})

test('they are set before the guest runs, and only then it goes on: to where it was to pause', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  runCommand(lab, 'machine.boot')
  await soon(() => expect(services.machines.size).toBe(1))
  // Without any the machine has nothing to wait for.
  expect(services.log).toEqual(['build', 'boot'])
  services.log.length = 0
  lab.debug.toggleLine('kernel.c', 7)
  await soon(() => expect(services.log).toEqual(['set code']))
  services.log.length = 0
  runCommand(lab, 'debug.bootAtKernel')
  await soon(() => expect(services.log).toContain('resume to kernel'))
  expect(services.log.filter((line) => !line.startsWith('stop'))).toEqual(['build', 'boot paused at reset', 'set code', 'speed realtime', 'resume to kernel'])
  services.log.length = 0
  runCommand(lab, 'debug.bootAtReset')
  await soon(() => expect(services.log).toContain('speed realtime'))
  expect(services.log).not.toContain('resume')
})

test('each tells where it is in the machine, or why it is nowhere', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  lab.debug.toggleLine('kernel.c', 7)
  lab.debug.toggleLine('kernel.c', NO_CODE)
  expect(placedOf(lab)).toBeUndefined()
  await boot(lab, services)
  await soon(() => expect(placedOf(lab, 0)).toMatchObject({ places: [{ address: '0x1007', source: { line: 7 } }] }))
  expect(placedOf(lab, 1)).toEqual({ failure: { code: 'not-found', what: 'There is no such place.' } })
  // The same place, however it is named.
  expect(lab.debug.at('0x1007')).toHaveLength(1)
  lab.debug.toggleAddress('0x1007')
  expect(state(lab).breakpoints).toHaveLength(1)
  await soon(() => expect(services.debug.breakpoints.size).toBe(0))
  runCommand(lab, 'machine.stop')
  await soon(() => expect(state(lab).placed).toEqual({}))
})

test('what is changed or taken away while it is being set holds in the machine, too', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  await boot(lab, services)
  let open = (): void => undefined
  services.debug.gate.closed = new Promise((resolve) => (open = resolve))
  lab.debug.toggleLine('kernel.c', 1)
  lab.debug.toggleLine('kernel.c', 2)
  const [first, second] = state(lab).breakpoints
  lab.debug.remove(first?.id ?? 0)
  lab.debug.change(second?.id ?? 0, { enabled: false, condition: { when: 'only', count: 4 } })
  open()
  await soon(() => expect([...services.debug.breakpoints.values()]).toMatchObject([{ spec: { addresses: ['0x1002'] }, enabled: false, condition: { when: 'only', count: 4 } }]))
  lab.debug.change(second?.id ?? 0, { enabled: true, condition: null })
  await soon(() => expect([...services.debug.breakpoints.values()]).toMatchObject([{ enabled: true }]))
  expect([...services.debug.breakpoints.values()][0]).not.toHaveProperty('condition')
  expect(state(lab).breakpoints[0]).not.toHaveProperty('condition')
  lab.debug.remove(second?.id ?? 0)
  await soon(() => expect(services.debug.breakpoints.size).toBe(0))
})

test('a machine of before a reload of the page gets them anew', async () => {
  const services = createFakeServices()
  const session = memoryStorage()
  const lab = await openLab(services, session)
  lab.debug.toggleLine('kernel.c', 7)
  await boot(lab, services)
  await soon(() => expect(services.debug.breakpoints.size).toBe(1))
  const [before] = services.debug.breakpoints.keys()
  lab.leave()
  await soon(() => expect(services.ui()).toHaveProperty('breakpoints'))
  const again = await openLab(services, session)
  await soon(() => expect(placedOf(again)).toBeDefined())
  expect(services.debug.breakpoints.size).toBe(1)
  expect([...services.debug.breakpoints.keys()]).not.toEqual([before])
})

test('they follow their lines, and the machine keeps what was built', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  lab.debug.toggleLine('kernel.c', 7)
  lab.debug.toggleLine('entry.S', 7)
  await boot(lab, services)
  const [id] = state(lab).breakpoints.map((one) => one.id)
  lab.debug.moveLines('kernel.c', new Map([[id ?? 0, 9]]))
  expect(state(lab).breakpoints.map(({ spec }) => spec)).toMatchObject([{ at: { file: 'kernel.c', line: 9 } }, { at: { file: 'entry.S', line: 7 } }])
  expect(services.log).toEqual([])
})

test('a pause is one pause however often it is told, and is looked up', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  await boot(lab, services)
  tell(services, pausedAt('0x1007'))
  await soon(() => expect(state(lab).here).toMatchObject({ address: '0x1007', source: { line: 7 } }))
  const pause = lab.machine.store.getState().state?.paused
  tell(services, { ...pausedAt('0x1007'), milliseconds: 9 })
  await soon(() => expect(lab.machine.store.getState().state?.milliseconds).toBe(9))
  expect(lab.machine.store.getState().state?.paused).toBe(pause)
  // A step that comes back to the same instruction is another one.
  tell(services, pausedAt('0x1007', 11))
  await soon(() => expect(lab.machine.store.getState().state?.paused).not.toBe(pause))
  tell(services, running)
  await soon(() => expect(state(lab).here).toBeUndefined())
})

test('commands of a paused machine ask it; a running one is only paused', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  await boot(lab, services)
  expect(runCommand(lab, 'debug.stepOver')).toBe(false)
  runCommand(lab, 'debug.pause')
  await soon(() => expect(services.log).toEqual(['pause']))
  tell(services, pausedAt('0x1007'))
  await soon(() => expect(lab.context.getState().paused).toBe(true))
  for (const id of ['debug.stepOver', 'debug.stepInto', 'debug.stepOut', 'debug.stepInstruction', 'debug.continue', 'debug.pause'] as const) expect(runCommand(lab, id), id).toBe(true)
  await soon(() => expect(services.log).toEqual(['pause', 'step over line', 'step into line', 'step out instruction', 'step into instruction', 'resume', 'resume']))
})

test('a slow speed begins with the first pause; a fast one before the guest runs', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  lab.settings.set('machineSpeed', 'fast')
  runCommand(lab, 'machine.boot')
  await soon(() => expect(services.log).toEqual(['build', 'boot paused at reset', 'speed fast', 'resume']))
  lab.settings.set('machineSpeed', 'slow-10')
  await soon(() => expect(services.log.at(-1)).toBe('speed slow'))
  services.log.length = 0
  runCommand(lab, 'machine.boot')
  await soon(() => expect(services.machines.size).toBe(1))
  await soon(() => expect(lab.machine.store.getState().phase).toBe('on'))
  expect(services.log.filter((line) => line.startsWith('speed'))).toEqual([])
  tell(services, pausedAt('0x1007'))
  await soon(() => expect(services.log).toContain('speed slow'))
  expect(speedOf('slow-10')).toEqual({ pace: 'slow', instructionsPerSecond: 10 })
})

test('to pause at a fault sets the one breakpoint that does, once', async () => {
  const services = createFakeServices()
  const lab = await openLab(services)
  await boot(lab, services)
  runCommand(lab, 'machine.stop')
  await soon(() => expect(lab.context.getState().machine).toBe('ended'))
  expect(lab.machine.store.getState().last).toBeDefined()
  services.log.length = 0
  runCommand(lab, 'debug.bootAtFault')
  await soon(() => expect(services.log).toEqual(['boot paused at reset', 'set triple-fault', 'speed realtime', 'resume']))
  await soon(() => expect(lab.context.getState().machine).toBe('on'))
  lab.debug.change(state(lab).breakpoints[0]?.id ?? 0, { enabled: false })
  expect(runCommand(lab, 'debug.bootAtFault')).toBe(true)
  expect(state(lab).breakpoints).toMatchObject([{ spec: { kind: 'triple-fault' }, enabled: true }])
})
