/** Electron's entry: lifecycle, window, protocol, security. What the lab does is in the services. */
import { app, BrowserWindow, dialog, session } from 'electron'
import * as z from 'zod'
import { toFailure, describeFailure } from '../shared/failure'
import { languageFor } from '../shared/languages'
import { registerAppScheme, serveApp } from './desktop/app-protocol'
import { pathsToOpen } from './desktop/arguments'
import { pickDirectory, pickFile, pickSavePath, question } from './desktop/dialogs'
import { openIpcDoor } from './desktop/ipc-door'
import { createMenu } from './desktop/menu'
import { confinePages, confineSession } from './desktop/security'
import { texts } from './desktop/texts'
import { desktopShell } from './desktop/shell'
import { canUpdate, checkForUpdates } from './desktop/updates'
import { openWindow } from './desktop/window'
import { OpenedPaths } from './services/opened'
import { createServices } from './services/services'

const onDefect = (message: string, error?: unknown): void => console.error(message, error ?? '')

function fatal(error: unknown): void {
  onDefect(texts().cannotStart, error)
  dialog.showErrorBox(texts().cannotStart, describeFailure(toFailure(error)))
  app.exit(1)
}

/** What a second instance tells the first. */
const handedOver = z.object({ paths: z.array(z.string()) })
const opened = new OpenedPaths()
const openAll = (paths: readonly string[]): void => paths.forEach((path) => void opened.open(path).catch((error: unknown) => onDefect(`${path} could not be opened`, error)))

async function start(): Promise<void> {
  await app.whenReady()
  const update = (): void => void checkForUpdates(async () => (await import('electron-updater')).default.autoUpdater, question, services.locations.version)
  const { showMenu } = createMenu(process.platform, languageFor([app.getLocale()]), canUpdate(process.resourcesPath) ? update : undefined)
  const services = createServices({ door: 'electron', pickDirectory, pickFile, pickSavePath, opened, showMenu, shell: desktopShell })
  serveApp(services.locations.renderer)
  confineSession(session.defaultSession)
  openIpcDoor(services.handlers, onDefect)

  let closed = false
  // Here all windows are closed and have sent their last text.
  app.on('will-quit', (event) => {
    if (closed) return
    event.preventDefault()
    services.close().then(
      () => {
        closed = true
        app.quit()
      },
      (error: unknown) => {
        onDefect('The lab did not end properly', error)
        app.exit(1)
      },
    )
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  /** Brings the window to the front; on macOS the lab may have none. */
  const showWindow = (): void => {
    const [window] = BrowserWindow.getAllWindows()
    if (!window) return void openWindow(services.locations.preload, onDefect).catch(fatal)
    if (window.isMinimized()) window.restore()
    window.focus()
  }
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) showWindow()
  })
  app.on('second-instance', (_event, _args, _cwd, told) => {
    showWindow()
    const parsed = handedOver.safeParse(told)
    if (parsed.success) openAll(parsed.data.paths)
  })
  app.on('open-file', showWindow)
  await openWindow(services.locations.preload, onDefect)
}

const paths = pathsToOpen(process.argv.slice(1), { cwd: process.cwd(), appPath: app.getAppPath() })
if (app.requestSingleInstanceLock({ paths } satisfies z.infer<typeof handedOver>)) {
  app.enableSandbox()
  registerAppScheme()
  confinePages()
  // macOS tells of files by this event, the first time before the app is ready.
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openAll([path])
  })
  openAll(paths)
  start().catch(fatal)
} else {
  // The window that is open comes to the front, and opens the paths.
  app.quit()
}
