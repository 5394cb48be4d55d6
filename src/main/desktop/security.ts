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

/** What is made inside the page or by Chromium's own tools; everything else comes from the lab, or not at all. */
const LOCAL_SCHEMES: ReadonlySet<string> = new Set(['blob:', 'data:', 'devtools:'])

const isLocal = (url: string): boolean => isLabPage(url) || (URL.canParse(url) && LOCAL_SCHEMES.has(new URL(url).protocol))

/** Something that the lab's page made in memory: its URL is the page's origin behind `blob:`. */
const isLabBlob = (url: string): boolean => url.startsWith('blob:') && isLabPage(url.slice('blob:'.length))

/** The lab's page may use the clipboard, and hold the pointer for a guest's mouse; nothing else is granted to anyone. */
const grantedToLab: ReadonlySet<string> = new Set(['clipboard-read', 'clipboard-sanitized-write', 'pointerLock'])

/** Nothing but the lab's own files is loaded, no permission is given, and only what the lab's page made itself is saved. Before the first window. */
export function confineSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, callback) => {
    callback(grantedToLab.has(permission) && isLabPage(contents.getURL()))
  })
  session.setPermissionCheckHandler((contents, permission) => {
    return contents !== null && grantedToLab.has(permission) && isLabPage(contents.getURL())
  })
  session.setDevicePermissionHandler(() => false)
  // A second fence behind the content security policy, which a page declares for itself.
  session.webRequest.onBeforeRequest(({ url }, callback) => callback({ cancel: !isLocal(url) }))
  // Pictures of the screen: the system's dialog asks where they go.
  session.on('will-download', (event, item) => {
    if (!isLabBlob(item.getURL())) event.preventDefault()
  })
}
