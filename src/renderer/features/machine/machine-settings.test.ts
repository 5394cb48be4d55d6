import { expect, test, vi } from 'vitest'
import { createLab } from '../../app/lab'
import { createFakeServices, DIRECTORY } from '../../testing/fake-services'
import { memoryStorage } from '../../testing/memory-storage'
import { bootArguments, saveSettings, settingsOf } from './machine-settings'

test('what was set for a project is asked for whenever it boots, and remembered', async () => {
  const services = createFakeServices()
  const lab = createLab({ openPort: services.openPort, localStorage: memoryStorage(), sessionStorage: memoryStorage() })
  lab.connection.start()
  await vi.waitFor(() => expect(lab.projects.store.getState().view).toBe('welcome'))
  const source = { type: 'project', directory: DIRECTORY } as const
  expect(bootArguments(lab.ui, source)).toEqual({ source })
  const drive = { path: '/a.img', medium: 'disk', readOnly: true } as const
  saveSettings(lab.ui, DIRECTORY, { memoryMiB: 16, cpu: '486', drives: [drive] })
  expect(bootArguments(lab.ui, source)).toEqual({ source, memoryMiB: 16, cpu: '486', drives: [drive] })
  expect(bootArguments(lab.ui, { type: 'file', path: '/other.img' })).toEqual({ source: { type: 'file', path: '/other.img' } })
  lab.leave()
  await vi.waitFor(() => expect(services.ui()).toMatchObject({ 'machine.settings': { [DIRECTORY]: { cpu: '486' } } }))
  saveSettings(lab.ui, DIRECTORY, {})
  expect(settingsOf(lab.ui, DIRECTORY)).toEqual({})
})
