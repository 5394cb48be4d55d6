/** Electron's entry: lifecycle, window, protocol, security. What the lab does is in the services. */
import { app, BrowserWindow, dialog, session } from 'electron'
import { toFailure, describeFailure } from '../shared/failure'
import { languageFor } from '../shared/languages'
import { registerAppScheme, serveApp } from './desktop/app-protocol'
import { pickDirectory, pickFile, pickSavePath } from './desktop/dialogs'
import { openIpcDoor } from './desktop/ipc-door'
import { createMenu } from './desktop/menu'
import { confinePages, denyPermissions } from './desktop/security'
import { openWindow } from './desktop/window'
import { createServices } from './services/services'

const onDefect = (message: string, error?: unknown): void => console.error(message, error ?? '')

function fatal(error: unknown): void {
  onDefect('Bootlab cannot start', error)
  dialog.showErrorBox('Bootlab cannot start', describeFailure(toFailure(error)))
  app.exit(1)
}

async function start(): Promise<void> {
  await app.whenReady()
  const { showMenu } = createMenu(process.platform, languageFor([app.getLocale()]))
  const services = createServices({ door: 'electron', pickDirectory, pickFile, pickSavePath, showMenu })
  serveApp(services.locations.renderer)
  denyPermissions(session.defaultSession)
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
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) openWindow(services.locations.preload, onDefect).catch(fatal)
  })
  await openWindow(services.locations.preload, onDefect)
}

if (app.requestSingleInstanceLock()) {
  app.enableSandbox()
  registerAppScheme()
  confinePages()
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  start().catch(fatal)
} else {
  // The window that is open already comes to the front.
  app.quit()
}
