import { expect, test, vi } from 'vitest'
import { toFailure } from '../../../shared/failure'
import { createConnection } from '../../app/connection'
import { createSettings } from '../../app/settings'
import { createUiMemory } from '../../app/ui-state'
import { createFakeServices, DIRECTORY } from '../../testing/fake-services'
import { memoryStorage } from '../../testing/memory-storage'
import { createDocuments } from '../editor/documents'
import { createLanguages } from './languages'

async function start() {
  const services = createFakeServices()
  services.script.languages = { status: 'ready', version: '14' }
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const connection = createConnection(services.openPort)
  const documents = createDocuments({ connection, onError, resolveConflict: async () => undefined, storage: memoryStorage() })
  const settings = createSettings(createUiMemory(connection, onError))
  const languages = createLanguages({ connection, documents, settings, onError, openedDelay: 0 })
  connection.start()
  await vi.waitFor(() => expect(connection.store.getState().status).toBe('connected'))
  await documents.openProject(DIRECTORY, ['kernel.c'])
  await vi.waitFor(() => expect(services.asked).toContain('tell kernel.c: int main;\n'))
  return { services, connection, documents, settings, languages, errors }
}

const signal = new AbortController().signal

test('a server hears of a text before it is asked about it, and of typing only when it pauses', async () => {
  const { services, documents, languages } = await start()
  expect(languages.store.getState()).toEqual({ clangd: { status: 'ready', version: '14' } })
  documents.edit('kernel.c', 'i')
  documents.edit('kernel.c', 'in')
  expect(await languages.complete({ path: 'kernel.c', line: 1, column: 3 }, undefined, signal)).toMatchObject({ list: 1 })
  expect(services.asked).toEqual(['watch clangd', 'tell kernel.c: int main;\n', 'tell kernel.c: in', 'complete kernel.c:1:3'])
  documents.edit('kernel.c', 'int')
  expect(services.asked).toHaveLength(4)
  await vi.waitFor(() => expect(services.asked.at(-1)).toBe('tell kernel.c: int'))
  expect(await languages.complete({ path: 'bootlab.json', line: 1, column: 1 }, undefined, signal)).toBeUndefined()
  await documents.closeFile('kernel.c')
  await vi.waitFor(() => expect(services.asked.at(-1)).toBe('close kernel.c'))
})

test('it goes with the setting and the project, and comes back with the connection', async () => {
  const { services, documents, settings, languages, errors } = await start()
  settings.set('languageServers', false)
  expect(languages.store.getState().clangd).toBeUndefined()
  expect(await languages.complete({ path: 'kernel.c', line: 1, column: 1 }, undefined, signal)).toBeUndefined()
  settings.set('languageServers', true)
  await vi.waitFor(() => expect(languages.store.getState().clangd?.status).toBe('ready'))
  services.cut()
  await vi.waitFor(() => expect(services.asked.filter((line) => line === 'watch clangd')).toHaveLength(3), 5000)
  await vi.waitFor(() => expect(languages.store.getState().clangd?.status).toBe('ready'))
  await documents.closeProject()
  expect(languages.store.getState().clangd).toBeUndefined()
  // The window shows neither of these.
  expect(errors.map((error) => toFailure(error).code).filter((code) => code !== 'cancelled' && code !== 'disconnected')).toEqual([])
})
