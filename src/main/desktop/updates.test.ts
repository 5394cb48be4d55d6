import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { canUpdate, checkForUpdates, type Updater } from './updates'

/** Plays an update server with one version, and a person with the given answers. */
async function play({ newer, answers = [], fails }: { newer: boolean; answers?: number[]; fails?: 'load' | 'check' | 'download' }) {
  const log: string[] = []
  const step = (name: 'load' | 'check' | 'download'): void => {
    log.push(name)
    if (fails === name) throw new Error(`${name} broke`)
  }
  const updater: Updater = {
    autoDownload: true,
    autoInstallOnAppQuit: false,
    async checkForUpdates() {
      log.push(`automatic download: ${this.autoDownload}`)
      step('check')
      return { isUpdateAvailable: newer, updateInfo: { version: '2.0.0' } }
    },
    downloadUpdate: async () => step('download'),
    quitAndInstall: () => void log.push('restart'),
  }
  const load = async (): Promise<Updater> => {
    step('load')
    return updater
  }
  await checkForUpdates(load, async ({ type, message, detail }) => {
    log.push(`${type}: ${message}${type === 'error' ? ` ${detail}` : ''}`)
    return answers.shift() ?? 0
  }, '1.0.0')
  return log
}

const CHECK = ['load', 'automatic download: false', 'check']

it('says that there is nothing newer', async () => {
  expect(await play({ newer: false })).toEqual([...CHECK, 'info: Bootlab 1.0.0 is the newest version.'])
})

it('downloads only what the person wants, and restarts only when told', async () => {
  expect(await play({ newer: true, answers: [1] })).toEqual([...CHECK, 'info: Bootlab 2.0.0 is available.'])
  const downloaded = [...CHECK, 'info: Bootlab 2.0.0 is available.', 'download', 'info: Bootlab 2.0.0 is downloaded.']
  expect(await play({ newer: true, answers: [0, 1] })).toEqual(downloaded)
  expect(await play({ newer: true, answers: [0, 0] })).toEqual([...downloaded, 'restart'])
})

it.each(['load', 'check', 'download'] as const)('says why it failed: %s', async (fails) => {
  expect((await play({ newer: true, fails })).at(-1)).toBe(`error: The update failed. ${fails} broke`)
})

it('is there only where a packager wrote the address of the updates', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bootlab-updates-'))
  try {
    expect([canUpdate(undefined), canUpdate(folder)]).toEqual([false, false])
    await writeFile(join(folder, 'app-update.yml'), 'provider: generic\n')
    expect(canUpdate(folder)).toBe(true)
  } finally {
    await rm(folder, { recursive: true })
  }
})
