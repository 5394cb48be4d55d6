/** The bridge between page and main process: two functions that carry text, nothing else. */
import { contextBridge, ipcRenderer } from 'electron'
import { BRIDGE_NAME, type Bridge } from '../shared/doors'
import { CONNECT, TO_MAIN, TO_PAGE } from '../shared/ipc-names'

const bridge: Bridge = {
  send(message) {
    if (typeof message === 'string') ipcRenderer.send(TO_MAIN, message)
  },
  onMessage(listener) {
    const handle = (_event: unknown, message: unknown): void => {
      if (typeof message === 'string') listener(message)
    }
    ipcRenderer.on(TO_PAGE, handle)
    return () => ipcRenderer.removeListener(TO_PAGE, handle)
  },
}

ipcRenderer.send(CONNECT)
contextBridge.exposeInMainWorld(BRIDGE_NAME, bridge)
