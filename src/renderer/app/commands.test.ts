import { expect, test, vi } from 'vitest'
import { COMMANDS } from '../../shared/commands/table'
import { commandTexts, commandTitle } from '../../shared/commands/texts'
import { createFakeServices, DIRECTORY } from '../testing/fake-services'
import { memoryStorage } from '../testing/memory-storage'
import { canRun, noteRecent, recentCommands, runCommand } from './commands'
import { createLab, type Lab } from './lab'

async function startLab(): Promise<{ lab: Lab; services: ReturnType<typeof createFakeServices> }> {
  const services = createFakeServices()
  const lab = createLab({ openPort: services.openPort, localStorage: memoryStorage(), sessionStorage: memoryStorage() })
  lab.connection.start()
  await vi.waitFor(() => expect(lab.projects.store.getState().view).toBe('welcome'))
  return { lab, services }
}

test('every command does something, is called something in each language, and can be run at some time', async () => {
  const { lab } = await startLab()
  const contexts = [
    lab.context.getState(),
    { starting: false, workbench: true, project: true, behind: false, building: false, machine: 'on', paused: true, file: true, files: 2, fixes: true, log: true, textScreen: true, panel: true } as const,
    { starting: false, workbench: false, project: false, behind: true, building: true, machine: 'off', paused: false, file: false, files: 0, fixes: false, log: false, textScreen: false, panel: false } as const,
  ]
  for (const { id } of COMMANDS) {
    expect(contexts.some((context) => canRun(id, context)), id).toBe(true)
    for (const texts of Object.values(commandTexts)) expect(commandTitle(texts, id), id).not.toBe(id)
  }
})

test('what makes no sense now is not run', async () => {
  const { lab, services } = await startLab()
  expect(runCommand(lab, 'machine.boot')).toBe(false)
  expect(runCommand(lab, 'view.settings')).toBe(true)
  expect(lab.surfaces.store.getState().open).toBe('settings')
  await lab.openProject(DIRECTORY)
  expect(runCommand(lab, 'machine.stop')).toBe(false)
  expect(runCommand(lab, 'machine.boot')).toBe(true)
  await vi.waitFor(() => expect(lab.context.getState().machine).toBe('on'))
  expect(services.log).toEqual(['build', 'boot'])
  expect(runCommand(lab, 'machine.stop')).toBe(true)
  await vi.waitFor(() => expect(lab.context.getState().machine).toBe('ended'))
})

test('the context changes only when something of it does', async () => {
  const { lab } = await startLab()
  await lab.openProject(DIRECTORY)
  const heard = vi.fn()
  lab.context.subscribe(heard)
  lab.documents.edit('kernel.c', 'typed')
  expect(heard).not.toHaveBeenCalled()
  await lab.documents.closeFile('bootlab.json')
  expect(heard).toHaveBeenCalledTimes(1)
  expect(lab.context.getState()).toMatchObject({ project: true, file: true, files: 1 })
})

test('the palette remembers what was used, the last first', async () => {
  const { lab, services } = await startLab()
  noteRecent(lab, 'view.theme')
  noteRecent(lab, 'build.run')
  noteRecent(lab, 'view.theme')
  expect(recentCommands(lab)).toEqual(['view.theme', 'build.run'])
  lab.leave()
  await vi.waitFor(() => expect(services.ui()).toMatchObject({ 'palette.recent': ['view.theme', 'build.run'] }))
})

test('zoom goes by steps, stays in its range, and returns', async () => {
  const { lab } = await startLab()
  const zoom = (): number => lab.settings.store.getState().zoom
  runCommand(lab, 'view.zoomIn')
  expect(zoom()).toBe(110)
  for (let step = 0; step < 20; step++) runCommand(lab, 'view.zoomOut')
  expect(zoom()).toBe(50)
  runCommand(lab, 'view.zoomReset')
  expect(zoom()).toBe(100)
})

test('the notification centre keeps what left the corner, and counts what is new', async () => {
  const { lab } = await startLab()
  const { notifications } = lab
  notifications.report(new Error('first'))
  notifications.info('second')
  notifications.report(new Error('first'))
  const state = () => notifications.store.getState()
  // The same again is told once, as the newest.
  expect(state().history).toHaveLength(2)
  expect(state().history[0]?.tone).toBe('error')
  expect(state().unread).toBe(2)
  notifications.dismiss(state().items[0]?.id ?? 0)
  expect(state()).toMatchObject({ items: [{}], history: [{}, {}] })
  notifications.markRead()
  expect(state()).toMatchObject({ items: [], history: [{}, {}], unread: 0 })
  notifications.clear()
  expect(state().history).toEqual([])
})

test('the machine tells its speed once it has run for a moment, and begins anew after a reset', async () => {
  const { lab, services } = await startLab()
  await lab.openProject(DIRECTORY)
  runCommand(lab, 'machine.boot')
  await vi.waitFor(() => expect(services.machines.size).toBe(1))
  const speed = () => lab.machine.store.getState().speed
  const tell = async (instructions: number, milliseconds: number): Promise<void> => {
    for (const machine of services.machines.values()) machine.emit({ type: 'state', state: { status: 'running', instructions, cpuMode: 'long', milliseconds } })
    await vi.waitFor(() => expect(lab.machine.store.getState().state?.milliseconds).toBe(milliseconds))
  }
  await tell(1_000, 100)
  await tell(2_000, 200)
  expect(speed()).toBeUndefined()
  await tell(11_000, 600)
  expect(speed()).toBe(20_000)
  await tell(0, 1_300)
  await tell(5_000, 2_300)
  expect(speed()).toBe(5_000)
})
