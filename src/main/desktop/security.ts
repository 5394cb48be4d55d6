/** What pages may not do. Follows Electron's security checklist (docs/tutorial/security.md). */
import { app, type Session } from 'electron'
import { isLabPage } from './app-protocol'

/** No navigation away, no new windows, no webviews, for every page that ever exists. Before the first window. */
export function confinePages(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => {
      if (!isLabPage(event.url)) event.preventDefault()
    })
    contents.on('will-redirect', (event) => {
      if (!isLabPage(event.url)) event.preventDefault()
    })
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  })
}

/** The lab's page may use the clipboard; nothing else is granted to anyone. */
const grantedToLab: ReadonlySet<string> = new Set(['clipboard-read', 'clipboard-sanitized-write'])

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, callback) => {
    callback(grantedToLab.has(permission) && isLabPage(contents.getURL()))
  })
  session.setPermissionCheckHandler((contents, permission) => {
    return contents !== null && grantedToLab.has(permission) && isLabPage(contents.getURL())
  })
  session.setDevicePermissionHandler(() => false)
}
