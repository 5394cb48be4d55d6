/** The application menu: only what the system expects. The lab's own actions are in the page. */
import { Menu, type MenuItemConstructorOptions } from 'electron'
import { texts } from './texts'

/** @param onCheckForUpdates undefined where the app cannot update itself */
export function installMenu(platform: NodeJS.Platform, onCheckForUpdates: (() => void) | undefined): void {
  const help: MenuItemConstructorOptions = { role: 'help', label: texts.menu.help, submenu: [{ label: texts.menu.checkForUpdates, click: () => onCheckForUpdates?.() }] }
  const template: MenuItemConstructorOptions[] = [
    ...(platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    { role: 'fileMenu' },
    { role: 'editMenu' },
    {
      label: texts.menu.view,
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
    ...(onCheckForUpdates ? [help] : []),
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
