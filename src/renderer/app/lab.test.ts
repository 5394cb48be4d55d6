import { afterEach, expect, test, vi } from 'vitest'
import { isDirty } from '../features/editor/documents'
import { BARE_DIRECTORY, createFakeServices, DIRECTORY, versionOf } from '../testing/fake-services'
import { memoryStorage } from '../testing/memory-storage'
import { createLab, type Lab } from './lab'

type Services = ReturnType<typeof createFakeServices>

function startLab(services: Services, localStorage = memoryStorage(), sessionStorage = memoryStorage()): Lab {
  const lab = createLab({ openPort: services.openPort, localStorage, sessionStorage })
  lab.connection.start()
  return lab
}

async function labWithProject(services: Services, localStorage = memoryStorage(), sessionStorage = memoryStorage()): Promise<Lab> {
  const lab = startLab(services, localStorage, sessionStorage)
  await vi.waitFor(() => expect(lab.projects.store.getState().view).not.toBe('starting'))
  await lab.openProject(DIRECTORY)
  return lab
}

const textOf = (lab: Lab, path: string): string | undefined => lab.documents.store.getState().documents[path]?.text

afterEach(() => vi.restoreAllMocks())

test('starts with the welcome page, and the next time with the last project and its tabs', async () => {
  const services = createFakeServices()
  const lab = startLab(services)
  await vi.waitFor(() => expect(lab.projects.store.getState().view).toBe('welcome'))
  await lab.openProject(DIRECTORY)
  expect(lab.documents.store.getState().open).toEqual(['kernel.c', 'bootlab.json'])
  lab.documents.activate('bootlab.json')
  lab.leave()
  await vi.waitFor(() => expect(services.ui()).toHaveProperty('project.last', DIRECTORY))

  const next = startLab(services)
  await vi.waitFor(() => expect(next.projects.store.getState().view).toBe('project'))
  expect(next.documents.store.getState()).toMatchObject({ directory: DIRECTORY, active: 'bootlab.json' })
})

test('a folder without manifest is offered to be imported; anything else keeps its own error', async () => {
  const services = createFakeServices()
  const lab = startLab(services)
  await vi.waitFor(() => expect(lab.projects.store.getState().view).toBe('welcome'))
  await expect(lab.openProject('/nowhere')).rejects.toMatchObject({ failure: { what: 'No such project.' } })
  expect(lab.projects.store.getState().importing).toBeUndefined()

  await lab.openProject(BARE_DIRECTORY)
  expect(lab.projects.store.getState()).toMatchObject({ view: 'welcome', importing: { directory: BARE_DIRECTORY } })
  expect(services.log).toEqual([])
  await lab.importProject(BARE_DIRECTORY)
  expect(services.log).toEqual([`import ${BARE_DIRECTORY}`])
  expect(lab.projects.store.getState().view).toBe('project')
})

test('opens what the system opens: a project, or a file to boot, which its reset boots again', async () => {
  const services = createFakeServices()
  const lab = startLab(services)
  await vi.waitFor(() => expect(services.system.open).toBeDefined())
  services.system.open?.({ kind: 'image', path: '/images/disk.img' })
  await vi.waitFor(() => expect(lab.machine.store.getState().phase).toBe('on'))
  expect(lab.projects.store.getState()).toMatchObject({ view: 'project', project: undefined })
  // Its panels and its machine can be operated; what needs a project cannot, and the welcome page leads back.
  expect(lab.context.getState()).toMatchObject({ workbench: true, project: false, machine: 'on' })
  lab.commands.showWelcome()
  expect(lab.context.getState()).toMatchObject({ workbench: false, behind: true })
  lab.commands.hideWelcome()
  expect(lab.projects.store.getState().view).toBe('project')
  lab.commands.writeToUsb()
  expect(lab.usb.store.getState()).toMatchObject({ page: 'pick', from: 'file', file: '/images/disk.img' })
  lab.usb.close()
  await lab.machine.stop()
  await vi.waitFor(() => expect(lab.machine.store.getState().phase).toBe('ended'))
  lab.commands.reset()
  await vi.waitFor(() => expect(services.log.filter((line) => line.startsWith('boot'))).toEqual(['boot /images/disk.img', 'boot /images/disk.img']))

  services.system.open?.({ kind: 'project', path: DIRECTORY })
  await vi.waitFor(() => expect(lab.projects.store.getState().project?.directory).toBe(DIRECTORY))
  expect(lab.machine.store.getState().phase).toBe('off')
})

test('hears what the system opens after a dropped connection, too', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  await vi.waitFor(() => expect(services.system.open).toBeDefined())
  services.system.open = undefined
  services.cut()
  await vi.waitFor(() => expect(services.system.open).toBeDefined())
  expect(lab.notifications.store.getState().items.filter(({ tone }) => tone === 'error')).toEqual([])
})

test('typed text becomes a draft after a pause and comes back as unsaved text', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  lab.documents.edit('kernel.c', 'typed')
  await vi.waitFor(() => expect(services.drafts.get('kernel.c')?.text).toBe('typed'))
  expect(services.files.get('kernel.c')).toBe('int main;\n')

  const next = await labWithProject(services)
  expect(textOf(next, 'kernel.c')).toBe('typed')
  expect(isDirty(next.documents.store.getState().documents['kernel.c'])).toBe(true)
})

test('text typed right before the page goes survives even when it cannot be sent any more', async () => {
  const services = createFakeServices()
  const storage = memoryStorage()
  const lab = await labWithProject(services, storage)
  services.cut(true)
  lab.documents.edit('kernel.c', 'last words')
  lab.leave()
  expect(services.drafts.size).toBe(0)

  services.comeBack()
  const next = await labWithProject(services, storage)
  expect(textOf(next, 'kernel.c')).toBe('last words')
  expect(storage.length).toBe(0)
})

test('when the page stays after all, its copy of the text is dropped and cannot overwrite newer text', async () => {
  const services = createFakeServices()
  const storage = memoryStorage()
  const lab = await labWithProject(services, storage)
  lab.documents.edit('kernel.c', 'older')
  lab.leave()
  expect(storage.length).toBe(1)
  await vi.waitFor(() => expect(storage.length).toBe(0))
  lab.documents.edit('kernel.c', 'newer')
  expect(await lab.documents.save('kernel.c')).toBe(true)
  expect(textOf(await labWithProject(services, storage), 'kernel.c')).toBe('newer')
})

test('text typed while the connection is away is handed over when it is back', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  services.cut()
  expect(lab.connection.store.getState().status).toBe('lost')
  lab.documents.edit('kernel.c', 'meanwhile')
  await vi.waitFor(() => expect(lab.connection.store.getState().status).toBe('connected'))
  await vi.waitFor(() => expect(services.drafts.get('kernel.c')?.text).toBe('meanwhile'))
})

test('F5 saves, builds and boots, in this order', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  lab.documents.edit('kernel.c', 'new')
  lab.commands.boot()
  await vi.waitFor(() => expect(lab.machine.store.getState().phase).toBe('on'))
  expect(services.log).toEqual(['write kernel.c', 'build', 'boot'])
  expect(services.files.get('kernel.c')).toBe('new')
  expect(isDirty(lab.documents.store.getState().documents['kernel.c'])).toBe(false)
})

test('a failed build lists its problems and boots nothing', async () => {
  const services = createFakeServices()
  const problem = { severity: 'error', source: 'compiler', message: 'no', file: 'kernel.c', line: 3 } as const
  services.script.build = {
    log: [{ level: 'error', text: '\u001b[31mkernel.c:3: no\u001b[0m\nsecond', problem }],
    result: { ok: false, problems: [problem], steps: [], milliseconds: 5 },
  }
  const lab = await labWithProject(services)
  lab.commands.boot()
  await vi.waitFor(() => expect(lab.build.store.getState().status).toBe('failed'))
  expect(lab.build.store.getState().problems).toEqual([problem])
  expect(lab.build.store.getState().log.text().split('\n')).toEqual(['kernel.c:3: no', 'second'])
  expect(services.log).toEqual(['build'])
})

test.each([
  ['overwrite', 'mine', 'mine'],
  ['reload', 'theirs', 'theirs'],
  [undefined, 'mine', 'theirs'],
])('a file changed by another program is not overwritten unasked: %s', async (choice, shown, stored) => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  services.files.set('kernel.c', 'theirs')
  lab.documents.edit('kernel.c', 'mine')
  const saving = lab.documents.save('kernel.c')
  await vi.waitFor(() => expect(lab.dialogs.store.getState().question).toBeDefined())
  expect(services.files.get('kernel.c')).toBe('theirs')
  lab.dialogs.store.getState().question?.answer(choice)
  expect(await saving).toBe(choice !== undefined)
  expect(textOf(lab, 'kernel.c')).toBe(shown)
  expect(services.files.get('kernel.c')).toBe(stored)
})

test('coming back to the window takes over what another editor saved, but never over unsaved text', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  services.files.set('kernel.c', 'theirs')
  services.files.set('bootlab.json', 'theirs')
  services.files.set('new.S', '')
  lab.documents.edit('bootlab.json', 'mine')
  lab.comeBack()
  await vi.waitFor(() => expect(textOf(lab, 'kernel.c')).toBe('theirs'))
  expect(isDirty(lab.documents.store.getState().documents['kernel.c'])).toBe(false)
  expect(textOf(lab, 'bootlab.json')).toBe('mine')
  expect(lab.documents.store.getState().files.map((file) => file.path)).toContain('new.S')
})

test('a build can be cancelled, and then boots nothing', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  services.script.build = { log: [{ level: 'info', text: 'one' }], result: undefined }
  lab.commands.boot()
  await vi.waitFor(() => expect(lab.build.store.getState().log.lines).toBe(1))
  expect(lab.build.store.getState().status).toBe('running')
  lab.commands.cancelBuild()
  await vi.waitFor(() => expect(lab.build.store.getState().status).toBe('cancelled'))
  expect(services.log).toEqual(['build', 'build cancelled'])
  expect(lab.notifications.store.getState().items).toEqual([])
})

test('text typed while its file is being saved stays unsaved, over the new version', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  lab.documents.edit('kernel.c', 'first')
  const saving = lab.documents.save('kernel.c')
  lab.documents.edit('kernel.c', 'second')
  await saving
  expect(lab.documents.store.getState().documents['kernel.c']).toMatchObject({ text: 'second', savedText: 'first' })
  await vi.waitFor(() => expect(services.drafts.get('kernel.c')).toMatchObject({ text: 'second', baseVersion: versionOf('first') }))
})

test('closing a tab with unsaved text asks, and discarding removes the draft', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  lab.documents.edit('kernel.c', 'mine')
  await vi.waitFor(() => expect(services.drafts.size).toBe(1))
  lab.commands.closeFile('kernel.c')
  await vi.waitFor(() => expect(lab.dialogs.store.getState().question?.title).toContain('kernel.c'))
  lab.dialogs.store.getState().question?.answer('discard')
  await vi.waitFor(() => expect(services.drafts.size).toBe(0))
  expect(lab.documents.store.getState()).toMatchObject({ open: ['bootlab.json'], active: 'bootlab.json' })
  expect(services.files.get('kernel.c')).toBe('int main;\n')
})

test('the machine shows its screen, state and report; a reload of the page finds it again', async () => {
  const services = createFakeServices()
  const session = memoryStorage()
  const lab = await labWithProject(services, memoryStorage(), session)
  lab.leave()
  lab.commands.boot()
  await vi.waitFor(() => expect(services.machines.size).toBe(1))

  const reloaded = startLab(services, memoryStorage(), session)
  await vi.waitFor(() => expect(reloaded.machine.store.getState().phase).toBe('on'))
  const heard: string[] = []
  reloaded.machine.onSerial((port, bytes) => void heard.push(`${port}:${bytes === 'cleared' ? bytes : String.fromCharCode(...bytes)}`))
  await vi.waitFor(() => {
    for (const machine of services.machines.values()) machine.emit({ type: 'serial', port: 'com1', data: btoa('hi') })
    expect(heard).toContain('com1:hi')
  })
  for (const machine of services.machines.values()) {
    machine.emit({ type: 'state', state: { status: 'running', instructions: 5, cpuMode: 'long', milliseconds: 1 } })
  }
  await vi.waitFor(() => expect(reloaded.machine.store.getState().state?.cpuMode).toBe('long'))
  reloaded.commands.stop()
  await vi.waitFor(() => expect(reloaded.machine.store.getState()).toMatchObject({ phase: 'ended', report: { reason: 'stopped' } }))
  expect(session.length).toBe(0)
})

test('of two boots in a row the first one is ended, even when nobody has seen it yet', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  const source = { type: 'project', directory: DIRECTORY } as const
  await Promise.all([lab.machine.boot(source), lab.machine.boot(source)])
  expect(lab.machine.store.getState()).toMatchObject({ phase: 'on', machine: 'm2' })
  await vi.waitFor(() => expect(services.log).toEqual(['boot', 'boot', 'stop m1']))
  await lab.machine.boot(source)
  await vi.waitFor(() => expect(services.log.slice(3).toSorted()).toEqual(['boot', 'stop m2']))
  expect(lab.notifications.store.getState().items).toEqual([])
})

test('failures are shown with all their parts; cancellations are not', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  lab.commands.openProject('/elsewhere')
  await vi.waitFor(() => expect(lab.notifications.store.getState().items).toHaveLength(1))
  expect(lab.notifications.store.getState().items[0]?.failure).toMatchObject({ what: 'No such project.', where: '/elsewhere' })
  lab.notifications.report(new DOMException('stopped', 'AbortError'))
  expect(lab.notifications.store.getState().items).toHaveLength(1)
})
