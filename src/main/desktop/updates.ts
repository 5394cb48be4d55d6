/** Updates, only when the person asks: nothing is fetched by itself. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { texts } from './texts'

/** As much of electron-updater as is used. */
export interface Updater {
  autoDownload: boolean
  autoInstallOnAppQuit: boolean
  checkForUpdates(): Promise<{ isUpdateAvailable: boolean; updateInfo: { version: string } } | null>
  downloadUpdate(): Promise<unknown>
  quitAndInstall(): void
}

/** Asks with a message, a detail and buttons. Returns the index of the button. */
export type Ask = (question: { type: 'info' | 'error'; message: string; detail?: string; buttons: string[] }) => Promise<number>

/** Packagers write the address of the updates beside the app, or none. */
export const canUpdate = (resourcesPath: string | undefined): boolean => resourcesPath !== undefined && existsSync(join(resourcesPath, 'app-update.yml'))

/** Looks for a newer version, and downloads it and restarts where the person agrees. Never rejects: what fails is said. */
export async function checkForUpdates(load: () => Promise<Updater>, ask: Ask, version: string): Promise<void> {
  const { updates: text } = texts()
  try {
    const updater = await load()
    updater.autoDownload = false
    updater.autoInstallOnAppQuit = true
    const found = await updater.checkForUpdates()
    if (!found?.isUpdateAvailable) return void (await ask({ type: 'info', message: text.none(version), buttons: [text.ok] }))
    const next = found.updateInfo.version
    if ((await ask({ type: 'info', message: text.found(next), detail: text.foundDetail(version), buttons: [text.download, text.later] })) !== 0) return
    await updater.downloadUpdate()
    if ((await ask({ type: 'info', message: text.ready(next), detail: text.readyDetail, buttons: [text.restart, text.later] })) === 0) updater.quitAndInstall()
  } catch (error) {
    await ask({ type: 'error', message: text.failed, detail: error instanceof Error ? error.message : String(error), buttons: [text.ok] })
  }
}
