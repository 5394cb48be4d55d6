/** The system's trash and file manager, through Electron. */
import { shell } from 'electron'
import type { SystemShell } from '../services/system-shell'

export const desktopShell: SystemShell = {
  trash: (path) => shell.trashItem(path),
  reveal: async (path) => shell.showItemInFolder(path),
}
