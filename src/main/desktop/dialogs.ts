/** The system's dialogs. */
import { BrowserWindow, dialog } from 'electron'
import { texts } from './texts'

/** Endings of the last part of a name: `.img.gz` counts as `gz`. */
const imageFilters = () => [
  { name: texts().images, extensions: ['img', 'iso', 'bin', 'raw', 'dd', 'gz', 'xz', 'zst'] },
  { name: texts().allFiles, extensions: ['*'] },
]

/** @returns the folder chosen, or null when the person cancelled */
export async function pickDirectory(title: string): Promise<string | null> {
  const options = { title, properties: ['openDirectory', 'createDirectory'] } satisfies Electron.OpenDialogOptions
  const window = BrowserWindow.getFocusedWindow()
  const chosen = window ? await dialog.showOpenDialog(window, options) : await dialog.showOpenDialog(options)
  return chosen.canceled ? null : (chosen.filePaths[0] ?? null)
}

/** @returns the file chosen, or null when the person cancelled */
export async function pickFile(title: string): Promise<string | null> {
  const options = { title, properties: ['openFile'], filters: imageFilters() } satisfies Electron.OpenDialogOptions
  const window = BrowserWindow.getFocusedWindow()
  const chosen = window ? await dialog.showOpenDialog(window, options) : await dialog.showOpenDialog(options)
  return chosen.canceled ? null : (chosen.filePaths[0] ?? null)
}

/**
 * The dialog asks itself about a file that is there.
 * @returns the place chosen, or null when the person cancelled
 */
export async function pickSavePath(title: string, name: string): Promise<string | null> {
  const options = { title, defaultPath: name, filters: imageFilters() } satisfies Electron.SaveDialogOptions
  const window = BrowserWindow.getFocusedWindow()
  const chosen = window ? await dialog.showSaveDialog(window, options) : await dialog.showSaveDialog(options)
  return chosen.canceled || chosen.filePath === '' ? null : chosen.filePath
}

/** Asks by a message box. @returns the index of the button; the last one when the person closes the box */
export async function question({ type, message, detail, buttons }: { type: 'info' | 'error'; message: string; detail?: string; buttons: string[] }): Promise<number> {
  const options = { type, message, ...(detail === undefined ? {} : { detail }), buttons, defaultId: 0, cancelId: buttons.length - 1, noLink: true }
  const window = BrowserWindow.getFocusedWindow()
  return (await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options))).response
}

/** Whether the window may go although its page wants to stay: it is writing to a drive. */
export function mayLeave(window: BrowserWindow): boolean {
  const chosen = dialog.showMessageBoxSync(window, {
    type: 'warning',
    message: texts().leave.message,
    detail: texts().leave.detail,
    buttons: [texts().leave.stay, texts().leave.leave],
    defaultId: 0,
    cancelId: 0,
  })
  return chosen === 1
}
