import { expect, test, vi } from 'vitest'
import { createLab } from '../../app/lab'
import { createFakeServices, DIRECTORY } from '../../testing/fake-services'
import { memoryStorage } from '../../testing/memory-storage'
import { groupOf } from './groups'

async function open(services = createFakeServices()) {
  const lab = createLab({ openPort: services.openPort, localStorage: memoryStorage(), sessionStorage: memoryStorage() })
  lab.connection.start()
  await vi.waitFor(() => expect(lab.projects.store.getState().view).not.toBe('starting'))
  if (lab.documents.store.getState().directory === undefined) await lab.openProject(DIRECTORY)
  await vi.waitFor(() => expect(services.system.changed).toBeDefined())
  const document = (path = 'kernel.c') => lab.documents.store.getState().documents[path]
  return { lab, services, documents: lab.documents, document }
}

test('what another program stores shows itself in a text without changes, and beside one with changes', async () => {
  const { services, documents, document } = await open()
  services.files.set('kernel.c', 'theirs')
  services.system.changed?.()
  await vi.waitFor(() => expect(document()?.text).toBe('theirs'))
  documents.edit('kernel.c', 'mine')
  services.files.set('kernel.c', 'theirs again')
  services.system.changed?.()
  await vi.waitFor(() => expect(document()?.theirs).toMatchObject({ text: 'theirs again' }))
  expect(document()?.text).toBe('mine')
  // The other program takes it back: nothing is to be decided any more.
  services.files.set('kernel.c', 'theirs')
  services.system.changed?.()
  await vi.waitFor(() => expect(document()?.theirs).toBeUndefined())
})

test('mine is kept over theirs, theirs is taken, and both are merged', async () => {
  const { services, documents, document } = await open()
  const change = async (mine: string, theirs: string): Promise<void> => {
    documents.edit('kernel.c', mine)
    services.files.set('kernel.c', theirs)
    services.system.changed?.()
    await vi.waitFor(() => expect(document()?.theirs).toMatchObject({ text: theirs }))
  }
  await change('mine', 'theirs')
  await documents.keepMine('kernel.c')
  expect(document()).toMatchObject({ text: 'mine', savedText: 'theirs' })
  expect(await documents.save('kernel.c')).toBe(true)
  expect(services.files.get('kernel.c')).toBe('mine')

  await change('mine 2', 'theirs 2')
  await documents.takeTheirs('kernel.c')
  expect(document()).toMatchObject({ text: 'theirs 2', savedText: 'theirs 2' })

  await documents.save('kernel.c')
  documents.edit('kernel.c', 'a\nb\nc\n')
  await documents.save('kernel.c')
  await change('A\nb\nc\n', 'a\nb\nC\n')
  expect(documents.merge('kernel.c', { mine: 'm', theirs: 't' })).toBe(0)
  expect(document()?.text).toBe('A\nb\nC\n')
  await vi.waitFor(() => expect(services.drafts.get('kernel.c')?.text).toBe('A\nb\nC\n'))
})

test('a file that goes closes its tab, unless there is unsaved text, which can be stored again', async () => {
  const { services, documents, document } = await open()
  documents.edit('kernel.c', 'mine')
  services.files.delete('kernel.c')
  services.files.delete('bootlab.json')
  services.system.changed?.()
  await vi.waitFor(() => expect(documents.store.getState().open).toEqual(['kernel.c']))
  expect(document()?.theirs).toBe('gone')
  await documents.keepMine('kernel.c')
  expect(services.files.get('kernel.c')).toBe('mine')
  expect(document()?.theirs).toBeUndefined()
})

test('tabs, groups and unsaved text follow a file that is renamed', async () => {
  const { lab, services, documents, document } = await open()
  documents.split('right')
  documents.edit('kernel.c', 'mine')
  lab.files.startRename('kernel.c')
  await lab.files.name('main.c')
  expect(document()).toBeUndefined()
  expect(document('main.c')).toMatchObject({ path: 'main.c', text: 'mine' })
  const { groups } = documents.store.getState()
  expect(Object.keys(groups.groups).map((id) => groupOf(groups, id).active)).toEqual(['main.c', 'main.c'])
  expect([...services.drafts.keys()]).toEqual(['main.c'])
  expect(await documents.save('main.c')).toBe(true)
  expect(services.files.get('main.c')).toBe('mine')
})

test('the groups of a project come back; closing the last tab of a file asks about its text, closing another does not', async () => {
  const { lab, services, documents } = await open()
  documents.split('right')
  documents.edit('kernel.c', 'mine')
  lab.commands.closeFile('kernel.c', 'g2')
  await vi.waitFor(() => expect(Object.keys(documents.store.getState().groups.groups)).toEqual(['g1']))
  lab.commands.closeFile('kernel.c', 'g1')
  await vi.waitFor(() => expect(lab.dialogs.store.getState().question).toBeDefined())
  lab.dialogs.store.getState().question?.answer(undefined)
  documents.split('below')
  const { groups } = documents.store.getState()
  lab.leave()
  await vi.waitFor(() => expect(services.ui()['tabs']).toBeDefined())
  expect((await open(services)).documents.store.getState().groups).toEqual(groups)
})

test('deleting asks, falls back to deleting for good where there is no trash, and closes the tab', async () => {
  const { lab, services, documents } = await open()
  services.system.noTrash = true
  const removing = lab.files.remove('kernel.c')
  const answer = async (id: string): Promise<void> => {
    await vi.waitFor(() => expect(lab.dialogs.store.getState().question?.choices[0]?.id).toBe(id))
    lab.dialogs.store.getState().question?.answer(id)
  }
  await answer('trash')
  await answer('for-good')
  await removing
  expect(services.log).toContain('delete kernel.c for good')
  expect(documents.store.getState().open).toEqual(['bootlab.json'])
})

test('formatting at saving is asked for, and changes what is saved', async () => {
  const { lab, services, documents } = await open()
  documents.edit('kernel.c', 'int  x;')
  await documents.save('kernel.c')
  expect(services.files.get('kernel.c')).toBe('int  x;')
  lab.settings.set('editorFormatOnSave', true)
  documents.edit('kernel.c', 'int  y;')
  await documents.save('kernel.c')
  expect(services.files.get('kernel.c')).toBe('int y;')
})
