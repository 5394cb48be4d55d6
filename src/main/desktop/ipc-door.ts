/** The window's door: one channel per page over Electron's IPC. */
import { ipcMain, type IpcMainEvent, type WebContents } from 'electron'
import { serveChannel, type Handlers, type Port } from '../../shared/channel'
import { CONNECT, TO_MAIN, TO_PAGE } from '../../shared/ipc-names'
import { isLabPage } from './app-protocol'

interface PagePort extends Port {
  deliver(message: string): void
}

function portToPage(contents: WebContents): PagePort {
  const messages = new Set<(message: string) => void>()
  const closes = new Set<() => void>()
  let open = true
  return {
    send(message) {
      if (open && !contents.isDestroyed()) contents.send(TO_PAGE, message)
    },
    deliver(message) {
      if (open) for (const listener of messages) listener(message)
    },
    onMessage(listener) {
      messages.add(listener)
      return () => messages.delete(listener)
    },
    onClose(listener) {
      closes.add(listener)
      return () => closes.delete(listener)
    },
    close() {
      if (!open) return
      open = false
      for (const listener of closes) listener()
    },
  }
}

/** Only the top frame of a page of the lab is heard. */
function isFromLab(event: IpcMainEvent): boolean {
  const frame = event.senderFrame
  return frame !== null && frame.parent === null && isLabPage(frame.url)
}

export function openIpcDoor(handlers: Handlers, onDefect: (message: string, error?: unknown) => void): void {
  const pages = new Map<number, PagePort>()

  ipcMain.on(CONNECT, (event) => {
    if (!isFromLab(event)) return
    const contents = event.sender
    const previous = pages.get(contents.id)
    if (previous) previous.close()
    else {
      contents.once('destroyed', () => {
        pages.get(contents.id)?.close()
        pages.delete(contents.id)
      })
    }
    const port = portToPage(contents)
    pages.set(contents.id, port)
    serveChannel(port, handlers, { onDefect })
  })

  ipcMain.on(TO_MAIN, (event, message: unknown) => {
    if (!isFromLab(event)) return onDefect(`Refused a message from ${event.senderFrame?.url ?? 'a page that is gone'}`)
    if (typeof message !== 'string') return onDefect('Refused a message that is not text')
    pages.get(event.sender.id)?.deliver(message)
  })
}
