/** The system's dialogs. */
import { BrowserWindow, dialog } from 'electron'

/** @returns the folder chosen, or null when the person cancelled */
export async function pickDirectory(title: string): Promise<string | null> {
  const options = { title, properties: ['openDirectory', 'createDirectory'] } satisfies Electron.OpenDialogOptions
  const window = BrowserWindow.getFocusedWindow()
  const chosen = window ? await dialog.showOpenDialog(window, options) : await dialog.showOpenDialog(options)
  return chosen.canceled ? null : (chosen.filePaths[0] ?? null)
}
