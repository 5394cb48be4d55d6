/** The main window. */
import { join } from 'node:path'
import { app, BrowserWindow, screen } from 'electron'
import { PAGE_URL } from './app-protocol'
import { mayLeave } from './dialogs'
import { readWindowState, writeWindowState } from './window-state'

/** @param preload path of the built preload script */
export async function openWindow(preload: string, onDefect: (message: string, error?: unknown) => void): Promise<BrowserWindow> {
  const stateFile = join(app.getPath('userData'), 'window.json')
  const state = readWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const window = new BrowserWindow({
    title: 'Bootlab',
    width: 1280,
    height: 860,
    minWidth: 640,
    minHeight: 480,
    ...state?.bounds,
    show: false,
    backgroundColor: '#14161a',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      // A machine goes on running while its window is behind another one.
      backgroundThrottling: false,
    },
  })
  if (state?.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => {
    try {
      writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() })
    } catch (error) {
      onDefect('The place of the window could not be stored', error)
    }
  })
  // By itself, Electron does without a word what the page wants: it stays.
  window.webContents.on('will-prevent-unload', (event) => {
    if (mayLeave(window)) event.preventDefault()
  })
  await window.loadURL(PAGE_URL)
  return window
}
