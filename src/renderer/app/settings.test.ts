import { expect, test } from 'vitest'
import { catalogues } from '../strings'
import { createFakeServices } from '../testing/fake-services'
import { createConnection } from './connection'
import { createSettings, readSettings, settingKeys, settingRows } from './settings'
import { createUiMemory } from './ui-state'

test('every setting has a default that fits, and its words in every language', () => {
  const defaults = readSettings({})
  for (const key of settingKeys) {
    const row = settingRows[key]
    expect(defaults[key]).toBe(row.default)
    for (const { settings } of Object.values(catalogues)) {
      expect(settings.entries[key].title).not.toBe('')
      if (row.type === 'choice') for (const choice of row.choices) expect(Object.keys(settings.choices)).toContain(choice)
    }
  }
})

test('what does not fit is as if it had not been set', () => {
  expect(readSettings({ theme: 'plaid', zoom: 120, editorFontSize: 'big', editorWordWrap: true, gone: 1 })).toEqual({ ...readSettings({}), zoom: 120, editorWordWrap: true })
  expect(readSettings('nonsense')).toEqual(readSettings({}))
})

test('changes are stored without the defaults, and found again', async () => {
  const services = createFakeServices()
  const connection = createConnection(services.openPort)
  await new Promise<void>((resolve) => {
    connection.onConnected(() => resolve())
    connection.start()
  })
  const memory = () => createUiMemory(connection, (error) => expect(error).toBeUndefined())
  const ui = memory()
  const settings = createSettings(ui)
  settings.set('zoom', 1000)
  settings.set('theme', 'light')
  settings.set('editorTabSize', 8)
  settings.reset('editorTabSize')
  expect(settings.store.getState()).toMatchObject({ zoom: 200, theme: 'light', editorTabSize: 4 })
  ui.flush()

  const later = memory()
  await later.load()
  expect(services.ui()).toEqual({ settings: { zoom: 200, theme: 'light' } })
  const found = createSettings(later)
  found.load()
  expect(found.store.getState()).toEqual(settings.store.getState())
})
